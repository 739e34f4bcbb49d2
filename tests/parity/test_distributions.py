"""Distributions against PyTorch: the same draws for a seed, densities, moments, divergences, gradients."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import pellucid
from pellucid import distributions as ours

torch = pytest.importorskip("torch")
theirs = torch.distributions

F = np.float32
RNG = np.random.RandomState(0)
V = RNG.randn(3).astype(F)                                       # locations
S = (np.abs(RNG.randn(2, 3)) + 0.3).astype(F)                    # scales, rates, concentrations
P = RNG.uniform(0.1, 0.9, (2, 3)).astype(F)                      # probabilities
A = RNG.randn(2, 3, 3).astype(F)
C = (A @ A.transpose(0, 2, 1) + np.eye(3, dtype=F)).astype(F)    # covariances
L = np.linalg.cholesky(C[0])
T = np.asarray(0.7, F)

CASES = {
    "Normal": [(V, S), (0.0, 1.0), (V, 2.0), (1, 3)],
    "LogNormal": [(V, S)], "HalfNormal": [(S,)], "LogisticNormal": [(V, S[0])],
    "Uniform": [(V, V + S), (0.0, 3.0)], "Kumaraswamy": [(S, S + 1)],
    "Exponential": [(S,), (2.0,)], "Laplace": [(V, S)], "Gumbel": [(V, S)], "Weibull": [(S, S + 0.5)],
    "Pareto": [(S, S + 1)], "Cauchy": [(V, S)], "HalfCauchy": [(S,)], "StudentT": [(S + 2.1, V, S), (0.5,)],
    "Bernoulli": [(P,), {"logits": V}, (0.3,)], "Geometric": [(P,), {"logits": V}],
    "Categorical": [(P,), {"logits": P}, {"logits": V}],
    "OneHotCategorical": [(P,), {"logits": V}], "OneHotCategoricalStraightThrough": [(P,)],
    "Multinomial": [(5, P), (3, None, V)],
    "Binomial": [(7, P), (40, None, V), (np.array([3, 9, 60], F), P)], "Poisson": [(S * 8,)],
    "NegativeBinomial": [(5.0, P), (S, None, V)],
    "Gamma": [(S, S + 1), (0.4, 2.0)], "Chi2": [(S,)], "InverseGamma": [(S + 2.5, S)], "Beta": [(S, S + 1)],
    "Dirichlet": [(S,), (S * 0.2,)], "FisherSnedecor": [(S + 2, S + 4.5)],
    "RelaxedBernoulli": [(T, P), (T, None, V)], "RelaxedOneHotCategorical": [(T, P), (T, None, V)],
    "MultivariateNormal": [(V, C), (S, None, C), (V, None, None, L)],
    "VonMises": [(V, S), (V, S * 20)], "LKJCholesky": [(2, S[0]), (2,)],
    "ContinuousBernoulli": [(P,), {"logits": V}, (np.array([0.5, 0.4995, 0.1], F),)],
    "GeneralizedPareto": [(V, S, np.array([0.3, -0.4, 0.1], F)), (0.0, 2.0, 0.0)],
    "LowRankMultivariateNormal": [(V, A[:, :, :2].copy(), S)],
}
PAIRS = [(name, given) for name, all_given in CASES.items() for given in all_given]
# Where PyTorch has no number (its Kumaraswamy.mode is nan everywhere, and the formula is not).
LEFT_OUT = {("Kumaraswamy", "mode")}


def as_array(value):
    return value.detach().numpy() if hasattr(value, "detach") else np.asarray(value)


def converted(module, value, grad=False):
    if not isinstance(value, np.ndarray):
        return value
    made = (torch.from_numpy if module is theirs else pellucid.from_numpy)(value.copy())
    return made.requires_grad_() if grad else made


def make(module, name, given, grad=False):
    """The distribution, and its parameters that are tensors."""
    if isinstance(given, dict):
        made = {key: converted(module, value, grad) for key, value in given.items()}
        return getattr(module, name)(**made), list(made.values())
    made = [converted(module, value, grad) for value in given]
    return getattr(module, name)(*made), [value for value in made if hasattr(value, "detach")]


def seed(value):
    torch.manual_seed(value)
    pellucid.manual_seed(value)


def close(a, b, what, rtol=2e-5, atol=2e-6):
    a, b = as_array(a), as_array(b)
    assert a.shape == b.shape and a.dtype == b.dtype, f"{what}: {a.dtype} {a.shape}, {b.dtype} {b.shape}"
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=what)


def told(distribution, name, *args):
    """An attribute or a method's result; None where it is not defined."""
    try:
        found = getattr(distribution, name)
        return found(*args) if args or name == "entropy" else found
    except NotImplementedError:
        return None


