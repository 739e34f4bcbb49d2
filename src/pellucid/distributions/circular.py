"""Directions: VonMises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..generator import pick
from ..ops.bessel import scaled_bessel
from ..tensor import Tensor, wrap
from . import constraints
from .distribution import Distribution
from .parameters import broadcast_all

_FLAT = 1e-5                                                     # a concentration that nobody can see


class VonMises(Distribution):
    """Angles around loc: the normal distribution bent to a circle.

        p(x) = e^(concentration cos(x - loc)) / (2 pi I_0(concentration))        I_n: Bessel functions
        mean loc        mode loc        variance (circular) 1 - I_1 / I_0, between 0 and 1

    Source:  von Mises 1918, "Ueber die Ganzzahligkeit der Atomgewichte"; sampling: Best & Fisher 1979,
             "Efficient Simulation of the von Mises Distribution", Applied Statistics 28.
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return 1 - scaled_bessel(self.concentration, 1) / scaled_bessel(self.concentration, 0)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        k, half = self.concentration, 0.5 * (value - self.loc)   # cos d - 1 = -2 sin^2(d / 2), all digits
        return -2 * k * half.sin().square() - math.log(2 * math.pi) - scaled_bessel(k, 0).log()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = tuple(self._extended_shape(sample_shape))
        loc, k = self.loc._data.astype(np.float64), self.concentration._data.astype(np.float64)
        x = _around_zero(k, shape)
        return wrap(np.asarray((x + np.pi + loc) % (2 * np.pi) - np.pi).astype(self.loc._data.dtype))


def _around_zero(k: np.ndarray, shape: tuple) -> np.ndarray:
    """Angles by rejection from a wrapped Cauchy distribution, all of a shape in each round."""
    tau = 1 + np.sqrt(1 + 4 * k * k)
    rho = (tau - np.sqrt(2 * tau)) / (2 * np.maximum(k, _FLAT))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(k < _FLAT, 1 / k + k, (1 + rho * rho) / (2 * rho))
        x, done = np.zeros(shape), np.zeros(shape, bool)
        while not done.all():
            u1, u2, u3 = pick(None).uniform((3, *shape), dtype=np.float64)
            z = np.cos(np.pi * u1)
            f = (1 + r * z) / (r + z)
            c = k * (r - f)
            accepted = (c * (2 - c) - u2 > 0) | (np.log(c / u2) + 1 - c >= 0)
            x = np.where(accepted, np.sign(u3 - 0.5) * np.arccos(f), x)
            done |= accepted
    return x
