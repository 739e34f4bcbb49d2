"""Reductions, statistics, extremes, quantiles, norms and scans against PyTorch."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

X = (3, 4, 2)
EXPRESSIONS = {
    "sum": lambda m, x: [x.sum(), m.sum(x), x.sum(0), x.sum(dim=-1), m.sum(x, (0, 2)),
                         x.sum([1, -1], keepdim=True),
                         m.sum(x, 1, True), x.sum(axis=0), x.sum(dtype=m.float64), x.sum(dim=()),
                         x.nansum(1)],
    "mean": lambda m, x: [x.mean(), m.mean(x), x.mean(0), x.mean(dim=-1), m.mean(x, (0, 2)),
                          x.mean(1, keepdim=True),
                          x.mean(axis=(0, 1)), x.mean(dtype=m.float64), m.nanmean(x, 0)],
    "var": lambda m, x: [x.var(), m.var(x), x.var(0), x.var(dim=-1), m.var(x, (0, 2)), x.var(1, keepdim=True),
                         x.var(unbiased=False), x.var(1, False), m.var(x, dim=0, unbiased=True),
                         x.var(correction=0),
                         m.var(x, dim=(0, 1), correction=2, keepdim=True), x.var(False), *m.var_mean(x, 1)],
    "std": lambda m, x: [x.std(), m.std(x), x.std(0), x.std(dim=-1), m.std(x, (0, 2)), x.std(1, keepdim=True),
                         x.std(unbiased=False), x.std(1, False), m.std(x, dim=0, unbiased=True),
                         x.std(correction=0),
                         *m.std_mean(x, dim=0, keepdim=True), *m.std_mean(x)],
    "prod": lambda m, x: [x.prod(), m.prod(x), x.prod(0), x.prod(dim=-1, keepdim=True), m.prod(x, 1),
                          x.prod(1, dtype=m.float64)],
    "max": lambda m, x: [x.max(), m.max(x), *x.max(0), *m.max(x, dim=-1, keepdim=True), x.max(1).values,
                         x.max(dim=1).indices, x.max(1)[0], *m.max(x, 2)],
    "min": lambda m, x: [x.min(), m.min(x), *x.min(0), *m.min(x, dim=-1, keepdim=True), x.min(1).values,
                         x.min(dim=1).indices, x.min(1)[0], *m.min(x, 2)],
    "amax": lambda m, x: [x.amax(), m.amax(x, 0), x.amax((0, 2)), m.amax(x, dim=-1, keepdim=True), x.amin(),
                          m.amin(x, 1), x.amin((0, -1)), *m.aminmax(x), *x.aminmax(dim=1, keepdim=True)],
    "arg": lambda m, x: [x.argmax(), m.argmax(x, 0), x.argmax(dim=-1, keepdim=True), x.argmin(),
                         m.argmin(x, 1),
                         x.argmax(keepdim=True)],
    "any": lambda m, x: [(x > 1).any(), (x > 1).any(0), m.any(x > 0, dim=1, keepdim=True), (x > -1).all(),
                         m.all(x > -1, 2), m.any(x), x.all(0), m.any(x > 0, dim=(0, 1)),
                         m.count_nonzero(x > 0),
                         (x > 0).count_nonzero(1)],
    "norm": lambda m, x: [x.norm(), m.norm(x), x.norm(1), x.norm(p=3, dim=1), m.norm(x, 2, (0, 1)),
                          x.norm(math.inf), x.norm(-math.inf, 0), x.norm(0), m.norm(x, p="fro"),
                          x.norm(0.5, -1),
                          m.norm(x, dim=2, keepdim=True), x.norm(2, 1, True), m.dist(x, x * x),
                          x.dist(2 * x, 1)],
    "median": lambda m, x: [x.median(), m.median(x), *x.median(1), *m.median(x, dim=0, keepdim=True),
                            x.nanmedian(), *x.nanmedian(-1)],
    "quantile": lambda m, x: [x.quantile(0.3), m.quantile(x, 0.5, 1), x.quantile(m.tensor([0.1, 0.9]), 0),
                              m.quantile(x, 0.75, dim=-1, keepdim=True), x.quantile(m.tensor([0.0, 1.0])),
                              x.quantile(0.4, 1, interpolation="lower"),
                              x.quantile(0.4, 1, interpolation="higher"),
                              x.quantile(0.4, 1, interpolation="nearest"), x.nanquantile(0.25, 2),
                              x.quantile(0.4, 1, interpolation="midpoint"), m.quantile(x, 0.3, keepdim=True),
                              m.quantile(x, m.tensor([0.3, 0.2]), 2, keepdim=True)],
    "cumsum": lambda m, x: [x.cumsum(0), m.cumsum(x, -1), x.cumsum(dim=1), x.cumsum(1, dtype=m.float64)],
    "cumprod": lambda m, x: [x.cumprod(0), m.cumprod(x, -1), x.cumprod(dim=1), x.cumprod(1, dtype=m.float64)],
    "cummax": lambda m, x: [*x.cummax(0), *m.cummax(x, -1), *x.cummin(1), m.cummin(x, dim=1).values],
    "logcumsumexp": lambda m, x: [x.logcumsumexp(0), m.logcumsumexp(x, -1), x.logcumsumexp(dim=1)],
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_gradients(name):
    agree(EXPRESSIONS[name], X, rtol=2e-5)
    agree(lambda m, x: EXPRESSIONS[name](m, x.permute(2, 0, 1)), (4, 2, 3), second=False, rtol=2e-5)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_float64(name):
    x = np.random.RandomState(5).standard_normal((3, 4, 2))
    if name != "quantile":                                       # q is float32 there
        agree(EXPRESSIONS[name], x, second=False, rtol=1e-10, atol=1e-10)


SMALL = {
    "sum": lambda m, x: [x.sum(), x.sum(0), x.sum(-1, keepdim=True)],
    "mean": lambda m, x: [x.mean(), x.mean(0), x.mean(-1, keepdim=True)],
    "prod": lambda m, x: [x.prod(), x.prod(0), x.prod(-1, keepdim=True)],
    "norm": lambda m, x: [x.norm(), x.norm(1, 0)],
    "cumsum": lambda m, x: [x.cumsum(0), x.cumprod(-1), x.logcumsumexp(0)],
    "any": lambda m, x: [x.any(), x.all(0)],
}
NOT_EMPTY = {
    "max": lambda m, x: [x.max(), *x.max(0), *x.min(-1), x.amax(), x.amin(0), x.argmax(), x.argmin(0)],
    "std": lambda m, x: [x.std(correction=0), x.var(0, correction=0)],
    "median": lambda m, x: [x.median(), *x.median(0), x.quantile(0.5, 0), *x.mode(0), *x.cummax(0)],
}


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (0,), (0, 3), (3, 0)], ids=str)
def test_small_and_empty(shape):
    for function in {**SMALL, **(NOT_EMPTY if 0 not in shape else {})}.values():
        agree(function, shape, second=False)


def test_integers_and_bools():
    ints = np.array([[3, 1, 2], [5, 5, 0]])

    def many(m, x):
        return [x.sum(), x.sum(0), x.prod(), x.prod(1), x.cumsum(0), x.cumprod(1), x.max(), *x.max(1),
                x.amax(0), x.argmax(1), x.min(), x.any(), x.all(1), x.count_nonzero(), *x.cummax(0),
                x.sum(dtype=m.float32), x.mean(dtype=m.float32), *x.sort(1)]

    for dtype in (np.int64, np.int32, np.uint8, np.int16):
        agree(many, ints.astype(dtype), grad=False)
        agree(lambda m, x: [x.median(), x.median(0).values, x.mode(1).values], ints.astype(dtype), grad=False)
    agree(lambda m, x: [x.sum(), x.sum(0), x.any(1), x.all(), x.cumsum(0), x.prod(), x.max(), x.amax(0),
                        x.mean(dtype=m.float32)], ints > 1, grad=False)
    for wrong in (lambda m, x: x.mean(), lambda m, x: x.std(), lambda m, x: x.var(0)):
        both_raise(wrong, ints)
    with pytest.raises(RuntimeError):
        pellucid.tensor(ints).norm()


def test_ties_share_or_not():
    tied = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, -1.0, 0.0]], np.float32)
    agree(lambda m, x: [x.max(), x.min(), x.amax(1), x.amin(0), x.norm(math.inf), x.norm(math.inf, 1),
                        x.amax()],
          tied, second=False)
    agree(lambda m, x: [*x.max(1), *x.min(0), x.argmax(0), x.argmin(1), *x.cummax(1), *x.cummin(0)], tied,
          second=False)
    agree(lambda m, x: [*m.mode(x), *x.mode(0), *x.mode(1, True)],
          np.array([[1, 2, 2, 3], [5, 4, 4, 5]], np.float32),
          second=False)


def test_nan_and_infinities():
    bad = np.array([[1, np.nan, 3], [np.inf, 2, -np.inf], [0, 1, 2]], np.float32)
    agree(lambda m, x: [x.sum(1), x.mean(0), x.prod(1), *x.max(1), *x.min(0), x.amax(1), x.argmax(1),
                        x.nansum(1),
                        x.nanmean(0), x.median(), *x.median(1), x.nanmedian(), x.nanmedian(1).values,
                        x.norm(dim=1),
                        x.quantile(0.5, 1), x.nanquantile(0.5, 1), x.var(1), x.std(0), x.cumsum(1),
                        *x.cummax(1),
                        x.cumprod(0), x.any(0)], bad, grad=False)


def test_zeros_in_products():
    zeros = np.array([[2, 0, 3, 4], [0, 5, 0, 1], [1, 2, 3, 4]], np.float32)
    agree(lambda m, x: [x.prod(), x.prod(1), x.prod(0), x[2].prod(), x[0].prod()], zeros, rtol=1e-4)
    agree(lambda m, x: [x.cumprod(1), x.cumprod(0)], zeros, rtol=1e-4)


def test_slopes_at_zero():
    agree(lambda m, x: [x.norm(), x.norm(1), x.norm(3), x.norm(dim=1), x.norm(1.5, 0), x.std(0), x.var()],
          np.zeros((2, 3), np.float32), second=False)


def test_counts():
    agree(lambda m, x: [m.bincount(x), x.bincount(minlength=9)], np.array([1, 0, 5, 1]), grad=False)
    for dtype in (np.float32, np.float64):
        weights = np.array([0.5, 1, 2, 3], dtype)
        agree(lambda m, x, w: [m.bincount(x, w), m.bincount(x, weights=w, minlength=8)],
              np.array([1, 0, 5, 1]), weights,
              grad=False)
    agree(lambda m, x: [m.histc(x, 5), x.histc(4, -1, 1), m.histc(x, bins=3, min=0, max=2)], (50,),
          grad=False)
    both_raise(lambda m, x: m.bincount(x), np.array([-1]))
    both_raise(lambda m, x: m.histc(x, 0), (3,))


def test_distances():
    agree(lambda m, x, y: [m.cdist(x, y), m.cdist(x, y, p=1), m.cdist(x, y, 3.0), m.cdist(x, y, math.inf)],
          (2, 3, 4), (2, 5, 4), second=False)
    agree(lambda m, x, y: [m.cdist(x, y)], (30, 3), (28, 3), second=False, rtol=1e-4)
    agree(lambda m, x: m.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist"), (4, 3), second=False)
    both_raise(lambda m, x, y: m.cdist(x, y), (2, 3), (2, 4))


def test_errors():
    for wrong in (lambda m, x: x.sum(3), lambda m, x: x.mean(-4), lambda m, x: x.max(5), lambda m,
                  x: x.cumsum(3),
                  lambda m, x: x.argmax(7), lambda m, x: x.var(3), lambda m, x: x.amax((0, 4)),
                  lambda m, x: x.median(3), lambda m, x: x.quantile(1.5), lambda m, x: x.sum((0, 0)),
                  lambda m, x: x.prod(3), lambda m, x: x.any(4), lambda m, x: x.norm("nuc", 0)):
        both_raise(wrong, X)
    for empty in (lambda m, x: x.max(), lambda m, x: x.max(0), lambda m, x: x.argmax(), lambda m,
                  x: x.amax(0),
                  lambda m, x: x.quantile(0.5), lambda m, x: x.median(0)):
        both_raise(empty, (0, 3))


def test_named_results():
    found = pellucid.tensor([[1.0, 3.0], [4.0, 2.0]]).max(dim=1)
    values, indices = found
    assert found.values is values and found.indices is indices and found._fields == ("values", "indices")
    low, high = pellucid.tensor([1.0, 3.0]).aminmax()
    assert low.item() == 1 and high.item() == 3


def test_differences_and_areas():
    agree(lambda m, x: [x.diff(), m.diff(x, 2, 0), x.diff(dim=1, prepend=x[:, :1]), m.diff(x, n=0),
                        m.trapezoid(x), m.trapz(x, dx=0.5, dim=0), m.trapezoid(x, m.tensor([0.0, 0.5])),
                        m.trapezoid(x, m.tensor([0.0, 0.5, 2.0, 3.0]), dim=1),
                        m.cumulative_trapezoid(x, dim=1)], X)
    agree(lambda m, x: [x.diff(), (x > 1).diff()], np.array([1, 4, 2]), grad=False)


def test_covariance():
    agree(lambda m, x: [x.cov(), m.cov(x, correction=0), m.corrcoef(x), x[0].cov(), x[1].corrcoef(),
                        m.cov(x, fweights=m.tensor([1, 2, 1, 3])),
                        m.cov(x, aweights=m.tensor([1.0, 0.5, 2.0, 1.0])),
                        m.cov(x, fweights=m.tensor([1, 2, 1, 3]), aweights=m.tensor([1.0, 0.5, 2.0, 1.0]))],
                        (3, 4))


def test_the_gradient_of_a_median_is_shared_by_its_ties():
    for values in ([3.0, 3.0, 1.0, 3.0, 5.0], [2.0], [1.0, math.nan, 1.0, 7.0]):
        agree(lambda m, x: [x.median(), m.nanmedian(x)], np.array(values, np.float32), second=False)