@pytest.mark.parametrize("name, given", PAIRS)
def test_draws_and_densities(name, given):
    mine, other = make(ours, name, given)[0], make(theirs, name, given)[0]
    assert tuple(mine.batch_shape) == tuple(other.batch_shape)
    assert tuple(mine.event_shape) == tuple(other.event_shape)
    assert repr(mine.support).replace("pellucid", "torch") == repr(other.support)
    assert (mine.has_rsample, mine.has_enumerate_support) == (other.has_rsample, other.has_enumerate_support)
    for shape in ((), (3,), (2, 20)):
        seed(5)
        x, t = mine.sample(shape), other.sample(shape)
        close(x, t, f"sample {shape}")
        assert pellucid.rand(1).item() == torch.rand(1).item(), "the streams differ afterwards"
        close(mine.log_prob(pellucid.from_numpy(t.numpy())), other.log_prob(t), f"log_prob {shape}", 5e-5)
    for what in ("mean", "variance", "stddev", "mode", "entropy"):
        a, b = told(mine, what), told(other, what)
        assert (a is None) == (b is None), f"{what}: {a}, PyTorch's {b}"
        if b is not None and (name, what) not in LEFT_OUT:
            grey = name == "ContinuousBernoulli" and what in ("variance", "stddev")      # both lose digits
            close(a, b, what, 5e-4 if grey else 2e-5)


@pytest.mark.parametrize("name, given", PAIRS)
def test_cdf_icdf_expand_and_support(name, given):
    mine, other = make(ours, name, given)[0], make(theirs, name, given)[0]
    seed(1)
    t = other.sample((4,))
    quantiles = np.full(tuple(other.batch_shape + other.event_shape), 0.3, F)
    for what, a, b in (("cdf", pellucid.from_numpy(t.numpy()), t),
                       ("icdf", pellucid.from_numpy(quantiles), torch.from_numpy(quantiles))):
        a, b = told(mine, what, a), told(other, what, b)
        assert b is None or a is not None, what
        if b is not None:
            close(a, b, what)
    wide = (4, *other.batch_shape)
    a, b = mine.expand(wide), other.expand(torch.Size(wide))
    assert type(a) is type(mine) and tuple(a.batch_shape) == wide
    seed(2)
    x, t = a.sample((2,)), b.sample((2,))
    close(x, t, "sample of the expanded")
    close(a.log_prob(pellucid.from_numpy(t.numpy())), b.log_prob(t), "log_prob of the expanded")
    if other.has_enumerate_support and np.ptp(given[0] if name == "Binomial" else 0) == 0:
        for expand in (True, False):
            close(mine.enumerate_support(expand), other.enumerate_support(expand), "enumerate_support")


