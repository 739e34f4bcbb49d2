"""Waiting times, double-sided and extreme ones: Exponential, Laplace, Weibull, Gumbel, Pareto."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..generator import pick
from ..ops.gamma import lgamma
from ..tensor import Tensor, wrap
from . import constraints
from .distribution import Distribution, ExponentialFamily
from .independent import TransformedDistribution
from .parameters import EULER, broadcast_all, eps_of, standard_uniform, tensor_of, tiny_of
from .transforms_of_numbers import AffineTransform, ExpTransform, PowerTransform
from .uniform import Uniform


class Exponential(ExponentialFamily):
    """The waiting time for an event that comes rate times per unit of time, however long one has waited.

        p(x) = rate e^(-rate x)                                  x >= 0
        mean 1 / rate        variance 1 / rate^2        mode 0        entropy 1 - log rate
        rsample: x = -log(1 - u) / rate

    >>> Exponential(2.0).mean
    tensor(0.5000)
    """

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self.rate = tensor_of(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        return self.rate.new_zeros(self.rate.shape)

    @property
    def stddev(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.rate.pow(-2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = tuple(self._extended_shape(sample_shape))
        return wrap(pick(None).exponential(shape, dtype=self.rate._data.dtype)) / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return 1 - (-self.rate * value).exp()

    def icdf(self, value: Tensor) -> Tensor:
        return -(-value).log1p() / self.rate

    def entropy(self) -> Tensor:
        return 1 - self.rate.log()


class Laplace(Distribution):
    """Two exponentials back to back: a peak at loc and tails heavier than the normal's.

        p(x) = e^(-|x - loc| / scale) / (2 scale)
        mean loc        variance 2 scale^2        entropy 1 + log(2 scale)
        rsample: x = loc - scale sign(u) log(1 - |u|),   u uniform in (-1, 1)

    Its log_prob is the absolute error: whoever minimises that, believes in this.
    Source:  Laplace 1774, "Memoire sur la probabilite des causes par les evenements".
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
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.square()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        u = standard_uniform(shape, dtype, eps_of(self.loc) - 1, 1.0)
        return self.loc - self.scale * (u.sign() * (-u.abs()).log1p())

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = value - self.loc
        return 0.5 - 0.5 * z.sign() * (-z.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        u = value - 0.5
        return self.loc - self.scale * u.sign() * (-2 * u.abs()).log1p()

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()


class Gumbel(TransformedDistribution):
    """The largest of many: noise that turns an argmax into a draw.

        p(x) = e^(-z - e^-z) / scale        z = (x - loc) / scale
        mean loc + 0.5772 scale        variance pi^2 scale^2 / 6        mode loc
        entropy log scale + 1.5772
        rsample: x = loc - scale log(-log u)

    argmax(logits + Gumbel noise) is a sample of the Categorical with these logits.
    Source:  Gumbel 1954, "Statistical theory of extreme values and some practical applications".
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # type: ignore[assignment]
    support = constraints.real  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        low = self.loc.new_tensor(np.full(self.loc.shape, tiny_of(self.loc), self.loc._data.dtype))
        base = Uniform(low, 1 - eps_of(self.loc), validate_args)
        flip = AffineTransform(0, -self.loc.new_ones(()))
        parts = [ExpTransform().inv, flip, ExpTransform().inv, AffineTransform(self.loc, -self.scale)]
        super().__init__(base, parts, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Gumbel(self.loc.expand(batch_shape), self.scale.expand(batch_shape), self._validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev.square()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = (self.loc - value) / self.scale
        return z - z.exp() - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)


class Weibull(TransformedDistribution):
    """Life times: the failure rate falls with age (concentration < 1) or grows (> 1).

        p(x) = c / scale (x / scale)^(c - 1) e^(-(x / scale)^c)        c = concentration, x > 0
        mean scale G(1 + 1/c)        variance scale^2 (G(1 + 2/c) - G(1 + 1/c)^2), G the gamma function
        entropy 0.5772 (1 - 1/c) + log(scale / c) + 1

    Source:  Weibull 1951, "A statistical distribution function of wide applicability".
    """

    arg_constraints = {"scale": constraints.positive,  # type: ignore[assignment]
                       "concentration": constraints.positive}
    support = constraints.positive  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        base = Exponential(self.scale.new_ones(self.scale.shape), validate_args)
        parts = [PowerTransform(self.concentration_reciprocal), AffineTransform(0, self.scale)]
        super().__init__(base, parts, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Weibull(self.scale.expand(batch_shape), self.concentration.expand(batch_shape),
                       self._validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * lgamma(1 + self.concentration_reciprocal).exp()

    @property
    def mode(self) -> Tensor:
        c = self.concentration
        return self.scale * ((c - 1) / c).pow(self.concentration_reciprocal)

    @property
    def variance(self) -> Tensor:
        inverse = self.concentration_reciprocal
        return self.scale.square() * (lgamma(1 + 2 * inverse).exp() - (2 * lgamma(1 + inverse)).exp())

    def entropy(self) -> Tensor:
        inverse = self.concentration_reciprocal
        return EULER * (1 - inverse) + (self.scale * inverse).log() + 1


class Pareto(TransformedDistribution):
    """Sizes without a typical size: of cities, fortunes, files. Nothing is below scale.

        p(x) = alpha scale^alpha / x^(alpha + 1)                 x >= scale
        mean alpha scale / (alpha - 1), infinite for alpha <= 1        mode scale
        variance alpha scale^2 / ((alpha - 1)^2 (alpha - 2)), infinite for alpha <= 2
        entropy log(scale / alpha) + 1 + 1 / alpha

    Source:  Pareto 1896, "Cours d'economie politique".
    """

    arg_constraints = {"alpha": constraints.positive,  # type: ignore[assignment]
                       "scale": constraints.positive}
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        parts = [ExpTransform(), AffineTransform(0, self.scale)]
        super().__init__(Exponential(self.alpha, validate_args), parts, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Pareto(self.scale.expand(batch_shape), self.alpha.expand(batch_shape), self._validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:  # type: ignore[override]
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Tensor:
        a = self.alpha
        return (a * self.scale / (a.clamp(min=1) - 1)).masked_fill(a <= 1, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        a = self.alpha
        value = self.scale.square() * a / ((a - 1).square() * (a.clamp(min=2) - 2))
        return value.masked_fill(a <= 2, math.inf)

    def entropy(self) -> Tensor:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())
