"""Distributions in which the far away is not rare: Cauchy, StudentT, GeneralizedPareto."""

from __future__ import annotations

import math
from typing import Any

from ..generator import pick
from ..ops.gamma import digamma, lgamma
from ..ops.gather import where
from ..tensor import Tensor, wrap
from . import constraints
from .distribution import Distribution
from .gamma import Chi2
from .independent import TransformedDistribution
from .parameters import broadcast_all, standard_normal, standard_uniform
from .transforms_of_numbers import AbsTransform


class Cauchy(Distribution):
    """The ratio of two normal numbers: so heavy in the tails that averages of it never settle.

        p(x) = 1 / (pi scale (1 + z^2))        z = (x - loc) / scale
        no mean (nan), variance infinite        mode loc        entropy log(4 pi scale)
        rsample: x = loc + scale tan(pi (u - 1/2))

    Source:  Cauchy 1853, "Sur les resultats moyens d'observations de meme nature".
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc.new_full(self._batch_shape, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.loc.new_full(self._batch_shape, math.inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = tuple(self._extended_shape(sample_shape))
        return self.loc + wrap(pick(None).cauchy(shape, dtype=self.loc._data.dtype)) * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - z.square().log1p()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return ((value - 0.5) * math.pi).tan() * self.scale + self.loc

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + self.scale.log()


class HalfCauchy(TransformedDistribution):
    """|x| of a Cauchy x around 0.

        p(x) = 2 / (pi scale (1 + (x / scale)^2))        x >= 0
        mean and variance infinite        mode 0        entropy log(2 pi scale)
    """

    arg_constraints = {"scale": constraints.positive}  # type: ignore[assignment]
    support = constraints.nonnegative  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args), AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The value that half of the numbers are below."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return self.scale.new_full(self._batch_shape, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.scale.new_zeros(self._batch_shape)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

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


class StudentT(Distribution):
    """A normal number divided by an estimate of its size from df others; nearly normal for large df.

        p(x) = G((df+1)/2) / (G(df/2) sqrt(pi df) scale) (1 + z^2 / df)^(-(df+1)/2)     z = (x - loc) / scale
        mean loc, for df > 1        mode loc
        variance scale^2 df / (df - 2), for df > 2; infinite for 1 < df <= 2
        entropy log scale + (df+1)/2 (digamma((df+1)/2) - digamma(df/2)) + log(sqrt(df) B(1/2, df/2))
        rsample: x = loc + scale z sqrt(df / c),   z standard normal, c ~ Chi2(df)

    Source:  Student 1908, "The probable error of a mean", Biometrika 6.
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        value = self.scale.square() * self.df / (self.df - 2)
        return value.masked_fill(self.df <= 2, math.inf).masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        z = standard_normal(self._extended_shape(sample_shape), self.df.dtype)
        squares = Chi2(self.df, validate_args=False).rsample(sample_shape)
        return self.loc + self.scale * (z * (squares / self.df).rsqrt())

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        scale = (self.scale.log() + 0.5 * self.df.log() + 0.5 * math.log(math.pi) + lgamma(0.5 * self.df)
                 - lgamma(0.5 * (self.df + 1)))
        return -0.5 * (self.df + 1) * (z.square() / self.df).log1p() - scale

    def entropy(self) -> Tensor:
        half, more = 0.5 * self.df, 0.5 * (self.df + 1)
        log_beta = lgamma(half) + math.lgamma(0.5) - lgamma(more)
        return (self.scale.log() + more * (digamma(more) - digamma(half)) + 0.5 * self.df.log() + log_beta)


class GeneralizedPareto(Distribution):
    """What lies beyond a high threshold, whatever the distribution: excesses of losses, floods, waits.

        p(x) = (1 + c z)^(-1/c - 1) / scale        z = (x - loc) / scale >= 0, c = concentration
        c = 0 is an exponential, c > 0 has a Pareto's tail, c < 0 ends at loc - scale / c
        mean loc + scale / (1 - c), infinite for c >= 1        mode loc        entropy log scale + c + 1
        variance scale^2 / ((1 - c)^2 (1 - 2 c)), infinite for c >= 1/2
        rsample: x = loc + scale ((1 - u)^-c - 1) / c

    Differs: PyTorch has nan for infinite means and variances, and a gradient of 0 at c = 0.
    Source:  Pickands 1975, "Statistical Inference Using Extreme Order Statistics".
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive,
                       "concentration": constraints.real}
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, (), validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        end = self.loc - self.scale / where(self.concentration < 0, self.concentration, -1.0)
        return constraints.interval(self.loc, where(self.concentration < 0, end, math.inf))

    @property
    def mean(self) -> Tensor:
        c = self.concentration
        return (self.loc + self.scale / (1 - c)).masked_fill(c >= 1, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        c = self.concentration
        value = self.scale.square() / ((1 - c).square() * (1 - 2 * c))
        return value.masked_fill(c >= 0.5, math.inf)

    def _straight(self) -> tuple[Tensor, Tensor]:
        """Where c is 0, up to rounding, and c with a harmless number there."""
        zero = self.concentration.abs() < 1e-5
        return zero, self.concentration.masked_fill(zero, 1.0)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(standard_uniform(self._extended_shape(sample_shape), self.loc.dtype))

    def _log_survival(self, value: Tensor) -> Tensor:
        """log(1 - cdf)."""
        (zero, c), z = self._straight(), (value - self.loc) / self.scale
        series = (0.5 * self.concentration * z - 1) * z          # two terms: its slope is right at c = 0 too
        return where(zero, series, -where(zero, z, c * z).log1p() / c)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return (1 + self.concentration) * self._log_survival(value) - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return -self._log_survival(value).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        (zero, c), log = self._straight(), (-value).log1p()
        series = (0.5 * self.concentration * log - 1) * log
        return self.loc + self.scale * where(zero, series, (-c * log).expm1() / c)

    def entropy(self) -> Tensor:
        return self.scale.log() + self.concentration + 1
