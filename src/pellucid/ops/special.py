"""The error function, the normal distribution function, their complements and inverses.

float32: erf x = tanh(x R(x^2)). R is nearly a straight line, so a quotient of two cubic polynomials, fitted
on [0, 4] so that the relative error of erf is as even as possible, leaves 4e-9 of it; and tanh is quick.
float64: erf x is its Taylor series near 0 and 1 - erfc x elsewhere; e^(x^2) (1 + 2x) erfc x is a short
Chebyshev series in (x - 3.75) / (x + 3.75), accurate to the last bit or two even where erfc is 1e-300.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from .bounds import at_most
from .samples import case, normal, u

__all__ = ["erf", "erfc", "erfinv"]

BLOCK = 1 << 18                                                  # elements: 1 MB of float32
_SLOPE = 2 / math.sqrt(math.pi)                                  # erf'(0)
_ABOVE = (2.178278396596198e-03, 4.2646524768093885e-02, 2.798067884092976e-01, 1.1283791708463515)  # of R
_BELOW = (3.249236459428045e-04, 2.3689901237356304e-02, 1.5689254206577086e-01, 1.0)
_CHEBYSHEV = (
    1.1775789345674018, -0.0045900545806464773, -0.084249133366517916, 0.059209939998191890,
    -0.026658668435305752, 0.0090749976707052651, -0.0024131635404176082, 0.00049077583652580863,
    -6.9169733025012063e-5, 4.1390279860730102e-6, 7.7403830661984907e-7, -2.1886401049234396e-7,
    1.0764999465670910e-8, 4.5219598112182869e-9, -7.7544002088313511e-10, -6.3180883408866845e-11,
    2.8687950109306698e-11, 1.9455868545777347e-13, -9.6546967484334391e-13, 3.2525481481487398e-14,
    3.3478119482868053e-14, -1.8645628804193131e-15, -1.2507950530688647e-15, 7.4182352566240435e-17,
    5.0681489047961113e-17)
_TAYLOR = tuple(_SLOPE * (-1) ** k / (math.factorial(k) * (2 * k + 1)) for k in range(14))[::-1]
_TAYLOR_END = 0.65                                               # where 14 terms still give every bit
_ROOT_HALF = math.sqrt(0.5)


def in_blocks(f, x):
    """f on x, block by block, so that its many passes find their numbers in the cache."""
    if x.size <= BLOCK:
        return f(x)
    flat, y = np.reshape(x, -1), np.empty(x.size, x.dtype)
    for start in range(0, x.size, BLOCK):
        y[start:start + BLOCK] = f(flat[start:start + BLOCK])
    return np.reshape(y, x.shape)


def polynomial(t, coefficients):
    """Horner's rule; the coefficient of the highest power comes first."""
    y = np.asarray(t * coefficients[0])
    for c in coefficients[1:-1]:
        y += c
        y *= t
    y += coefficients[-1]
    return y


def _erf_single(x):
    t = at_most(np.asarray(x * x), 49)                           # erf 7 is 1, and infinities would not divide
    y = polynomial(t, _ABOVE)
    y *= x
    y /= polynomial(t, _BELOW)
    return np.tanh(y, out=y)


def _normal_cdf_single(x):
    y = _erf_single(x * _ROOT_HALF)
    y *= 0.5
    y += 0.5
    return y


def _erfc_of_positive(x):
    """erfc for x >= 0, with a small relative error everywhere."""
    t = (x - 3.75) / (x + 3.75)
    t = np.where(np.isinf(x), 1, t)
    after, last = np.zeros_like(t), np.zeros_like(t)
    for c in _CHEBYSHEV[:0:-1]:                                  # Clenshaw's recurrence
        after, last = 2 * t * after - last + c, after
    series = t * after - last + _CHEBYSHEV[0]
    # x^2 has twice the bits of x: square its leading half exactly, and take the rest as (x - head)(x + head)
    head = (np.asarray(x).view(np.int64) & -(1 << 27)).view(np.float64)
    tail = np.where(np.isinf(x), 0, (x - head) * (x + head))
    return np.exp(-head * head) * np.exp(-tail) * series / (1 + 2 * x)


