"""From any numbers to allowed ones: the transform that belongs to a constraint.

    transform_to(constraints.positive)(x)       a positive number for every x
    biject_to(constraints.simplex)              the same, one x for each allowed value

So a parameter that must be positive, a simplex, a Cholesky factor, ... can be learned as free numbers.
`transform_to` may be many to one and is what optimisers like, `biject_to` is one to one, its stretch known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms
from .constraints import Constraint
from .transforms_of_numbers import Transform

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry(Constraint):
    """Makers of transforms, found by the class of a constraint."""

    def __init__(self) -> None:
        self._makers: dict[type, Callable] = {}

    def register(self, constraint: Any, factory: Callable | None = None) -> Any:
        """Add the maker, factory(constraint) -> Transform, for the class of a constraint; also a decorator.

        Raises:  TypeError for what is no constraint.
        """
        if factory is None:
            return lambda made: self.register(constraint, made)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, Constraint)):
            raise TypeError(f"register: expected a constraint or its class, got {constraint!r}")
        self._makers[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """The transform for this constraint.

        Raises:  NotImplementedError where none is known.
        """
        maker = self._makers.get(type(constraint))
        if maker is None:
            raise NotImplementedError(f"no transform is known for {constraint!r}")
        return maker(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _both(*kinds: Any) -> Callable:
    def register(factory: Callable) -> Callable:
        for kind in kinds:
            biject_to.register(kind, factory)
            transform_to.register(kind, factory)
        return factory
    return register


@_both(constraints.real)
def _real(constraint: Any) -> Transform:
    return transforms.identity_transform


@_both(constraints.positive, constraints.nonnegative)
def _above(constraint: Any) -> Transform:
    """e^x, and where the bound is not 0, moved there."""
    if isinstance(constraint.lower_bound, (int, float)) and constraint.lower_bound == 0:
        return transforms.ExpTransform()
    move = transforms.AffineTransform(constraint.lower_bound, 1)
    return transforms.ComposeTransform([transforms.ExpTransform(), move])


@_both(constraints.less_than)
def _below(constraint: Any) -> Transform:
    move = transforms.AffineTransform(constraint.upper_bound, -1)
    return transforms.ComposeTransform([transforms.ExpTransform(), move])


@_both(constraints.interval, constraints.half_open_interval)
def _between(constraint: Any) -> Transform:
    """The sigmoid, stretched to the interval."""
    low, high = constraint.lower_bound, constraint.upper_bound
    if all(isinstance(bound, (int, float)) for bound in (low, high)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(),
                                        transforms.AffineTransform(low, high - low)])


@biject_to.register(constraints.simplex)
def _sticks(constraint: Any) -> Transform:
    return transforms.StickBreakingTransform()


@transform_to.register(constraints.simplex)
def _softmax(constraint: Any) -> Transform:
    return transforms.SoftmaxTransform()


@_both(constraints.lower_cholesky)
def _factor(constraint: Any) -> Transform:
    return transforms.LowerCholeskyTransform()


@_both(constraints.corr_cholesky)
def _correlation(constraint: Any) -> Transform:
    return transforms.CorrCholeskyTransform()


@_both(constraints.positive_definite, constraints.positive_semidefinite)
def _definite(constraint: Any) -> Transform:
    return transforms.PositiveDefiniteTransform()


for _registry in (biject_to, transform_to):
    _registry.register(constraints.independent, lambda constraint, registry=_registry:
                       transforms.IndependentTransform(registry(constraint.base_constraint),
                                                                  constraint.reinterpreted_batch_ndims))
    _registry.register(constraints.cat, lambda constraint, registry=_registry:
                       transforms.CatTransform([registry(c) for c in constraint.cseq],
                                                          constraint.dim, constraint.lengths))
    _registry.register(constraints.stack, lambda constraint, registry=_registry:
                       transforms.StackTransform([registry(c) for c in constraint.cseq],
                                                            constraint.dim))
