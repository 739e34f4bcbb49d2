"""Activations that squash, cut or gate: sigmoids, hard versions made of straight lines, shrinkers."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError
from .bounds import at_least, at_most
from .masks import keep
from .samples import apart, case, distinct, normal, u

__all__ = ["sigmoid", "expit", "logit", "logsigmoid", "softsign", "hardtanh", "relu6", "hardsigmoid",
           "hardswish", "tanhshrink", "softshrink", "hardshrink", "threshold", "glu"]


@op(samples=normal((2, 3)) + normal((0, 3)), promote="float")
def sigmoid(x):
    """Squash each element into (0, 1): the probability whose log-odds are x.

        y  = 1 / (1 + e^-x)
        dx = g y (1 - y)
    Shapes: x (...) -> (...)
    """
    return 1 / (1 + np.exp(-x)), ()


@sigmoid.vjp
def _(g, y, _saved, _x):
    return g * (y * (1 - y))


@op(samples=case(u(0.1, 0.9, 2, 3)) + case(u(0.0, 1.0, 2, 3), eps=0.2), promote="float")
def logit(x, eps=None):
    """The log-odds of a probability, the inverse of sigmoid.

        y  = ln(x / (1 - x))        x moved into [eps, 1 - eps] first, when eps is given
        dx = g / (x (1 - x))        0 where x was moved
    Shapes: x (...) -> (...)
    """
    if eps is not None:
        x = np.minimum(np.maximum(x, eps), 1 - eps)
    return np.log(x / (1 - x)), ()


@logit.vjp
def _(g, _y, _saved, x, eps=None):
    dx = g / (x * (1 - x))
    return dx if eps is None else keep.on(dx, (x >= eps) & (x <= 1 - eps))


@op(samples=normal((2, 3)), promote="float")
def logsigmoid(x):
    """The logarithm of the sigmoid, without ever taking the logarithm of 0.

        y  = -ln(1 + e^-x)
        dx = g / (1 + e^x)
    Shapes: x (...) -> (...)
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))), ()


@logsigmoid.vjp
def _(g, _y, _saved, x):
    return g / (1 + np.exp(x))


@op(samples=distinct((2, 3)), promote="float")
def softsign(x):
    """Squash each element into (-1, 1), slowly.

        y  = x / (1 + |x|)
        dx = g / (1 + |x|)^2
    Shapes: x (...) -> (...)
    """
    return x / (1 + np.abs(x)), ()


@softsign.vjp
def _(g, _y, _saved, x):
    scale = 1 + np.abs(x)
    return g / (scale * scale)


@op(samples=distinct((2, 3)) + distinct((2, 3), min_val=-0.3, max_val=0.6), promote="float")
def hardtanh(x, min_val=-1.0, max_val=1.0):
    """Cut off what lies outside of [min_val, max_val].

        y  = min(max(x, min_val), max_val)
        dx = g where min_val < x < max_val, else 0
    Shapes: x (...) -> (...)
    """
    return at_most(at_least(x, min_val), max_val), ()


@hardtanh.vjp
def _(g, _y, _saved, x, min_val=-1.0, max_val=1.0):
    return keep.on(g, (x > min_val) & (x < max_val))


def relu6(input):
    """Cut off what lies outside of [0, 6].

        y = min(max(input, 0), 6)
    Shapes: input (...) -> (...)
    """
    return hardtanh(input, 0, 6)


@op(samples=distinct((2, 3)) + case(u(-5, 5, 8)), promote="float")
def hardsigmoid(x):
    """A sigmoid of three straight lines.

        y  = min(max(x + 3, 0), 6) / 6
        dx = g / 6 where -3 < x < 3, else 0
    Shapes: x (...) -> (...)
    """
    return at_most(at_least(x + 3, 0), 6) / 6, ()


@hardsigmoid.vjp
def _(g, _y, _saved, x):
    return keep.on(g / 6, (x > -3) & (x < 3))


