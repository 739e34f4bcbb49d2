"""Logarithms of densities that are needed at every step of a training, in one block each."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from .samples import case, n, u

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


@op(samples=case(n(2, 3), n(2, 3), u(0.5, 2, 2, 3)) + case(n(4, 2, 3), n(3), u(0.5, 2, 2, 1))
    + case(n(0, 3), n(3), u(0.5, 2, 3)), promote="number")
def normal_log_density(x, mean, std):
    """How likely x is under the bell of a given mean and standard deviation, as a logarithm.

        y  = -z^2 / 2 - log std - log sqrt(2 pi)          z = (x - mean) / std
        dx = -g z / std
        dmean = g z / std
        dstd = g (z^2 - 1) / std
    Shapes: x, mean and std broadcast to the result.
    Source: Gauss 1809, "Theoria motus corporum coelestium", book 2, section 3.
    """
    z = (x - mean) / std
    return z * z * -0.5 - (np.log(std) + _LOG_ROOT_2PI), ()


@normal_log_density.vjp
def _(g, _y, _saved, x, mean, std, *, needs=(True, True, True)):
    z = (x - mean) / std
    slope = g * z / std
    return (-slope if needs[0] else None, slope if needs[1] else None,
            slope * z - g / std if needs[2] else None)
