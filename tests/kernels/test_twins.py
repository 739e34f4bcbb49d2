"""Compiled twins against the bodies and rules they stand for, on what samples do not have."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import pellucid
from pellucid.op import REGISTRY

pytest.importorskip("numba")
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 88.0, -87.5, -104.0, 3e38, -3e38, 5.3, -5.4]
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-10}


def numbers(seed, shape, dtype, layout):
    """Normal numbers in memory that is contiguous, transposed, every other number, or backwards."""
    rng = np.random.RandomState(seed)
    if layout == "transposed":
        return rng.standard_normal(shape[::-1]).astype(dtype).T
    if layout == "gaps":
        return rng.standard_normal((*shape[:-1], 2 * shape[-1])).astype(dtype)[..., ::2]
    made = rng.standard_normal(shape).astype(dtype)
    return made[::-1] if layout == "backwards" else made


def cases():
    """Op name and the arguments after x."""
    yield "softmax", lambda x: (-1,)
    yield "softmax", lambda x: (x.ndim - 1,)
    yield "gelu_exact", lambda x: ()
    yield "silu", lambda x: ()
    yield "layer_norm", lambda x: (x.shape[-1:],)
    yield "layer_norm", lambda x: (x.shape[1:], np.full_like(x[0], 2), np.ones_like(x[0]), 1e-3)
    yield "layer_norm", lambda x: (x.shape[-1:], x.reshape(-1, x.shape[-1])[0], None)


def agree(got, expected, dtype):
    if expected is None:
        assert got is None
        return
    assert got.dtype == expected.dtype and got.shape == expected.shape
    scale = max(1.0, np.abs(expected[np.isfinite(expected)]).max(initial=0))
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * scale)


def compare(name, x, rest, g):
    op = REGISTRY[name]
    y, saved = op.body(x, *rest)
    got, kept = op.kernels["numba"](x, *rest)
    agree(got, y, x.dtype)
    for a, b in zip(kept, saved, strict=True):
        if isinstance(b, np.ndarray):
            agree(a, b, x.dtype)
    params = {"needs": [isinstance(v, np.ndarray) for v in (x, *rest)]} if op.asks_needs else {}
    expected = op.rule(g, y, saved, x, *rest, **params)
    grads = op.rule_kernels["numba"](g, y, saved, x, *rest, **params)
    for a, b in zip(*(v if isinstance(v, tuple) else (v,) for v in (grads, expected)), strict=True):
        agree(a, b, x.dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["contiguous", "transposed", "gaps", "backwards"])
@pytest.mark.parametrize("case", range(len(list(cases()))))
def test_kernels_equal_bodies_in_any_memory(case, layout, dtype):
    name, rest = list(cases())[case]
    for seed, shape in enumerate([(1, 1), (3, 17), (5, 64), (2, 3, 33), (4, 1)]):
        x, g = (numbers(seed + k, shape, dtype, layout) for k in (0, 9))
        compare(name, x * 3, rest(x), g)


@pytest.mark.parametrize("name, rest", [c for c in cases() if c[0] != "layer_norm"])
def test_kernels_equal_bodies_on_what_is_not_finite(name, rest):
    x = numbers(0, (len(SPECIAL), 21), np.float32, "contiguous")
    x[np.arange(len(SPECIAL)), 3] = SPECIAL
    x = np.concatenate([x, np.array(SPECIAL, np.float32)[:, None] + np.zeros((1, 21), np.float32)])
    compare(name, x, rest(x), numbers(1, x.shape, np.float32, "contiguous"))


def test_layer_norm_of_rows_that_are_not_finite():
    x = numbers(0, (4, 21), np.float32, "contiguous")
    x[1, 3], x[2, 3] = np.nan, np.inf
    op = REGISTRY["layer_norm"]
    expected, got = op.body(x, (21,))[0], op.kernels["numba"](x, (21,))[0]
    np.testing.assert_array_equal(np.isfinite(got), np.isfinite(expected))
    agree(got[[0, 3]], expected[[0, 3]], x.dtype)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("layout", ["contiguous", "transposed", "gaps", "backwards"])
def test_cross_entropy_of_any_rows(layout, smoothing, monkeypatch):
    from pellucid.ops.loss import cross_entropy_of_labels

    op = cross_entropy_of_labels.op
    x = numbers(0, (300, 37), np.float32, layout)
    g, labels = numbers(1, (300,), np.float32, layout), np.random.RandomState(2).randint(0, 37, 300)
    x[::7, 3], x[1, 5], x[4] = -np.inf, np.nan, -np.inf
    y, saved = op.body(x, labels, smoothing=smoothing)
    got, kept = op.kernels["numba"](x, labels, smoothing=smoothing)
    agree(got, y, x.dtype)
    expected = op.rule(g, y, saved, None, labels, smoothing=smoothing)
    agree(op.rule_kernels["numba"](g, got, kept, None, labels, smoothing=smoothing), expected, x.dtype)
    with pytest.raises(IndexError):
        op.forward(x, labels + 36)                               # not read beyond the end


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count, size", [(50, 1), (7, 40), (3000, 33)])
def test_rows_added_by_a_loop(count, size, dtype, monkeypatch):
    from pellucid.ops import accumulate

    rows = numbers(0, (2000, size), dtype, "transposed")
    places = np.random.RandomState(1).randint(0, count, 2000).astype(np.int32)
    expected = np.zeros((count, size), dtype)
    np.add.at(expected, places, rows)
    monkeypatch.setattr(accumulate, "_LOOP", 1)
    agree(accumulate.add_rows(rows, places, count), expected, np.dtype(dtype))
    agree(accumulate.add_rows(rows[:0], places[:0], count), 0 * expected, np.dtype(dtype))


def test_exp_is_right_to_the_last_bits():
    x = np.linspace(-87, 0, 1 << 16).astype(np.float32)
    pairs = np.stack([x, np.zeros_like(x)], 1)
    e = np.exp(x.astype(np.float64))
    got = REGISTRY["softmax"].kernels["numba"](pairs, -1)[0][:, 0]
    np.testing.assert_allclose(got, e / (1 + e), rtol=4e-7)


def test_large_inputs_take_the_kernel_and_small_ones_the_body(monkeypatch):
    from pellucid.kernels import loops

    seen = []
    for name in ("softmax", "softmax_back"):
        loop = getattr(loops, name)
        monkeypatch.setattr(loops, name, lambda *a, loop=loop, name=name: (seen.append(name), loop(*a)))
    for size, expected in ((8, []), (1 << 14, ["softmax", "softmax_back"])):
        x = pellucid.randn(8, size // 8).requires_grad_()
        (x.softmax(-1) ** 2).sum().backward()
        assert seen == expected


def test_second_derivatives_pass_by_the_kernels():
    x = pellucid.randn(128, 128, dtype=pellucid.float64).requires_grad_()
    w = pellucid.randn(128, 128, dtype=pellucid.float64)
    first, = pellucid.autograd.grad((x.float().softmax(-1) * w.float()).sum(), x, create_graph=True)
    second, = pellucid.autograd.grad((first * w).sum(), x)
    first, = pellucid.autograd.grad((x.softmax(-1) * w).sum(), x, create_graph=True)
    exact, = pellucid.autograd.grad((first * w).sum(), x)
    np.testing.assert_allclose(second.detach().numpy(), exact.detach().numpy(), atol=1e-5)


PROGRAM = """
    import sys, numpy as np
    import pellucid
    assert "numba" not in sys.modules, "imported too early"
    pellucid.randn(4, 4).softmax(-1)
    assert "numba" not in sys.modules, "imported for a small input"
    y = pellucid.ones(128, 128).softmax(-1)
    assert np.allclose(y.numpy(), 1 / 128)
    print("numba" in sys.modules)
"""


def run(program=PROGRAM, **environment):
    source = os.path.join(os.path.dirname(os.path.dirname(pellucid.__file__)))
    made = subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(program)], text=True,
                          capture_output=True, env={**os.environ, "PYTHONPATH": source, **environment})
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_numba_comes_with_the_first_large_input():
    assert run() == "True"


def test_without_numba_or_with_kernels_switched_off_the_bodies_run():
    assert run(PELLUCID_KERNELS="0") == "False"
    absent = 'import sys; sys.modules["numba"] = None\n' + textwrap.dedent(PROGRAM)
    assert run(absent.replace('"numba" not in sys.modules', 'sys.modules["numba"] is None')
               .replace('print("numba" in sys.modules)', 'print(sys.modules["numba"])')) == "None"


def test_kernels_run_where_nothing_can_be_written():
    nowhere = """
        import numba.core.caching as caching
        caching.CacheImpl._locator_classes = []
        import pellucid
        print(float(pellucid.zeros(128, 128).softmax(-1).sum()))
    """
    assert run(nowhere) == "128.0"
