"""Lengths and distances: norms of any order, distances between rows."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..signature import takes_numpy_words
from ..tensor import OpError
from .masks import keep
from .memory import cast
from .numpy_protocol import stands_for
from .reduce import axes_of, floating, spread
from .samples import apart, case, n, normal

__all__ = ["norm", "dist", "cdist"]


@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=(0, -1)) + case(n(2, 3), 1, dim=1, keepdim=True)
    + case(n(2, 3), 3, dim=0) + case(n(2, 3), 0.5) + case(apart(2, 3), math.inf, dim=1)
    + case(apart(2, 3), -math.inf) + case(n(2, 3), 0))
def p_norm(x, p=2, dim=None, keepdim=False):
    """The length of the vectors along dim: Euclid's for p = 2, the sum for p = 1, the largest for p = inf.

        y  = (sum |x|^p)^(1 / p)        max |x| for p = inf, min |x| for -inf, the count of x != 0 for 0
        dx = g sign(x) (|x| / y)^(p - 1)        0 where y = 0; the ties share g for p = inf; 0 for p = 0
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    floating("norm", x)
    axis = axes_of(dim, x.ndim)
    if p == 2:
        return np.sqrt(np.add.reduce(x * x, axis=axis, keepdims=keepdim)), ()
    size = np.abs(x)
    if p == 1:
        return np.add.reduce(size, axis=axis, keepdims=keepdim), ()
    if p == 0:
        return np.add.reduce(x != 0, axis=axis, keepdims=keepdim, dtype=x.dtype), ()
    if abs(p) == math.inf:
        return (np.maximum if p > 0 else np.minimum).reduce(size, axis=axis, keepdims=keepdim), ()
    total = np.add.reduce(np.power(size, p), axis=axis, keepdims=keepdim)
    return np.power(total, x.dtype.type(1 / p)), ()              # NumPy 1.26 widens numbers without axes


@p_norm.vjp
def _(g, y, _saved, x, p=2, dim=None, keepdim=False):
    axis = axes_of(dim, x.ndim)
    if p == 2:
        return spread(keep.on(g / y, y != 0), axis, keepdim, x.shape) * x
    if p == 1:
        return spread(g, axis, keepdim, x.shape) * np.sign(x)
    if p == 0:
        return np.zeros_like(x)
    if abs(p) == math.inf:
        hit = np.abs(x) == spread(y, axis, keepdim, x.shape)
        count = np.add.reduce(hit, axis=axis, keepdims=keepdim, dtype=g.dtype)
        return keep.on(spread(g / count, axis, keepdim, x.shape) * np.sign(x), hit)
    length = spread(y, axis, keepdim, x.shape)
    size = np.where(x == 0, 1, np.abs(x))  # |x|^(p - 1) would be infinite there for p < 1
    slope = np.power(size / np.where(length == 0, 1, length), p - 1)
    return spread(g, axis, keepdim, x.shape) * keep.on(np.sign(x) * slope, length != 0)


@takes_numpy_words
def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The length of the vectors along dim (of all elements as one vector by default).

        y = (sum |input|^p)^(1 / p)

    p: a number, inf, -inf, "fro", which is 2, or "nuc": the sum of the singular values of matrices
    Shapes: input (...) -> input without dim, or with dim of size 1 when keepdim
    """
    if p == "nuc":
        from .spectra import nuclear_norm

        y = nuclear_norm(input if dtype is None else cast(input, dtype), dim, keepdim)
        return y if out is None else out.copy_(y)
    if p not in ("fro", None) and not isinstance(p, (int, float)):
        raise OpError(f"norm: p must be a number or 'fro', got {p!r}")
    if dtype is not None:
        input = cast(input, dtype)
    y = p_norm(input, 2 if p in ("fro", None) else p, dim, keepdim)
    return y if out is None else out.copy_(y)


@stands_for(np.linalg.norm)
def _numpy_norm(x, ord=None, axis=None, keepdims=False):
    return p_norm(x, 2 if ord is None else ord, axis, keepdims)


def dist(input, other, p=2):
    """The length of the difference of two tensors.

        y = (sum |input - other|^p)^(1 / p)
    Shapes: both broadcast; the result is a number
    """
    return p_norm(input - other, p)


@op(samples=normal((3, 2), (4, 2)) + normal((2, 3, 2), (2, 4, 2)) + normal((1, 2), (3, 2), by_product=True))
def row_distances(x, y, *, by_product=False):
    """Euclid's distance between each row of x and each row of y.

        y[i, j] = |x[i] - y[j]|        by_product: the root of |x|^2 - 2 x y + |y|^2, quicker and less exact
        dx[i] = sum_j g[i, j] (x[i] - y[j]) / |x[i] - y[j]|        0 where they are equal
        dy[j] = sum_i g[i, j] (y[j] - x[i]) / |x[i] - y[j]|
    Shapes: x (..., N, C), y (..., M, C) -> (..., N, M)
    """
    if not by_product:
        d = np.expand_dims(x, -2) - np.expand_dims(y, -3)
        return np.sqrt(np.add.reduce(d * d, axis=-1)), ()
    square = (np.add.reduce(x * x, axis=-1, keepdims=True) - 2 * np.matmul(x, np.swapaxes(y, -1, -2))
              + np.expand_dims(np.add.reduce(y * y, axis=-1), -2))
    return np.sqrt(np.maximum(square, 0)), ()


@row_distances.vjp
def _(g, distances, _saved, x, y, *, by_product=False):
    share = keep.on(g / distances, distances != 0)
    turned = np.swapaxes(share, -1, -2)
    return (x * np.add.reduce(share, axis=-1, keepdims=True) - np.matmul(share, y),
            y * np.add.reduce(turned, axis=-1, keepdims=True) - np.matmul(turned, x))


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The distance between each row of x1 and each row of x2.

        y[i, j] = (sum_k |x1[i, k] - x2[j, k]|^p)^(1 / p)

    compute_mode: whether p = 2 may go by matrix products: "use_mm_for_euclid_dist_if_necessary" (beyond 25
                  rows), "use_mm_for_euclid_dist" or "donot_use_mm_for_euclid_dist"
    Shapes: x1 (..., N, C), x2 (..., M, C) -> (..., N, M)
    """
    if x1.shape[-1] != x2.shape[-1]:
        raise OpError(f"cdist: rows of x1 {tuple(x1.shape)} and x2 {tuple(x2.shape)} differ in length")
    if p != 2:
        return p_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, -1)
    many = x1.shape[-2] > 25 or x2.shape[-2] > 25
    by_product = compute_mode == "use_mm_for_euclid_dist" or (compute_mode[:6] == "use_mm" and many)
    if x1.shape[:-2] != x2.shape[:-2]:
        batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        x1, x2 = x1.expand((*batch, *x1.shape[-2:])), x2.expand((*batch, *x2.shape[-2:]))
    return row_distances(x1, x2, by_product=by_product)
