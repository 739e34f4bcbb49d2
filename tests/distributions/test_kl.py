"""Divergences against the integral that defines them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import distributions as D
from pellucid.distributions import kl

# One or two of each kind, with a range that holds all but a millionth of what it draws.
EXAMPLES = {
    D.Normal: (D.Normal(0.5, 1.2), (-7, 8)), D.Laplace: (D.Laplace(0.3, 0.8), (-14, 14)),
    D.Exponential: (D.Exponential(1.5), (1e-9, 12)), D.Gamma: (D.Gamma(2.5, 1.5), (1e-9, 18)),
    D.Beta: (D.Beta(2.0, 3.0), (1e-9, 1 - 1e-9)), D.Uniform: (D.Uniform(0.125, 0.875), (0.125, 0.875 - 1e-9)),
    D.Gumbel: (D.Gumbel(0.2, 1.1), (-4, 18)), D.Cauchy: (D.Cauchy(0.5, 1.2), (-4000, 4000)),
    D.Pareto: (D.Pareto(0.0625, 4.5), (0.0625, 3)), D.HalfNormal: (D.HalfNormal(1.3), (0, 9)),
    D.LogNormal: (D.LogNormal(0.2, 0.5), (1e-4, 30)),
    D.ContinuousBernoulli: (D.ContinuousBernoulli(0.2), (0, 1 - 1e-9)),
}
OTHERS = {
    D.Normal: D.Normal(-0.3, 0.9), D.Laplace: D.Laplace(-0.5, 1.5), D.Exponential: D.Exponential(0.7),
    D.Gamma: D.Gamma(1.5, 0.8), D.Beta: D.Beta(1.5, 1.2), D.Uniform: D.Uniform(0.0, 1.0),
    D.Gumbel: D.Gumbel(-0.5, 1.6), D.Cauchy: D.Cauchy(-0.5, 2.0), D.Pareto: D.Pareto(0.03125, 2.5),
    D.HalfNormal: D.HalfNormal(0.8), D.LogNormal: D.LogNormal(-0.2, 0.9),
    D.ContinuousBernoulli: D.ContinuousBernoulli(0.7),
}
CONTINUOUS = [pair for pair, formula in kl._KL_REGISTRY.items()
              if pair[0] in EXAMPLES and pair[1] in OTHERS and formula is not kl._impossible]


def doubled(distribution):
    """The same in float64."""
    names = [name for name in distribution.arg_constraints if name not in ("logits",)]
    return type(distribution)(**{name: getattr(distribution, name).double() for name in names})


@pytest.mark.parametrize("kind_p, kind_q", CONTINUOUS + [(D.LogNormal, D.LogNormal)])
def test_formulas_are_the_integral(kind_p, kind_q):
    (p, (low, high)), q = EXAMPLES[kind_p], OTHERS[kind_q]
    p, q = doubled(p), doubled(q)
    steps = np.linspace(-1, 1, 40001)
    x = (low + high) / 2 + (high - low) / 2 * (np.sinh(9 * steps) / math.sinh(9) if kind_p is D.Cauchy
                                               else steps * (3 - steps**2) / 2)
    log_p, log_q = (each.log_prob(pellucid.tensor(np.clip(x, low, high))).numpy() for each in (p, q))
    height = np.exp(log_p) * (log_p - log_q)
    integral = float(((height[1:] + height[:-1]) / 2 * np.diff(x)).sum())
    tolerance = 3e-3 if kind_p in (D.Cauchy, D.Pareto) else 2e-5
    assert D.kl_divergence(p, q).item() == pytest.approx(integral, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("p, q", [
    (D.Bernoulli(0.3), D.Bernoulli(0.6)), (D.Binomial(6, 0.3), D.Binomial(6, 0.6)),
    (D.Categorical(probs=pellucid.tensor([0.2, 0.8])), D.Categorical(probs=pellucid.tensor([0.5, 0.5]))),
    (D.OneHotCategorical(probs=pellucid.tensor([0.2, 0.8])),
     D.OneHotCategorical(probs=pellucid.tensor([0.5, 0.5]))),
    (D.Bernoulli(0.3), D.Poisson(1.7)),
])
def test_finite_supports_are_sums(p, q):
    x = p.enumerate_support()
    total = (p.log_prob(x).exp() * (p.log_prob(x) - q.log_prob(x))).sum()
    assert D.kl_divergence(p, q).item() == pytest.approx(total.item(), rel=1e-4)


@pytest.mark.parametrize("p, q", [(D.Poisson(2.5), D.Poisson(4.0)), (D.Geometric(0.4), D.Geometric(0.2))])
def test_counts_are_sums(p, q):
    x = pellucid.arange(60.0)
    total = (p.log_prob(x).exp() * (p.log_prob(x) - q.log_prob(x))).sum()
    assert D.kl_divergence(p, q).item() == pytest.approx(total.item(), rel=1e-4)


def test_vectors_against_averages():
    pellucid.manual_seed(0)
    wide = pellucid.tensor([[2.0, 0.6], [0.6, 1.0]])
    vectors = [D.MultivariateNormal(pellucid.tensor([0.5, 0.0]), wide),
               D.LowRankMultivariateNormal(pellucid.zeros(2), pellucid.ones(2, 1), pellucid.ones(2)),
               D.Independent(D.Normal(pellucid.zeros(2), pellucid.tensor([1.0, 2.0])), 1)]
    simplices = [D.Dirichlet(pellucid.tensor([2.0, 3.0, 1.0])), D.Dirichlet(pellucid.tensor([1.0, 1.5, 2.0]))]
    for p, q in ((vectors[0], vectors[1]), (vectors[1], vectors[0]), (vectors[2], vectors[2].expand(())),
                 tuple(simplices)):
        x = p.sample((20000,))
        gains = p.log_prob(x) - q.log_prob(x)
        error = 5 * gains.std().item() / math.sqrt(20000) + 1e-6
        assert D.kl_divergence(p, q).item() == pytest.approx(gains.mean().item(), abs=error)


def test_what_is_impossible_costs_infinity():
    tensor = pellucid.tensor
    for p, q in ((D.Normal(0.0, 1.0), D.Gamma(1.0, 1.0)), (D.Uniform(0.0, 2.0), D.Uniform(0.0, 1.0)),
                 (D.Bernoulli(0.5), D.Bernoulli(0.0)), (D.Pareto(1.0, 2.0), D.Pareto(2.0, 2.0)),
                 (D.Beta(1.0, 1.0), D.Uniform(0.5, 1.0)), (D.Poisson(1.0), D.Bernoulli(0.5)),
                 (D.Categorical(probs=tensor([0.5, 0.5])), D.Categorical(probs=tensor([1.0, 0.0])))):
        assert D.kl_divergence(p, q).item() == math.inf
    assert D.kl_divergence(D.Bernoulli(0.0), D.Bernoulli(tensor([0.0, 0.5]))).tolist() == pytest.approx(
        [0, math.log(2)])
    one = D.Categorical(probs=tensor([1.0, 0.0]))
    assert D.kl_divergence(one, one).item() == pytest.approx(0, abs=1e-6)


def test_no_formula():
    with pytest.raises(NotImplementedError, match="no formula for Poisson and Normal; register_kl adds one"):
        D.kl_divergence(D.Poisson(1.0), D.Normal(0.0, 1.0))
    with pytest.raises(NotImplementedError, match="different transforms"):
        D.kl_divergence(D.TransformedDistribution(D.Normal(0.0, 1.0), [D.TanhTransform()]),
                        D.LogNormal(0.0, 1.0))
    with pytest.raises(NotImplementedError, match="q has more trials"):
        D.kl_divergence(D.Binomial(2, 0.5), D.Binomial(3, 0.5))


def test_the_nearest_formula_wins():
    class Mine(D.Normal):
        pass

    class More(Mine):
        pass

    assert D.kl_divergence(More(0.0, 1.0), D.Normal(0.0, 1.0)).item() == 0
    before = dict(kl._KL_REGISTRY)
    try:
        D.register_kl(Mine, D.Normal)(lambda p, q: "mine")
        assert D.kl_divergence(More(0.0, 1.0), More(0.0, 1.0)) == "mine"
        assert D.kl_divergence(D.Normal(0.0, 1.0), More(0.0, 1.0)).item() == 0
    finally:
        kl._KL_REGISTRY.clear()
        kl._KL_REGISTRY.update(before)
