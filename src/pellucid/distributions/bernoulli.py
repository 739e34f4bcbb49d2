"""Yes or no, and counts of yes: Bernoulli, Geometric."""

from __future__ import annotations

import math
from typing import Any

from ..autograd import no_grad
from ..nn.functional import binary_cross_entropy_with_logits
from ..ops.gather import where
from ..ops.random import bernoulli
from ..ops.ranges import arange
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, ExponentialFamily
from .parameters import (
    broadcast_all,
    lazy_property,
    logits_to_probs,
    one_of,
    probs_to_logits,
    standard_uniform,
    tensor_of,
    tiny_of,
)


class ProbsOrLogits(Distribution):
    """Distributions of which either probs or logits are given, and the other is computed when asked for."""

    _given: str
    _is_binary = True

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits, self._is_binary)

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithms of the odds p / (1 - p), or of the probabilities of more than two outcomes."""
        return probs_to_logits(self.probs, self._is_binary)

    @property
    def _param(self) -> Tensor:
        return self.__dict__[self._given]

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._param.shape


class Bernoulli(ProbsOrLogits, ExponentialFamily):
    """1 with the probability probs, else 0. Give probs or logits = log(probs / (1 - probs)).

        log p(x) = x log probs + (1 - x) log(1 - probs)
        mean probs        variance probs (1 - probs)        mode 1 where probs >= 1/2 (nan at 1/2)
        entropy -probs log probs - (1 - probs) log(1 - probs)

    -log_prob is the binary cross-entropy.
    Source:  Bernoulli 1713, "Ars conjectandi".
    >>> Bernoulli(0.25).log_prob(pellucid.tensor(1.0)).exp()
    tensor(0.2500)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._given, value = one_of("Bernoulli", probs=probs, logits=logits)
        self.__dict__[self._given] = value = tensor_of(value)
        super().__init__(value.shape, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        yes = (self.probs >= 0.5).to(self.probs.dtype)
        return yes.masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return bernoulli(self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = arange(2, dtype=self._param.dtype).reshape((-1, *(1 for _ in self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values


class Geometric(ProbsOrLogits):
    """How many failures before the first success of probability probs: 0, 1, 2, ...

        p(k) = (1 - probs)^k probs
        mean 1 / probs - 1        variance (1 / probs - 1) / probs        mode 0
        entropy that of one trial / probs
        sample: floor(log u / log(1 - probs))
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._given, value = one_of("Geometric", probs=probs, logits=logits)
        self.__dict__[self._given] = value = tensor_of(value)
        super().__init__(value.shape, (), validate_args)
        if self._validate_args and probs is not None and not (value._data > 0).all():
            raise ValueError("Geometric: probs must be above 0, or success never comes, got "
                             f"{value.detach()}")

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return self.probs.new_zeros(self.probs.shape)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            u = standard_uniform(shape, self.probs.dtype, tiny_of(self.probs), 1.0)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        probs = where((probs == 1) & (value == 0), 0.0, probs)   # 0 log 0 is 0 here
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
