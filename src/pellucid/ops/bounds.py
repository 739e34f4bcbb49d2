"""The larger and the smaller of two, and keeping within bounds."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError
from .masks import keep
from .numpy_protocol import stands_for
from .samples import apart, case, n, normal

__all__ = ["maximum", "minimum", "fmax", "fmin", "clamp", "clip", "clamp_min", "clamp_max"]
_ROW = 1024


def _with_number(ufunc, x, number):
    """ufunc(x, number). NumPy is twice as quick when x meets a row of equal numbers instead."""
    if x.__class__ is not np.ndarray or x.size < 4 * _ROW or not x.flags.c_contiguous or x.dtype.kind != "f":
        return ufunc(x, number)
    flat, y, row = x.reshape(-1), np.empty(x.size, x.dtype), np.full(_ROW, number, x.dtype)
    even = x.size // _ROW * _ROW
    ufunc(flat[:even].reshape(-1, _ROW), row, out=y[:even].reshape(-1, _ROW))
    ufunc(flat[even:], number, out=y[even:])
    return y.reshape(x.shape)


def at_least(x, bound):
    """max(x, bound), for bodies: x an array or a Tensor, bound a number or like x."""
    return _with_number(np.maximum, x, bound) if isinstance(bound, (int, float)) else np.maximum(x, bound)


def at_most(x, bound):
    """min(x, bound), for bodies: x an array or a Tensor, bound a number or like x."""
    return _with_number(np.minimum, x, bound) if isinstance(bound, (int, float)) else np.minimum(x, bound)


def _to_larger(g, x, y, needs):
    """Gradients of max(x, y): all to the larger, half to each of equals; beside nan, all to both."""
    half = 0.5 * keep.on(g, np.equal(x, y))
    return (keep.on(g, ~np.less(x, y)) - half if needs[0] else None,
            keep.on(g, ~np.greater(x, y)) - half if needs[1] else None)


@stands_for(np.maximum)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="number")
def maximum(x, y):
    """Take the larger of two, element by element; nan wins.

        y  = max(x, y)
        dx = g where x > y, g / 2 where x = y, else 0
        dy = g where y > x, g / 2 where x = y, else 0
    Shapes: x and y broadcast to the result.
    """
    return np.maximum(x, y), ()


@maximum.vjp
def _(g, _y, _saved, x, y, *, needs=(True, True)):
    return _to_larger(g, x, y, needs)


@stands_for(np.minimum)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="number")
def minimum(x, y):
    """Take the smaller of two, element by element; nan wins.

        y  = min(x, y)
        dx = g where x < y, g / 2 where x = y, else 0
        dy = g where y < x, g / 2 where x = y, else 0
    Shapes: x and y broadcast to the result.
    """
    return np.minimum(x, y), ()


@minimum.vjp
def _(g, _y, _saved, x, y, *, needs=(True, True)):
    return _to_larger(g, y, x, needs)                            # x is the smaller where y is the larger


@stands_for(np.fmax)
@op(samples=normal((2, 3), (3,)), promote="number")
def fmax(x, y):
    """Take the larger of two, element by element; a number wins over nan.

        y  = max(x, y)
        dx = g where x >= y or y is nan, else 0
        dy = g elsewhere
    Shapes: x and y broadcast to the result.
    """
    return np.fmax(x, y), ()


@fmax.vjp
def _(g, _y, _saved, x, y):
    first = np.greater_equal(x, y) | np.isnan(y)
    return keep.on(g, first), keep.on(g, ~first)


@stands_for(np.fmin)
@op(samples=normal((2, 3), (3,)), promote="number")
def fmin(x, y):
    """Take the smaller of two, element by element; a number wins over nan.

        y  = min(x, y)
        dx = g where x <= y or y is nan, else 0
        dy = g elsewhere
    Shapes: x and y broadcast to the result.
    """
    return np.fmin(x, y), ()


@fmin.vjp
def _(g, _y, _saved, x, y):
    first = np.less_equal(x, y) | np.isnan(y)
    return keep.on(g, first), keep.on(g, ~first)


@op(samples=case(apart(2, 3), 0.31) + case(apart(2, 3), n(3)) + case(apart(0, 3), 0), promote="number")
def clamp_low(x, low):
    """Raise what lies below low to low.

        y  = max(x, low)
        dx = g where x >= low, else 0
        dlow = g where x < low, else 0
    Shapes: x and low broadcast to the result.
    """
    return at_least(x, low), ()


@clamp_low.vjp
def _(g, _y, _saved, x, low, *, needs=(True, True)):
    return keep.on(g, x >= low) if needs[0] else None, keep.on(g, x < low) if needs[1] else None


@op(samples=case(apart(2, 3), 0.31) + case(apart(2, 3), n(3)) + case(apart(0, 3), 0), promote="number")
def clamp_high(x, high):
    """Lower what lies above high to high.

        y  = min(x, high)
        dx = g where x <= high, else 0
        dhigh = g where x > high, else 0
    Shapes: x and high broadcast to the result.
    """
    return at_most(x, high), ()


@clamp_high.vjp
def _(g, _y, _saved, x, high, *, needs=(True, True)):
    return keep.on(g, x <= high) if needs[0] else None, keep.on(g, x > high) if needs[1] else None


@op(samples=case(apart(2, 3), -0.5, 0.5) + case(apart(2, 3), n(3), n(2, 1)) + case(apart(2, 3), 0.31, n(3)),
    promote="number")
def clamp_between(x, low, high):
    """Move what lies outside of [low, high] to the nearer end; where low > high, to high.

        y  = min(max(x, low), high)
        dx = g where low <= x <= high, else 0
        dlow = g where x < low < high, else 0
        dhigh = g where x > high or low > high, else 0
    Shapes: x, low and high broadcast to the result.
    """
    return at_most(at_least(x, low), high), ()


@clamp_between.vjp
def _(g, _y, _saved, x, low, high, *, needs=(True, False, False)):
    dx = dlow = dhigh = None
    if needs[0]:
        dx = keep.on(g, np.greater_equal(x, low) & np.less_equal(x, high))
    if needs[1]:
        dlow = keep.on(g, np.less(x, low) & np.less(low, high))
    if needs[2]:
        dhigh = keep.on(g, np.greater(x, high) | np.greater(low, high))
    return dx, dlow, dhigh


def clamp(input, min=None, max=None):
    """Move what lies outside of [min, max] to the nearer end; None leaves a side open.

        y = min where input < min, max where input > max, else input

    min, max: numbers or tensors that broadcast to input
    Shapes: input (...) -> (...)
    Raises: RuntimeError when both are None.
    """
    if max is None:
        if min is None:
            raise OpError("clamp: needs min or max, got None for both")
        return clamp_low(input, min)
    return clamp_high(input, max) if min is None else clamp_between(input, min, max)


def clamp_min(input, min):
    """Raise what lies below min to min.

        y = max(input, min)
    """
    return clamp_low(input, min)


def clamp_max(input, max):
    """Lower what lies above max to max.

        y = min(input, max)
    """
    return clamp_high(input, max)


@stands_for(np.clip)
def _numpy_clip(a, a_min=None, a_max=None, *, min=None, max=None):
    return clamp(a, min if a_min is None else a_min, max if a_max is None else a_max)


clip = clamp
