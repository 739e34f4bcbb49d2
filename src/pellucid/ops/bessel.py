"""Modified Bessel functions: how strongly e^(x cos t) swings, by its waves.

I_n(x) is the mean of e^(x cos t) cos(n t) over a full turn. A mean over equally spaced t is exact to the last
bit as soon as there are enough of them; for large x the known series in 1 / x is shorter. Both give
e^-|x| I_n(x), which does not overflow.
"""

from __future__ import annotations

import numpy as np

from ..engine import op
from .elementwise import exp
from .samples import case, n, u

__all__ = ["i0"]

_POINTS = 64                                                     # of a full turn: enough up to x = 30
_LARGE = 30.0
_TERMS = 16                                                      # of the series, for n up to 3


def _mean_over_turn(x, order):
    t = 2 * np.pi * np.arange(_POINTS) / _POINTS
    return np.mean(np.exp(np.expand_dims(x, -1) * (np.cos(t) - 1)) * np.cos(order * t), axis=-1)


def _series(x, order):
    term, total = np.ones_like(x), np.ones_like(x)
    for k in range(1, _TERMS):
        term = term * ((2 * k - 1) ** 2 - 4 * order**2) / (8 * k * x)
        total = total + term
    return total / np.sqrt(2 * np.pi * x)


@op(samples=case(n(2, 3), 0) + case(n(2, 3), 1) + case(u(20, 60, 4), 0) + case(u(-60, -20, 4), 1)
    + case(n(0, 3), 0), promote="float", primitive=True)
def scaled_bessel(x, order):
    """The modified Bessel function of the first kind of a whole order, times e^-|x|.

        y  = e^-|x| I_n(x) = the mean of e^(x cos t - |x|) cos(n t) over t
        dx = g ((y of order n - 1 + y of order n + 1) / 2 - sign(x) y)
    Shapes:  x (...) -> (...)
    Source:  Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 9.6.19, 9.6.26 and 9.7.1.
    """
    size = np.abs(np.asarray(x, np.float64))
    large = size > _LARGE
    y = np.where(large, _series(np.where(large, size, _LARGE), order),
                 _mean_over_turn(np.where(large, 0, size), order))
    return (np.where(x < 0, (-1) ** order, 1) * y).astype(x.dtype), ()


@scaled_bessel.vjp
def _(g, y, _saved, x, order):
    beside = scaled_bessel.on(x, abs(order - 1)) + scaled_bessel.on(x, order + 1)
    return g * (0.5 * beside - np.sign(x) * y)


def i0(input):
    """The modified Bessel function of the first kind of order 0; 1 at 0.

        y = the mean of e^(input cos t) over t
    Shapes: input (...) -> (...)
    """
    return scaled_bessel(input, 0) * exp(abs(input))


def i1(input):
    """The modified Bessel function of the first kind of order 1; 0 at 0.

        y = the mean of e^(input cos t) cos t over t
    Shapes: input (...) -> (...)
    """
    return scaled_bessel(input, 1) * exp(abs(input))


def i0e(input):
    """e^-|input| times i0: it does not overflow.

        y = e^-|input| i0(input)
    Shapes: input (...) -> (...)
    """
    return scaled_bessel(input, 0)


def i1e(input):
    """e^-|input| times i1: it does not overflow.

        y = e^-|input| i1(input)
    Shapes: input (...) -> (...)
    """
    return scaled_bessel(input, 1)
