"""Reductions by hand: empties, ties, two passes, zeros in products, names of results."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import int64, tensor


def test_nothing():
    none = pellucid.zeros(0, 3)
    assert none.sum().item() == 0 and none.prod().item() == 1 and math.isnan(none.mean().item())
    assert none.sum(0).tolist() == [0, 0, 0] and none.any().item() is False and none.all().item() is True
    assert none.logsumexp(0).tolist() == [-math.inf] * 3 and none.cumsum(0).shape == (0, 3)
    for choose in (lambda: none.max(), lambda: none.argmin(0), lambda: none.amax(0), lambda: none.median(0)):
        with pytest.raises(RuntimeError, match="no elements to choose from"):
            choose()


def test_integers_add_up_in_int64():
    x = tensor([200, 100], dtype=pellucid.uint8)
    assert x.sum().dtype == int64 and x.sum().item() == 300 and x.prod().item() == 20000
    assert x.cumsum(0).tolist() == [200, 300] and tensor([True, True]).sum().item() == 2
    with pytest.raises(RuntimeError, match="mean: x must be floating, got uint8"):
        x.mean()


def test_variance_takes_two_passes():
    x = tensor(1e4 + np.array([0.0, 1.0, 2.0]), dtype=pellucid.float32)
    assert x.var().item() == 1.0 and x.std(correction=0).item() == pytest.approx(math.sqrt(2 / 3))
    assert math.isnan(tensor([1.0]).var().item())
    half = pellucid.full((1000,), 600.0, dtype=pellucid.float16)
    assert half.mean().item() == 600.0                           # the sum alone is beyond float16


def test_ties():
    x = tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [[0, 0.5, 0.5]]                    # all of them
    x.grad = None
    x.max(dim=1).values.sum().backward()
    assert x.grad.tolist() == [[0, 1, 0]]                        # the first
    assert x.argmax().item() == 1 and x.max(1).indices.tolist() == [1]
    values, indices = x.cummax(1)
    assert values.tolist() == [[1, 3, 3]] and indices.tolist() == [[0, 1, 2]]


def test_zeros_in_products():
    x = tensor([2.0, 0.0, 3.0], requires_grad=True)
    x.prod().backward()
    assert x.grad.tolist() == [0, 6, 0]
    x.grad = None
    x.cumprod(0).sum().backward()                                # 2 + 2 0 + 2 0 3
    assert x.grad.tolist() == [1, 8, 0]
    two = tensor([0.0, 5.0, 0.0], requires_grad=True)
    g, = pellucid.autograd.grad(two.prod(), two, create_graph=True)
    assert g.tolist() == [0, 0, 0]
    g[0].backward()                                              # d(x1 x2) = (0, x2, x1)
    assert two.grad.tolist() == [0, 0, 5]


def test_norms():
    x = tensor([[3.0, -4.0], [0.0, 0.0]], requires_grad=True)
    assert [x.norm(p).item() for p in (2, 1, math.inf, 0)] == [5, 7, 4, 2]
    x.norm(dim=1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0.6, -0.8], [0, 0]], rtol=1e-6)
    a, b = tensor([[0.0, 0.0]]), tensor([[3.0, 4.0], [0.0, 0.0]])
    assert pellucid.cdist(a, b).tolist() == [[5.0, 0.0]] and pellucid.dist(a, b[:1]).item() == 5


def test_order():
    x = tensor([4.0, 1.0, 3.0, 2.0])
    assert x.median().item() == 2 and x.quantile(0.5).item() == 2.5 and x.median(0).indices.item() == 3
    assert x.quantile(tensor([0.0, 1.0])).tolist() == [1, 4]
    bad = tensor([1.0, math.nan, 2.0])
    assert math.isnan(bad.median().item()) and math.isnan(bad.quantile(0.0).item())
    assert bad.nanmedian().item() == 1 and bad.nanquantile(1.0).item() == 2 and bad.nansum().item() == 3
    assert bad.max(0).indices.item() == 1
    assert tensor([3, 1, 1, 3]).mode().values.item() == 1 and tensor([3, 1, 1, 3]).mode().indices.item() == 2
    assert tensor([0, 2, 2]).bincount().tolist() == [1, 0, 2]
    assert tensor([0.0, 0.5, 1.0]).histc(2).tolist() == [1, 2]


def test_words_of_numpy():
    x = pellucid.ones(2, 3)
    for name in ("sum", "mean", "var", "std", "amax", "argmax", "logsumexp", "any", "prod"):
        assert getattr(x, name)(axis=1, keepdims=True).shape == (2, 1), name
    assert x.max(axis=0).values.shape == (3,) and x.median(axis=1, keepdims=True).values.shape == (2, 1)
