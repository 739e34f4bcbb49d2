"""Angles and their hyperbolic relatives, element by element."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from .masks import keep
from .numpy_protocol import stands_for
from .samples import case, distinct, normal, u

__all__ = ["sin", "cos", "tan", "asin", "arcsin", "acos", "arccos", "atan", "arctan", "sinh", "cosh", "tanh",
           "asinh",
           "arcsinh", "acosh", "arccosh", "atanh", "arctanh", "atan2", "arctan2", "hypot", "deg2rad",
           "rad2deg",
           "sinc"]


@stands_for(np.sin)
@op(samples=normal((2, 3)), promote="float")
def sin(x):
    """Take the sine of an angle in radians.

        y  = sin x
        dx = g cos x
    Shapes: x (...) -> (...)
    """
    return np.sin(x), ()


@sin.vjp
def _(g, _y, _saved, x):
    return g * np.cos(x)


@stands_for(np.cos)
@op(samples=normal((2, 3)), promote="float")
def cos(x):
    """Take the cosine of an angle in radians.

        y  = cos x
        dx = -g sin x
    Shapes: x (...) -> (...)
    """
    return np.cos(x), ()


@cos.vjp
def _(g, _y, _saved, x):
    return -g * np.sin(x)


@stands_for(np.tan)
@op(samples=case(u(-1.2, 1.2, 2, 3)), promote="float")
def tan(x):
    """Take the tangent of an angle in radians.

        y  = sin x / cos x
        dx = g (1 + y^2)
    Shapes: x (...) -> (...)
    """
    return np.tan(x), ()


@tan.vjp
def _(g, y, _saved, _x):
    return g * (1 + y * y)


@stands_for(np.arcsin)
@op(samples=case(u(-0.9, 0.9, 2, 3)), promote="float")
def asin(x):
    """Find the angle in [-pi/2, pi/2] whose sine is x; nan outside of [-1, 1].

        y  = sin^-1(x)
        dx = g / sqrt(1 - x^2)
    Shapes: x (...) -> (...)
    """
    return np.arcsin(x), ()


@asin.vjp
def _(g, _y, _saved, x):
    return g / np.sqrt(1 - x * x)


@stands_for(np.arccos)
@op(samples=case(u(-0.9, 0.9, 2, 3)), promote="float")
def acos(x):
    """Find the angle in [0, pi] whose cosine is x; nan outside of [-1, 1].

        y  = cos^-1(x)
        dx = -g / sqrt(1 - x^2)
    Shapes: x (...) -> (...)
    """
    return np.arccos(x), ()


@acos.vjp
def _(g, _y, _saved, x):
    return -g / np.sqrt(1 - x * x)


@stands_for(np.arctan)
@op(samples=normal((2, 3)), promote="float")
def atan(x):
    """Find the angle in (-pi/2, pi/2) whose tangent is x.

        y  = tan^-1(x)
        dx = g / (1 + x^2)
    Shapes: x (...) -> (...)
    """
    return np.arctan(x), ()


@atan.vjp
def _(g, _y, _saved, x):
    return g / (1 + x * x)


@stands_for(np.sinh)
@op(samples=normal((2, 3)), promote="float")
def sinh(x):
    """Take the hyperbolic sine.

        y  = (e^x - e^-x) / 2
        dx = g cosh x
    Shapes: x (...) -> (...)
    """
    return np.sinh(x), ()


@sinh.vjp
def _(g, _y, _saved, x):
    return g * np.cosh(x)


@stands_for(np.cosh)
@op(samples=normal((2, 3)), promote="float")
def cosh(x):
    """Take the hyperbolic cosine.

        y  = (e^x + e^-x) / 2
        dx = g sinh x
    Shapes: x (...) -> (...)
    """
    return np.cosh(x), ()


@cosh.vjp
def _(g, _y, _saved, x):
    return g * np.sinh(x)


@stands_for(np.tanh)
@op(samples=normal((2, 3)) + normal((0, 3)), promote="float")
def tanh(x):
    """Squash each element into (-1, 1).

        y  = (e^x - e^-x) / (e^x + e^-x)
        dx = g (1 - y^2)
    Shapes: x (...) -> (...)
    """
    return np.tanh(x), ()


@tanh.vjp
def _(g, y, _saved, _x):
    return g * (1 - y * y)


@stands_for(np.arcsinh)
@op(samples=normal((2, 3)), promote="float")
def asinh(x):
    """Find the number whose hyperbolic sine is x.

        y  = ln(x + sqrt(x^2 + 1))
        dx = g / sqrt(x^2 + 1)
    Shapes: x (...) -> (...)
    """
    return np.arcsinh(x), ()


@asinh.vjp
def _(g, _y, _saved, x):
    return g / np.sqrt(x * x + 1)


@stands_for(np.arccosh)
@op(samples=case(u(1.2, 3.0, 2, 3)), promote="float")
def acosh(x):
    """Find the number >= 0 whose hyperbolic cosine is x; nan below 1.

        y  = ln(x + sqrt(x^2 - 1))
        dx = g / sqrt(x^2 - 1)
    Shapes: x (...) -> (...)
    """
    return np.arccosh(x), ()


@acosh.vjp
def _(g, _y, _saved, x):
    return g / np.sqrt(x * x - 1)


@stands_for(np.arctanh)
@op(samples=case(u(-0.9, 0.9, 2, 3)), promote="float")
def atanh(x):
    """Find the number whose hyperbolic tangent is x; nan outside of [-1, 1].

        y  = ln((1 + x) / (1 - x)) / 2
        dx = g / (1 - x^2)
    Shapes: x (...) -> (...)
    """
    return np.arctanh(x), ()


@atanh.vjp
def _(g, _y, _saved, x):
    return g / (1 - x * x)


@stands_for(np.arctan2)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="float")
def atan2(y, x):
    """Find the angle from the positive x axis to the point (x, y), in (-pi, pi].

        y  = the angle whose tangent is y / x, in the quadrant of (x, y)
        dy = g x / (x^2 + y^2)        0 at the origin
        dx = -g y / (x^2 + y^2)       0 at the origin
    Shapes: y and x broadcast to the result.
    """
    return np.arctan2(y, x), ()


@atan2.vjp
def _(g, _angle, _saved, y, x, *, needs=(True, True)):
    square = x * x + y * y
    scaled = keep.on(g / square, square != 0)
    return scaled * x if needs[0] else None, -scaled * y if needs[1] else None


@stands_for(np.hypot)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="float")
def hypot(x, y):
    """Take the length of the long side of a right triangle, without overflow of the squares.

        y  = sqrt(x^2 + y^2)
        dx = g x / sqrt(x^2 + y^2)        0 / 0 is nan at the origin
        dy = g y / sqrt(x^2 + y^2)
    Shapes: x and y broadcast to the result.
    """
    return np.hypot(x, y), ()


@hypot.vjp
def _(g, length, _saved, x, y, *, needs=(True, True)):
    return g * (x / length) if needs[0] else None, g * (y / length) if needs[1] else None


@stands_for(np.deg2rad, np.radians)
@op(samples=normal((2, 3)), promote="float")
def deg2rad(x):
    """Turn degrees into radians.

        y  = x pi / 180
        dx = g pi / 180
    Shapes: x (...) -> (...)
    """
    return x * (math.pi / 180), ()


@deg2rad.vjp
def _(g, _y, _saved, _x):
    return g * (math.pi / 180)


@stands_for(np.rad2deg, np.degrees)
@op(samples=normal((2, 3)), promote="float")
def rad2deg(x):
    """Turn radians into degrees.

        y  = x 180 / pi
        dx = g 180 / pi
    Shapes: x (...) -> (...)
    """
    return x * (180 / math.pi), ()


@rad2deg.vjp
def _(g, _y, _saved, _x):
    return g * (180 / math.pi)


@stands_for(np.sinc)
@op(samples=distinct((2, 3)), promote="float", primitive=True)
def sinc(x):
    """The Fourier transform of a box, the ideal low-pass filter; 1 at 0.

        y  = sin(pi x) / (pi x)
        dx = g (cos(pi x) - y) / x        0 at 0
    Shapes: x (...) -> (...)
    """
    z = math.pi * x
    return np.where(z == 0, 1, np.sin(z) / z), ()


@sinc.vjp
def _(g, y, _saved, x):
    return keep.on(g * (np.cos(math.pi * x) - y) / x, x != 0)


arcsin, arccos, arctan, arcsinh, arccosh, arctanh, arctan2 = asin, acos, atan, asinh, acosh, atanh, atan2
