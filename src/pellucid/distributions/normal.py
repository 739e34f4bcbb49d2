"""The normal distribution, and what exp, abs and softmax make of it."""

from __future__ import annotations

import math
from typing import Any

from ..ops.densities import normal_log_density
from ..ops.gather import where
from ..ops.special import erfinv, normal_cdf
from ..tensor import Tensor
from . import constraints
from .distribution import ExponentialFamily
from .independent import TransformedDistribution
from .parameters import broadcast_all, standard_normal
from .transforms_of_numbers import AbsTransform, ExpTransform
from .transforms_of_vectors import StickBreakingTransform

LOG_2PI = math.log(2 * math.pi)


class Normal(ExponentialFamily):
    """The bell curve of mean loc and standard deviation scale.

        p(x) = exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi))
        mean loc        variance scale^2        entropy 1/2 + log(2 pi) / 2 + log scale
        rsample: x = loc + scale z,  z standard normal, so dx/dloc = 1 and dx/dscale = z

    Source:  Gauss 1809, "Theoria motus corporum coelestium"; rsample: Kingma & Welling 2013,
             "Auto-Encoding Variational Bayes", arXiv:1312.6114.
    >>> Normal(0.0, 1.0).log_prob(pellucid.tensor(0.0))
    tensor(-0.9189)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        z = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + z * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return normal_log_density(value, self.loc, self.scale)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return normal_cdf((value - self.loc) / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Tensor:
        return 0.5 + 0.5 * LOG_2PI + self.scale.log()


class LogNormal(TransformedDistribution):
    """e^z of a normal z: positive, with a long right tail; what many small factors multiply up to.

        p(x) = exp(-(log x - loc)^2 / (2 scale^2)) / (x scale sqrt(2 pi))
        mean e^(loc + scale^2 / 2)        variance (e^(scale^2) - 1) e^(2 loc + scale^2)
        mode e^(loc - scale^2)            entropy 1/2 + log(2 pi) / 2 + log scale + loc

    Source:  Galton 1879, "The Geometric Mean, in Vital and Social Statistics".
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # type: ignore[assignment]
    support = constraints.positive  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(loc, scale, validate_args), ExpTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return (self.loc + self.scale.square() / 2).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale.square()).exp()

    @property
    def variance(self) -> Tensor:
        square = self.scale.square()
        return square.expm1() * (2 * self.loc + square).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc


class HalfNormal(TransformedDistribution):
    """|z| of a normal z of mean 0: the right half of the bell, twice as high.

        p(x) = sqrt(2 / pi) / scale exp(-x^2 / (2 scale^2))        x >= 0
        mean scale sqrt(2 / pi)        variance scale^2 (1 - 2 / pi)        mode 0
        entropy 1/2 + log(pi scale^2 / 2) / 2
    """

    arg_constraints = {"scale": constraints.positive}  # type: ignore[assignment]
    support = constraints.nonnegative  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args), AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the whole bell."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Tensor:
        return self.scale.new_zeros(self.scale.shape)

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (1 - 2 / math.pi)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)


class LogisticNormal(TransformedDistribution):
    """Probabilities from normal numbers, broken off a stick: K numbers give K + 1 probabilities.

        y = StickBreakingTransform(z),   z ~ Normal(loc, scale)

    Source:  Atchison & Shen 1980, "Logistic-normal distributions: Some properties and uses".
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # type: ignore[assignment]
    support = constraints.simplex  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args)
        if not base.batch_shape:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the normal numbers."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the normal numbers."""
        return self.base_dist.base_dist.scale
