"""The gamma function by its logarithm, and the derivatives of that.

Large x: Stirling's series in 1 / x. Small x: ln G(x) = ln G(x + n) - ln(x (x + 1) ... (x + n - 1)), and the
derivatives of this. Negative x: Euler's reflection. Everything is computed in float64.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..tensor import OpError
from .samples import case, positive, u

__all__ = ["lgamma", "digamma", "polygamma", "mvlgamma"]

_SHIFT = 10                                                      # from here on, eight terms give every bit
_FARTHEST = 10_000                                               # how far below 0 the sum may start
_B = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]     # Bernoulli's B_2 to B_16


def _lgamma_of_positive(x):
    steps = np.where(x < _SHIFT, _SHIFT, 0)
    product = np.ones_like(x)
    for k in range(_SHIFT):
        product = np.where(k < steps, product * (x + k), product)
    z = x + steps
    series = sum(b / (2 * k * (2 * k - 1)) * z ** (1 - 2 * k) for k, b in enumerate(_B, 1))
    return (z - 0.5) * np.log(z) - z + 0.5 * math.log(2 * math.pi) + series - np.log(product)


def _sin_pi(x):
    """sin(pi x), exactly 0 at whole numbers."""
    r = np.remainder(x, 2)
    return np.where(r == np.floor(r), 0, np.sin(math.pi * r))


def _zeta(s, x):
    """Hurwitz's sum of (x + k)^-s over k >= 0 for whole s > 1, by Euler and Maclaurin."""
    below = np.min(x, initial=0, where=np.isfinite(x))
    steps = _SHIFT + math.ceil(-max(below, -_FARTHEST))
    total = sum((x + k) ** -s for k in range(steps))
    z = x + steps
    total = total + z ** (1.0 - s) / (s - 1) + 0.5 * z ** -s
    factor = s
    for k, b in enumerate(_B, 1):
        total = total + b / math.factorial(2 * k) * factor * z ** (1.0 - s - 2 * k)
        factor *= (s + 2 * k - 1) * (s + 2 * k)
    return np.where(x < -_FARTHEST, np.nan, total)


@op(samples=positive((2, 3)) + case(u(-0.8, -0.2, 3)) + case(u(3, 20, 3)), promote="float", primitive=True)
def lgamma(x):
    """The logarithm of the absolute value of the gamma function: lgamma(n + 1) = ln n!, inf at 0, -1, -2, ...

        y  = ln |G(x)|        G(x) = integral of t^(x - 1) e^-t from 0 to inf
        dx = g digamma(x)
    Shapes: x (...) -> (...)
    """
    wide = np.asarray(x, np.float64)
    y = _lgamma_of_positive(np.where(wide < 0.5, 1 - wide, wide))
    y = np.where(wide < 0.5, np.log(math.pi / np.abs(_sin_pi(wide))) - y, y)
    return np.where(np.isinf(wide), np.inf, y).astype(x.dtype), ()


@lgamma.vjp
def _(g, _y, _saved, x):
    return g * digamma.on(x)


def _digamma_of_positive(x):
    steps = np.where(x < _SHIFT, _SHIFT, 0)
    total = np.zeros_like(x)
    for k in range(_SHIFT):
        total = total + np.where(k < steps, 1 / (x + k), 0)
    z = x + steps
    return np.log(z) - 0.5 / z - sum(b / (2 * k) * z ** (-2 * k) for k, b in enumerate(_B, 1)) - total


@op(samples=positive((2, 3)) + case(u(-0.8, -0.2, 3)) + case(u(3, 20, 3)), promote="float", primitive=True)
def digamma(x):
    """The slope of lgamma; nan at -1, -2, ..., -inf at 0.

        y  = G'(x) / G(x)
        dx = g polygamma(1, x)
    Shapes: x (...) -> (...)
    """
    wide = np.asarray(x, np.float64)
    y = _digamma_of_positive(np.where(wide < 0.5, 1 - wide, wide))
    tangent = _sin_pi(wide) / np.cos(math.pi * np.remainder(wide, 2))
    y = np.where(wide < 0.5, y - math.pi / tangent, y)
    y = np.where((wide < 0) & (wide == np.floor(wide)), np.nan, y)
    return np.where(wide == 0, np.copysign(np.inf, -wide), y).astype(x.dtype), ()


@digamma.vjp
def _(g, _y, _saved, x):
    return g * trigamma_and_beyond.on(x, 1)


@op(samples=case(u(0.5, 2, 2, 3), 1) + case(u(-0.8, -0.2, 3), 1) + case(u(0.5, 9, 3), 3), promote="float",
    primitive=True)
def trigamma_and_beyond(x, n):
    """The n-th derivative of digamma, n >= 1; nan below -10000, where nobody needs it.

        y  = (-1)^(n + 1) n! (x^-(n + 1) + (x + 1)^-(n + 1) + ...)
        dx = g times the same for n + 1
    Shapes: x (...) -> (...)
    """
    y = (-1) ** (n + 1) * math.factorial(n) * _zeta(n + 1.0, np.asarray(x, np.float64))
    return y.astype(x.dtype), ()


@trigamma_and_beyond.vjp
def _(g, _y, _saved, x, n):
    return g * trigamma_and_beyond.on(x, n + 1)


def polygamma(n, input):
    """The n-th derivative of digamma.

        y = digamma^(n)(input)
    Shapes: input (...) -> (...)
    Differs: from PyTorch's in that n >= 1 gives nan for input < -10000.
    Raises: RuntimeError for a negative n.
    """
    if n < 0:
        raise OpError(f"polygamma: n must be at least 0, got {n}")
    return digamma(input) if n == 0 else trigamma_and_beyond(input, n)


def mvlgamma(input, p):
    """The logarithm of the gamma function of p dimensions.

        y = p (p - 1) / 4 ln pi + sum over j < p of lgamma(input - j / 2)
    Shapes: input (...) -> (...)
    """
    total = p * (p - 1) / 4 * math.log(math.pi)
    for j in range(p):
        total = lgamma(input - j / 2) + total
    return total
