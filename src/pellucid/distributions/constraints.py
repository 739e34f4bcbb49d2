"""Where values may lie: `positive`, `simplex`, `lower_cholesky`, ...

A constraint tells for each value whether it is allowed, `constraint.check(value)`, a bool per event. A
distribution states one per parameter (`arg_constraints`) and one for what it draws (`support`).

>>> positive.check(pellucid.tensor([-1.0, 2.0]))
tensor([False,  True])
>>> simplex.check(pellucid.tensor([[0.25, 0.75], [0.5, 0.75]]))
tensor([ True, False])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor, wrap

__all__ = ["Constraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property", "greater_than",
           "greater_than_eq", "half_open_interval", "independent", "integer_interval", "interval",
           "is_dependent", "less_than", "lower_cholesky", "lower_triangular", "multinomial", "nonnegative",
           "nonnegative_integer", "one_hot", "positive", "positive_definite", "positive_integer",
           "positive_semidefinite", "real", "real_vector", "simplex", "square", "stack", "symmetric",
           "unit_interval"]


class Constraint:
    """A set of allowed values.

    is_discrete  does it hold isolated points only?
    event_dim    how many of the last dimensions make one value: 0 numbers, 1 vectors, 2 matrices
    """

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Tensor:
        """Is each value allowed? Shapes: (*batch, *event) -> (*batch), bool."""
        raise NotImplementedError(f"{type(self).__name__}.check")

    def holds(self, x: np.ndarray) -> np.ndarray:
        """`check` on arrays: what the library calls."""
        return self.check(wrap(x))._data

    def __repr__(self) -> str:
        return f"{type(self).__name__.lstrip('_')}()"


class _Known(Constraint):
    """A constraint that is written on arrays."""

    def check(self, value: Tensor) -> Tensor:
        return wrap(np.asarray(self.holds(value._data)))


class _Dependent(Constraint):
    """Depends on other parameters: nothing can be checked."""

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> None:
        self._is_discrete, self._event_dim = is_discrete, event_dim

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return self._told("is_discrete")

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return self._told("event_dim")

    def _told(self, name: str) -> Any:
        value = getattr(self, f"_{name}")
        if value is NotImplemented:
            raise NotImplementedError(f"dependent.{name} is not known without the other parameters")
        return value

    def __call__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> _Dependent:
        return _Dependent(is_discrete=self._is_discrete if is_discrete is NotImplemented else is_discrete,
                          event_dim=self._event_dim if event_dim is NotImplemented else event_dim)

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("dependent: what is allowed depends on other parameters")


class _DependentProperty(property, _Dependent):
    """A constraint that a distribution computes from its parameters, as `@property` computes a value.

        @constraints.dependent_property(is_discrete=False, event_dim=0)
        def support(self): return constraints.interval(self.low, self.high)
    """

    def __init__(self, compute: Any = None, *, is_discrete: Any = NotImplemented,
                 event_dim: Any = NotImplemented) -> None:
        super().__init__(compute)
        self._is_discrete, self._event_dim = is_discrete, event_dim

    def __call__(self, compute: Any) -> _DependentProperty:  # type: ignore[override]
        return _DependentProperty(compute, is_discrete=self._is_discrete, event_dim=self._event_dim)


def is_dependent(constraint: Any) -> bool:
    """Does the constraint depend on other parameters?"""
    return isinstance(constraint, _Dependent)


class _Independent(_Known):
    """Holds for an event when the base holds for all its parts: the last dimensions are one value."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def holds(self, x: np.ndarray) -> np.ndarray:
        if x.ndim < self.event_dim:
            raise ValueError(f"{self}: values have at least {self.event_dim} dimensions, got shape {x.shape}")
        parts = self.base_constraint.holds(x)
        return np.asarray(parts.all(axis=tuple(range(-self.reinterpreted_batch_ndims, 0))))

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(_Known):
    """The support of a mixture: that of its components, for values without the components' dimension."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return self.base_constraint.event_dim

    def holds(self, x: np.ndarray) -> np.ndarray:
        spread = self.base_constraint.holds(np.expand_dims(x, -1 - self.event_dim))
        return np.asarray(spread.all(axis=tuple(range(-1 - self.event_dim, 0))))

    def __repr__(self) -> str:
        return f"MixtureSameFamilyConstraint({self.base_constraint!r})"


class _Boolean(_Known):
    is_discrete = True

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (x == 0) | (x == 1)


class _OneHot(_Known):
    is_discrete, event_dim = True, 1

    def holds(self, x: np.ndarray) -> np.ndarray:
        return ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1)


class _Bounded(_Known):
    """Constraints with bounds, numbers or tensors."""

    def __init__(self, **bounds: Any) -> None:
        self._bounds = bounds
        self.__dict__.update(bounds)

    def _limit(self, name: str) -> Any:
        bound = self._bounds[name]
        return bound._data if isinstance(bound, Tensor) else bound

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={bound}" for name, bound in self._bounds.items())
        return f"{type(self).__name__.lstrip('_')}({told})"


class _IntegerInterval(_Bounded):
    is_discrete = True

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        super().__init__(lower_bound=lower_bound, upper_bound=upper_bound)

    def holds(self, x: np.ndarray) -> np.ndarray:
        whole = x % 1 == 0 if x.dtype.kind == "f" else True
        return whole & (x >= self._limit("lower_bound")) & (x <= self._limit("upper_bound"))


class _IntegerGreaterThan(_Bounded):
    is_discrete = True

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound=lower_bound)

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (x % 1 == 0) & (x >= self._limit("lower_bound"))


class _Real(_Known):
    def holds(self, x: np.ndarray) -> np.ndarray:
        return x == x                                            # nan is not a number; infinities pass


class _GreaterThan(_Bounded):
    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound=lower_bound)

    def holds(self, x: np.ndarray) -> np.ndarray:
        return x > self._limit("lower_bound")


class _GreaterThanEq(_Bounded):
    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound=lower_bound)

    def holds(self, x: np.ndarray) -> np.ndarray:
        return x >= self._limit("lower_bound")


class _LessThan(_Bounded):
    def __init__(self, upper_bound: Any) -> None:
        super().__init__(upper_bound=upper_bound)

    def holds(self, x: np.ndarray) -> np.ndarray:
        return x < self._limit("upper_bound")


class _Interval(_Bounded):
    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        super().__init__(lower_bound=lower_bound, upper_bound=upper_bound)

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (x >= self._limit("lower_bound")) & (x <= self._limit("upper_bound"))


class _HalfOpenInterval(_Interval):
    def holds(self, x: np.ndarray) -> np.ndarray:
        return (x >= self._limit("lower_bound")) & (x < self._limit("upper_bound"))


class _Simplex(_Known):
    event_dim = 1

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (x >= 0).all(-1) & (abs(x.sum(-1) - 1) < 1e-6)


class _Multinomial(_Known):
    is_discrete, event_dim = True, 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (x >= 0).all(-1) & (x.sum(-1) <= self.upper_bound)


class _LowerTriangular(_Known):
    event_dim = 2

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (np.tril(x) == x).all((-2, -1))


class _LowerCholesky(_Known):
    event_dim = 2

    def holds(self, x: np.ndarray) -> np.ndarray:
        return (np.tril(x) == x).all((-2, -1)) & (np.diagonal(x, 0, -2, -1) > 0).all(-1)


class _CorrCholesky(_Known):
    event_dim = 2

    def holds(self, x: np.ndarray) -> np.ndarray:
        slack = np.finfo(x.dtype).eps * x.shape[-1] * 10         # rows have length 1, up to rounding
        unit = (abs(np.sqrt((x * x).sum(-1)) - 1) <= slack).all(-1)
        return unit & lower_cholesky.holds(x)


class _Square(_Known):
    event_dim = 2

    def holds(self, x: np.ndarray) -> np.ndarray:
        return np.full(x.shape[:-2], x.shape[-2] == x.shape[-1])


class _Symmetric(_Square):
    def holds(self, x: np.ndarray) -> np.ndarray:
        if x.shape[-2] != x.shape[-1]:
            return super().holds(x)
        return np.isclose(x, np.swapaxes(x, -2, -1), atol=1e-6).all((-2, -1))


class _PositiveSemidefinite(_Symmetric):
    def holds(self, x: np.ndarray) -> np.ndarray:
        symmetric = super().holds(x)
        if not symmetric.all():
            return symmetric
        return np.asarray((np.linalg.eigvalsh(x) >= 0).all(-1))


class _PositiveDefinite(_Symmetric):
    def holds(self, x: np.ndarray) -> np.ndarray:
        symmetric = super().holds(x)
        if not symmetric.all() or not x.size or _has_cholesky(x):
            return symmetric
        return np.reshape([_has_cholesky(matrix) for matrix in x.reshape(-1, *x.shape[-2:])], x.shape[:-2])


def _has_cholesky(matrices: np.ndarray) -> bool:
    """Is this matrix positive definite? Of a batch: are all?"""
    try:
        return bool(np.isfinite(np.linalg.cholesky(matrices)).all())
    except np.linalg.LinAlgError:
        return False


class _Cat(_Known):
    """Each constraint for its own piece of the values along dim."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0,
                 lengths: Sequence[int] | None = None) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.cseq):
            raise ValueError(f"cat: {len(self.cseq)} constraints need as many lengths, got {self.lengths}")

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return any(c.is_discrete for c in self.cseq)

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return max(c.event_dim for c in self.cseq)

    def holds(self, x: np.ndarray) -> np.ndarray:
        pieces = np.split(x, np.cumsum(self.lengths)[:-1], self.dim)
        return np.concatenate([c.holds(v) for c, v in zip(self.cseq, pieces, strict=True)], self.dim)


