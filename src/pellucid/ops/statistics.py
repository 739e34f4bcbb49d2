"""How far the elements spread: variance, standard deviation."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..signature import takes_numpy_words
from .masks import keep
from .numpy_protocol import stands_for
from .reduce import axes_of, count_along, floating, mean, spread
from .samples import normal

__all__ = ["var", "std", "var_mean", "std_mean", "cov", "corrcoef"]


def _deviations(x, axis):
    """x minus its mean, the first of the two passes."""
    count = x.dtype.type(count_along(x.shape, axis))
    return x - np.add.reduce(x, axis=axis, keepdims=True) / count


@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=(0, -1))
    + normal((2, 3), dim=1, correction=0, keepdim=True))
def variance(x, dim=None, *, correction=1, keepdim=False):
    """Average the squared distances from the mean along dim, in two passes.

        y  = sum (x - mean x)^2 / (N - correction)        N the number of elements that go into one result
        dx = 2 g (x - mean x) / (N - correction)
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    floating("var", x)
    axis = axes_of(dim, x.ndim)
    d = _deviations(x, axis) if x.size else x
    freedom = max(0, count_along(x.shape, axis) - correction)
    total = np.add.reduce(d * d, axis=axis, keepdims=keepdim)
    return total * x.dtype.type(1 / freedom if freedom else math.inf), (d, freedom)


@variance.vjp
def _(g, _y, saved, x, dim=None, *, correction=1, keepdim=False):
    d, freedom = saved
    scale = g.dtype.type(2 / freedom if freedom else math.inf)
    return spread(g * scale, axes_of(dim, x.ndim), keepdim, x.shape) * d


@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=(0, -1))
    + normal((2, 3), dim=1, correction=0, keepdim=True))
def deviation(x, dim=None, *, correction=1, keepdim=False):
    """Take the root of the variance along dim, in two passes.

        y  = sqrt(sum (x - mean x)^2 / (N - correction))
        dx = g (x - mean x) / (y (N - correction))        0 where y = 0
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    floating("std", x)
    axis = axes_of(dim, x.ndim)
    d = _deviations(x, axis) if x.size else x
    freedom = max(0, count_along(x.shape, axis) - correction)
    total = np.add.reduce(d * d, axis=axis, keepdims=keepdim)
    return np.sqrt(total * x.dtype.type(1 / freedom if freedom else math.inf)), (d, freedom)


@deviation.vjp
def _(g, y, saved, x, dim=None, *, correction=1, keepdim=False):
    d, freedom = saved
    scaled = keep.on(g / (y * g.dtype.type(freedom or math.nan)), y != 0)
    return spread(scaled, axes_of(dim, x.ndim), keepdim, x.shape) * d


def _asked(dim, unbiased, correction):
    """PyTorch's three ways to say it: var(x, False), var(x, dim, False), var(x, dim, correction=0)."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return dim, (1 if correction is None else correction) if unbiased is None else int(unbiased)


@takes_numpy_words
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Average the squared distances from the mean along dim (over all elements by default).

        y = sum (x - mean x)^2 / (N - correction)

    correction: 1 by default (Bessel's); 0 for the plain average, which unbiased=False means too
    Shapes: input (...) -> input without dim, or with dim of size 1 when keepdim
    """
    dim, correction = _asked(dim, unbiased, correction)
    return variance(input, dim, correction=correction, keepdim=keepdim)


@takes_numpy_words
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Take the root of the variance along dim (over all elements by default).

        y = sqrt(sum (x - mean x)^2 / (N - correction))

    correction: 1 by default (Bessel's); 0 for the plain average, which unbiased=False means too
    Shapes: input (...) -> input without dim, or with dim of size 1 when keepdim
    """
    dim, correction = _asked(dim, unbiased, correction)
    return deviation(input, dim, correction=correction, keepdim=keepdim)


@takes_numpy_words
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the variance and the mean along dim.

        y = (var input, mean input)
    """
    return (var(input, dim, unbiased, keepdim, correction=correction),
            mean(input, None if isinstance(dim, bool) else dim, keepdim))


@takes_numpy_words
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Return the standard deviation and the mean along dim.

        y = (std input, mean input)
    """
    return (std(input, dim, unbiased, keepdim, correction=correction),
            mean(input, None if isinstance(dim, bool) else dim, keepdim))


def cov(input, *, correction=1, fweights=None, aweights=None):
    """How variables vary together: each row of input is a variable, each column an observation.

        C = (input - mean) W (input - mean)^T / d        W the weights on the diagonal, 1 by default
        d = sum W - correction sum(W a) / sum W           a = aweights, 1 by default

    fweights: how often each observation was made; aweights: how much each counts
    Shapes: input (V, N) -> (V, V); input (N,) -> ()
    """
    x = input if input.ndim > 1 else input.reshape(1, -1)
    counts = [w for w in (fweights, aweights) if w is not None]
    w = counts[0] * counts[1] if len(counts) > 1 else counts[0] if counts else None
    if w is None:
        d = x - mean(x, 1, True)
        freedom, spread_out = x.shape[1] - correction, d
    else:
        whole = w.sum()
        d = x - (x * w).sum(1, True) / whole
        freedom = whole - correction * (1 if aweights is None else (w * aweights).sum() / whole)
        spread_out = d * w
    y = np.matmul(spread_out, d.T) / freedom
    return y if input.ndim > 1 else y.reshape(())


def corrcoef(input):
    """How variables vary together, as numbers from -1 to 1: each row of input is a variable.

        R[i, j] = C[i, j] / sqrt(C[i, i] C[j, j])        C = cov(input)
    Shapes: input (V, N) -> (V, V); input (N,) -> ()
    """
    c = cov(input)
    if not c.ndim:
        return c / c
    scale = c.diagonal().sqrt()
    return (c / scale.unsqueeze(1) / scale.unsqueeze(0)).clamp(-1, 1)


@stands_for(np.var)
def _numpy_var(a, axis=None, *, ddof=0, keepdims=False):
    return variance(a, axis, correction=ddof, keepdim=keepdims)


@stands_for(np.std)
def _numpy_std(a, axis=None, *, ddof=0, keepdims=False):
    return deviation(a, axis, correction=ddof, keepdim=keepdims)