@pytest.mark.parametrize("name, given", PAIRS)
def test_gradients(name, given):
    """Of log_prob to value and parameters, of entropy, and of rsample."""
    mine, ours_given = make(ours, name, given, grad=True)
    other, theirs_given = make(theirs, name, given, grad=True)
    if not theirs_given:
        return
    seed(3)
    with torch.no_grad():
        value = other.sample((4,)).numpy()
    values = pellucid.from_numpy(value.copy()), torch.from_numpy(value.copy())
    if not other.support.is_discrete:
        values = tuple(value.requires_grad_() for value in values)
        ours_given, theirs_given = [*ours_given, values[0]], [*theirs_given, values[1]]
    same_slopes(mine.log_prob(values[0]), other.log_prob(values[1]), ours_given, theirs_given, "log_prob")
    if told(other, "entropy") is not None:
        same_slopes(mine.entropy(), other.entropy(), ours_given, theirs_given, "entropy")
    if other.has_rsample:
        seed(4)
        x, t = mine.rsample((5,)), other.rsample((5,))
        close(x, t, "rsample")
        loose = name in ("Gamma", "Chi2", "InverseGamma", "Beta", "Dirichlet", "FisherSnedecor", "StudentT")
        same_slopes(x, t, ours_given, theirs_given, "rsample", 5e-3 if loose else 1e-4)


def same_slopes(mine, other, ours_given, theirs_given, what, rtol=1e-4):
    """Gradients of a weighted sum; those of Gamma's draws are approximate in PyTorch, hence rtol."""
    weights = np.asarray(np.random.RandomState(7).randn(*other.shape), F)
    assert mine.requires_grad == other.requires_grad, what
    if not other.requires_grad:
        return
    a = pellucid.autograd.grad((mine * pellucid.from_numpy(weights)).sum(), ours_given, allow_unused=True,
                               retain_graph=True)
    b = torch.autograd.grad((other * torch.from_numpy(weights)).sum(), theirs_given, allow_unused=True,
                            retain_graph=True)
    for i, (x, t) in enumerate(zip(a, b, strict=True)):
        if x is None or t is None:
            assert all(g is None or not as_array(g).any() for g in (x, t)), f"{what}: gradient {i} is None"
            continue
        t = as_array(t)
        finite = np.isfinite(t)
        close(as_array(x)[finite], t[finite], f"{what}: gradient {i}", rtol,
              rtol * np.max(np.abs(t[finite]), initial=1e-2))


KL = [("Normal", (V, S)), ("Normal", (V + 1, 2.0)), ("Laplace", (V, S)), ("Exponential", (S,)),
      ("Exponential", (S + 1,)), ("Gamma", (S, S + 1)), ("Gamma", (S + 0.4, S)), ("Beta", (S, S + 1)),
      ("Beta", (S + 2, S)), ("Dirichlet", (S,)), ("Dirichlet", (S + 1,)), ("Gumbel", (V, S)),
      ("Gumbel", (V, S + 1)), ("Pareto", (S, S + 1.8)), ("Pareto", (S + 0.1, S + 1.3)),
      ("Uniform", (V, V + S)), ("Uniform", (V - 1, V + 6)), ("Uniform", (0.1, 0.8)), ("Uniform", (0.5, 3.0)),
      ("Cauchy", (V, S)), ("Cauchy", (V - 1, S)), ("Bernoulli", (P,)), ("Bernoulli", (P * 0.5,)),
      ("Bernoulli", (np.array([[0, 1, 0.5], [0, 0.2, 1]], F),)), ("Categorical", (P,)),
      ("Categorical", (np.array([0, 1, 0.5], F),)), ("ContinuousBernoulli", (P * 0.5,)),
      ("ContinuousBernoulli", (np.array([0.1, 0.5, 0.9], F),)), ("OneHotCategorical", (P,)),
      ("OneHotCategorical", (P[::-1].copy(),)), ("Binomial", (5, P)), ("Binomial", (5, P / 2)),
      ("Binomial", (3, P)), ("Geometric", (P,)), ("Geometric", (P / 2,)), ("Poisson", (S,)),
      ("Poisson", (S + 2,)), ("HalfNormal", (S,)), ("HalfNormal", (S + 2,)), ("LogNormal", (V, S)),
      ("LogNormal", (V - 1, S)), ("MultivariateNormal", (V, C)), ("MultivariateNormal", (V + 1, C * 2)),
      ("LowRankMultivariateNormal", (V, A[:, :, :2].copy(), S)),
      ("LowRankMultivariateNormal", (V, A[:, :, 1:].copy(), S * 2))]


