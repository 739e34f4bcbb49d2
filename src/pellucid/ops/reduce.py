"""Reductions: many elements to one, along some dimensions or all: sum, mean, product, any, all."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..signature import takes_numpy_words
from ..tensor import OpError
from .masks import keep
from .memory import cast
from .numpy_protocol import stands_for
from .samples import case, normal

__all__ = ["sum", "nansum", "mean", "nanmean", "prod", "any", "all", "count_nonzero"]


def axes_of(dim, ndim):
    """`dim` as NumPy wants it: None, an int or a tuple; PyTorch's empty list means all dimensions."""
    if dim is None or isinstance(dim, int):
        return dim
    return tuple(dim) or None


def count_along(shape, axis):
    """How many elements of a tensor of this shape are reduced to one."""
    if axis is None or not shape:
        return math.prod(shape)
    return shape[axis] if isinstance(axis, int) else math.prod(shape[a] for a in axis)


def spread(g, axis, keepdim, shape):
    """Repeat the gradient of a reduction over the dimensions that were reduced (a view)."""
    if axis is not None and not keepdim and shape:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def floating(name, x):
    """Refuse integers where only a floating result makes sense."""
    if x.dtype.kind != "f":
        raise OpError(f"{name}: x must be floating, got {x.dtype.name}; dtype=pellucid.float32 converts it")


@stands_for(np.sum, np.add.reduce)
@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=(0, -1)) + normal((2, 3), dim=1, keepdim=True)
    + normal((0, 3), dim=0))
def sum(x, dim=None, keepdim=False, *, dtype=None):
    """Add the elements along dim (all of them by default). Integers and bools add up in int64.

        y  = sum x
        dx = g, repeated along dim
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    axis = axes_of(dim, x.ndim)
    if dtype is None and x.dtype.kind in "iub":
        dtype = np.int64
    wide = np.float32 if dtype is None and x.dtype == np.float16 else dtype        # float16 soon overflows
    y = np.add.reduce(x, axis=axis, dtype=wide, keepdims=keepdim)
    return (y if wide is dtype else y.astype(x.dtype)), (x.shape, x.dtype)


@sum.vjp
def _(g, _y, saved, _x, dim=None, keepdim=False, *, dtype=None):
    shape, given = saved
    if dtype is not None and g.dtype != given:
        g = cast.on(g, given)
    return spread(g, axes_of(dim, len(shape)), keepdim, shape)


@stands_for(np.mean)
@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=(0, -1)) + normal((2, 3), dim=1, keepdim=True))
def mean(x, dim=None, keepdim=False, *, dtype=None):
    """Average the elements along dim (all of them by default); the mean of nothing is nan.

        y  = sum x / N        N the number of elements that go into one mean
        dx = g / N, repeated along dim
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    Raises: RuntimeError for integers, unless dtype names a floating one.
    """
    if dtype is None:
        floating("mean", x)
    axis = axes_of(dim, x.ndim)
    wide = np.float32 if dtype is None and x.dtype == np.float16 else dtype        # 65504 is soon reached
    total = np.add.reduce(x, axis=axis, dtype=wide, keepdims=keepdim)
    y = total / total.dtype.type(count_along(x.shape, axis))
    return (y if wide is dtype else y.astype(x.dtype)), (x.shape, x.dtype)


@mean.vjp
def _(g, _y, saved, _x, dim=None, keepdim=False, *, dtype=None):
    shape, given = saved
    if dtype is not None and g.dtype != given:
        g = cast.on(g, given)
    axis = axes_of(dim, len(shape))
    return spread(g / g.dtype.type(count_along(shape, axis) or 1), axis, keepdim, shape)


@takes_numpy_words
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """Add the elements along dim, nan counting as 0.

        y = sum of the numbers in input
    Shapes: input (...) -> input without dim, or with dim of size 1 when keepdim
    """
    numbers = keep(input, ~np.isnan(input)) if input.is_floating_point() else input
    return sum(numbers, dim, keepdim, dtype=dtype)


@takes_numpy_words
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """Average the elements along dim that are not nan.

        y = sum of the numbers in input / their count
    Shapes: input (...) -> input without dim, or with dim of size 1 when keepdim
    """
    floating("nanmean", input)
    count = sum(~np.isnan(input), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / count


@stands_for(np.prod, np.multiply.reduce)
@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=1) + normal((2, 3), dim=-1, keepdim=True)
    + normal((0, 3), dim=0)
    + case(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0], [2.0, 3.0, 0.5]]), dim=1))
def prod(x, dim=None, keepdim=False, *, dtype=None):
    """Multiply the elements along dim (all of them by default). Integers and bools multiply in int64.

        y  = x_1 x_2 ... x_N
        dx = g y / x        the product of all the others, where some x is 0
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    if dtype is None and x.dtype.kind in "iub":
        dtype = np.int64
    return np.multiply.reduce(x, axis=dim, dtype=dtype, keepdims=keepdim), ()


@prod.vjp
def _(g, y, _saved, x, dim=None, keepdim=False, *, dtype=None):
    values = x if dtype is None else cast.on(x, dtype)
    if np.all(values != 0):
        dx = spread(g * y, dim, keepdim, x.shape) / values
    else:
        flat = dim is None or not x.ndim
        others = _others(np.reshape(values, (-1,)), 0) if flat else _others(values, dim % x.ndim)
        dx = spread(g, dim, keepdim, x.shape) * np.reshape(others, x.shape)
    return dx if dtype is None else cast.on(dx, x.dtype)


def _others(x, axis):
    """For each element, the product of all others along axis: of those before, times those after."""
    def before(x):
        start = (slice(None),) * axis
        ones = np.ones_like(x[start + (slice(0, 1),)])
        moved = np.concatenate([ones, x[start + (slice(0, -1),)]], axis=axis)
        return np.multiply.accumulate(moved, axis=axis)

    return before(x) * np.flip(before(np.flip(x, axis)), axis)


@stands_for(np.any)
@op(samples=normal((2, 3)) + normal((2, 3), dim=1))
def any(x, dim=None, keepdim=False):
    """Tell whether any element along dim is true, that is, not zero.

        y = x_1 or x_2 or ...
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim (bool; uint8 for uint8)
    """
    y = np.any(x, axis=axes_of(dim, x.ndim), keepdims=keepdim)
    return (np.asarray(y, np.uint8) if x.dtype == np.uint8 else y), ()


@stands_for(np.all)
@op(samples=normal((2, 3)) + normal((2, 3), dim=1))
def all(x, dim=None, keepdim=False):
    """Tell whether all elements along dim are true, that is, not zero.

        y = x_1 and x_2 and ...
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim (bool; uint8 for uint8)
    """
    y = np.all(x, axis=axes_of(dim, x.ndim), keepdims=keepdim)
    return (np.asarray(y, np.uint8) if x.dtype == np.uint8 else y), ()


@stands_for(np.count_nonzero)
@op(samples=normal((2, 3)) + normal((2, 3), dim=1))
def count_nonzero(x, dim=None):
    """Count the elements along dim that are not zero.

        y = sum (x differs from 0)
    Shapes: x (...) -> x without dim (int64)
    """
    return np.asarray(np.count_nonzero(x, axis=axes_of(dim, x.ndim)), np.int64), ()
