"""Densities and moments: by hand, and against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import distributions as D

stats = pytest.importorskip("scipy.stats")

X = [0.2, 0.5, 1.5, 3.0]
K = [0.0, 1.0, 2.0, 5.0]
SCIPY = [
    (D.Normal(0.5, 2.0), stats.norm(0.5, 2), X),
    (D.LogNormal(0.3, 0.8), stats.lognorm(0.8, 0, np.exp(0.3)), X),
    (D.HalfNormal(2.0), stats.halfnorm(0, 2), X), (D.Uniform(0.0, 4.0), stats.uniform(0, 4), X),
    (D.Exponential(1.5), stats.expon(0, 1 / 1.5), X), (D.Laplace(1.0, 2.0), stats.laplace(1, 2), X),
    (D.Gumbel(0.5, 2.0), stats.gumbel_r(0.5, 2), X), (D.Weibull(2.0, 1.5), stats.weibull_min(1.5, 0, 2), X),
    (D.Pareto(0.1, 2.5), stats.pareto(2.5, 0, 0.1), X), (D.Gamma(2.5, 1.5), stats.gamma(2.5, 0, 1 / 1.5), X),
    (D.Chi2(3.0), stats.chi2(3), X), (D.InverseGamma(3.5, 2.0), stats.invgamma(3.5, 0, 2), X),
    (D.Beta(2.0, 3.5), stats.beta(2, 3.5), [0.1, 0.5, 0.9]), (D.Cauchy(1.0, 2.0), stats.cauchy(1, 2), X),
    (D.HalfCauchy(2.0), stats.halfcauchy(0, 2), X), (D.StudentT(4.5, 1.0, 2.0), stats.t(4.5, 1, 2), X),
    (D.FisherSnedecor(3.0, 7.5), stats.f(3, 7.5), X),
    (D.VonMises(0.5, 3.0), stats.vonmises(3, 0.5), X),
    (D.GeneralizedPareto(0.1, 2.0, 0.3), stats.genpareto(0.3, 0.1, 2), X),
    (D.GeneralizedPareto(0.1, 2.0, 0.0), stats.genpareto(0.0, 0.1, 2), X),
    (D.GeneralizedPareto(0.1, 4.0, -0.5), stats.genpareto(-0.5, 0.1, 4), X),
    (D.Bernoulli(0.3), stats.bernoulli(0.3), [0.0, 1.0]),
    (D.Geometric(0.3), stats.geom(0.3, -1), K), (D.Binomial(7, 0.3), stats.binom(7, 0.3), K),
    (D.Poisson(2.5), stats.poisson(2.5), K), (D.NegativeBinomial(3.5, 0.4), stats.nbinom(3.5, 0.6), K),
]


@pytest.mark.parametrize("ours, scipy, values", SCIPY, ids=lambda case: type(case).__name__)
def test_scipy_agrees(ours, scipy, values):
    expected = scipy.logpmf(values) if hasattr(scipy.dist, "pmf") else scipy.logpdf(values)
    np.testing.assert_allclose(ours.log_prob(pellucid.tensor(values)), expected, rtol=2e-5, atol=2e-6)
    told = {}
    for name, wanted in (("mean", scipy.mean), ("variance", scipy.var), ("entropy", scipy.entropy)):
        try:
            told[name] = getattr(ours, name)() if name == "entropy" else getattr(ours, name)
        except NotImplementedError:
            continue
        if (type(ours), name) != (D.VonMises, "variance") and np.isfinite(wanted()):     # that is circular
            np.testing.assert_allclose(told[name].item(), wanted(), rtol=3e-5, atol=1e-6, err_msg=name)
    try:
        np.testing.assert_allclose(ours.cdf(pellucid.tensor(values)), scipy.cdf(values), rtol=2e-5)
        np.testing.assert_allclose(ours.icdf(pellucid.tensor([0.2, 0.9])), scipy.ppf([0.2, 0.9]), rtol=2e-5)
    except NotImplementedError:
        assert "mean" in told


def test_by_hand():
    tensor = pellucid.tensor
    assert D.Normal(0.0, 1.0).log_prob(tensor(1.0)).item() == pytest.approx(-0.5 - math.log(2 * math.pi) / 2)
    assert D.Normal(3.0, 2.0).entropy().item() == pytest.approx(math.log(2 * math.sqrt(2 * math.pi * math.e)))
    fair = D.Categorical(probs=tensor([2.0, 1.0, 1.0]))
    assert fair.log_prob(tensor([0, 2])).exp().tolist() == pytest.approx([0.5, 0.25])
    assert fair.entropy().item() == pytest.approx(1.5 * math.log(2))
    assert fair.perplexity().item() == pytest.approx(2**1.5) and fair.mode.item() == 0
    certain = D.Categorical(logits=tensor([0.0, -math.inf]))
    assert certain.entropy().item() == 0 and certain.log_prob(tensor(1)).item() == -math.inf
    dice = D.Multinomial(2, tensor([0.5, 0.5]))
    assert dice.log_prob(tensor([1.0, 1.0])).exp().item() == pytest.approx(0.5)
    assert dice.entropy().item() == pytest.approx(1.5 * math.log(2))         # 1/4, 1/2, 1/4
    assert D.Uniform(0.0, 2.0).log_prob(tensor([0.0, 1.0, 2.0])).tolist() == pytest.approx(
        [-math.log(2), -math.log(2), -math.inf])
    assert D.Dirichlet(pellucid.ones(3)).log_prob(tensor([0.2, 0.3, 0.5])).exp().item() == pytest.approx(2)
    covariance = tensor([[2.0, 1.0], [1.0, 2.0]])                # det 3, inverse [[2, -1], [-1, 2]] / 3
    for given in ({"covariance_matrix": covariance}, {"precision_matrix": covariance.inverse()},
                  {"scale_tril": covariance.cholesky()}):
        normal = D.MultivariateNormal(pellucid.zeros(2), **given)
        wanted = -math.log(2 * math.pi) - math.log(3) / 2 - 1 / 3
        assert normal.log_prob(tensor([1.0, 0.0])).item() == pytest.approx(wanted, rel=1e-5)
        np.testing.assert_allclose(normal.covariance_matrix, [[2, 1], [1, 2]], rtol=1e-5)
        np.testing.assert_allclose(normal.precision_matrix, [[2 / 3, -1 / 3], [-1 / 3, 2 / 3]], rtol=1e-5)
    low_rank = D.LowRankMultivariateNormal(pellucid.zeros(2), pellucid.ones(2, 1), pellucid.ones(2))
    assert low_rank.log_prob(tensor([1.0, 0.0])).item() == pytest.approx(wanted, rel=1e-5)


def test_samples_before_a_batch_of_covariances():
    """However samples and batches are laid out, each pair of vector and matrix gives its own number."""
    rng = np.random.RandomState(0)
    roots = pellucid.tensor(np.tril(rng.randn(4, 3, 3)) + 3 * np.eye(3))
    batch = D.MultivariateNormal(pellucid.zeros(4, 3).double(), scale_tril=roots)
    for shape in ((3,), (4, 3), (1, 3), (5, 4, 3), (5, 1, 3), (2, 5, 4, 3)):
        x = pellucid.tensor(rng.randn(*shape))
        found = batch.log_prob(x)
        wide = x.expand(np.broadcast_shapes(shape, (4, 3)))
        assert found.shape == wide.shape[:-1]
        for place in np.ndindex(*wide.shape[:-1]):
            matrix = (roots[place[-1]] @ roots[place[-1]].t()).numpy()
            expected = stats.multivariate_normal(np.zeros(3), matrix).logpdf(wide[place].numpy())
            assert found[place].item() == pytest.approx(expected)
    alone = D.MultivariateNormal(pellucid.zeros(3).double(), scale_tril=roots[0])
    x = pellucid.tensor(rng.randn(2, 5, 3))
    assert alone.log_prob(x)[1, 3].item() == pytest.approx(alone.log_prob(x[1, 3]).item())


def test_a_mixture_is_the_weighted_sum():
    tensor = pellucid.tensor
    mixture = D.MixtureSameFamily(D.Categorical(probs=tensor([0.25, 0.75])),
                                  D.Normal(tensor([-2.0, 1.0]), 0.5))
    grid = np.linspace(-6, 6, 4001)
    density = mixture.log_prob(tensor(grid)).exp().numpy()
    expected = 0.25 * stats.norm.pdf(grid, -2, 0.5) + 0.75 * stats.norm.pdf(grid, 1, 0.5)
    np.testing.assert_allclose(density, expected, rtol=1e-4, atol=1e-7)
    mean = np.trapezoid(grid * density, grid) if hasattr(np, "trapezoid") else np.trapz(grid * density, grid)
    assert mixture.mean.item() == pytest.approx(mean, abs=1e-4) == pytest.approx(0.25, abs=1e-4)
    assert mixture.variance.item() == pytest.approx(0.25 + 0.1875 * 9, rel=1e-5)
    assert mixture.cdf(tensor([-0.5])).item() == pytest.approx(0.25, abs=2e-3)


@pytest.mark.parametrize("make, grid", [
    (lambda: D.TransformedDistribution(D.Normal(0.3, 0.7), [D.TanhTransform()]), (-0.9999, 0.9999)),
    (lambda: D.RelaxedBernoulli(pellucid.tensor(0.8), 0.3), (1e-5, 1 - 1e-5)),
    (lambda: D.Kumaraswamy(2.0, 3.0), (1e-5, 1 - 1e-5)),
    (lambda: D.ContinuousBernoulli(0.2), (0, 1)), (lambda: D.ContinuousBernoulli(0.5), (0, 1)),
    (lambda: D.VonMises(1.0, 40.0), (-np.pi, np.pi)),
    (lambda: D.TransformedDistribution(D.Gumbel(0.0, 1.0), [D.AffineTransform(1.0, -2.0)]), (-40, 20)),
])
def test_densities_integrate_to_one(make, grid):
    x = np.linspace(*grid, 20001)
    density = make().log_prob(pellucid.tensor(x)).exp().numpy().astype(float)
    total = ((density[1:] + density[:-1]) / 2 * np.diff(x)).sum()
    assert total == pytest.approx(1, abs=3e-3)


def test_kumaraswamys_mode_is_the_top():
    x = np.linspace(0.001, 0.999, 999)
    density = D.Kumaraswamy(2.0, 3.0).log_prob(pellucid.tensor(x)).numpy()
    assert D.Kumaraswamy(2.0, 3.0).mode.item() == pytest.approx(x[density.argmax()], abs=2e-3)


def test_wishart_and_lkj():
    matrix = np.array([[2.0, 0.5], [0.5, 1.0]])
    for given in ({"covariance_matrix": matrix}, {"precision_matrix": np.linalg.inv(matrix)},
                  {"scale_tril": np.linalg.cholesky(matrix)}):
        wishart = D.Wishart(4.5, **{name: pellucid.tensor(value) for name, value in given.items()})
        value = np.array([[5.0, 1.0], [1.0, 4.0]])
        expected = stats.wishart(4.5, matrix)
        assert wishart.log_prob(pellucid.tensor(value)).item() == pytest.approx(expected.logpdf(value))
        assert wishart.entropy().item() == pytest.approx(expected.entropy())
        np.testing.assert_allclose(wishart.mean, expected.mean())
        np.testing.assert_allclose(wishart.variance, expected.var())
        np.testing.assert_allclose(wishart.mode, expected.mode())
    angles = np.linspace(-np.pi / 2, np.pi / 2, 4001)            # of K = 2: the factor's second row
    rows = np.stack([np.stack([np.ones_like(angles), 0 * angles], -1),
                     np.stack([np.sin(angles), np.cos(angles)], -1)], -2)[1:-1]
    density = D.LKJCholesky(2, 1.7).log_prob(pellucid.tensor(rows)).exp().numpy()
    correlation = rows[:, 1, 0]                                  # d(correlation) is the measure
    assert ((density[1:] + density[:-1]) / 2 * np.diff(correlation)).sum() == pytest.approx(1, abs=1e-3)


def test_enumerated_supports_have_probability_one():
    for each in (D.Bernoulli(pellucid.tensor([0.2, 0.9])), D.Categorical(probs=pellucid.rand(3, 4)),
                 D.OneHotCategorical(probs=pellucid.rand(3, 4)), D.Binomial(5, pellucid.tensor([0.2, 0.9]))):
        total = each.log_prob(each.enumerate_support()).exp().sum(0)
        np.testing.assert_allclose(total.tolist(), np.ones(each.batch_shape), rtol=1e-5)
    with pytest.raises(NotImplementedError, match="one total_count"):
        D.Binomial(pellucid.tensor([2, 3]), pellucid.tensor([0.5, 0.5])).enumerate_support()
