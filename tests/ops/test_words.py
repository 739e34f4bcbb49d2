"""Steps on word vectors: the body, its compiled twin and the engine's backward and optimisers are one."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import from_numpy, kernels, no_grad, optim
from pellucid.embed.words_models import GloVe, NegativeSampling
from pellucid.ops import words

SIZES = {"skip-gram": 1, "cbow": 4}


def bags(rng, count, vocabulary, size):
    """Bags of up to `size` words, their targets of which some are none, and falling learning rates."""
    sizes = rng.integers(1, size + 1, count)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    targets = rng.integers(0, vocabulary, (count, 4))
    targets[:, 1:][rng.random((count, 3)) < 0.2] = -1
    return rng.integers(0, vocabulary, starts[-1]), starts, targets


def tables(rng, kind, vocabulary=9, size=5):
    return [rng.standard_normal((vocabulary, size)).astype(kind) for _ in range(2)]


def by_engine(inputs, outputs, flat, starts, targets, rates, batch):
    """The same by backward and SGD."""
    model, loss = NegativeSampling(inputs, outputs), 0.0
    for number, first in enumerate(range(0, len(targets), batch)):
        ends = starts[first:first + batch + 1]
        optimizer = optim.SGD(model.parameters(), lr=float(rates[number]))
        found = model(from_numpy(flat[ends[0]:ends[-1]]), from_numpy(ends[:-1] - ends[0]),
                      from_numpy(targets[first:first + batch]))
        found.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss += found.item()
    return loss, model.inputs.weight.detach().numpy(), model.outputs.weight.detach().numpy()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("method", SIZES)
def test_negative_sampling_is_what_the_engine_does(monkeypatch, method, kind, compiled):
    if compiled and not kernels.ready():
        pytest.skip("no Numba")
    if not compiled:
        monkeypatch.setattr(words, "compiled", lambda *tables: False)
    rng = np.random.default_rng(0)
    inputs, outputs = tables(rng, kind)
    asked = bags(rng, 50, 9, SIZES[method])
    rates = np.linspace(0.3, 0.1, 7)
    loss, *wanted = by_engine(inputs.copy(), outputs.copy(), *asked, rates, 8)
    found = words.negative_sampling_steps(inputs, outputs, *asked, rates, batch=8)
    close = {"rtol": 1e-4, "atol": 1e-5} if kind is np.float32 else {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(found, loss, rtol=close["rtol"])
    np.testing.assert_allclose(inputs, wanted[0], **close)
    np.testing.assert_allclose(outputs, wanted[1], **close)
    spoilt = inputs * 1.001
    assert not np.allclose(spoilt, wanted[0], **close)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_glove_is_what_the_engine_does(monkeypatch, kind, compiled):
    if compiled and not kernels.ready():
        pytest.skip("no Numba")
    if not compiled:
        monkeypatch.setattr(words, "compiled", lambda *tables: False)
    rng = np.random.default_rng(1)
    parts = (*tables(rng, kind), rng.standard_normal(9).astype(kind), rng.standard_normal(9).astype(kind))
    rows, columns = rng.integers(0, 9, (2, 40))
    logs, weights = rng.standard_normal(40).astype(kind), rng.random(40).astype(kind)
    model, loss = GloVe(*(part.copy() for part in parts)), 0.0
    optimizer = optim.Adagrad(model.parameters(), lr=0.1, eps=1e-10)
    for first in range(0, 40, 6):
        some = slice(first, first + 6)
        found = model(*(from_numpy(a[some].copy()) for a in (rows, columns, logs, weights)))
        optimizer.zero_grad()
        found.backward()
        optimizer.step()
        loss += found.item()
    squares = np.zeros((2, 9, 6), kind)
    told = words.glove_steps(parts, squares, rows, columns, logs, weights, lr=0.1, eps=1e-10, batch=6)
    close = {"rtol": 1e-3, "atol": 1e-4} if kind is np.float32 else {"rtol": 1e-9, "atol": 1e-11}
    np.testing.assert_allclose(told, loss, rtol=close["rtol"])
    with no_grad():
        for mine, theirs in zip(parts, model.parameters(), strict=True):
            np.testing.assert_allclose(mine, theirs.detach().numpy(), **close)


def test_large_scores_overflow_nowhere():
    for compiled in (True, False):
        inputs, outputs = np.full((2, 3), 100, np.float32), np.full((2, 3), 100, np.float32)
        inputs[1] *= -1
        if not compiled:
            inputs = np.asfortranarray(inputs)                   # the loops want rows in one piece
        loss = words.negative_sampling_steps(inputs, outputs, np.array([0, 1]), np.arange(3),
                                             np.array([[0, 1], [0, 1]]), np.ones(1), batch=2)
        assert loss == pytest.approx(60_000) and np.isfinite(inputs).all() and np.isfinite(outputs).all()
