"""Mixtures: first choose a component, then draw from it."""

from __future__ import annotations

from typing import Any

from ..autograd import no_grad
from ..ops.softmax import log_softmax, logsumexp
from ..tensor import Tensor
from . import constraints
from .categorical import Categorical
from .constraints import MixtureSameFamilyConstraint
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """A weighted sum of densities of one family, such as a mixture of Gaussians.

        p(x) = sum_k w_k p_k(x)
        mean sum_k w_k mean_k        variance sum_k w_k (variance_k + (mean_k - mean)^2)

    mixture_distribution    a Categorical with the weights w
    component_distribution  K distributions, along the last dimension of its batch
    Shapes:  weights (..., K), components (..., K, *event) -> batch_shape (...), event_shape event
    Raises:  ValueError when the two do not fit.
    >>> pair = pellucid.distributions.Normal(pellucid.tensor([-1.0, 1.0]), 0.5)
    >>> MixtureSameFamily(Categorical(probs=pellucid.ones(2)), pair).mean
    tensor(0.)
    """

    arg_constraints: dict = {}
    has_rsample = False

    def __init__(self, mixture_distribution: Categorical, component_distribution: Distribution,
                 validate_args: bool | None = None) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(f"MixtureSameFamily: mixture_distribution must be a Categorical, got "
                             f"{type(mixture_distribution).__name__}")
        if not isinstance(component_distribution, Distribution):
            raise ValueError(f"MixtureSameFamily: component_distribution must be a Distribution, got "
                             f"{type(component_distribution).__name__}")
        weights, parts = mixture_distribution, component_distribution
        shape, count = parts.batch_shape[:-1], parts.batch_shape[-1:]
        for ours, theirs in zip(reversed(weights.batch_shape), reversed(shape)):  # noqa: B905
            if ours != 1 and theirs != 1 and ours != theirs:
                raise ValueError(f"MixtureSameFamily: weights of batch_shape {tuple(weights.batch_shape)} do "
                                 f"not fit components of {tuple(parts.batch_shape)}, without its last")
        if count != weights.param_shape[-1:]:
            raise ValueError(f"MixtureSameFamily: {weights.param_shape[-1]} weights for components of "
                             f"batch_shape {tuple(parts.batch_shape)}: its last must be as many")
        self._mixture_distribution, self._component_distribution = weights, parts
        super().__init__(shape, parts.event_shape, validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """The weights."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._with_batch(batch_shape)
        count = self._component_distribution.batch_shape[-1:]
        new._component_distribution = self._component_distribution.expand(new._batch_shape + count)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        return MixtureSameFamilyConstraint(self._component_distribution.support)

    def _weights(self) -> Tensor:
        """The weights, with a dimension of size 1 for each of an event."""
        probs = self._mixture_distribution.probs
        return probs.reshape((*probs.shape, *(1 for _ in self._event_shape)))

    @property
    def mean(self) -> Tensor:
        return (self._weights() * self._component_distribution.mean).sum(-1 - len(self._event_shape))

    @property
    def variance(self) -> Tensor:
        dim, weights, parts = -1 - len(self._event_shape), self._weights(), self._component_distribution
        spread = (weights * parts.variance).sum(dim)
        return spread + (weights * (parts.mean - self._spread(self.mean)).square()).sum(dim)

    def _spread(self, x: Tensor) -> Tensor:
        """x for every component."""
        return x.unsqueeze(-1 - len(self._event_shape))

    def cdf(self, value: Tensor) -> Tensor:
        parts = self._component_distribution.cdf(self._spread(value))
        return (parts * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        parts = self._component_distribution.log_prob(self._spread(value))
        return logsumexp(parts + log_softmax(self._mixture_distribution.logits, -1), -1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            n_event = len(self._event_shape)
            chosen = self._mixture_distribution.sample(sample_shape)
            every = self._component_distribution.sample(sample_shape)
            dim = every.dim() - n_event - 1
            index = chosen.reshape((*chosen.shape, *(1 for _ in range(n_event + 1))))
            shape = (*chosen.shape, *(1,), *self._event_shape)
            return every.gather(dim, index.expand(shape)).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
