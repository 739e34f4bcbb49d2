"""Arithmetic of two tensors, element by element: + - * / // % and powers."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..tensor import OpError, Tensor
from .masks import keep
from .numpy_protocol import stands_for
from .samples import apart, case, ints, n, normal, positive, u

__all__ = ["add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide",
           "remainder", "fmod", "pow", "float_power", "rsub", "gcd", "lcm", "heaviside", "nextafter", "ldexp"]


@stands_for(np.add)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)) + normal((0, 3), (3,)), promote="number")
def add(x, y, *, alpha=1):
    """Add two tensors, the second times alpha.

        y  = x + alpha y
        dx = g
        dy = alpha g
    Shapes: x and y broadcast to the result.
    """
    return (x + y if alpha == 1 else x + alpha * y), ()


@add.vjp
def _(g, _y, _saved, _x, _y2, *, alpha=1):
    return g, g if alpha == 1 else alpha * g


@stands_for(np.subtract)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="number")
def sub(x, y, *, alpha=1):
    """Subtract the second tensor, times alpha, from the first.

        y  = x - alpha y
        dx = g
        dy = -alpha g
    Shapes: x and y broadcast to the result.
    """
    return (x - y if alpha == 1 else x - alpha * y), ()


@sub.vjp
def _(g, _y, _saved, _x, _y2, *, alpha=1, needs=(True, True)):
    return g, (-g if alpha == 1 else -alpha * g) if needs[1] else None


@stands_for(np.multiply)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="number")
def mul(x, y):
    """Multiply two tensors element by element.

        y  = x y
        dx = g y
        dy = g x
    Shapes: x and y broadcast to the result.
    """
    return x * y, ()


@mul.vjp(x="y", y="x")
def _(g, _y, _saved, x, y, *, needs=(True, True)):
    return g * y if needs[0] else None, g * x if needs[1] else None


@stands_for(np.true_divide)
@op(samples=case(n(2, 3), u(0.5, 2, 3)) + case(n(2, 1, 3), u(-2, -0.5, 4, 1)), promote="float")
def true_divide(x, d):
    """Divide element by element. Integers become float first; x / 0 is inf, -inf or nan.

        y  = x / d
        dx = g / d
        dd = -g x / d^2
    Shapes: x and d broadcast to the result.
    """
    return x / d, ()


@true_divide.vjp(x="d")
def _(g, _y, _saved, x, d, *, needs=(True, True)):
    dx = g / d
    return dx, -dx * (x / d) if needs[1] else None


def _check_divisor(name, y):
    """Integers know no infinity: refuse to divide them by 0, as PyTorch does."""
    if not np.all(y):
        raise OpError(f"{name}: division by zero, which integers have no result for")


@stands_for(np.floor_divide)
@op(samples=case(n(2, 3), u(0.5, 2, 3)) + case(n(2, 1, 3), u(-2, -0.5, 4, 1)), promote="number")
def floor_divide(x, d):
    """Divide and round down, towards minus infinity.

        y  = floor(x / d)
        dx = 0
        dd = 0
    Shapes: x and d broadcast to the result.
    Raises: RuntimeError where an integer is divided by 0.
    >>> floor_divide(tensor([7, -7]), 2).tolist()
    [3, -4]
    """
    if (x if isinstance(x, np.ndarray) else d).dtype.kind != "f":
        _check_divisor("floor_divide", d)
    return np.floor_divide(x, d), ()


@floor_divide.vjp
def _(g, _y, _saved, _x, _d):
    return np.zeros_like(g), np.zeros_like(g)


@op(samples=case(n(2, 3), u(0.5, 2, 3)) + case(n(2, 1, 3), u(-2, -0.5, 4, 1)), promote="number")
def trunc_divide(x, d):
    """Divide and drop the fraction, rounding towards 0, as C does.

        y  = trunc(x / d)
        dx = 0
        dd = 0
    Shapes: x and d broadcast to the result.
    Raises: RuntimeError where an integer is divided by 0.
    """
    if (x if isinstance(x, np.ndarray) else d).dtype.kind == "f":
        return np.trunc(x / d), ()
    _check_divisor("div", d)
    return (x - np.fmod(x, d)) // d, ()


@trunc_divide.vjp
def _(g, _y, _saved, _x, _d):
    return np.zeros_like(g), np.zeros_like(g)


def div(input, other, *, rounding_mode=None):
    """Divide element by element, rounding the quotient if asked to.

        y = input / other        rounding_mode None (a float), "floor" (downwards) or "trunc" (towards 0)
    Shapes: both broadcast to the result.
    Raises: ValueError for another rounding_mode, RuntimeError where an integer is divided by 0 with one.
    """
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise OpError(f"div: rounding_mode must be None, 'floor' or 'trunc', got {rounding_mode!r}")
    return floor_divide(input, other) if rounding_mode == "floor" else trunc_divide(input, other)


@stands_for(np.remainder)
@op(samples=case(apart(2, 3), u(0.35, 0.45, 3)) + case(apart(2, 1, 3), u(-0.45, -0.35, 4, 1)),
    promote="number")
def remainder(x, d):
    """What floor division leaves over: it has the sign of the divisor, as Python's %.

        y  = x - d floor(x / d)
        dx = g
        dd = -g floor(x / d)
    Shapes: x and d broadcast to the result.
    Raises: RuntimeError where an integer is divided by 0.
    >>> remainder(tensor([7, -7]), 4).tolist()
    [3, 1]
    """
    if (x if isinstance(x, np.ndarray) else d).dtype.kind != "f":
        _check_divisor("remainder", d)
    return np.remainder(x, d), ()


@remainder.vjp(x="d")
def _(g, _y, _saved, x, d, *, needs=(True, True)):
    return g, -g * np.floor(x / d) if needs[1] else None


@stands_for(np.fmod)
@op(samples=case(apart(2, 3), u(0.35, 0.45, 3)) + case(apart(2, 1, 3), u(-0.45, -0.35, 4, 1)),
    promote="number")
def fmod(x, d):
    """What division towards 0 leaves over: it has the sign of x, as C's %.

        y  = x - d trunc(x / d)
        dx = g
        dd = -g trunc(x / d)
    Shapes: x and d broadcast to the result.
    Raises: RuntimeError where an integer is divided by 0.
    >>> fmod(tensor([7, -7]), 4).tolist()
    [3, -3]
    """
    if (x if isinstance(x, np.ndarray) else d).dtype.kind != "f":
        _check_divisor("fmod", d)
    return np.fmod(x, d), ()


@fmod.vjp(x="d")
def _(g, _y, _saved, x, d, *, needs=(True, True)):
    return g, -g * np.trunc(x / d) if needs[1] else None


_QUICK_POWERS = {1: lambda x: +x, 2: lambda x: x * x, 3: lambda x: x * x * x, 0.5: np.sqrt,
                 -1: lambda x: 1 / x}


def _power(x, p):
    """x^p; a few constant powers are 100 times quicker as products and roots."""
    if not isinstance(x, (int, float)) and x.dtype.kind == "f" and isinstance(p, (int, float)):
        quick = _QUICK_POWERS.get(p)
        if quick is not None:
            return quick(x)
    return np.power(x, p)


@stands_for(np.power)
@op(samples=positive((2, 3), (3,)) + positive((2, 1, 3), (4, 1)) + case(n(2, 3), 2) + case(n(2, 3), 3)
    + case(n(2, 3), 0) + case(u(0.5, 2, 2, 3), 2.5) + case(u(0.5, 2, 3), -1) + case(0.7, n(2, 3)),
    promote="number")
def pow(x, p):
    """Raise x to the power p. 0^0 is 1; a negative x has real powers for whole p only, and nan for others.

        y  = x^p
        dx = g p x^(p - 1)        0 where p = 0, even at x = 0
        dp = g y ln x             0 where x = 0 and p >= 0
    Shapes: x and p broadcast to the result.
    Raises: RuntimeError for integers to a negative power.
    """
    return _power(x, p), ()


@pow.vjp
def _(g, _y, _saved, x, p, *, needs=(True, True)):
    dx = dp = None
    if needs[0]:
        if isinstance(p, (int, float)):
            dx = np.zeros_like(g) if p == 0 else g * (p * _power(x, p - 1))
        else:
            dx = keep.on(g * p * np.power(x, p - 1), p != 0)
    if needs[1] and isinstance(x, (int, float)):
        log = math.log(x) if x > 0 else -math.inf if x == 0 else math.nan
        dp = g * np.power(x, p) * log if x else keep.on(g * log, p < 0)
    elif needs[1]:
        flat = (x == 0) & (p >= 0)
        dp = keep.on(g * np.power(x, p) * np.log(x), ~flat)
    return dx, dp


def float_power(input, exponent):
    """Raise to a power in float64, whatever the dtypes.

        y = input^exponent
    Shapes: both broadcast to the result.
    """
    wide = [v.to(np.float64) if isinstance(v, Tensor) else float(v) for v in (input, exponent)]
    return pow(*wide)


def rsub(input, other, *, alpha=1):
    """Subtract the first, times alpha, from the second.

        y = other - alpha input
    Shapes: both broadcast to the result.
    """
    return sub(other, input, alpha=alpha)


@stands_for(np.gcd)
@op(samples=case(ints(9, 2, 3), ints(9, 3)), promote="number")
def gcd(x, y):
    """The largest whole number that divides both.

        y = gcd(|x|, |y|)
    Shapes: x and y (integers) broadcast to the result.
    """
    return np.gcd(x, y), ()


@stands_for(np.lcm)
@op(samples=case(ints(9, 2, 3), ints(9, 3)), promote="number")
def lcm(x, y):
    """The smallest whole number that both divide.

        y = |x y| / gcd(x, y)
    Shapes: x and y (integers) broadcast to the result.
    """
    return np.lcm(x, y), ()


@stands_for(np.heaviside)
@op(samples=normal((2, 3), (3,)), promote="number")
def heaviside(x, values):
    """The step: 0 left of 0, 1 right of it, values at 0.

        y = 0 where x < 0, values where x = 0, else 1
    Shapes: x and values broadcast to the result.
    """
    return np.heaviside(x, values).astype(x.dtype, copy=False), ()


@stands_for(np.nextafter)
@op(samples=normal((2, 3), (3,)) + normal((), ()), promote="float")
def nextafter(x, towards):
    """The next floating number after x in a direction.

        y = the number of x's dtype nearest to x on the side of towards; x where both are equal
    Shapes: x and towards broadcast to the result.
    """
    return np.nextafter(x, towards), ()


def ldexp(input, other):
    """Move the binary point: times a power of two.

        y = input 2^other
    Shapes: both broadcast to the result.
    """
    return mul(input, pow(2.0, other))


multiply, subtract, divide = mul, sub, div