def test_every_divergence_that_pytorch_knows():
    compared = 0
    for (name_p, p), (name_q, q) in itertools.product(KL, KL):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                t = theirs.kl_divergence(make(theirs, name_p, p)[0], make(theirs, name_q, q)[0])
            except (NotImplementedError, IndexError):            # no formula, or one that cannot broadcast
                continue
        x = ours.kl_divergence(make(ours, name_p, p)[0], make(ours, name_q, q)[0])
        what = f"KL({name_p}, {name_q})"
        if not (np.isinf(as_array(t)).all() and np.isinf(as_array(x)).all()):    # PyTorch forgets q's batch
            close(x, t, what, 5e-5, 5e-6)
        compared += 1
    assert compared > 370


@pytest.mark.parametrize("p, q", [(KL[0], KL[1]), (KL[5], KL[6]), (KL[21], KL[22]), (KL[24], KL[24]),
                                  (KL[41], KL[42])])
def test_gradients_of_divergences(p, q):
    results = []
    for module in (ours, theirs):
        (first, given), (second, more) = (make(module, *pair, grad=True) for pair in (p, q))
        results.append((module.kl_divergence(first, second), given + more))
    (x, ours_given), (t, theirs_given) = results
    same_slopes(x, t, ours_given, theirs_given, "kl")


@pytest.mark.parametrize("df, given", [(np.array([5.5, 6.5], F), {"covariance_matrix": C}),
                                       (np.array([3.5], F), {"scale_tril": L[None]}),
                                       (np.array([4.0, 8.0], F), {"precision_matrix": C})])
def test_wishart(df, given):
    """PyTorch's rsample draws good matrices again; what it draws first are our numbers."""
    results = []
    for module in (ours, theirs):
        made = {key: converted(module, value, grad=True) for key, value in {"df": df, **given}.items()}
        results.append((module.Wishart(**made), list(made.values())))
    (mine, ours_given), (other, theirs_given) = results
    seed(3)
    x, t = mine.rsample((3,)), other._bartlett_sampling(torch.Size((3,)))
    close(x, t, "rsample", 1e-4, 1e-4)
    same_slopes(x, t, ours_given, theirs_given, "rsample", 5e-3)
    for name in ("mean", "variance", "mode", "entropy"):
        a, b = told(mine, name), told(other, name)
        close(a, b, name, 1e-4)
        if name != "mode":
            same_slopes(a, b, ours_given, theirs_given, name, 1e-3)
    x, t = x.detach(), torch.from_numpy(x.detach().numpy())
    a, b = mine.log_prob(x), other.log_prob(t)
    close(a, b, "log_prob", 1e-4, 1e-4)
    if "scale_tril" not in given:                                # PyTorch's fills the upper triangle
        same_slopes(a, b, ours_given, theirs_given, "log_prob", 2e-3)
    assert tuple(mine.expand((5, *mine.batch_shape)).sample().shape) == (5, *df.shape, 3, 3)
    with pytest.raises(ValueError, match="df must be above K - 1 = 2"):
        ours.Wishart(2.0, pellucid.eye(3))


def test_independent_mixture_and_transformed():
    for build in (
            lambda m, c: m.Independent(m.Normal(c(V), c(S)), 1),
            lambda m, c: m.Independent(m.Bernoulli(c(P)), 2),
            lambda m, c: m.MixtureSameFamily(m.Categorical(c(P)), m.Normal(c(V), c(S))),
            lambda m, c: m.MixtureSameFamily(m.Categorical(c(P[0])),
                                             m.Independent(m.Normal(c(A[0]), c(C[0] + 3)), 1)),
            lambda m, c: m.TransformedDistribution(m.Normal(c(V), c(S)), [
                m.TanhTransform(cache_size=1), m.AffineTransform(1.0, c(S), cache_size=1)]),
            lambda m, c: m.TransformedDistribution(m.Independent(m.Normal(c(V), c(S)), 1),
                                                   [m.StickBreakingTransform()]),
            lambda m, c: m.TransformedDistribution(m.Normal(c(V), c(S)),
                                                   [m.ExpTransform(), m.PowerTransform(2.0)])):
        mine = build(ours, lambda v: converted(ours, v))
        other = build(theirs, lambda v: converted(theirs, v))
        for each, wanted in ((mine, other), (mine.expand((5, *mine.batch_shape)),
                                             other.expand((5, *other.batch_shape)))):
            assert tuple(each.batch_shape) == tuple(wanted.batch_shape)
            assert tuple(each.event_shape) == tuple(wanted.event_shape)
            seed(6)
            x, t = each.sample((3,)), wanted.sample((3,))
            close(x, t, "sample")
            close(each.log_prob(x), wanted.log_prob(t), "log_prob", 1e-4, 1e-4)
        for what in ("mean", "variance"):
            if told(other, what) is not None:
                close(told(mine, what), told(other, what), what)


