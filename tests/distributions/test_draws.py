"""Draws: their moments, and how they move with the parameters."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import distributions as D
from pellucid.generator import Generator, rejection

stats = pytest.importorskip("scipy.stats")
special = pytest.importorskip("scipy.special")

DRAWS = 20_000
DISTRIBUTIONS = [
    lambda: D.Normal(1.0, 2.0), lambda: D.LogNormal(0.0, 0.4), lambda: D.HalfNormal(2.0),
    lambda: D.Uniform(-1.0, 3.0), lambda: D.Exponential(2.0), lambda: D.Laplace(1.0, 2.0),
    lambda: D.Gumbel(1.0, 2.0), lambda: D.Weibull(2.0, 1.5), lambda: D.Gamma(0.7, 2.0),
    lambda: D.Gamma(5.0, 1.0), lambda: D.Beta(2.0, 3.0), lambda: D.Bernoulli(0.3),
    lambda: D.Dirichlet(pellucid.tensor([0.5, 2.0, 4.0])),
    lambda: D.Geometric(0.4), lambda: D.Binomial(6, 0.3), lambda: D.Binomial(100, 0.7),
    lambda: D.Poisson(3.0),
    lambda: D.Poisson(40.0), lambda: D.NegativeBinomial(4.0, 0.3), lambda: D.StudentT(9.0, 1.0, 2.0),
    lambda: D.OneHotCategorical(probs=pellucid.tensor([0.2, 0.3, 0.5])),
    lambda: D.Multinomial(4, pellucid.tensor([0.2, 0.3, 0.5])), lambda: D.Kumaraswamy(2.0, 3.0),
    lambda: D.MultivariateNormal(pellucid.zeros(2), pellucid.tensor([[2.0, 1.0], [1.0, 2.0]])),
    lambda: D.LowRankMultivariateNormal(pellucid.zeros(2), pellucid.ones(2, 1), pellucid.ones(2)),
    lambda: D.ContinuousBernoulli(0.2), lambda: D.GeneralizedPareto(1.0, 2.0, 0.1),
    lambda: D.Wishart(5.0, pellucid.tensor([[2.0, 1.0], [1.0, 2.0]])),
    lambda: D.MixtureSameFamily(D.Categorical(probs=pellucid.ones(2)),
                                D.Normal(pellucid.tensor([-1.0, 1.0]), 0.5)),
]


@pytest.mark.parametrize("make", DISTRIBUTIONS)
def test_the_moments_of_draws(make):
    distribution = make()
    x = distribution.sample((DRAWS,)).numpy().astype(float)
    mean, variance = distribution.mean.numpy(), distribution.variance.numpy()
    assert np.all(np.abs(x.mean(0) - mean) < 5 * np.sqrt(variance / DRAWS)), "mean"
    np.testing.assert_allclose(x.var(0), variance, rtol=0.12)


def test_the_covariance_of_draws():
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]])
    x = D.MultivariateNormal(pellucid.zeros(3), pellucid.tensor(matrix).float()).sample((DRAWS,)).numpy()
    np.testing.assert_allclose(np.cov(x.T), matrix, atol=0.08)


def test_directions_and_correlations():
    x = D.VonMises(2.0, 1.5).sample((DRAWS,)).numpy().astype(float)
    assert np.abs(x).max() <= np.pi + 1e-6
    mean = np.exp(1j * x).mean()
    assert np.angle(mean) == pytest.approx(2, abs=0.05)
    assert 1 - abs(mean) == pytest.approx(D.VonMises(2.0, 1.5).variance.item(), abs=0.02)
    factors = D.LKJCholesky(3, 2.0).sample((DRAWS,))
    assert D.constraints.corr_cholesky.check(factors).all()
    correlations = (factors @ factors.transpose(-2, -1)).numpy()[:, [1, 2, 2], [0, 0, 1]]
    np.testing.assert_allclose(correlations.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(correlations.var(0), 1 / 6, atol=0.01)        # of 2 Beta(2.5, 2.5) - 1


@pytest.mark.parametrize("a", [0.05, 0.5, 1.0, 3.0, 40.0, 2000.0, 30000.0])
def test_gamma_draws_move_as_their_quantiles(a):
    concentration = pellucid.full((5,), a, dtype=pellucid.float64).requires_grad_()
    x = D.Gamma(concentration, 1.0).rsample()
    slope, = pellucid.autograd.grad(x.sum(), concentration)
    below = special.gammainc(a, x.detach().numpy())
    h = a * 1e-4
    keep = (below > 1e-3) & (below < 0.999)
    expected = (special.gammaincinv(a + h, below) - special.gammaincinv(a - h, below)) / (2 * h)
    np.testing.assert_allclose(slope.numpy()[keep], expected[keep], rtol=1e-5)
    assert keep.any()


@pytest.mark.parametrize("a, b", [(0.4, 0.7), (2.0, 5.0), (30.0, 8.0)])
def test_beta_draws_move_as_their_quantiles(a, b):
    both = [pellucid.full((6,), v, dtype=pellucid.float64).requires_grad_() for v in (a, b)]
    x = D.Beta(*both).rsample()
    slopes = pellucid.autograd.grad(x.sum(), both)
    below = special.betainc(a, b, x.detach().numpy())
    for which, slope in enumerate(slopes):
        h = np.array([a, b]) * 1e-4 * (np.arange(2) == which)
        moved = [special.betaincinv(a + sign * h[0], b + sign * h[1], below) for sign in (1, -1)]
        np.testing.assert_allclose(slope, (moved[0] - moved[1]) / (2 * h.sum()), rtol=1e-5, atol=1e-9)


def test_dirichlet_gradients_are_those_of_the_mean():
    """Averaged over draws, the slope of x is the slope of its mean a / sum a."""
    concentration = pellucid.tensor([0.8, 2.0, 4.0], dtype=pellucid.float64).requires_grad_()
    weights = pellucid.tensor([1.0, -2.0, 0.5], dtype=pellucid.float64)
    drawn = (D.Dirichlet(concentration).rsample((DRAWS,)) * weights).sum() / DRAWS
    slope, = pellucid.autograd.grad(drawn, concentration)
    wanted, = pellucid.autograd.grad((D.Dirichlet(concentration).mean * weights).sum(), concentration)
    np.testing.assert_allclose(slope, wanted.numpy(), atol=4e-3)


def test_second_derivatives_of_rejected_draws_are_refused():
    concentration = pellucid.ones(3).requires_grad_()
    x = D.Gamma(concentration, 1.0).rsample()
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        pellucid.autograd.grad(x.sum(), concentration, create_graph=True)


def test_straight_through_and_relaxed_draws():
    logits = pellucid.tensor([[0.5, -0.5, 1.0]]).requires_grad_()
    x = D.OneHotCategoricalStraightThrough(logits=logits).rsample((7,))
    assert np.allclose(sorted(set(x.detach().numpy().round(6).ravel())), [0, 1])
    assert pellucid.autograd.grad((x * pellucid.tensor([1.0, 2.0, 3.0])).sum(), logits)[0].abs().sum() > 0
    cold = D.RelaxedOneHotCategorical(pellucid.tensor(0.01), logits=logits).rsample((50,))
    assert (cold.max(-1).values > 0.9).float().mean() > 0.9
    chosen = D.RelaxedOneHotCategorical(pellucid.tensor(0.5), logits=logits).sample((DRAWS,)).argmax(-1)
    shares = np.bincount(chosen.numpy().ravel(), minlength=3) / DRAWS
    np.testing.assert_allclose(shares, D.Categorical(logits=logits).probs[0].detach(), atol=0.02)


def test_rejection_leaves_the_stream_where_it_stopped():
    """What is drawn next does not depend on how many numbers were fetched ahead."""
    first, second = Generator().manual_seed(3), Generator().manual_seed(3)
    a = rejection.poisson(first, np.full(100, 3.0))
    b = np.concatenate([rejection.poisson(second, np.full(n, 3.0)) for n in (1, 9, 0, 90)])
    assert a.tolist() == b.tolist() and first.uniform(3).tolist() == second.uniform(3).tolist()
    with pytest.raises(RuntimeError, match="every rate must be 0 or more"):
        rejection.poisson(first, np.array([-1.0]))
    with pytest.raises(RuntimeError, match="every count must be a whole number"):
        rejection.binomial(first, np.array([1.5]), np.array([0.5]))
    with pytest.raises(RuntimeError, match="every prob must lie in"):
        rejection.binomial(first, np.array([1.0]), np.array([1.5]))
    with pytest.raises(RuntimeError, match="concentration must not be negative"):
        rejection.standard_gamma(first, np.array([-1.0]))


def test_random_counts_as_functions():
    rate = pellucid.tensor([0.0, 4.0, 50.0])
    x = pellucid.poisson(rate)
    assert x[0] == 0 and x.dtype == rate.dtype and x.shape == (3,)
    y = pellucid.binomial(pellucid.tensor([0.0, 5.0, 100.0]), pellucid.tensor([0.5, 1.0, 0.3]))
    assert y[:2].tolist() == [0, 5] and 0 < y[2] < 100
    with pytest.raises(RuntimeError, match="poisson: needs a floating tensor"):
        pellucid.poisson(pellucid.tensor([3]))
