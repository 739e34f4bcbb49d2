"""Transforms: inverses, and stretches equal to those of the Jacobian."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import distributions as D
from pellucid.distributions import constraints
from pellucid.distributions import transforms as T

F64 = pellucid.float64
SMALL = [[0.3, -0.5, 0.9], [1.2, 0.1, -0.7]]
NUMBERS = [
    T.ExpTransform(), T.SigmoidTransform(), T.TanhTransform(), T.SoftplusTransform(), T.PowerTransform(1.7),
    T.AffineTransform(2.0, -3.0), T.ComposeTransform([T.TanhTransform(), T.AffineTransform(1.0, 2.0)]),
    T.CumulativeDistributionTransform(D.Normal(pellucid.tensor(0.2, dtype=F64), 1.5)), T.TanhTransform().inv,
]
# What a vector becomes, and which of its numbers are free (the rest follow from them).
VECTORS = [
    (T.StickBreakingTransform(), lambda y: y[:-1]),
    (T.CorrCholeskyTransform(), lambda y: y[np.tril_indices(3, -1)]),
    (T.ComposeTransform([T.SoftplusTransform(), T.StickBreakingTransform()]), lambda y: y[:-1]),
    (T.ComposeTransform([T.AffineTransform(0.5, 2.0), T.ReshapeTransform((3,), (1, 3))]),
     lambda y: y.reshape(3)),
    (T.IndependentTransform(T.TanhTransform(), 1), lambda y: y),
    (T.AffineTransform(1.0, pellucid.tensor([1.0, -2.0, 3.0], dtype=F64), event_dim=1), lambda y: y),
]


def jacobian(transform, x, free):
    """Row i: the slopes of the i-th free number of the result."""
    x = x.detach().requires_grad_()
    y = free(transform(x))
    return np.stack([pellucid.autograd.grad(part, x, retain_graph=True)[0].numpy() for part in y])


@pytest.mark.parametrize("transform", NUMBERS, ids=str)
def test_stretches_of_numbers(transform):
    x = pellucid.tensor(SMALL, dtype=F64)
    x = x.sigmoid() if transform is NUMBERS[-1] or "Power" in str(transform) else x
    y = transform(x.requires_grad_())
    np.testing.assert_allclose(transform.inv(y).detach(), x.detach(), rtol=1e-6, atol=1e-9)
    slopes, = pellucid.autograd.grad(y.sum(), x, retain_graph=True)
    np.testing.assert_allclose(transform.log_abs_det_jacobian(x, y).detach(), slopes.abs().log(), rtol=1e-6)
    assert (slopes.sign() == transform.sign).all() and transform.bijective
    back = transform.inv.log_abs_det_jacobian(y, x)
    np.testing.assert_allclose(back.detach(), -slopes.abs().log(), rtol=1e-6)
    assert transform.inv.inv is transform or transform.inv.inv == transform


@pytest.mark.parametrize("transform, free", VECTORS, ids=lambda case: type(case).__name__)
def test_stretches_of_vectors(transform, free):
    x = pellucid.tensor(SMALL[0], dtype=F64)
    y = transform(x)
    np.testing.assert_allclose(transform.inv(y), x, rtol=1e-6, atol=1e-9)
    stretch = np.log(abs(np.linalg.det(jacobian(transform, x, free))))
    assert transform.log_abs_det_jacobian(x, y).item() == pytest.approx(stretch, rel=1e-6)
    assert tuple(transform.forward_shape((5, 3))) == (5, *y.shape)
    assert tuple(transform.inverse_shape((5, *y.shape))) == (5, 3)
    assert transform.codomain.check(y).all()


def test_results_lie_where_the_constraint_says():
    x = pellucid.tensor(SMALL)
    for constraint in (constraints.positive, constraints.greater_than(3.0), constraints.less_than(-1.0),
                       constraints.interval(2.0, 5.0), constraints.unit_interval, constraints.simplex,
                       constraints.corr_cholesky, constraints.real_vector,
                       constraints.independent(constraints.positive, 1),
                       constraints.interval(x - 1, x + 1),
                       constraints.cat([constraints.positive, constraints.real], -1, [2, 1]),
                       constraints.stack([constraints.positive, constraints.real, constraints.positive], -1)):
        for registry in (D.biject_to, D.transform_to):
            assert constraint.check(registry(constraint)(x)).all(), (registry, constraint)
    square = pellucid.tensor([*SMALL, [0.0, 1.0, -1.0]])
    for constraint in (constraints.lower_cholesky, constraints.positive_definite):
        transform = D.transform_to(constraint)
        assert constraint.check(transform(square)).all()
        np.testing.assert_allclose(transform(transform.inv(transform(square))), transform(square), rtol=1e-4)
    with pytest.raises(NotImplementedError, match="no transform is known for Boolean"):
        D.biject_to(constraints.boolean)


def test_a_cache_gives_back_the_very_x():
    x = pellucid.tensor([12.0])                                  # tanh 12 is 1 in float32, and atanh 1 is inf
    plain, cached = T.TanhTransform(), T.TanhTransform(cache_size=1)
    assert plain.inv(plain(x)).item() == np.inf
    assert cached.inv(cached(x)) is x
    assert cached(x) is cached(x) and plain.with_cache()._cache_size == 1
    squashed = D.TransformedDistribution(D.Normal(12.0, 1.0), [T.TanhTransform(cache_size=1)])
    assert squashed.log_prob(squashed.rsample()).isfinite()


def test_tanh_keeps_its_digits_far_out():
    x = pellucid.tensor([20.0])
    assert T.TanhTransform().log_abs_det_jacobian(x, x.tanh()).item() == pytest.approx(2 * np.log(2) - 40)


def test_chains():
    parts = T.ComposeTransform([T.ExpTransform(), T.ComposeTransform([T.AffineTransform(0.0, 2.0)])])
    assert parts.inv.inv is parts and parts.inv(parts(pellucid.zeros(1))).item() == 0
    assert T.identity_transform(3.0) == 3.0 and parts == T.ComposeTransform(parts.parts)
    assert parts.sign == 1 and T.ComposeTransform([T.AffineTransform(0.0, -1.0)]).sign == -1
    assert "ExpTransform" in repr(parts) and str(T.ExpTransform().inv) == "ExpTransform().inv"
    stacked = T.StackTransform([T.ExpTransform(), T.AffineTransform(0.0, 2.0)], 0)
    assert stacked(pellucid.zeros(2)).tolist() == [1, 0]
    with pytest.raises(ValueError, match="for 2 transforms"):
        stacked(pellucid.zeros(3))
    with pytest.raises(ValueError, match=r"the lengths \[1, 1\] add up to 2"):
        T.CatTransform([T.ExpTransform(), T.ExpTransform()])(pellucid.zeros(3))
    with pytest.raises(ValueError, match="must end in"):
        T.ReshapeTransform((2, 3), (6,)).forward_shape((3, 2))
    with pytest.raises(ValueError, match="6 elements, out_shape"):
        T.ReshapeTransform((2, 3), (5,))


def test_transformed_distributions_take_one_transform_or_many():
    for transforms in (T.ExpTransform(), [T.ExpTransform()]):
        log_normal = D.TransformedDistribution(D.Normal(0.0, 1.0), transforms)
        assert log_normal.cdf(pellucid.tensor(1.0)).item() == pytest.approx(0.5)
        assert log_normal.icdf(pellucid.tensor(0.5)).item() == pytest.approx(1)
    turned = D.TransformedDistribution(D.Exponential(1.0), [T.AffineTransform(0.0, -1.0)])
    assert turned.cdf(pellucid.tensor(-1.0)).item() == pytest.approx(np.exp(-1))
    with pytest.raises(ValueError, match="transforms must be a Transform"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), [np.exp])
    with pytest.raises(ValueError, match="the transforms need 1 dimensions"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), T.StickBreakingTransform())
