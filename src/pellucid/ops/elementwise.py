"""Functions of one tensor, element by element."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .numpy_protocol import stands_for
from .samples import normal, positive


@stands_for(np.negative)
@op(samples=normal((2, 3)), promote="number")
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


@stands_for(np.exp)
@op(samples=normal((2, 3), (0, 3)), promote="float")
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


@stands_for(np.tanh)
@op(samples=normal((2, 3)), promote="float")
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
