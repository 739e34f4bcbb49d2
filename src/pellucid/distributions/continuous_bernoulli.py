"""ContinuousBernoulli: pixels between black and white."""

from __future__ import annotations

import math
from typing import Any

from ..nn.functional import binary_cross_entropy_with_logits
from ..ops.gather import where
from ..tensor import Tensor
from . import constraints
from .bernoulli import ProbsOrLogits
from .distribution import ExponentialFamily
from .parameters import broadcast_all, clamp_probs, one_of, standard_uniform, tensor_of


class ContinuousBernoulli(ProbsOrLogits, ExponentialFamily):
    """The Bernoulli's formula for all numbers of [0, 1], and the constant that makes it a density.

        p(x) = C probs^x (1 - probs)^(1 - x)        C = 2 atanh(1 - 2 probs) / (1 - 2 probs), 2 at 1/2
        mean probs / (2 probs - 1) + 1 / (2 atanh(1 - 2 probs)), 1/2 at 1/2
        rsample: the inverse of the cdf at u

    Binary cross-entropy on grey pixels, as VAEs use it, leaves out C, which depends on probs.
    Within lims around 1/2, where the formulas are 0 / 0, their Taylor series stand.
    Source:  Loaiza-Ganem & Cunningham 2019, "The continuous Bernoulli: fixing a pervasive error in
             variational autoencoders", arXiv:1907.06845.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, probs: Any = None, logits: Any = None, lims: tuple[float, float] = (0.499, 0.501),
                 validate_args: bool | None = None) -> None:
        self._given, value = one_of("ContinuousBernoulli", probs=probs, logits=logits)
        self._lims = lims
        self.__dict__[self._given] = value = tensor_of(value)
        super().__init__(value.shape, (), validate_args)
        if self._given == "probs":
            self.probs = clamp_probs(value)

    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """Where the formulas hold, probs with a harmless number elsewhere, and the distance from 1/2."""
        low, high = self._lims
        apart = (self.probs <= low) | (self.probs > high)
        return apart, where(apart, self.probs, low), self.probs - 0.5

    def _log_constant(self) -> Tensor:
        """log C."""
        apart, p, x = self._parts()
        below, above = where(p <= 0.5, p, 0.0), where(p >= 0.5, p, 1.0)
        log = ((-p).log1p() - p.log()).abs().log() - where(p <= 0.5, (-2 * below).log1p(),
                                                           (2 * above - 1).log())
        square = x.square()
        return where(apart, log, math.log(2) + (4 / 3 + 104 / 45 * square) * square)

    @property
    def mean(self) -> Tensor:
        apart, p, x = self._parts()
        value = p / (2 * p - 1) + 1 / ((-p).log1p() - p.log())
        return where(apart, value, 0.5 + (1 / 3 + 16 / 45 * x.square()) * x)

    @property
    def variance(self) -> Tensor:
        apart, p, x = self._parts()
        value = p * (p - 1) / (1 - 2 * p).square() + 1 / ((-p).log1p() - p.log()).square()
        square = x.square()
        return where(apart, value, 1 / 12 - (1 / 15 - 128 / 945 * square) * square)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(standard_uniform(self._extended_shape(sample_shape), self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return self._log_constant() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        apart, p, _ = self._parts()
        inner = (p.pow(value) * (1 - p).pow(1 - value) + p - 1) / (2 * p - 1)
        return where(value <= 0, 0.0, where(value >= 1, 1.0, where(apart, inner, value)))

    def icdf(self, value: Tensor) -> Tensor:
        apart, p, _ = self._parts()
        top = (-p + value * (2 * p - 1)).log1p() - (-p).log1p()
        return where(apart, top / (p.log() - (-p).log1p()), value)

    def entropy(self) -> Tensor:
        no, yes = (-self.probs).log1p(), self.probs.log()
        return self.mean * (no - yes) - self._log_constant() - no
