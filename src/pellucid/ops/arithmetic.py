"""Arithmetic of two tensors, element by element."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .numpy_protocol import stands_for
from .samples import case, normal, positive, u


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


@mul.vjp
def _(g, _y, _saved, x, y, *, needs=(True, True)):
    return g * y if needs[0] else None, g * x if needs[1] else None
