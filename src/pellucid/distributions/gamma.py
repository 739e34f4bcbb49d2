"""Positive numbers with two knobs, and shares of a whole: Gamma, Chi2, InverseGamma, Beta, Dirichlet."""

from __future__ import annotations

import math
from typing import Any

from ..ops.gamma import digamma, lgamma
from ..ops.incomplete import igamma
from ..ops.join import stack
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, ExponentialFamily
from .implicit import DirichletDraw, GammaDraw
from .independent import TransformedDistribution
from .parameters import broadcast_all, tensor_of, tiny_of
from .transforms_of_numbers import PowerTransform


class Gamma(ExponentialFamily):
    """The waiting time for a number of events, `concentration` of them, that come at a rate.

        p(x) = rate^a x^(a-1) e^(-rate x) / G(a)        a = concentration, G the gamma function, x >= 0
        mean a / rate        variance a / rate^2        mode (a - 1) / rate, at least 0
        entropy a - log rate + log G(a) + (1 - a) digamma(a)
        rsample: by rejection; dx/da so that the cdf at x stays (see `implicit`)

    Source:  Marsaglia & Tsang 2000, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3).
    Differs: dx/da is exact here, PyTorch's is right to three digits.
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        value = GammaDraw.apply(self.concentration.expand(shape)) / self.rate
        value.detach().clamp_(min=tiny_of(value))                # never 0, whose log_prob may be infinite
        return value

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        a, rate = self.concentration, self.rate
        return a.xlogy(rate) + (a - 1).xlogy(value) - rate * value - lgamma(a)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return igamma(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + lgamma(a) + (1 - a) * digamma(a)


class Chi2(Gamma):
    """The sum of df squares of standard normal numbers: Gamma(df / 2, 1 / 2).

        mean df        variance 2 df

    Source:  Pearson 1900, "On the criterion that a given system of deviations ...", Phil. Mag. 50.
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        df = tensor_of(df)
        super().__init__(0.5 * df, 0.5, validate_args)
        if self._validate_args:
            from .distribution import refuse

            refuse("Chi2: df", df, constraints.positive)

    @property
    def df(self) -> Tensor:
        """Degrees of freedom: how many squares are added up."""
        return self.concentration * 2

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._with_batch(batch_shape)
        new.concentration, new.rate = (v.expand(new._batch_shape) for v in (self.concentration, self.rate))
        return new