class _Stack(_Known):
    """Each constraint for its own slice of the values along dim."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq, self.dim = list(cseq), dim

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return any(c.is_discrete for c in self.cseq)

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        inner = max(c.event_dim for c in self.cseq)
        return inner + (self.dim + inner < 0)

    def holds(self, x: np.ndarray) -> np.ndarray:
        slices = np.moveaxis(x, self.dim, 0)
        return np.stack([c.holds(v) for c, v in zip(self.cseq, slices, strict=True)], self.dim)


dependent = _Dependent()
dependent_property = _DependentProperty
independent = _Independent
boolean = _Boolean()
one_hot = _OneHot()
nonnegative_integer = _IntegerGreaterThan(0)
positive_integer = _IntegerGreaterThan(1)
integer_interval = _IntegerInterval
real = _Real()
real_vector = independent(real, 1)
positive = _GreaterThan(0.0)
nonnegative = _GreaterThanEq(0.0)
greater_than = _GreaterThan
greater_than_eq = _GreaterThanEq
less_than = _LessThan
multinomial = _Multinomial
unit_interval = _Interval(0.0, 1.0)
interval = _Interval
half_open_interval = _HalfOpenInterval
simplex = _Simplex()
lower_triangular = _LowerTriangular()
lower_cholesky = _LowerCholesky()
corr_cholesky = _CorrCholesky()
square = _Square()
symmetric = _Symmetric()
positive_semidefinite = _PositiveSemidefinite()
positive_definite = _PositiveDefinite()
cat = _Cat
stack = _Stack