X = RNG.randn(2, 4, 3).astype(F)
SQUARE = RNG.randn(2, 3, 3).astype(F)
TRANSFORMS = [
    (lambda m, c: m.ExpTransform(), X), (lambda m, c: m.SigmoidTransform(), X),
    (lambda m, c: m.TanhTransform(), X / 2), (lambda m, c: m.SoftplusTransform(), X),
    (lambda m, c: m.PowerTransform(c(S[:1] + 1)), np.abs(X) + 0.1), (lambda m, c: m.AbsTransform(), X),
    (lambda m, c: m.AffineTransform(1.0, -2.0), X),
    (lambda m, c: m.AffineTransform(c(V), c(S[0]), event_dim=1), X),
    (lambda m, c: m.ComposeTransform([m.AffineTransform(1.0, -2.0), m.SigmoidTransform()]), X),
    (lambda m, c: m.ComposeTransform([m.SoftplusTransform(), m.StickBreakingTransform()]), X / 2),
    (lambda m, c: m.ComposeTransform([m.StickBreakingTransform(), m.AffineTransform(0.0, 2.0)]), X),
    (lambda m, c: m.SoftmaxTransform(), X), (lambda m, c: m.StickBreakingTransform(), X),
    (lambda m, c: m.LowerCholeskyTransform(), SQUARE), (lambda m, c: m.PositiveDefiniteTransform(), SQUARE),
    (lambda m, c: m.CorrCholeskyTransform(), X),
    (lambda m, c: m.IndependentTransform(m.ExpTransform(), 1), X),
    (lambda m, c: m.ReshapeTransform((4, 3), (2, 6)), X),
    (lambda m, c: m.CatTransform([m.ExpTransform(), m.AffineTransform(0.0, 2.0)], -1, [1, 2]), X),
    (lambda m, c: m.StackTransform([m.ExpTransform(), m.TanhTransform(), m.identity_transform], -1), X / 2),
    (lambda m, c: m.CumulativeDistributionTransform(m.Normal(0.0, 1.0)), X),
    (lambda m, c: m.ExpTransform().inv, np.abs(X) + 0.1),
    (lambda m, c: m.biject_to(m.constraints.interval(-1.0, 3.0)), X),
    (lambda m, c: m.biject_to(m.constraints.simplex), X),
    (lambda m, c: m.transform_to(m.constraints.simplex), X),
    (lambda m, c: m.transform_to(m.constraints.greater_than(2.0)), X),
    (lambda m, c: m.transform_to(m.constraints.independent(m.constraints.positive, 1)), X),
    (lambda m, c: m.transform_to(m.constraints.lower_cholesky), SQUARE),
]


@pytest.mark.parametrize("build, x", TRANSFORMS)
def test_transforms(build, x):
    found = []
    for module in (ours, theirs):
        transform = build(module, lambda v, module=module: converted(module, v))
        value = converted(module, x, grad=True)
        y = transform(value)
        tensors = [y, transform.inv(y)]
        try:
            tensors.append(transform.log_abs_det_jacobian(value, y))
        except NotImplementedError:
            pass
        shapes = tuple(transform.forward_shape(value.shape)), tuple(transform.inverse_shape(y.shape))
        dims = transform.domain.event_dim, transform.codomain.event_dim
        found.append((tensors, (*shapes, *dims, transform.bijective), value))
    (mine, facts, value), (other, their_facts, their_value) = found
    assert facts == their_facts and len(mine) == len(other)
    for name, a, b in zip(("y", "x", "stretch"), mine, other, strict=False):
        close(a, b, name, 2e-4, 2e-5)
        if name != "x":
            same_slopes(a, b, [value], [their_value], name)


