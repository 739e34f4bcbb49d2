"""Attention head by head against the body: shapes, orders of memory, masks, dropout, what is no number."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from pellucid.kernels import products  # noqa: E402
from pellucid.ops import attention_blocks, attention_heads  # noqa: E402
from pellucid.ops.attention import attention  # noqa: E402

if not products.found():
    pytest.skip("no OpenBLAS of NumPy's wheel for Linux on x86-64", allow_module_level=True)


@pytest.fixture(autouse=True)
def always(monkeypatch):
    monkeypatch.setattr(attention_heads, "LEAST", 1)


def drawn(rng, *shape, heads_inside=False):
    """Numbers whose heads lie beside each other in a row, as a layer's projection leaves them, or apart."""
    if heads_inside and len(shape) == 4:
        b, h, n, d = shape
        return rng.standard_normal((b, n, h, d)).astype(np.float32).swapaxes(1, 2)
    return rng.standard_normal(shape).astype(np.float32)


CASES = [((2, 3, 5, 4), (2, 3, 7, 4), 6), ((4, 70, 8), (4, 70, 8), 8), ((9, 3), (11, 3), 1),
         ((2, 2, 130, 5), (2, 1, 140, 5), 5), ((3, 1, 1, 8), (3, 1, 33, 8), 8), ((2, 1, 64, 8), (64, 8), 8)]


def masked(rng, kind, q, k):
    length, size = q.shape[-2], k.shape[-2]
    if kind == "bool":
        mask = rng.uniform(size=(length, size)) < 0.7
        mask[0] = False                                          # a query that sees no key
        return mask
    if kind == "rows":
        return rng.uniform(size=(*q.shape[:-2], 1, size)) < 0.7
    return drawn(rng, *q.shape[:-2], length, size) if kind == "numbers" else None


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("how", ["plain", "causal", "bool", "rows", "numbers", "dropout", "causal dropout"])
@pytest.mark.parametrize("q_shape, k_shape, width", CASES)
def test_values_and_slopes(q_shape, k_shape, width, how, kept, rng, monkeypatch):
    if not kept:
        monkeypatch.setattr(attention_heads, "KEEP", 0)
    q, k = drawn(rng, *q_shape, heads_inside=True), drawn(rng, *k_shape)
    v = drawn(rng, *k_shape[:-1], width, heads_inside=True)
    mask, keep = masked(rng, how, q, k), None
    options = {"scale": 0.7, "is_causal": "causal" in how}
    if "dropout" in how:
        keep = rng.uniform(size=(*q_shape[:-1], k_shape[-2])) < 0.8
        options["p"] = 0.2
    y, saved = attention_heads.forward(q, k, v, mask, keep, **options)
    assert len(saved) == 2
    expected = attention.op.body(q, k, v, mask, keep, **options)[0]
    np.testing.assert_allclose(y, expected, rtol=2e-5, atol=2e-6)
    g = drawn(rng, *y.shape)
    ours = attention_heads.backward(g, y, saved, q, k, v, mask, keep, **options)
    theirs = attention_blocks.backward(
        g, y, attention_blocks.forward(q, k, v, mask, keep, **options)[1], q, k, v, mask, keep, **options)
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_large_scores_do_not_overflow(rng):
    q, k, v = (drawn(rng, 2, 20, 8) * size for size in (100, 100, 1))
    y, saved = attention_heads.forward(q, k, v, scale=1.0)
    np.testing.assert_allclose(y, attention.op.body(q, k, v, scale=1.0)[0], rtol=1e-4, atol=1e-5)
    assert np.isfinite(saved[0]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_spoils_its_rows_alone(bad, rng):
    q, k, v = (drawn(rng, 2, 6, 4) for _ in range(3))
    q[0, 2, 1] = bad
    y = attention_heads.forward(q, k, v, scale=1.0)[0]
    expected = attention.op.body(q, k, v, scale=1.0)[0]
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
    np.testing.assert_allclose(y[1], expected[1], rtol=2e-5, atol=2e-6)


def test_what_the_loops_cannot_do_goes_the_other_way(rng):
    q, k, v = (drawn(rng, 2, 6, 4) for _ in range(3))
    for cannot in ((q.astype(np.float64), k, v), (q[None, None, None], k, v), (q, k, v[..., :0])):
        y, saved = attention_heads.forward(*cannot, scale=1.0)
        assert len(saved) == 3 and y.dtype == cannot[0].dtype
