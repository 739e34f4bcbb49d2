"""One of several outcomes, as its number or as a one-hot vector, and counts of many such draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import no_grad
from ..generator import pick
from ..nn.functional import one_hot
from ..ops.fill import eye
from ..ops.gamma import lgamma
from ..ops.gather import where
from ..ops.ranges import arange
from ..ops.shape import broadcast_shapes
from ..tensor import Tensor, wrap
from . import constraints
from .bernoulli import ProbsOrLogits
from .distribution import Distribution
from .parameters import broadcast_all, normalised_logits, one_of


class Categorical(ProbsOrLogits):
    """One of the numbers 0 ... K-1. Give probs (any weights, they are normalised) or logits (any numbers).

        p(k) = probs_k = e^(logits_k) / sum_j e^(logits_j)
        entropy -sum_k probs_k log probs_k        mode the largest, argmax probs

    -log_prob is the cross-entropy. There is no rsample: see RelaxedOneHotCategorical, or weigh log_prob by
    a reward, as REINFORCE does.
    Shapes:  probs or logits (..., K) -> batch_shape (...)
    >>> Categorical(probs=pellucid.tensor([1.0, 3.0])).log_prob(pellucid.tensor(1)).exp()
    tensor(0.7500)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._given, value = one_of("Categorical", probs=probs, logits=logits)
        if not isinstance(value, Tensor) or value.dim() < 1:
            raise ValueError(f"Categorical: {self._given} must be a Tensor of at least one dimension, "
                             f"got {value!r}")
        if self._given == "probs":
            self.probs = value / value.sum(-1, keepdim=True)
        else:
            self.logits = normalised_logits(value)
        super().__init__(value.shape[:-1], (), validate_args)

    @property
    def _num_events(self) -> int:
        return self._param._data.shape[-1]

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return self.probs.new_full(self._batch_shape, float("nan"))

    @property
    def mode(self) -> Tensor:
        return self._param.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return self.probs.new_full(self._batch_shape, float("nan"))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        rows = self.probs._data.reshape(-1, self._num_events)    # on arrays: draws have no gradient
        if not shape.numel():
            return wrap(np.empty(tuple(shape), np.int64))
        drawn = pick(None).multinomial(rows, shape.numel() // len(rows), True)
        return wrap(drawn.T.reshape(tuple(shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value, logits = value.long(), self.logits
        if value.shape != self._batch_shape:
            shape = broadcast_shapes(value.shape, self._batch_shape)
            value, logits = value.expand(shape), logits.expand((*shape, -1))
        return logits.gather(-1, value.unsqueeze(-1)).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=_lowest(self.logits))     # -inf times 0 would be nan
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = arange(self._num_events).reshape((-1, *(1 for _ in self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values


class OnCategorical(Distribution):
    """Distributions of vectors that rest on a Categorical, whose parameters are theirs."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    _categorical: Categorical

    def _rest_on(self, categorical: Categorical, validate_args: bool | None) -> None:
        self._categorical = categorical
        Distribution.__init__(self, categorical.batch_shape, categorical.param_shape[-1:], validate_args)

    @property
    def probs(self) -> Tensor:
        """The probabilities of the outcomes."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def _param(self) -> Tensor:
        return self._categorical._param

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter that was given."""
        return self._param.shape

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._with_batch(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    def __repr__(self) -> str:
        return repr(self._categorical).replace("Categorical", type(self).__name__, 1)


class OneHotCategorical(OnCategorical):
    """One of K outcomes as a vector with a single 1. Parameters as of Categorical.

        p(x) = probs_k where x_k = 1
        mean probs        variance probs (1 - probs)        entropy as of Categorical

    Shapes:  probs or logits (..., K) -> batch_shape (...), event_shape (K,)
    """

    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._rest_on(Categorical(probs, logits, validate_args), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return one_hot(self._categorical.mode, self._event_shape[0]).to(self.probs.dtype)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        chosen = self._categorical.sample(sample_shape)
        return one_hot(chosen, self._event_shape[0]).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        k = self._event_shape[0]
        values = eye(k, dtype=self._param.dtype).reshape((k, *(1 for _ in self._batch_shape), k))
        return values.expand((k, *self._batch_shape, k)) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """OneHotCategorical whose rsample pretends to be its probabilities: dx/dprobs = 1.

        rsample: x = onehot + (probs - its own value)

    Biased, and often good enough.
    Source:  Bengio, Leonard & Courville 2013, "Estimating or Propagating Gradients Through Stochastic
             Neurons for Conditional Computation", arXiv:1308.3432.
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class Multinomial(OnCategorical):
    """How often each of K outcomes came in total_count draws.

        log p(x) = log n! - sum_k log x_k! + sum_k x_k log probs_k        n = total_count
        mean n probs        variance n probs (1 - probs)

    Shapes:  probs or logits (..., K) -> batch_shape (...), event_shape (K,)
    Raises:  NotImplementedError for a total_count that is not one number.
    """

    def __init__(self, total_count: int = 1, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(f"Multinomial: total_count must be one int, got {total_count!r}")
        self.total_count = total_count
        self._rest_on(Categorical(probs, logits, validate_args), validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            draws = self._categorical.sample((self.total_count, *sample_shape))
            shape = self._extended_shape(sample_shape)
            counts = one_hot(draws, shape[-1]).sum(0)
            return counts.to(self.probs.dtype).reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        orders = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        logits = where((value == 0) & (logits == -float("inf")), 0.0, logits)
        return orders + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        from .counts import Binomial

        n = self.probs.new_tensor(float(self.total_count))
        every = arange(1.0, self.total_count + 1, dtype=self.probs.dtype)
        every = every.reshape((-1, *(1 for _ in self._batch_shape), 1))
        weights = Binomial(self.total_count, probs=self.probs, validate_args=False).log_prob(every).exp()
        return n * self._categorical.entropy() - lgamma(n + 1) + (weights * lgamma(every + 1)).sum((0, -1))

    def __repr__(self) -> str:
        told = repr(self._categorical).partition("(")[2]
        return f"Multinomial(total_count: {self.total_count}, {told}"


def _lowest(x: Tensor) -> float:
    return float(np.finfo(x._data.dtype).min)