class InverseGamma(TransformedDistribution):
    """1 / x of a Gamma x: what a variance is believed to be, before and after seeing normal numbers.

        p(x) = rate^a x^(-a-1) e^(-rate / x) / G(a)        a = concentration
        mean rate / (a - 1), infinite for a <= 1        mode rate / (a + 1)
        variance rate^2 / ((a - 1)^2 (a - 2)), infinite for a <= 2
        entropy a + log rate + log G(a) - (1 + a) digamma(a)
    """

    arg_constraints = {"concentration": constraints.positive,  # type: ignore[assignment]
                       "rate": constraints.positive}
    support = constraints.positive  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args)
        super().__init__(base, PowerTransform(-1), validate_args)

    @property
    def concentration(self) -> Tensor:
        """The concentration of 1 / x."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """The rate of 1 / x."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        value = self.rate / (self.concentration - 1)
        return value.masked_fill(self.concentration <= 1, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        a = self.concentration
        value = self.rate.square() / ((a - 1).square() * (a - 2))
        return value.masked_fill(a <= 2, math.inf)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a + self.rate.log() + lgamma(a) - (1 + a) * digamma(a)


class Dirichlet(ExponentialFamily):
    """Probabilities of K outcomes, themselves uncertain; the larger the concentrations, the less so.

        p(x) = G(s) / (G(a_1) ... G(a_K)) x_1^(a_1 - 1) ... x_K^(a_K - 1)        a = concentration, s its sum
        mean a / s        variance a (s - a) / (s^2 (s + 1))
        entropy sum log G(a_k) - log G(s) - (K - s) digamma(s) - sum (a_k - 1) digamma(a_k)

    After counts n of the outcomes, belief Dirichlet(a) becomes Dirichlet(a + n).
    Shapes:  concentration (..., K) -> batch_shape (...), event_shape (K,)
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("Dirichlet: concentration must have at least one dimension, got a number")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0)
        mode = above / above.sum(-1, keepdim=True)
        flat = (self.concentration < 1).all(-1, keepdim=True)    # then a corner, the largest one's
        corner = (self.concentration.argmax(-1, keepdim=True)
                  == self._corners()).to(self.concentration.dtype)
        return corner.where(flat, mode)

    def _corners(self) -> Tensor:
        from ..ops.ranges import arange

        return arange(self._event_shape[0])

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total.square() * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return DirichletDraw.apply(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        a = self.concentration
        return (a - 1).xlogy(value).sum(-1) + lgamma(a.sum(-1)) - lgamma(a).sum(-1)

    def entropy(self) -> Tensor:
        a, k = self.concentration, self._event_shape[0]
        total = a.sum(-1)
        return (lgamma(a).sum(-1) - lgamma(total) - (k - total) * digamma(total)
                - ((a - 1) * digamma(a)).sum(-1))


class Beta(ExponentialFamily):
    """A share between 0 and 1: a Dirichlet of two outcomes. Beta(1, 1) is uniform.

        p(x) = G(a + b) / (G(a) G(b)) x^(a-1) (1 - x)^(b-1)        a = concentration1, b = concentration0
        mean a / (a + b)        variance a b / ((a + b)^2 (a + b + 1))
        mode (a - 1) / (a + b - 2) where both are above 1
        entropy as of Dirichlet

    After k successes and n failures, belief Beta(a, b) becomes Beta(a + k, b + n).
    Source:  Bayes 1763, "An Essay towards solving a Problem in the Doctrine of Chances".
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        both = broadcast_all(concentration1, concentration0)
        self._dirichlet = Dirichlet(stack(both, -1), validate_args)
        super().__init__(self._dirichlet.batch_shape, (), validate_args)

    @property
    def concentration1(self) -> Tensor:
        """The exponent of x, plus 1."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """The exponent of 1 - x, plus 1."""
        return self._dirichlet.concentration[..., 1]

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._with_batch(batch_shape)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        return new

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.square() * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return (a - 1).xlogy(value) + (b - 1).xlogy(1 - value) + lgamma(a + b) - lgamma(a) - lgamma(b)

    def entropy(self) -> Tensor:
        return self._dirichlet.entropy()

    def __repr__(self) -> str:
        from .distribution import described

        return described(self, {name: getattr(self, name) for name in self.arg_constraints})


class FisherSnedecor(Distribution):
    """The ratio of two mean squares, of df1 and of df2 normal numbers.

        mean df2 / (df2 - 2), for df2 > 2
        variance 2 df2^2 (df1 + df2 - 2) / (df1 (df2 - 2)^2 (df2 - 4)), for df2 > 4
        mode (df1 - 2) / df1 df2 / (df2 + 2), for df1 > 2

    Source:  Fisher 1924, "On a distribution yielding the error functions of several well known statistics".
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1, self._gamma2 = Gamma(self.df1 * 0.5, self.df1), Gamma(self.df2 * 0.5, self.df2)
        super().__init__(self.df1.shape, (), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new._gamma1, new._gamma2 = self._gamma1.expand(batch_shape), self._gamma2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Tensor:
        df2 = self.df2.masked_fill(self.df2 <= 2, math.nan)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return mode.masked_fill(self.df1 <= 2, math.nan)

    @property
    def variance(self) -> Tensor:
        df1, df2 = self.df1, self.df2.masked_fill(self.df2 <= 4, math.nan)
        return 2 * df2.square() * (df1 + df2 - 2) / (df1 * (df2 - 2).square() * (df2 - 4))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        top = self._gamma1.rsample(sample_shape)
        bottom = self._gamma2.rsample(sample_shape)
        return top / bottom.clamp(min=tiny_of(bottom))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        a, b, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        return (lgamma(a + b) - lgamma(a) - lgamma(b) + a * ratio.log() + (a - 1) * value.log()
                - (a + b) * (ratio * value).log1p())
