"""The uniform distribution and what its inverse-cdf makes of it: Kumaraswamy's."""

from __future__ import annotations

from typing import Any

from ..ops.gamma import digamma, lgamma
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .independent import TransformedDistribution
from .parameters import EULER, broadcast_all, standard_uniform
from .transforms_of_numbers import AffineTransform, PowerTransform


class Uniform(Distribution):
    """All numbers of [low, high) alike.

        p(x) = 1 / (high - low)                                  low <= x < high, else 0
        mean (low + high) / 2        variance (high - low)^2 / 12        entropy log(high - low)
        rsample: x = low + (high - low) u

    Raises:  ValueError where low is not below high.
    >>> Uniform(0.0, 4.0).cdf(pellucid.tensor(1.0))
    tensor(0.2500)
    """

    arg_constraints = {"low": constraints.dependent(is_discrete=False, event_dim=0),
                       "high": constraints.dependent(is_discrete=False, event_dim=0)}
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, (), validate_args)
        if self._validate_args and not (self.low._data < self.high._data).all():
            raise ValueError(f"Uniform: low must be below high everywhere, got low={self.low.detach()} and "
                             f"high={self.high.detach()}")

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        return self.low * float("nan")

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low).square() / 12

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = standard_uniform(self._extended_shape(sample_shape), self.low.dtype)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        is_inside = (self.low <= value) & (self.high > value)
        return is_inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()


class Kumaraswamy(TransformedDistribution):
    """Numbers of (0, 1), shaped as by a Beta, but with a cdf that can be inverted.

        p(x) = a b x^(a-1) (1 - x^a)^(b-1)        a = concentration1, b = concentration0
        cdf 1 - (1 - x^a)^b        mean b B(1 + 1/a, b), B the beta function
        rsample: x = (1 - u^(1/b))^(1/a)

    Source:  Kumaraswamy 1980, "A generalized probability density function for double-bounded random
             processes", J. Hydrology 46.
    """

    arg_constraints = {"concentration1": constraints.positive,  # type: ignore[assignment]
                       "concentration0": constraints.positive}
    support = constraints.unit_interval  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        base = Uniform(self.concentration0.new_zeros(self.concentration0.shape), 1.0, validate_args=False)
        parts = [PowerTransform(self.concentration0.reciprocal()), AffineTransform(1.0, -1.0),
                 PowerTransform(self.concentration1.reciprocal())]
        super().__init__(base, parts, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return Kumaraswamy(self.concentration1.expand(batch_shape), self.concentration0.expand(batch_shape),
                           self._validate_args)

    def _moment(self, n: int) -> Tensor:
        """The expected x^n, b B(1 + n/a, b)."""
        a, b = self.concentration1, self.concentration0
        ratio = 1 + n / a
        return (lgamma(ratio) + lgamma(b) - lgamma(ratio + b)).exp() * b

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        at = ((a - 1) / (a * b - 1)).pow(a.reciprocal())
        return at.masked_fill((a < 1) | (b < 1), float("nan"))

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self._moment(1).square()

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        harmonic = digamma(b + 1) + EULER
        return (1 - b.reciprocal()) + (1 - a.reciprocal()) * harmonic - a.log() - b.log()