@op(samples=distinct((2, 3)) + case(u(-5, 5, 8)), promote="float")
def hardswish(x):
    """Weigh each element by its own hardsigmoid.

        y  = x min(max(x + 3, 0), 6) / 6
        dx = 0 where x <= -3, g where x >= 3, g (2 x + 3) / 6 between
    Shapes: x (...) -> (...)
    Source: Howard et al. 2019, "Searching for MobileNetV3", arXiv:1905.02244.
    """
    return x * at_most(at_least(x + 3, 0), 6) / 6, ()


@hardswish.vjp
def _(g, _y, _saved, x):
    return keep.on(g * (x / 3 + 0.5), (x > -3) & (x < 3)) + keep.on(g, x >= 3)


@op(samples=normal((2, 3)), promote="float")
def tanhshrink(x):
    """What tanh takes away.

        y  = x - tanh x
        dx = g tanh^2 x
    Shapes: x (...) -> (...)
    """
    return x - np.tanh(x), ()


@tanhshrink.vjp
def _(g, _y, _saved, x):
    t = np.tanh(x)
    return g * (t * t)


def _check_lambd(name, lambd):
    if lambd < 0:
        raise OpError(f"{name}: lambd must be at least 0, got {lambd}")


@op(samples=distinct((2, 3)) + distinct((2, 3), lambd=0.3), promote="float")
def softshrink(x, lambd=0.5):
    """Pull each element towards 0 by lambd, and put 0 for those that would pass it.

        y  = x - lambd where x > lambd, x + lambd where x < -lambd, else 0
        dx = g where |x| > lambd, else 0
    Shapes: x (...) -> (...)
    """
    _check_lambd("softshrink", lambd)
    return x - at_most(at_least(x, -lambd), lambd), ()


@softshrink.vjp
def _(g, _y, _saved, x, lambd=0.5):
    return keep.on(g, np.abs(x) > lambd)


@op(samples=distinct((2, 3)) + distinct((2, 3), lambd=0.3))
def hardshrink(x, lambd=0.5):
    """Put 0 for what is near 0.

        y  = x where |x| > lambd, else 0
        dx = g where |x| > lambd, else 0
    Shapes: x (...) -> (...)
    """
    return keep.on(x, ~(np.abs(x) <= lambd)), ()


@hardshrink.vjp
def _(g, _y, _saved, x, lambd=0.5):
    return keep.on(g, ~(np.abs(x) <= lambd))


@op(samples=case(apart(2, 3), 0.1, -2.0), promote="float")
def threshold(x, threshold, value):
    """Put value for what does not exceed the threshold.

        y  = x where x > threshold, else value
        dx = g where x > threshold, else 0
    Shapes: x (...) -> (...)
    """
    return np.where(x <= threshold, value, x), ()


@threshold.vjp
def _(g, _y, _saved, x, threshold, _value):
    return keep.on(g, x > threshold)


@op(samples=normal((2, 4)) + normal((4, 3), dim=0) + normal((2, 6, 3), dim=-2), promote="float")
def glu(x, dim=-1):
    """Gate one half of the elements along dim by the sigmoid of the other.

        y  = a s        x = [a, b] along dim,  s = 1 / (1 + e^-b)
        dx = [g s, g a s (1 - s)]
    Shapes: x (..., 2 C, ...) -> (..., C, ...)
    Source: Dauphin, Fan, Auli & Grangier 2017, "Language Modeling with Gated Convolutional Networks",
            arXiv:1612.08083.
    """
    if not x.ndim or x.shape[dim] % 2:
        raise OpError(f"glu: x of shape {tuple(x.shape)} cannot be halved along dim {dim}")
    a, b = _halves(x, dim)
    s = 1 / (1 + np.exp(-b))
    return a * s, (s,)


def _halves(x, dim):
    before, half = (slice(None),) * (dim % x.ndim), x.shape[dim] // 2
    return x[before + (slice(0, half),)], x[before + (slice(half, 2 * half),)]


@glu.vjp
def _(g, _y, saved, x, dim=-1):
    a, _ = _halves(x, dim)
    gs = g * saved[0]
    return np.concatenate([gs, gs * a * (1 - saved[0])], axis=dim)


expit = sigmoid
