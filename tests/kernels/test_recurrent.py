"""The compiled steps of an LSTM against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from pellucid.kernels import products  # noqa: E402
from pellucid.kernels import recurrent as compiled  # noqa: E402
from pellucid.ops import recurrent_loops as loops  # noqa: E402


def singles(rng, *shapes):
    return [rng.standard_normal(shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("size", [1, 3, 32])
@pytest.mark.parametrize("large", [1, 30])
def test_a_step_forward(size, large, rng):
    z, gates, c_before = singles(rng, (4, 2, size), (4, 7, size), (2, size))
    results = []
    for unit in (compiled.lstm_unit, loops.lstm_unit):
        own, out = gates * large, np.zeros((3, 2, size), np.float32)
        unit(z.copy(), own, 3, c_before, *out)
        results.append((own, out))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=3e-7)


@pytest.mark.parametrize("size", [1, 3, 32])
def test_a_step_back(size, rng):
    gates, (shown, c_before, dh, dc) = rng.uniform(size=(4, 5, size)), rng.standard_normal((4, 2, size))
    gates, shown, c_before, dh, dc = (a.astype(np.float32) for a in (gates, np.tanh(shown), c_before, dh, dc))
    rows, (ours, expected) = slice(2, 4), np.zeros((2, 2, 4 * size), np.float32)
    dc_ours, dc_expected = dc.copy(), dc.copy()
    compiled.lstm_unit_back(dh, dc_ours, gates, 2, c_before, shown, ours)
    factors = loops.cell_slopes(gates[:, rows], shown, c_before)
    loops.lstm_unit_back(dh, dc_expected, gates[1, rows], *factors, slice(0, 2),
                         expected.reshape(2, 4, size).swapaxes(0, 1))
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(dc_ours, dc_expected, rtol=1e-4, atol=1e-6)


def test_tanh_and_sigmoid_are_as_exact_as_float32():
    x = np.concatenate((np.linspace(-100, 100, 2001), np.geomspace(1e-30, 1, 200))).astype(np.float32)
    exact = x.astype(np.float64)
    np.testing.assert_allclose([compiled.tanh(v) for v in x], np.tanh(exact), rtol=4e-7)
    squashed = [compiled.sigmoid_of_double(v) for v in x / 2]
    np.testing.assert_allclose(squashed, 1 / (1 + np.exp(-exact)), rtol=4e-6, atol=1e-37)


def test_what_is_no_number_stays_so():
    for f in (compiled.tanh, compiled.sigmoid_of_double):
        assert np.isnan(f(np.float32(np.nan)))
        assert f(np.float32(np.inf)) == 1
    assert compiled.tanh(np.float32(-np.inf)) == -1
    assert 0 <= compiled.sigmoid_of_double(np.float32(-np.inf)) < 1e-37


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("projected", [False, True])
def test_a_whole_layer(reverse, projected, monkeypatch, rng):
    sizes, wide, hidden = (5, 4, 4, 2), 3, 8
    shown = 6 if projected else hidden
    shapes = [(15, wide), (5, shown), (5, hidden), (32, wide), (32, shown), (32,), (32,)]
    inputs = singles(rng, *shapes, *([(6, hidden)] if projected else []))
    settings, results = {"batch_sizes": sizes, "reverse": reverse}, []
    for least in (0, 1 << 30):
        monkeypatch.setattr(loops, "COMPILED", least)
        y, saved = loops.lstm_forward(*inputs, **settings)
        slopes = tuple(np.cos(np.arange(a.size, dtype=np.float32)).reshape(a.shape) for a in y)
        results.append((*y, *loops.lstm_backward(slopes, y, saved, *inputs, **settings)))
    for a, b in zip(*results, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


LAYERS = {"lstm": (4, 2), "gru": (3, 1), "rnn": (1, 1)}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("many, n_steps", [(1, 5), (3, 4), (17, 9)])
def test_all_steps_at_once(many, n_steps, nonlinearity, biased, reverse, name, monkeypatch, rng):
    """Sequences of one length: the loops over all steps against NumPy's over each step."""
    n_gates, n_states = LAYERS[name]
    if name != "rnn" and nonlinearity == "relu":
        pytest.skip("only a simple RNN has a choice")
    settings = {"batch_sizes": (many,) * n_steps, "reverse": reverse}
    if name == "rnn":
        settings["nonlinearity"] = nonlinearity
    shapes = [(many * n_steps, 6), *[(many, 8)] * n_states, (8 * n_gates, 6), (8 * n_gates, 8)]
    inputs = singles(rng, *shapes, *([(8 * n_gates,)] * 2 if biased else []))
    forward, backward = getattr(loops, f"{name}_forward"), getattr(loops, f"{name}_backward")
    results = []
    for least in (0, 1 << 30):
        monkeypatch.setattr(loops, "COMPILED", least)
        assert (loops.together(inputs[1], loops.steps_of((many,) * n_steps, reverse), many * n_steps)
                is not None) == (least == 0 and products.found())
        y, saved = forward(*inputs, **settings)
        slopes = tuple(np.cos(np.arange(a.size, dtype=np.float32)).reshape(a.shape) for a in y)
        results.append((*y, *backward(slopes, y, saved, *inputs, **settings)))
    for a, b in zip(*results, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)
