"""Draws that are nearly discrete and have gradients: noise, then a soft choice at a temperature.

At temperature 0 they are exact draws (and have no gradient), at high temperatures they are blurred.
Source:  Maddison, Mnih & Teh 2016, "The Concrete Distribution", arXiv:1611.00712;
         Jang, Gu & Poole 2016, "Categorical Reparameterization with Gumbel-Softmax", arXiv:1611.01144.
"""

from __future__ import annotations

import math
from typing import Any

from ..ops.softmax import logsumexp
from ..tensor import Tensor
from . import constraints
from .bernoulli import ProbsOrLogits
from .categorical import Categorical, OnCategorical
from .independent import TransformedDistribution
from .parameters import clamp_probs, one_of, standard_uniform, tensor_of
from .transforms_of_numbers import ExpTransform, SigmoidTransform


class LogitRelaxedBernoulli(ProbsOrLogits):
    """The logit of a RelaxedBernoulli: any number, positive for yes.

        p(x) = t e^(l - t x) / (1 + e^(l - t x))^2        t = temperature, l = logits
        rsample: x = (log u - log(1 - u) + l) / t
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self.temperature = temperature
        self._given, value = one_of("RelaxedBernoulli", probs=probs, logits=logits)
        self.__dict__[self._given] = value = tensor_of(value)
        super().__init__(value.shape, (), validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(standard_uniform(shape, probs.dtype))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        away = self.logits - value * self.temperature
        return tensor_of(self.temperature).log() + away - 2 * away.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """A number between 0 and 1, nearly 0 or 1 at low temperatures: a Bernoulli with gradients.

        rsample: x = sigmoid((log u - log(1 - u) + logits) / temperature)
    """

    arg_constraints = {"probs": constraints.unit_interval,  # type: ignore[assignment]
                       "logits": constraints.real}
    support = constraints.unit_interval  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Any:
        """How blurred the choice is; 0 is sharp."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probability of yes."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logarithm of the odds of yes."""
        return self.base_dist.logits


class ExpRelaxedCategorical(OnCategorical):
    """The logarithm of a RelaxedOneHotCategorical.

        rsample: x = log_softmax((logits + Gumbel noise) / t)        t = temperature
        log p(x) = log (K-1)! + (K-1) log t + sum_k (l_k - t x_k) - K log sum_k e^(l_k - t x_k)
    """

    support = constraints.real_vector
    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        self.temperature = temperature
        self._rest_on(Categorical(probs, logits, validate_args), validate_args)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = clamp_probs(standard_uniform(self._extended_shape(sample_shape), self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - logsumexp(scores, -1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        k = self._event_shape[0]
        score = self.logits - value * self.temperature
        score = (score - logsumexp(score, -1, keepdim=True)).sum(-1)
        return score + (k - 1) * tensor_of(self.temperature).log() + math.lgamma(k)


class RelaxedOneHotCategorical(TransformedDistribution):
    """Probabilities that nearly are one-hot at low temperatures: a Categorical with gradients.

        rsample: x = softmax((logits + Gumbel noise) / temperature)
    """

    arg_constraints = {"probs": constraints.simplex,  # type: ignore[assignment]
                       "logits": constraints.real_vector}
    support = constraints.simplex  # type: ignore[assignment]
    has_rsample = True  # type: ignore[assignment]

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args)

    temperature = RelaxedBernoulli.temperature
    probs = RelaxedBernoulli.probs
    logits = RelaxedBernoulli.logits