def _erfc_double(x):
    y = _erfc_of_positive(np.abs(x))
    return np.where(x < 0, 2 - y, y)


def _erf_double(x):
    small = np.clip(x, -_TAYLOR_END, _TAYLOR_END)
    near = small * polynomial(np.asarray(small * small), _TAYLOR)
    far = np.copysign(1 - _erfc_of_positive(np.abs(x)), x)
    return np.where(np.abs(x) < _TAYLOR_END, near, far)


@op(samples=normal((2, 3)) + case(u(-4, 4, 5)) + normal((0, 3)), promote="float", primitive=True)
def erf(x):
    """Integrate the normal bell from -x to x, in units of sqrt(2) standard deviations.

        y  = 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x
        dx = 2 / sqrt(pi) g e^(-x^2)
    Shapes: x (...) -> (...)
    Source: Shepherd & Laframboise 1981,
    "Chebyshev Approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < inf",
            Mathematics of Computation 36 (float64; the coefficients were computed anew).
    """
    if x.dtype == np.float16:
        return _erf_single(x.astype(np.float32, copy=False)).astype(x.dtype, copy=False), ()
    return in_blocks(_erf_double if x.dtype == np.float64 else _erf_single, x), ()


@erf.vjp
def _(g, _y, _saved, x):
    return g * (np.exp(-x * x) * _SLOPE)


@op(samples=normal((2, 3)) + case(u(-4, 4, 5)), promote="float", primitive=True)
def normal_cdf(x):
    """The probability that a standard normal number is below x.

        y  = (1 + erf(x / sqrt 2)) / 2
        dx = g e^(-x^2 / 2) / sqrt(2 pi)
    Shapes: x (...) -> (...)
    """
    if x.dtype == np.float64:
        return in_blocks(lambda part: 0.5 * _erfc_double(part * -_ROOT_HALF), x), ()
    return in_blocks(_normal_cdf_single, x.astype(np.float32, copy=False)).astype(x.dtype, copy=False), ()


@normal_cdf.vjp
def _(g, _y, _saved, x):
    return g * (np.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi)))


@op(samples=normal((2, 3)) + case(u(-4, 4, 5)), promote="float", primitive=True)
def erfc(x):
    """Take 1 - erf x, exactly also where that is tiny.

        y  = 1 - erf x
        dx = -2 / sqrt(pi) g e^(-x^2)
    Shapes: x (...) -> (...)
    """
    return in_blocks(_erfc_double, x.astype(np.float64)).astype(x.dtype), ()


@erfc.vjp
def _(g, _y, _saved, x):
    return g * (np.exp(-x * x) * -_SLOPE)


def _erfinv_double(x):
    """Winitzki's formula, right to 0.4 %, and two steps of Halley's method, each of which cubes the error."""
    rest = 1 - np.abs(x)
    log = np.log(rest * (1 + np.abs(x)))
    a = 0.147
    half = 2 / (math.pi * a) + log / 2
    y = np.sqrt(np.sqrt(half * half - log / a) - half)
    for _ in range(2):
        miss = np.where(y < 0.5, np.abs(x) - _erf_double(y), _erfc_of_positive(y) - rest)
        step = miss / (_SLOPE * np.exp(-y * y))
        y = y + step / (1 - y * step)
    y = np.where(np.abs(x) < 1, y, np.where(np.abs(x) == 1, np.inf, np.nan))
    return np.copysign(y, x)


@op(samples=case(u(-0.9, 0.9, 2, 3)), promote="float", primitive=True)
def erfinv(x):
    """Find the number whose erf is x: +-inf at +-1, nan outside.

        y  = erf^-1(x)
        dx = g sqrt(pi) / 2 e^(y^2)
    Shapes: x (...) -> (...)
    Source: Winitzki 2008, "A handy approximation for the error function and its inverse" (the first guess).
    """
    return in_blocks(_erfinv_double, x.astype(np.float64)).astype(x.dtype), ()


@erfinv.vjp
def _(g, y, _saved, _x):
    return g * (np.exp(y * y) / _SLOPE)
