"""The Kullback-Leibler divergence: how much is lost when q is taken for p.

    KL(p, q) = expected value under p of log p(x) - log q(x)          in nats; 0 only where p = q

It is not symmetric: what p draws and q thinks impossible costs infinity, the reverse costs nothing. Formulas
are found by the types of p and q; `register_kl` adds one.
Source:  Kullback & Leibler 1951, "On Information and Sufficiency", Ann. Math. Statist. 22.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..ops.gamma import digamma, lgamma
from ..ops.gather import where
from ..ops.shape import broadcast_shapes
from ..ops.special import erf
from ..ops.triangular import solve_triangular
from ..tensor import Tensor
from .bernoulli import Bernoulli, Geometric
from .categorical import Categorical, OneHotCategorical
from .continuous_bernoulli import ContinuousBernoulli
from .counts import Binomial, Poisson, softplus_of
from .distribution import Distribution
from .exponential import Exponential, Gumbel, Laplace, Pareto
from .gamma import Beta, Dirichlet, Gamma
from .heavy_tails import Cauchy
from .independent import Independent, TransformedDistribution
from .multivariate_normal import (
    LowRankMultivariateNormal,
    MultivariateNormal,
    half_log_det,
    squared_distance,
)
from .normal import HalfNormal, Normal
from .parameters import EULER, summed
from .uniform import Uniform

__all__ = ["kl_divergence", "register_kl"]

_KL_REGISTRY: dict[tuple[type, type], Callable] = {}


def register_kl(type_p: type, type_q: type) -> Callable:
    """Decorate a formula kl(p, q) for these types and their subclasses.

        @register_kl(Normal, MyDistribution)
        def kl(p, q): ...

    Raises:  TypeError for what is no Distribution class.
    """
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: expected subclasses of Distribution, got {kind!r}")

    def register(formula: Callable) -> Callable:
        _KL_REGISTRY[type_p, type_q] = formula
        return formula
    return register


def _formula(type_p: type, type_q: type) -> Callable | None:
    """The formula for the nearest base classes: p's count first, as methods of p would be looked up."""
    lines = type_p.__mro__, type_q.__mro__
    fitting = [pair for pair in _KL_REGISTRY if pair[0] in lines[0] and pair[1] in lines[1]]
    if not fitting:
        return None
    return _KL_REGISTRY[min(fitting, key=lambda pair: tuple(
        line.index(kind) for line, kind in zip(lines, pair, strict=True)))]


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p, q), one number per distribution of the batch.

    Raises:  NotImplementedError where no formula is known; an average of p.log_prob(x) - q.log_prob(x) over
             samples x of p estimates it.
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5000)
    """
    formula = _formula(type(p), type(q))
    if formula is None:
        raise NotImplementedError(f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}; "
                                  "register_kl adds one")
    return formula(p, q)


def _half_line(x: Tensor, mask: Tensor) -> Tensor:
    """x, and infinity where p draws what q cannot."""
    return where(mask, math.inf, x)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    """(r - 1 - log r) / 2 + (difference of means)^2 / (2 q.scale^2), r the ratio of the variances."""
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).square() - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)                     # type: ignore[arg-type]


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Tensor:
    """(trace(C_q^-1 C_p) + distance^2 of the means - K + log det C_q - log det C_p) / 2."""
    if p.event_shape != q.event_shape:
        raise ValueError(f"kl_divergence: event_shape {tuple(p.event_shape)} of p differs from q's, "
                         f"{tuple(q.event_shape)}")
    ours, theirs = p.scale_tril, q.scale_tril
    trace = solve_triangular(theirs, ours, upper=False).square().sum((-2, -1))
    distance = squared_distance(theirs, p.loc - q.loc)
    return half_log_det(theirs) - half_log_det(ours) + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    """p log(p / q) + (1 - p) log((1 - p) / (1 - q)), of the probabilities."""
    yes = p.probs * (softplus_of(-q.logits) - softplus_of(-p.logits))
    no = (1 - p.probs) * (softplus_of(q.logits) - softplus_of(p.logits))
    yes = where(p.probs == 0, 0.0, _half_line(yes, q.probs == 0))
    return yes + where(p.probs == 1, 0.0, _half_line(no, q.probs == 1))


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    """sum_k p_k (log p_k - log q_k)."""
    terms = _half_line(p.probs * (p.logits - q.logits), q.probs == 0)
    return where(p.probs == 0, 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
@register_kl(Uniform, ContinuousBernoulli)
@register_kl(Beta, ContinuousBernoulli)
def _to_continuous_bernoulli(p: Distribution, q: ContinuousBernoulli) -> Tensor:
    """log q is a straight line, so the mean of p is enough."""
    value = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_constant()
    return _half_line(value, (p.low < 0) | (p.high > 1)) if isinstance(p, Uniform) else value


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    """That of one trial, times their number."""
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("kl_divergence: no formula for Binomials of which q has more trials")
    one = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return _half_line(p.total_count * one, p.total_count > q.total_count)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    """-entropy of p - log q - E[k] log(1 - q)."""
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    """p.rate log(p.rate / q.rate) - p.rate + q.rate."""
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    """r - 1 - log r, r = q.rate / p.rate."""
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    return (b * (p.rate / q.rate).log() + lgamma(b) - lgamma(a) + (a - b) * digamma(a)
            + (q.rate - p.rate) * (a / p.rate))


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    moved = ((a - b) * (digamma(a) - digamma(total).unsqueeze(-1))).sum(-1)
    return lgamma(total) - lgamma(b.sum(-1)) - (lgamma(a) - lgamma(b)).sum(-1) + moved


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    """d / q.scale + r e^(-d / p.scale) - log r - 1, r the ratio of the scales, d the distance."""
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    """log(((s + t)^2 + distance^2) / (4 s t)), s and t the scales.

    Source:  Chyzak & Nielsen 2019, "A closed-form formula for the Kullback-Leibler divergence between Cauchy
             distributions", arXiv:1905.10965.
    """
    total = (p.scale + q.scale).square() + (p.loc - q.loc).square()
    return total.log() - (4 * p.scale * q.scale).log()


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return -ratio.log() + away + ratio * EULER + (lgamma(1 + ratio) - away).exp() - (1 + EULER)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    value = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return _half_line(value, p.scale < q.scale)


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    """log of the ratio of the widths, infinite unless q covers p."""
    value = ((q.high - q.low) / (p.high - p.low)).log()
    return _half_line(value, (q.low > p.low) | (q.high < p.high))


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    """The sum over what counts as one event."""
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: Independents of different reinterpreted_batch_ndims")
    return summed(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    """That of the bases: the same bijection on both changes nothing."""
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("kl_divergence: transformed distributions with different transforms")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Uniform, Normal)
@register_kl(Laplace, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Pareto, Normal)
def _to_normal(p: Distribution, q: Normal) -> Tensor:
    """log q is a parabola, so mean and variance of p are enough."""
    spread = (p.variance + (p.mean - q.loc).square()) / (2 * q.scale.square())
    value = spread + q.scale.log() + 0.5 * math.log(2 * math.pi) - p.entropy()
    return _half_line(value, p.alpha <= 2) if isinstance(p, Pareto) else value


def _without_end(p: Any, value: Tensor) -> Tensor:
    """The value, and infinity where p reaches below 0 or has no mean."""
    if isinstance(p, Pareto):
        return _half_line(value, p.alpha <= 1)
    return _half_line(value, p.low < 0) if isinstance(p, Uniform) else value


@register_kl(Uniform, Exponential)
@register_kl(Gamma, Exponential)
@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Pareto, Exponential)
def _to_exponential(p: Distribution, q: Exponential) -> Tensor:
    """log q is a straight line, so the mean of p is enough."""
    return _without_end(p, q.rate * p.mean - q.rate.log() - p.entropy())


def _mean_log(p: Any) -> Tensor:
    """The expected value of log x."""
    if isinstance(p, Exponential):
        return -EULER - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    if isinstance(p, Uniform):
        return (p.high.xlogy(p.high) - p.low.xlogy(p.low)) / (p.high - p.low) - 1
    a, b = p.concentration1, p.concentration0                    # a Beta
    return digamma(a) - digamma(a + b)


@register_kl(Exponential, Gamma)
@register_kl(Uniform, Gamma)
@register_kl(Beta, Gamma)
@register_kl(Pareto, Gamma)
def _to_gamma(p: Distribution, q: Gamma) -> Tensor:
    """log q is made of x and log x, so their means are enough."""
    a = q.concentration
    value = (lgamma(a) - a * q.rate.log() - (a - 1) * _mean_log(p) + q.rate * p.mean - p.entropy())
    return _without_end(p, value)


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    rest = _mean_log(Uniform(1 - p.high, 1 - p.low, validate_args=False))        # of log(1 - x)
    value = (lgamma(a) + lgamma(b) - lgamma(a + b) - (a - 1) * _mean_log(p) - (b - 1) * rest - p.entropy())
    return _half_line(value, (p.low < 0) | (p.high > 1))


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    value = (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log() - p.entropy()
    return _half_line(value, p.low < q.scale)


@register_kl(ContinuousBernoulli, Uniform)
@register_kl(Beta, Uniform)
def _shares_uniform(p: Distribution, q: Uniform) -> Tensor:
    return _half_line((q.high - q.low).log() - p.entropy(), (q.low > 0) | (q.high < 1))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    """The mean distance of a normal number from q.loc is that of a folded normal distribution."""
    z = (p.loc - q.loc) / p.scale
    distance = p.scale * (math.sqrt(2 / math.pi) * (-0.5 * z.square()).exp() + z * erf(z * math.sqrt(0.5)))
    return distance / q.scale + (2 * q.scale).log() - p.entropy()


def _mean_exp(p: Any, scale: Tensor) -> Tensor:
    """The expected value of e^(-x / scale)."""
    if isinstance(p, Normal):
        return (0.5 * (p.scale / scale).square() - p.loc / scale).exp()
    if isinstance(p, Uniform):
        return ((-p.low / scale).exp() - (-p.high / scale).exp()) * scale / (p.high - p.low)
    if isinstance(p, Exponential):
        return p.rate * scale / (p.rate * scale + 1)
    return (-p.concentration * (1 / (p.rate * scale)).log1p()).exp()             # a Gamma


@register_kl(Normal, Gumbel)
@register_kl(Uniform, Gumbel)
@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
def _to_gumbel(p: Distribution, q: Gumbel) -> Tensor:
    """-log q is z + e^-z + log scale, z = (x - loc) / scale."""
    height = (q.loc / q.scale).exp() * _mean_exp(p, q.scale)
    return (p.mean - q.loc) / q.scale + height + q.scale.log() - p.entropy()


def _impossible(p: Distribution, q: Distribution) -> Tensor:
    """p draws what q cannot: infinity."""
    return p.mean.new_full(broadcast_shapes(p.batch_shape, q.batch_shape), math.inf)


_BOUNDED: tuple = (Beta, ContinuousBernoulli, Uniform)
_ENDING: tuple = (*_BOUNDED, Exponential, Gamma, Pareto)
for _reach, _narrower in {                                       # the left reaches beyond those on the right
    Normal: _ENDING, Laplace: _ENDING, Gumbel: _ENDING, Cauchy: _ENDING,
    Exponential: (*_BOUNDED, Pareto), Gamma: (*_BOUNDED, Pareto), Pareto: _BOUNDED,
    Beta: (Pareto,), ContinuousBernoulli: (Pareto,), Poisson: (Bernoulli, Binomial),
}.items():
    for _narrow in _narrower:
        register_kl(_reach, _narrow)(_impossible)
