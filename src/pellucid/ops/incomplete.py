"""The incomplete gamma and beta functions, and how draws of Gamma and Beta move with their parameters.

The functions are the cdfs of these distributions. Small x: a power series; large x: a continued fraction, by
Lentz's method. Both run on numbers that carry their derivatives along (`Dual`), so that the derivatives with
respect to the parameters, which have no formula, come out beside the values, to the same digits.

A draw x with cdf F(x; a) = u for a fixed u moves with the parameter:  dx/da = -(dF/da) / p(x).
Source:  Moore 1982, "Algorithm AS 187: Derivatives of the incomplete gamma integral", Applied Statistics 31;
         Figurnov, Mohamed & Mnih 2018, "Implicit Reparameterization Gradients", arXiv:1805.08498.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from .gamma import digamma, lgamma
from .samples import case, u

__all__ = ["igamma", "igammac"]

_TURNS = 10_000                                                  # terms at most
_SERIES_ENDS = 1e4                                               # from here on gammas are cubes of normals


class Dual:
    """A number and its derivatives, which stand along a first axis: (v, d) behaves as v + d e, e^2 = 0."""

    def __init__(self, value, slopes):
        self.value, self.slopes = value, slopes

    def __add__(self, other):
        return Dual(self.value + other.value, self.slopes + other.slopes)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slopes * other.value + self.value * other.slopes)

    def inverse(self):
        """1 / (v + d e) = 1/v - d/v^2 e."""
        return Dual(1 / self.value, -self.slopes / self.value**2)


def constant(value, count):
    """A number that depends on none of the parameters."""
    value = np.asarray(value, np.float64)
    return Dual(value, np.zeros((count, *value.shape)))


def lentz(first, terms):
    """The continued fraction 1 / (first + a1 / (b1 + a2 / (b2 + ...))) of pairs (a, b), all Dual.

    Source:  Lentz 1976, "Generating Bessel functions in Mie scattering calculations using continued
             fractions", Applied Optics 15.
    """
    d = first.inverse()
    c, h = constant(np.full_like(first.value, 1e300), len(first.slopes)), d
    for a, b in terms:
        d = (a * d + b).inverse()
        c = b + a * c.inverse()
        step = c * d
        h = h * step
        if np.all(np.abs(step.value - 1) < 1e-15) and np.all(np.abs(step.slopes) < 1e-14):
            break
    return h


def gamma_ratios(a, x):
    """F(x; a) / p(x) and dF/da / p(x) for x <= a + 1, (1 - F) / p and -dF/da / p above, for float64 arrays.

        x <= a + 1:   F / p = x/a (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...)
        x >  a + 1:   (1 - F) / p = x / (x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...)))
    """
    below = x <= a + 1
    near, far = np.where(below, x, 0.5 * a), np.where(below, a + 2, x)
    return below, _gamma_series(a, near), _gamma_fraction(a, far)


def _gamma_series(a, x):
    with np.errstate(divide="ignore"):
        term, log_slope = x / a, np.log(x) - digamma.on(a + 1)   # a term, and d log(term) / da
    total, slope = term, np.where(x > 0, term * log_slope, 0)
    for n in range(1, _TURNS):
        log_slope = log_slope - 1 / (a + n)
        term = term * (x / (a + n))
        total, slope = total + term, slope + np.where(term > 0, term * log_slope, 0)
        if np.all(term < 1e-17 * total):
            break
    return total, slope


def _gamma_fraction(a, x):
    one = np.ones((1, *a.shape))
    terms = ((Dual(-i * (i - a), i * one), Dual(x + 2 * i + 1 - a, -one)) for i in range(1, _TURNS))
    h = lentz(Dual(x + 1 - a, -one), terms)
    return x * h.value, x * (h.value * (np.log(x) - digamma.on(a)) + h.slopes[0])


def gamma_slope(a, x):
    """dx/da of a draw x from the gamma distribution of concentration a and rate 1, float64 arrays.

    From a = 10000 on, x is the cube of a normal number to six digits: x = d (1 + c z)^3 as in `rejection`,
    with d = a - 1/3 and c = 1 / sqrt(9 d), and z stays.
    """
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    large = a > _SERIES_ENDS
    below, (_, near), (_, far) = gamma_ratios(np.where(large, 1.0, a), np.where(large, 1.0, x))
    root = np.cbrt(x / np.where(large, a - 1 / 3, 1))
    return np.where(large, root**3 - 1.5 * root**2 * (root - 1), np.where(below, -near, far))


def _beta_ratios(a, b, x):
    """I_x(a, b) / p(x), and its derivatives by a and b over p(x), where x is not above its mean by much."""
    unit_a, unit_b = np.zeros((2, 2, *np.ones(a.ndim, int)))
    unit_a[0], unit_b[1] = 1, 1

    def terms():
        for m in range(_TURNS):
            for even in ((True, False) if m else (False,)):
                if even:
                    value = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                    by_a = -1 / (a + 2 * m - 1) - 1 / (a + 2 * m)
                    slopes = value * by_a * unit_a + m * x / ((a + 2 * m - 1) * (a + 2 * m)) * unit_b
                else:
                    value = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                    by_a = 1 / (a + m) + 1 / (a + b + m) - 1 / (a + 2 * m) - 1 / (a + 2 * m + 1)
                    slopes = value * (by_a * unit_a + 1 / (a + b + m) * unit_b)
                yield Dual(value, slopes), one

    one = constant(np.ones_like(x), 2)
    h = lentz(one, terms())
    with np.errstate(divide="ignore"):
        both = digamma.on(a + b)
        by_a = np.log(x) - 1 / a - digamma.on(a) + both
        by_b = np.log1p(-x) - digamma.on(b) + both
    scale = x * (1 - x) / a
    slopes = scale * np.where(x > 0, h.value * np.stack([by_a, by_b]) + h.slopes, 0)
    return scale * h.value, slopes


def beta_slopes(a, b, x):
    """dx/da and dx/db of a draw x from the beta distribution, float64 arrays.

    I_x(a, b) = 1 - I_(1-x)(b, a): the fraction is used on the side where it converges quickly.
    """
    a, b, x = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (a, b, x)))
    left = x < (a + 1) / (a + b + 2)
    ours, theirs = np.where(left, a, b), np.where(left, b, a)
    _, (first, second) = _beta_ratios(ours, theirs, np.where(left, x, 1 - x))
    return np.where(left, -first, second), np.where(left, -second, first)


def _gamma_cdf(a, x, above):
    """F(x; a), or 1 - F."""
    wide_a, wide_x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    usual = (wide_a > 0) & (wide_x > 0) & np.isfinite(wide_x)
    a, x = np.where(usual, wide_a, 1.0), np.where(usual, wide_x, 1.0)
    below, (near, _), (far, _) = gamma_ratios(a, x)
    density = np.exp((a - 1) * np.log(x) - x - lgamma.on(a))
    part = density * np.where(below, near, far)
    y = np.where(below != above, part, 1 - part)
    ends = np.where(wide_x == 0, float(above), np.where(wide_x == np.inf, float(not above), np.nan))
    ends = np.where((wide_a == 0) & (wide_x > 0), float(not above), ends)
    return np.where(usual, y, np.where(wide_a >= 0, ends, np.nan))


@op(samples=case(2.5, u(0.1, 9, 2, 3)) + case(0.3, u(0.1, 3, 4)), promote="float", primitive=True)
def igamma(a, x):
    """The regularised lower incomplete gamma function: the cdf of the gamma distribution of rate 1.

        y  = 1 / G(a) times the integral of t^(a - 1) e^-t from 0 to x
        da raises NotImplementedError
        dx = g x^(a - 1) e^-x / G(a)
    Shapes:  a and x broadcast to the result.
    Source:  Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 6.5.29 and 6.5.31.
    """
    kind = (x if isinstance(x, np.ndarray) else a).dtype
    return _gamma_cdf(a, x, False).astype(kind), ()


@igamma.vjp
def _(g, _y, _saved, a, x, *, needs=(False, True)):
    return None, g * _gamma_density("igamma", a, x, needs)


@op(samples=case(2.5, u(0.1, 9, 2, 3)) + case(0.3, u(0.1, 3, 4)), promote="float", primitive=True)
def igammac(a, x):
    """The regularised upper incomplete gamma function, 1 - igamma, exactly also where that is tiny.

        y  = 1 / G(a) times the integral of t^(a - 1) e^-t from x to infinity
        da raises NotImplementedError
        dx = -g x^(a - 1) e^-x / G(a)
    Shapes:  a and x broadcast to the result.
    """
    kind = (x if isinstance(x, np.ndarray) else a).dtype
    return _gamma_cdf(a, x, True).astype(kind), ()


@igammac.vjp
def _(g, _y, _saved, a, x, *, needs=(False, True)):
    return None, -g * _gamma_density("igammac", a, x, needs)


def _gamma_density(name, a, x, needs):
    if needs[0]:
        raise NotImplementedError(f"{name}: the gradient with respect to a is not there, only that to x")
    log_total = math.lgamma(a) if isinstance(a, (int, float)) else lgamma.on(a)
    return np.exp((a - 1) * np.log(x) - x - log_total)
