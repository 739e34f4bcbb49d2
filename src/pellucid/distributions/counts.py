"""Counts: Binomial, Poisson, NegativeBinomial."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import no_grad
from ..generator import pick
from ..generator.rejection import binomial, poisson
from ..ops.gamma import lgamma
from ..ops.gather import where
from ..ops.ranges import arange
from ..tensor import Tensor, wrap
from . import constraints
from .bernoulli import ProbsOrLogits
from .distribution import ExponentialFamily
from .gamma import Gamma
from .parameters import broadcast_all, lazy_property, one_of, tensor_of


def softplus_of(logits: Tensor) -> Tensor:
    """log(1 + e^l) without overflow."""
    return logits.clamp(min=0) + (-logits.abs()).exp().log1p()


class Binomial(ProbsOrLogits):
    """How many of total_count trials succeed, each with the probability probs.

        p(k) = n! / (k! (n - k)!) probs^k (1 - probs)^(n - k)        n = total_count
        mean n probs        variance n probs (1 - probs)        mode floor((n + 1) probs)

    Source:  Bernoulli 1713, "Ars conjectandi"; sampling: Hoermann 1993 (see `generator.rejection`).
    """

    arg_constraints = {"total_count": constraints.nonnegative_integer, "probs": constraints.unit_interval,
                       "logits": constraints.real}
    has_enumerate_support = True

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self._given, value = one_of("Binomial", probs=probs, logits=logits)
        self.total_count, value = broadcast_all(total_count, value)
        self.total_count = self.total_count.to(value.dtype)
        self.__dict__[self._given] = value
        super().__init__(value.shape, (), validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        count, probs = (np.ascontiguousarray(np.broadcast_to(v._data, tuple(shape))).reshape(tuple(shape))
                        for v in (self.total_count, self.probs))
        return wrap(binomial(pick(None), count, probs).astype(probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n, logits = self.total_count, self.logits
        orders = lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
        return orders + value * logits - n * softplus_of(logits)

    def entropy(self) -> Tensor:
        most = self._one_count("entropy")
        every = self.enumerate_support(False)
        log_prob = self.log_prob(every) if most >= 0 else every
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = arange(self._one_count("enumerate_support") + 1.0, dtype=self._param.dtype)
        values = values.reshape((-1, *(1 for _ in self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values

    def _one_count(self, name: str) -> int:
        counts = self.total_count._data
        if counts.size and counts.min() != counts.max():
            raise NotImplementedError(f"Binomial.{name}: needs one total_count for the whole batch, "
                                      f"got from {counts.min()} to {counts.max()}")
        return int(counts.max(initial=0))


class Poisson(ExponentialFamily):
    """How many events come in a unit of time, at a rate.

        p(k) = rate^k e^-rate / k!
        mean rate        variance rate        mode floor(rate)

    -log_prob is PoissonNLLLoss (with full=True, up to Stirling's formula).
    Source:  Poisson 1837, "Recherches sur la probabilite des jugements".
    """

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self.rate = tensor_of(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = tuple(self._extended_shape(sample_shape))
        rate = np.ascontiguousarray(np.broadcast_to(self.rate._data, shape)).reshape(shape)
        return wrap(poisson(pick(None), rate).astype(rate.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return value.xlogy(rate) - rate - lgamma(value + 1)


class NegativeBinomial(ProbsOrLogits):
    """How many successes before total_count failures; a Poisson whose rate is a Gamma.

        p(k) = G(k + r) / (k! G(r)) probs^k (1 - probs)^r        r = total_count, any positive number
        mean r probs / (1 - probs)        variance mean / (1 - probs)
        mode floor((r - 1) probs / (1 - probs)), at least 0
    """

    arg_constraints = {"total_count": constraints.greater_than_eq(0),
                       "probs": constraints.half_open_interval(0.0, 1.0), "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self._given, value = one_of("NegativeBinomial", probs=probs, logits=logits)
        self.total_count, value = broadcast_all(total_count, value)
        self.total_count = self.total_count.to(value.dtype)
        self.__dict__[self._given] = value
        super().__init__(value.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    @lazy_property
    def _gamma(self) -> Gamma:
        return Gamma(self.total_count, (-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            rate = self._gamma.sample(sample_shape)
            return wrap(poisson(pick(None), rate._data).astype(rate._data.dtype))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new.__dict__.pop("_gamma", None)
        return new

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        r, logits = self.total_count, self.logits
        shape = r * -softplus_of(logits) - value * softplus_of(-logits)
        orders = lgamma(r + value) - lgamma(value + 1) - lgamma(r)
        return shape + where(r + value == 0, 0.0, orders)


