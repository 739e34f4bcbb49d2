"""Loops over memory against NumPy's passes: activations, dropout, normalised channels, windows, Adadelta."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from pellucid.kernels import passes  # noqa: E402
from pellucid.op import REGISTRY  # noqa: E402
from pellucid.ops import conv_columns, updates  # noqa: E402
from pellucid.ops.alike import channel_rows, flat, laid_as, lie_alike  # noqa: E402

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40]
TOLERANCE = {np.float32: 3e-5, np.float64: 1e-11}


def laid(rng, shape, dtype, layout):
    """Numbers in row-major order, with channels innermost, or with gaps."""
    if layout == "channels last" and len(shape) > 2:
        return np.moveaxis(rng.standard_normal((shape[0], *shape[2:], shape[1])).astype(dtype), -1, 1)
    if layout == "gaps":
        return rng.standard_normal((*shape[:-1], 2 * shape[-1])).astype(dtype)[..., ::2]
    return rng.standard_normal(shape).astype(dtype)


def both(name, g, x, *rest, **params):
    """Values, and slopes, of the twin and of what it stands for; the choice falls as it does in use."""
    op = REGISTRY[name]
    twin, body = op.kernels["numba"](x, *rest, **params), op.body(x, *rest, **params)
    needs = {"needs": (True,) * 3} if op.asks_needs else {}
    slopes = [rule(g, y, saved, x, *rest, **params, **needs)
              for rule, (y, saved) in ((op.rule_kernels["numba"], twin), (op.rule, body))]
    return (twin[0], body[0]), slopes


def same(pair, dtype):
    for a, b in zip(*(v if isinstance(v, tuple) else (v,) for v in pair), strict=True):
        if b is None:
            assert a is None
            continue
        assert a.dtype == b.dtype and a.shape == b.shape
        size = np.abs(b[np.isfinite(b)]).max(initial=1)
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * size)


LAYOUTS = pytest.mark.parametrize("layout, other", [("rows", "rows"), ("channels last", "channels last"),
                                                    ("channels last", "rows"), ("rows", "channels last"),
                                                    ("gaps", "rows"), ("rows", "gaps")])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
@LAYOUTS
@pytest.mark.parametrize("shape", [(2, 8, 5, 6), (3, 9, 4), (7, 33), (1, 1, 1, 1), (0, 8, 2)])
def test_relu_and_dropout(shape, layout, other, dtype, rng):
    x, g = laid(rng, shape, dtype, layout), laid(rng, shape, dtype, other)
    if x.size > len(SPECIAL):
        x.reshape(-1)[:len(SPECIAL)] = SPECIAL                   # (a copy, where x has gaps)
        x[(0,) * (x.ndim - 1)][:1] = np.nan
    for pair in both("relu", g, x):
        same(pair, dtype)
    keep = laid(rng, shape, dtype, layout) > 0
    for pair in both("drop", g, x, keep, p=0.3):
        same(pair, dtype)


@DTYPES
@LAYOUTS
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(4, 8, 5, 6), (50, 9, 4), (70, 33)])
def test_normalised_channels(shape, affine, layout, other, dtype, rng):
    x, g = laid(rng, shape, dtype, layout) * 3 + 5, laid(rng, shape, dtype, other)
    weight, bias = (rng.standard_normal(shape[1]).astype(dtype) if affine else None for _ in range(2))
    moments = rng.standard_normal((2, shape[1])).astype(dtype)
    op = REGISTRY["normalise_batch"]
    twin, body = op.kernels["numba"](x, weight, bias, eps=1e-3), op.body(x, weight, bias, eps=1e-3)
    same((twin[0], body[0]), dtype)
    slopes = [rule((g, *moments), None, saved, x, weight, bias, eps=1e-3)
              for rule, (_, saved) in ((op.rule_kernels["numba"], twin), (op.rule, body))]
    same(slopes, dtype)
    unwanted = op.rule_kernels["numba"]((g, *moments), None, twin[1], x, weight, bias, needs=(False,) * 3)
    assert unwanted[0] is None


@LAYOUTS
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("groups", [1, 4, 8])
@pytest.mark.parametrize("shape", [(4, 8, 5, 6), (50, 16, 4), (0, 8, 3)])
def test_normalised_groups(shape, groups, affine, layout, other, rng):
    dtype = np.float32
    x, g = laid(rng, shape, dtype, layout) * 3 + 5, laid(rng, shape, dtype, other)
    weight, bias = (rng.standard_normal(shape[1]).astype(dtype) if affine else None for _ in range(2))
    op, how = REGISTRY["normalise_groups"], {"groups": groups, "eps": 1e-3}
    twin, body = op.kernels["numba"](x, weight, bias, **how), op.body(x, weight, bias, **how)
    same((twin[0], body[0]), dtype)
    same((twin[1], body[1]), dtype)
    slopes = [rule(g, None, saved, x, weight, bias, **how)
              for rule, (_, saved) in ((op.rule_kernels["numba"], twin), (op.rule, body))]
    same(slopes, dtype)
    unwanted = op.rule_kernels["numba"](g, None, twin[1], x, weight, bias, **how, needs=(False,) * 3)
    assert unwanted[0] is None


WINDOWS = [((2, 2), (2, 2), (0, 0), (1, 1)), ((3, 2), (2, 1), (1, 0), (1, 2)),
           ((3, 3), (1, 1), (1, 1), (1, 1)), ((2, 3), (2, 3), (1, 1), (1, 1))]


@DTYPES
@LAYOUTS
@pytest.mark.parametrize("kernel, stride, padding, dilation", WINDOWS)
def test_largest_in_windows(kernel, stride, padding, dilation, layout, other, dtype, rng):
    x = np.round(laid(rng, (3, 8, 7, 9), dtype, layout), 1)      # with equal numbers: the first counts
    x[0, 1, 2, 3], x[1, 2, 3, 4], x[2] = np.nan, np.inf, -np.inf
    sizes = tuple((size + 2 * pad - far * (k - 1) - 1) // hop + 1 for size, k, hop, pad, far
                  in zip((7, 9), kernel, stride, padding, dilation, strict=True))
    g = laid(rng, (3, 8, *sizes), dtype, other)
    how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "sizes": sizes}
    for pair in both("largest_in_windows", g, x, **how):
        same(pair, dtype)


@pytest.mark.parametrize("shape", [(2, 3, 5), (1, 17, 33), (3, 16, 4, 5), (2, 1, 1), (0, 3, 4)])
def test_channels_turned_inside(shape, rng, monkeypatch):
    monkeypatch.setattr(conv_columns, "LOOP", 0)
    x = rng.standard_normal(shape).astype(np.float32)
    turned = conv_columns.channels_last(x)
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, np.moveaxis(x, 1, -1))


@DTYPES
def test_adadelta(dtype, rng, monkeypatch):
    results = []
    for least in (1, 1 << 30):
        monkeypatch.setattr(updates, "LEAST", least)
        p, g, v, u = np.random.RandomState(0).standard_normal((4, 7, 30)).astype(dtype)
        v, u = v * v, u * u
        for _ in range(3):
            updates.adadelta(p, g, v, u, rho=0.9, eps=1e-6, lr=0.5)
        results.append((p, v, u))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[dtype])


def test_who_lies_alike(rng):
    x = rng.standard_normal((2, 3, 4, 5))
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    assert lie_alike(x, x + 1) and lie_alike(turned, turned + 1) and not lie_alike(x, turned)
    assert channel_rows(x) is None and channel_rows(turned).shape == (40, 3)
    assert flat(x[..., ::2]) is None and flat(x[:0], x[:0])[0].shape == (0,)
    for a, b in ((x, turned), (turned, x), (x, x)):
        np.testing.assert_array_equal(laid_as(a, b), a)
        assert lie_alike(laid_as(a, b), b)


def test_parts_change_nothing(openblas_thread, rng):
    """Sums over rows are the same numbers, however many processors make them."""
    x = rng.standard_normal((100, 24)).astype(np.float32)
    ones = np.ones(24, np.float32)
    found = [passes.normalise_channels(team, x, ones, ones, 1e-5, *np.empty((2, 100, 24), np.float32))
             for team in ((0, 1), (openblas_thread, 2), (openblas_thread, 5))]
    for each in found[1:]:
        for a, b in zip(each, found[0], strict=True):
            np.testing.assert_array_equal(a, b)
