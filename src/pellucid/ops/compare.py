"""Questions about elements: which is larger, are they equal, and logic on the answers."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError, Tensor, wrap
from .numpy_protocol import stands_for
from .samples import normal

__all__ = ["eq", "ne", "not_equal", "lt", "less", "le", "less_equal", "gt", "greater", "ge", "greater_equal",
           "isclose", "allclose", "equal", "isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal",
           "signbit", "logical_and", "logical_or", "logical_xor", "logical_not"]


@stands_for(np.equal)
@op(samples=normal((2, 3), (3,)), promote="number")
def eq(x, y):
    """Tell where two tensors are equal.

        y = x equals y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.equal(x, y), ()


@stands_for(np.not_equal)
@op(samples=normal((2, 3), (3,)), promote="number")
def ne(x, y):
    """Tell where two tensors differ; nan differs from everything.

        y = x differs from y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.not_equal(x, y), ()


@stands_for(np.less)
@op(samples=normal((2, 3), (3,)), promote="number")
def lt(x, y):
    """Tell where the first is less than the second.

        y = x < y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.less(x, y), ()


@stands_for(np.less_equal)
@op(samples=normal((2, 3), (3,)), promote="number")
def le(x, y):
    """Tell where the first is at most the second.

        y = x <= y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.less_equal(x, y), ()


@stands_for(np.greater)
@op(samples=normal((2, 3), (3,)), promote="number")
def gt(x, y):
    """Tell where the first is greater than the second.

        y = x > y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.greater(x, y), ()


@stands_for(np.greater_equal)
@op(samples=normal((2, 3), (3,)), promote="number")
def ge(x, y):
    """Tell where the first is at least the second.

        y = x >= y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.greater_equal(x, y), ()


def _pair(name, input, other):
    """Two tensors of one dtype, for the functions that mix no dtypes."""
    for value in (input, other):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: expected two Tensors, got {type(value).__name__}")
    if input.dtype != other.dtype:
        raise OpError(f"{name}: input is {input.dtype.name} and other {other.dtype.name}; they must be equal")
    return input._data, other._data


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Tell where two tensors are equal but for rounding.

        y = |input - other| <= atol + rtol |other|        inf is close to the same inf only
    Shapes: both broadcast to the result (bool).
    """
    x, y = _pair("isclose", input, other)
    if x.dtype.kind != "f":
        x, y = x.astype(np.float64), y.astype(np.float64)
    with np.errstate(all="ignore"):
        near = (np.abs(x - y) <= atol + rtol * np.abs(y)) & np.isfinite(y) | (x == y)
    return wrap(np.asarray(near | (np.isnan(x) & np.isnan(y)) if equal_nan else near))


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Are two tensors equal but for rounding, everywhere? A Python bool.

        y = all |input - other| <= atol + rtol |other|
    """
    return bool(np.all(isclose(input, other, rtol, atol, equal_nan)._data))


def equal(input, other):
    """Have two tensors the same shape and elements? A Python bool.

        y = same shape and all input = other
    """
    x, y = _pair("equal", input, other)
    return x.shape == y.shape and bool(np.all(x == y))


@stands_for(np.isnan)
@op(samples=normal((2, 3)))
def isnan(x):
    """Tell where an element is not a number.

        y = x is nan
    Shapes: x (...) -> (...) (bool)
    """
    return np.isnan(x), ()


@stands_for(np.isinf)
@op(samples=normal((2, 3)))
def isinf(x):
    """Tell where an element is infinite.

        y = |x| is inf
    Shapes: x (...) -> (...) (bool)
    """
    return np.isinf(x), ()


@stands_for(np.isfinite)
@op(samples=normal((2, 3)))
def isfinite(x):
    """Tell where an element is neither infinite nor nan.

        y = |x| < inf
    Shapes: x (...) -> (...) (bool)
    """
    return np.isfinite(x), ()


@op(samples=normal((2, 3)))
def isposinf(x):
    """Tell where an element is plus infinity.

        y = x is inf
    Shapes: x (...) -> (...) (bool)
    """
    return np.isinf(x) & (x > 0), ()


@op(samples=normal((2, 3)))
def isneginf(x):
    """Tell where an element is minus infinity.

        y = x is -inf
    Shapes: x (...) -> (...) (bool)
    """
    return np.isinf(x) & (x < 0), ()


@op(samples=normal((2, 3)))
def isreal(x):
    """Tell where an element is a real number: everywhere, as there are no complex tensors.

        y = True
    Shapes: x (...) -> (...) (bool)
    """
    return np.ones(x.shape, bool), ()


@op(samples=normal((2, 3)))
def signbit(x):
    """Tell where the sign is minus, -0.0 included.

        y = x < 0 or x is -0.0
    Shapes: x (...) -> (...) (bool)
    """
    return (x < 0 if x.dtype.kind != "f" else np.signbit(x)), ()


@stands_for(np.logical_and)
@op(samples=normal((2, 3), (3,)), promote="number")
def logical_and(x, y):
    """Tell where both are true, that is, not zero.

        y = x and y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.logical_and(x, y), ()


@stands_for(np.logical_or)
@op(samples=normal((2, 3), (3,)), promote="number")
def logical_or(x, y):
    """Tell where at least one is true, that is, not zero.

        y = x or y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.logical_or(x, y), ()


@stands_for(np.logical_xor)
@op(samples=normal((2, 3), (3,)), promote="number")
def logical_xor(x, y):
    """Tell where exactly one is true, that is, not zero.

        y = either x or y
    Shapes: x and y broadcast to the result (bool).
    """
    return np.logical_xor(x, y), ()


@stands_for(np.logical_not)
@op(samples=normal((2, 3)))
def logical_not(x):
    """Tell where the element is zero.

        y = not x
    Shapes: x (...) -> (...) (bool)
    """
    return np.logical_not(x), ()


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