@pytest.mark.parametrize("build", [
    lambda m, c: m.Normal(c(V), -1.0), lambda m, c: m.Normal(c(V), c(np.ones(4, F))),
    lambda m, c: m.Normal("0", 1.0), lambda m, c: m.Bernoulli(1.5), lambda m, c: m.Bernoulli(),
    lambda m, c: m.Bernoulli(0.5, 0.0), lambda m, c: m.Categorical(c(P - 0.5)),
    lambda m, c: m.Uniform(1.0, 0.0),
    lambda m, c: m.MultivariateNormal(c(V), c(-C[0])), lambda m, c: m.MultivariateNormal(c(V)),
    lambda m, c: m.Independent(m.Normal(c(V), 1.0), 2), lambda m, c: m.Normal(c(V * np.nan), 1.0),
    lambda m, c: m.Normal(0.0, 1.0).log_prob(3),
    lambda m, c: m.Normal(c(V), 1.0).log_prob(c(np.zeros(4, F))),
    lambda m, c: m.Bernoulli(0.5).log_prob(c(np.full(1, 0.5, F))),
    lambda m, c: m.Categorical(c(P)).log_prob(c(np.array([3, 0]))),
    lambda m, c: m.Categorical(c(P)).log_prob(c(np.array([0, 1, 2]))),
    lambda m, c: m.Exponential(2.0).log_prob(c(np.full(1, -1, F))), lambda m, c: m.Normal(0.0, 1.0).sample(3),
    lambda m, c: m.Bernoulli(0.5).rsample(), lambda m, c: m.Bernoulli(0.5).icdf(c(V)),
    lambda m, c: m.kl_divergence(m.Poisson(1.0), m.Normal(0.0, 1.0)),
    lambda m, c: m.Distribution.set_default_validate_args(3), lambda m, c: m.Geometric(0.0),
    lambda m, c: m.MixtureSameFamily(m.Categorical(c(P)), m.Normal(c(S[:, :2]), 1.0)),
    lambda m, c: m.TransformedDistribution(m.Normal(0.0, 1.0), [m.StickBreakingTransform()]),
    lambda m, c: m.ReshapeTransform((2, 3), (5,)), lambda m, c: m.TanhTransform(cache_size=2),
])
def test_errors_of_the_same_kind(build):
    with pytest.raises((RuntimeError, ValueError, TypeError)) as wanted:
        build(theirs, lambda v: converted(theirs, v))
    with pytest.raises(wanted.type):
        build(ours, lambda v: converted(ours, v))


@pytest.mark.parametrize("dim", [3, 5])
def test_lkj_density(dim):
    """Its draws are compared for dim 2 only: from 3 on PyTorch's do not follow its own density."""
    seed(1)
    value = ours.LKJCholesky(dim, 1.5).sample((4,))
    for concentration in (1.0, 0.5, 3.0):
        a = ours.LKJCholesky(dim, concentration).log_prob(value)
        b = theirs.LKJCholesky(dim, concentration).log_prob(torch.from_numpy(value.numpy()))
        close(a, b, "log_prob", 1e-4, 1e-4)


def test_all_of_pytorchs_names():
    missing = {name for name in theirs.__all__ if not hasattr(ours, name)}
    missing |= {f"constraints.{name}" for name in theirs.constraints.__all__
                if not hasattr(ours.constraints, name)}
    missing |= {f"transforms.{name}" for name in theirs.transforms.__all__
                if not hasattr(ours.transforms, name)}
    assert not missing, f"missing: {sorted(missing)}"
