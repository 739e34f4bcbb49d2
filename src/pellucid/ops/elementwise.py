"""Functions of one tensor, element by element: signs, powers of e, logarithms, roots, rounding."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from .masks import keep
from .numpy_protocol import stands_for
from .samples import distinct, normal, positive

__all__ = ["neg", "negative", "abs", "absolute", "sign", "sgn", "exp", "exp2", "expm1", "log", "log2",
           "log10", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "ceil", "floor", "round", "trunc",
           "fix", "frac", "nan_to_num"]


@stands_for(np.negative)
@op(samples=normal((2, 3)) + normal((0, 3)), promote="number")
def neg(x):
    """Change the sign.

        y  = -x
        dx = -g
    Shapes: x (...) -> (...)
    """
    return -x, ()


@neg.vjp
def _(g, _y, _saved, _x):
    return -g


@stands_for(np.abs)
@op(samples=distinct((2, 3)) + distinct((0, 3)))
def abs(x):
    """Drop the sign.

        y  = |x|
        dx = g sign x        0 at 0
    Shapes: x (...) -> (...)
    """
    return np.abs(x), ()


@abs.vjp
def _(g, _y, _saved, x):
    return g * np.sign(x)


@stands_for(np.sign)
@op(samples=distinct((2, 3)))
def sign(x):
    """Tell the sign of each element: -1, 0 or 1; 0 for nan.

        y  = x / |x|, 0 at 0
        dx = 0
    Shapes: x (...) -> (...)
    """
    if x.dtype.kind == "f":
        return keep.on(np.sign(x), x == x), ()                   # 0 for nan, as in PyTorch
    return (np.sign(x) if x.dtype.kind != "b" else np.copy(x)), ()


@sign.vjp
def _(g, _y, _saved, _x):
    return np.zeros_like(g)


@stands_for(np.exp)
@op(samples=normal((2, 3)) + normal((0, 3)), promote="float")
def exp(x):
    """Raise e to each element.

        y  = e^x
        dx = g y
    Shapes: x (...) -> (...)
    """
    return np.exp(x), ()


@exp.vjp
def _(g, y, _saved, _x):
    return g * y


@stands_for(np.exp2)
@op(samples=normal((2, 3)), promote="float")
def exp2(x):
    """Raise 2 to each element.

        y  = 2^x
        dx = g y ln 2
    Shapes: x (...) -> (...)
    """
    return np.exp2(x), ()


@exp2.vjp
def _(g, y, _saved, _x):
    return g * y * math.log(2)


@stands_for(np.expm1)
@op(samples=normal((2, 3)), promote="float")
def expm1(x):
    """Raise e to each element, minus 1, exact near 0.

        y  = e^x - 1
        dx = g (y + 1)
    Shapes: x (...) -> (...)
    """
    return np.expm1(x), ()


@expm1.vjp
def _(g, y, _saved, _x):
    return g * (y + 1)


@stands_for(np.log)
@op(samples=positive((2, 3)), promote="float")
def log(x):
    """Take the natural logarithm: -inf at 0, nan below.

        y  = ln x
        dx = g / x
    Shapes: x (...) -> (...)
    """
    return np.log(x), ()


@log.vjp
def _(g, _y, _saved, x):
    return g / x


@stands_for(np.log2)
@op(samples=positive((2, 3)), promote="float")
def log2(x):
    """Take the logarithm to base 2.

        y  = log_2 x
        dx = g / (x ln 2)
    Shapes: x (...) -> (...)
    """
    return np.log2(x), ()


@log2.vjp
def _(g, _y, _saved, x):
    return g / (x * math.log(2))


@stands_for(np.log10)
@op(samples=positive((2, 3)), promote="float")
def log10(x):
    """Take the logarithm to base 10.

        y  = log_10 x
        dx = g / (x ln 10)
    Shapes: x (...) -> (...)
    """
    return np.log10(x), ()


@log10.vjp
def _(g, _y, _saved, x):
    return g / (x * math.log(10))


@stands_for(np.log1p)
@op(samples=positive((2, 3)), promote="float")
def log1p(x):
    """Take the natural logarithm of 1 + x, exact near 0.

        y  = ln(1 + x)
        dx = g / (1 + x)
    Shapes: x (...) -> (...)
    """
    return np.log1p(x), ()


@log1p.vjp
def _(g, _y, _saved, x):
    return g / (1 + x)


@stands_for(np.sqrt)
@op(samples=positive((2, 3)), promote="float")
def sqrt(x):
    """Take the square root; nan below 0. Its slope at 0 is infinite.

        y  = x^(1/2)
        dx = g / (2 y)
    Shapes: x (...) -> (...)
    """
    return np.sqrt(x), ()


@sqrt.vjp
def _(g, y, _saved, _x):
    return g / (2 * y)


@op(samples=positive((2, 3)), promote="float")
def rsqrt(x):
    """Take one over the square root.

        y  = x^(-1/2)
        dx = -g y^3 / 2
    Shapes: x (...) -> (...)
    """
    return 1 / np.sqrt(x), ()


@rsqrt.vjp
def _(g, y, _saved, _x):
    return -0.5 * g * (y * y * y)


@stands_for(np.square)
@op(samples=normal((2, 3)), promote="number")
def square(x):
    """Multiply each element by itself.

        y  = x^2
        dx = 2 g x
    Shapes: x (...) -> (...)
    """
    return (x * x if x.dtype.kind != "b" else x * 1), ()         # PyTorch counts squares of bools in int64


@square.vjp
def _(g, _y, _saved, x):
    return 2 * g * x


@stands_for(np.reciprocal)
@op(samples=positive((2, 3)), promote="float")
def reciprocal(x):
    """Take one over each element.

        y  = 1 / x
        dx = -g y^2
    Shapes: x (...) -> (...)
    """
    return 1 / x, ()


@reciprocal.vjp
def _(g, y, _saved, _x):
    return -g * (y * y)


@stands_for(np.ceil)
@op(samples=normal((2, 3)))
def ceil(x):
    """Round up to a whole number.

        y  = the smallest whole number >= x
        dx = 0
    Shapes: x (...) -> (...)
    """
    return (np.ceil(x) if x.dtype.kind == "f" else +x), ()


@ceil.vjp
def _(g, _y, _saved, _x):
    return np.zeros_like(g)


@stands_for(np.floor)
@op(samples=normal((2, 3)))
def floor(x):
    """Round down to a whole number.

        y  = the largest whole number <= x
        dx = 0
    Shapes: x (...) -> (...)
    """
    return (np.floor(x) if x.dtype.kind == "f" else +x), ()


@floor.vjp
def _(g, _y, _saved, _x):
    return np.zeros_like(g)


@stands_for(np.trunc)
@op(samples=normal((2, 3)))
def trunc(x):
    """Round towards 0 to a whole number.

        y  = x without its fraction
        dx = 0
    Shapes: x (...) -> (...)
    """
    return (np.trunc(x) if x.dtype.kind == "f" else +x), ()


@trunc.vjp
def _(g, _y, _saved, _x):
    return np.zeros_like(g)


@op(samples=normal((2, 3)) + normal((2, 3), decimals=2))
def round(x, *, decimals=0):
    """Round to the nearest whole number, or to some decimals; halves go to the even neighbour.

        y  = the nearest number with that many decimals
        dx = 0
    Shapes: x (...) -> (...)
    """
    return (np.round(x, decimals) if x.dtype.kind == "f" else +x), ()


@round.vjp
def _(g, _y, _saved, _x, *, decimals=0):
    return np.zeros_like(g)


@stands_for(np.round, np.around)
def _numpy_round(a, decimals=0):
    return round(a, decimals=decimals)


@op(samples=normal((2, 3)))
def frac(x):
    """Keep the fraction only, with the sign of x.

        y  = x - trunc x
        dx = g
    Shapes: x (...) -> (...)
    """
    return x - np.trunc(x), ()


@frac.vjp
def _(g, _y, _saved, _x):
    return g


@stands_for(np.nan_to_num)
@op(samples=normal((2, 3)), primitive=True)
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """Put numbers in the place of nan and the infinities; None is the largest (lowest) finite number.

        y  = x where finite, else the number for it
        dx = g where x is finite, else 0
    Shapes: x (...) -> (...)
    """
    if x.dtype.kind != "f":
        return np.copy(x), (np.ones(x.shape, bool),)
    return np.nan_to_num(x, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf), (np.isfinite(x),)


@nan_to_num.vjp
def _(g, _y, saved, _x, _nan=0.0, _posinf=None, _neginf=None):
    return keep.on(g, saved[0])


negative, absolute, sgn, fix = neg, abs, sign, trunc
