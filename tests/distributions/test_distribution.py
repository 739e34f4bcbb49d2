"""What all distributions share: shapes, checks of parameters and values, expansion, laziness."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid
from pellucid import distributions as D
from pellucid.distributions import constraints


@pytest.fixture
def _validation():
    yield
    D.Distribution.set_default_validate_args(True)


def test_shapes_add_up():
    normal = D.Normal(pellucid.zeros(4, 1), pellucid.ones(3))
    assert (normal.batch_shape, normal.event_shape) == ((4, 3), ())
    assert normal.sample((2, 5)).shape == (2, 5, 4, 3) and normal.log_prob(pellucid.zeros(3)).shape == (4, 3)
    joint = D.Independent(normal, 1)
    assert (joint.batch_shape, joint.event_shape) == ((4,), (3,))
    assert joint.sample((2,)).shape == (2, 4, 3) and joint.entropy().shape == (4,)
    vector = D.MultivariateNormal(pellucid.zeros(5, 2), pellucid.eye(2))
    assert (vector.batch_shape, vector.event_shape) == ((5,), (2,))
    assert vector.precision_matrix.shape == (5, 2, 2) and vector.entropy().shape == (5,)


def test_an_old_name():
    with pytest.warns(UserWarning, match="old name"):
        assert D.Normal(0.0, 1.0).sample_n(3).shape == (3,)


def test_samples_have_no_gradient_and_rsamples_have():
    scale = pellucid.ones(3).requires_grad_()
    normal = D.Normal(0.0, scale)
    assert not normal.sample().requires_grad and normal.rsample().requires_grad
    assert not D.Bernoulli(logits=scale).sample().requires_grad
    with pytest.raises(NotImplementedError, match="Bernoulli.rsample is not defined"):
        D.Bernoulli(logits=scale).rsample()
    for name in ("Bernoulli", "Poisson", "Exponential"):         # 0-d results are arrays, not NumPy's scalars
        assert isinstance(getattr(D, name)(0.5).sample()._data, np.ndarray)


@pytest.mark.parametrize("make, words", [
    (lambda: D.Normal(0.0, pellucid.tensor([1.0, -2.0, 0.0])),
     r"Normal: scale of shape \(3,\) must satisfy GreaterThan.*, got -2.0 \(at \[1\], and 1"),
    (lambda: D.Normal(float("nan"), 1.0), r"Normal: loc of shape \(\) must satisfy Real\(\), got nan"),
    (lambda: D.Bernoulli(1.5), r"must satisfy Interval\(lower_bound=0.0, upper_bound=1.0\), got 1.5"),
    (lambda: D.Bernoulli(), "give exactly one of probs, logits, got none"),
    (lambda: D.Categorical(pellucid.tensor(0.5)), "probs must be a Tensor of at least one dimension"),
    (lambda: D.Categorical(probs=pellucid.zeros(2)), r"Categorical: probs of shape \(2,\) .* Simplex"),
    (lambda: D.Uniform(1.0, 0.0), "low must be below high"),
    (lambda: D.MultivariateNormal(pellucid.zeros(2), -pellucid.eye(2)), "PositiveDefinite"),
    (lambda: D.MultivariateNormal(pellucid.zeros(3), pellucid.eye(2)), "must end in K by K"),
    (lambda: D.Independent(D.Normal(0.0, 1.0), 1), "reinterpreted_batch_ndims is 1"),
    (lambda: D.Normal("0", 1.0), "numbers or tensors, got str"),
    (lambda: D.Geometric(0.0), "success never comes"),
    (lambda: D.register_kl(int, D.Normal), "expected subclasses of Distribution"),
    (lambda: D.Dirichlet(pellucid.tensor(1.0)), "at least one dimension"),
    (lambda: D.TanhTransform(cache_size=2), "cache_size must be 0 or 1"),
    (lambda: D.transforms.CorrCholeskyTransform()(pellucid.zeros(4)), "4 numbers fill no triangle"),
    (lambda: D.LowRankMultivariateNormal(pellucid.zeros(3), pellucid.ones(2, 1), pellucid.ones(3)),
     "agree in K"),
])
def test_bad_parameters(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make()


@pytest.mark.parametrize("value, words", [
    (pellucid.tensor([0.0, 3.0]), r"value of shape \(2,\) must satisfy IntegerInterval.*got 3.0 \(at \[1\]"),
    (pellucid.zeros(3), r"value of shape \(3,\) does not broadcast to batch_shape \+ event_shape, \(2,\)"),
    (1, "value must be a Tensor, got int"),
])
def test_bad_values(value, words):
    with pytest.raises(ValueError, match=words):
        D.Categorical(probs=pellucid.ones(2, 3)).log_prob(value)


def test_the_event_of_a_value():
    with pytest.raises(ValueError, match=r"must end in the event_shape \(2,\)"):
        D.MultivariateNormal(pellucid.zeros(2), pellucid.eye(2)).log_prob(pellucid.zeros(3))
    with pytest.raises(TypeError, match="sample_shape: expected a sequence of sizes"):
        D.Normal(0.0, 1.0).sample(3)


def test_validation_can_be_turned_off(_validation):
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    D.Distribution.set_default_validate_args(False)
    assert D.Normal(0.0, -1.0).scale.item() == -1
    with pytest.raises(ValueError, match="scale"):
        D.Normal(0.0, -1.0, validate_args=True)
    D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="True or False"):
        D.Distribution.set_default_validate_args("no")


def test_probs_come_when_asked_for_and_carry_gradients():
    logits = pellucid.tensor([0.0, np.log(3.0)]).requires_grad_()
    categorical = D.Categorical(logits=logits)
    assert "probs" not in vars(categorical)
    with pellucid.no_grad():
        probs = categorical.probs                                # kept, so with its gradient
    assert probs.requires_grad and categorical.probs is probs
    np.testing.assert_allclose(probs.tolist(), [0.25, 0.75], rtol=1e-6)
    assert repr(D.Normal(pellucid.zeros(2), 1.0)) == (
        "Normal(loc: pellucid.Size([2]), scale: pellucid.Size([2]))")
    assert repr(D.Poisson(4.0)) == "Poisson(rate: 4.0)"


@pytest.mark.parametrize("make", [
    lambda: D.Normal(pellucid.zeros(3), 2.0), lambda: D.Categorical(logits=pellucid.zeros(3, 4)),
    lambda: D.MultivariateNormal(pellucid.zeros(3, 2), scale_tril=pellucid.eye(2)),
    lambda: D.Gumbel(pellucid.zeros(3), 1.0), lambda: D.Beta(pellucid.ones(3), 2.0),
    lambda: D.Multinomial(3, pellucid.ones(3, 2)), lambda: D.NegativeBinomial(2.0, pellucid.full((3,), 0.5)),
])
def test_expand_copy_and_pickle(make):
    distribution = make()
    wide = distribution.expand((2, 3))
    assert wide.batch_shape == (2, 3) and type(wide) is type(distribution)
    assert wide.sample().shape == (2, 3, *distribution.event_shape)
    x = distribution.sample()
    for again in (copy.deepcopy(distribution), pickle.loads(pickle.dumps(distribution))):
        assert again.log_prob(x).tolist() == distribution.log_prob(x).tolist()
    assert distribution.batch_shape == (3,)


def test_a_distribution_of_ones_own():
    class Triangular(D.Distribution):
        arg_constraints = {"width": constraints.positive}
        support = constraints.real
        has_rsample = True

        def __init__(self, width, validate_args=None):
            self.width, = D.broadcast_all(width)
            super().__init__(self.width.shape, validate_args=validate_args)

        def rsample(self, sample_shape=()):
            shape = self._extended_shape(sample_shape)
            return self.width * (pellucid.rand(shape) + pellucid.rand(shape) - 1)

    assert Triangular(2.0).sample((4,)).shape == (4,)
    assert Triangular(pellucid.ones(2)).expand((3, 2)).width.shape == (3, 2)
    with pytest.raises(ValueError, match="Triangular: width"):
        Triangular(0.0)
    with pytest.raises(NotImplementedError, match="Triangular.log_prob is not defined"):
        Triangular(1.0).log_prob(pellucid.zeros(1))

    @D.register_kl(Triangular, Triangular)
    def kl(p, q):
        return (p.width - q.width).abs()
    assert D.kl_divergence(Triangular(1.0), Triangular(3.0)).item() == 2


@pytest.mark.parametrize("constraint, good, bad", [
    (constraints.positive, [1.0], [0.0]), (constraints.nonnegative, [0.0], [-1.0]),
    (constraints.boolean, [0.0, 1.0], [0.5]), (constraints.real, [1.0, -np.inf], [np.nan]),
    (constraints.simplex, [[0.5, 0.5]], [[0.5, 0.6], [1.5, -0.5]]), (constraints.one_hot, [[0, 1]], [[1, 1]]),
    (constraints.nonnegative_integer, [0.0, 3.0], [-1.0, 0.5]), (constraints.less_than(1.0), [0.5], [1.0]),
    (constraints.half_open_interval(0.0, 1.0), [0.0], [1.0]), (constraints.positive_integer, [1], [0]),
    (constraints.multinomial(3), [[1.0, 2.0]], [[2.0, 2.0], [-1.0, 0.0]]),
    (constraints.lower_triangular, [[[1.0, 0.0], [2.0, 0.0]]], [[[1.0, 1.0], [0.0, 1.0]]]),
    (constraints.lower_cholesky, [[[1.0, 0.0], [2.0, 3.0]]], [[[1.0, 0.0], [2.0, -3.0]]]),
    (constraints.corr_cholesky, [[[1.0, 0.0], [0.6, 0.8]]], [[[1.0, 0.0], [0.6, 0.6]]]),
    (constraints.symmetric, [[[1.0, 2.0], [2.0, 1.0]]], [[[1.0, 2.0], [3.0, 1.0]]]),
    (constraints.positive_semidefinite, [[[1.0, 0.0], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, -1.0]]]),
    (constraints.positive_definite, [[[2.0, 1.0], [1.0, 2.0]]], [[[1.0, 2.0], [2.0, 1.0]]]),
    (constraints.square, [[[1.0]]], [[[1.0, 2.0]]]),
    (constraints.cat([constraints.positive, constraints.boolean], -1, [1, 2]), [[3.0, 0.0, 1.0]], []),
    (constraints.stack([constraints.positive, constraints.real], -1), [[3.0, -1.0]], []),
])
def test_constraints(constraint, good, bad):
    assert constraint.check(pellucid.tensor(good)).all()
    assert not bad or not constraint.check(pellucid.tensor(bad)).any()
    assert not constraints.is_dependent(constraint)


def test_dependent_constraints():
    assert constraints.is_dependent(D.Uniform.support) and D.Uniform.support.event_dim == 0
    assert D.Categorical.support.is_discrete and not D.Uniform.support.is_discrete
    with pytest.raises(NotImplementedError, match="event_dim is not known"):
        print(constraints.dependent.event_dim)
    with pytest.raises(ValueError, match="depends on other parameters"):
        constraints.dependent.check(pellucid.zeros(1))
