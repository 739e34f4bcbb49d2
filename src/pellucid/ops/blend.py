"""Several tensors in one step: interpolation, products and quotients that are added, signs, log-sums."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .masks import keep
from .numpy_protocol import stands_for
from .samples import case, distinct, n, normal, positive, u

__all__ = ["lerp", "addcmul", "addcdiv", "copysign", "logaddexp", "logaddexp2", "xlogy"]


@op(samples=case(n(2, 3), n(3), 0.7) + case(n(2, 3), n(2, 3), 0.3) + case(n(2, 3), n(3), u(0, 1, 2, 1)),
    promote="number")
def lerp(x, end, weight):
    """Go from x towards end: weight 0 is x, weight 1 is end.

        y  = x + weight (end - x)
        dx = g (1 - weight)
        dend = g weight
        dweight = g (end - x)
    Shapes: x, end and weight broadcast to the result.
    """
    step = end - x
    if isinstance(weight, (int, float)):  # from the nearer side, so that both ends are exact
        return (x + weight * step if abs(weight) < 0.5 else end - (1 - weight) * step), ()
    return np.where(np.abs(weight) < 0.5, x + weight * step, end - (1 - weight) * step), ()


@lerp.vjp(x="weight", end="weight")
def _(g, _y, _saved, x, end, weight, *, needs=(True, True, True)):
    dweight = g * (end - x) if needs[2] else None
    return g * (1 - weight) if needs[0] else None, g * weight if needs[1] else None, dweight


@op(samples=normal((2, 3), (3,), (2, 3)) + normal((2, 3), (2, 1), (3,), value=0.5), promote="number")
def addcmul(x, tensor1, tensor2, *, value=1):
    """Add the product of two tensors, times value.

        y  = x + value tensor1 tensor2
        dx = g
        dtensor1 = g value tensor2
        dtensor2 = g value tensor1
    Shapes: x, tensor1 and tensor2 broadcast to the result.
    """
    product = tensor1 * tensor2
    return x + (product if value == 1 else value * product), ()


@addcmul.vjp(tensor1="tensor2", tensor2="tensor1")
def _(g, _y, _saved, _x, tensor1, tensor2, *, value=1, needs=(True, True, True)):
    scaled = g if value == 1 else value * g
    return g, scaled * tensor2 if needs[1] else None, scaled * tensor1 if needs[2] else None


@op(samples=case(n(2, 3), n(3), u(0.5, 2, 2, 3)) + case(n(2, 3), n(2, 1), u(0.5, 2, 3), value=0.5),
    promote="float")
def addcdiv(x, tensor1, tensor2, *, value=1):
    """Add the quotient of two tensors, times value.

        y  = x + value tensor1 / tensor2
        dx = g
        dtensor1 = g value / tensor2
        dtensor2 = -g value tensor1 / tensor2^2
    Shapes: x, tensor1 and tensor2 broadcast to the result.
    """
    quotient = tensor1 / tensor2
    return x + (quotient if value == 1 else value * quotient), ()


@addcdiv.vjp(tensor1="tensor2")
def _(g, _y, _saved, _x, tensor1, tensor2, *, value=1, needs=(True, True, True)):
    d = (g if value == 1 else value * g) / tensor2
    return g, d, -d * (tensor1 / tensor2) if needs[2] else None


@stands_for(np.copysign)
@op(samples=distinct((2, 3), (3,)), promote="float", primitive=True)
def copysign(x, y):
    """Give x the sign of y.

        y  = |x| sign y
        dx = g where the signs are equal, else -g; 0 at x = 0
        dy = 0
    Shapes: x and y broadcast to the result.
    """
    out = np.copysign(x, y)
    return out, (np.asarray(np.sign(out) * np.sign(x), np.int8),)


@copysign.vjp
def _(g, _out, saved, _x, _y):
    return g * saved[0], np.zeros_like(g)


@stands_for(np.logaddexp)
@op(samples=normal((2, 3), (3,)) + normal((2, 1, 3), (4, 1)), promote="float")
def logaddexp(x, y):
    """Add two numbers that are given by their logarithms.

        y  = ln(e^x + e^y)
        dx = g e^(x - out)        out = ln(e^x + e^y)
        dy = g e^(y - out)
    Shapes: x and y broadcast to the result.
    """
    return np.logaddexp(x, y), ()


@logaddexp.vjp
def _(g, out, _saved, x, y, *, needs=(True, True)):
    finite = np.isfinite(out)
    return (g * keep.on(np.exp(x - out), finite) if needs[0] else None,
            g * keep.on(np.exp(y - out), finite) if needs[1] else None)


@stands_for(np.logaddexp2)
@op(samples=normal((2, 3), (3,)), promote="float")
def logaddexp2(x, y):
    """Add two numbers that are given by their logarithms to base 2.

        y  = log_2(2^x + 2^y)
        dx = g 2^(x - out)        out = log_2(2^x + 2^y)
        dy = g 2^(y - out)
    Shapes: x and y broadcast to the result.
    """
    return np.logaddexp2(x, y), ()


@logaddexp2.vjp
def _(g, out, _saved, x, y, *, needs=(True, True)):
    finite = np.isfinite(out)
    return (g * keep.on(np.exp2(x - out), finite) if needs[0] else None,
            g * keep.on(np.exp2(y - out), finite) if needs[1] else None)


@op(samples=positive((2, 3), (3,)) + case(np.array([0.0, 2.0]), u(0.5, 2, 2)),
    promote="float", primitive=True)
def xlogy(x, y):
    """Multiply x by the logarithm of y; 0 where x is 0, whatever y is.

        y  = x ln y
        dx = g ln y        0 where x = 0 and y <= 0
        dy = g x / y
    Shapes: x and y broadcast to the result.
    """
    log = np.log(x.dtype.type(y)) if isinstance(y, (int, float)) else np.log(y)
    return np.where((x == 0) & ~np.isnan(y), 0, x * log), ()


@xlogy.vjp
def _(g, _out, _saved, x, y, *, needs=(True, True)):
    dx = None
    if needs[0]:
        log = np.log(x.dtype.type(y)) if isinstance(y, (int, float)) else np.log(y)
        dx = np.where((x == 0) & (y <= 0), 0, g * log)
    return dx, g * (x / y) if needs[1] else None
