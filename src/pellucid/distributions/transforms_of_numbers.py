"""Transforms: invertible functions that know how much they stretch space.

When y = f(x), the density of y is that of x divided by the stretch |det dy/dx|, whose logarithm
`log_abs_det_jacobian(x, y)` gives. So a Normal becomes a LogNormal by exp, a bounded action by tanh, ...

A transform takes numbers (domain.event_dim 0), vectors (1) or matrices (2); the stretch has one number for
each of them. Transforms of vectors and matrices are in `transforms_of_vectors`.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any

from ..ops.activation import softplus
from ..tensor import Size, Tensor
from . import constraints
from .constraints import Constraint
from .parameters import eps_of, summed, tiny_of


class Transform:
    """A function with an inverse and the logarithm of its stretch.

    cache_size  1 remembers the last x and y, so that `inv(y)` of the y just made is that very x: no
                rounding, and no inverse of a saturated tanh
    bijective   is there exactly one x for each y?
    sign        +1 where the function grows, -1 where it falls (functions of one number)
    """

    bijective = False
    domain: Constraint
    codomain: Constraint

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: cache_size must be 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._cached: tuple = (None, None)
        self._inverse_seen: Any = None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_inverse_seen": None, "_cached": (None, None)}

    @property
    def event_dim(self) -> int:
        """How many of the last dimensions it works on together."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError(f"{self}: domain and codomain differ in event_dim; use those")
        return self.domain.event_dim

    @property
    def inv(self) -> Transform:
        """The inverse function; its inverse is this."""
        inverse = self._inverse_seen() if self._inverse_seen is not None else None
        if inverse is None:
            inverse = _InverseTransform(self)
            self._inverse_seen = weakref.ref(inverse)
        return inverse

    @property
    def sign(self) -> Any:
        """+1 where the function grows, -1 where it falls."""
        raise NotImplementedError(f"{type(self).__name__}.sign is not defined")

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same transform with this cache_size."""
        if self._cache_size == cache_size:
            return self
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__, _cache_size=cache_size, _cached=(None, None), _inverse_seen=None)
        return new

    def __call__(self, x: Tensor) -> Tensor:
        """y = f(x)."""
        if self._cache_size and x is self._cached[0]:
            return self._cached[1]
        y = self._call(x)
        self._cached = (x, y) if self._cache_size else self._cached
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        """x = f^-1(y)."""
        if self._cache_size and y is self._cached[1]:
            return self._cached[0]
        x = self._inverse(y)
        self._cached = (x, y) if self._cache_size else self._cached
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__}: no formula for y = f(x)")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log |det dy/dx| at x, with y = f(x)."""
        raise NotImplementedError(f"{type(self).__name__} has no stretch")

    def forward_shape(self, shape: Any) -> Size:
        """The shape of f(x) for an x of this shape."""
        return Size(shape)

    def inverse_shape(self, shape: Any) -> Size:
        """The shape of f^-1(y) for a y of this shape."""
        return Size(shape)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _InverseTransform(Transform):
    """The inverse of a transform; made by `transform.inv`."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._inv = transform

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return self._inv.codomain

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return self._inv.domain

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return self._inv.bijective

    @property
    def sign(self) -> Any:
        return self._inv.sign

    @property
    def inv(self) -> Transform:
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._inv.with_cache(cache_size).inv

    def __call__(self, x: Tensor) -> Tensor:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Tensor) -> Tensor:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Size:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Size:
        return self._inv.forward_shape(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._inv == other._inv

    __hash__ = Transform.__hash__

    def __repr__(self) -> str:
        return f"{type(self._inv).__name__}().inv" if not str(self._inv).endswith(")") else f"{self._inv}.inv"


class _Elementwise(Transform):
    """Bijections of the real line (or of a part of it) that grow."""

    bijective, sign = True, +1  # type: ignore[assignment]
    domain: Any = constraints.real
    codomain: Any = constraints.real

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = Transform.__hash__


class ExpTransform(_Elementwise):
    """y = e^x, for what is positive. log |dy/dx| = x."""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class SigmoidTransform(_Elementwise):
    """y = 1 / (1 + e^-x), clamped inside (0, 1). log |dy/dx| = -softplus(-x) - softplus(x)."""

    codomain = constraints.unit_interval

    def _call(self, x: Tensor) -> Tensor:
        return inside(x.sigmoid())

    def _inverse(self, y: Tensor) -> Tensor:
        y = inside(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x) - softplus(x)


class TanhTransform(_Elementwise):
    """y = tanh x, for what lies in (-1, 1). log |dy/dx| = log(1 - y^2) = 2 (log 2 - x - softplus(-2x)).

    The second form keeps its digits where y is nearly 1. cache_size=1 spares the inverse there.
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2 * (math.log(2) - x - softplus(-2 * x))


class SoftplusTransform(_Elementwise):
    """y = log(1 + e^x), a positive number that is nearly x where x is large. log |dy/dx| = -softplus(-x)."""

    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-(-y).expm1()).log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -softplus(-x)


class PowerTransform(Transform):
    """y = x^exponent on positive numbers. log |dy/dx| = log |exponent y / x|."""

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = exponent

    @property
    def sign(self) -> Any:
        e = self.exponent
        return e.sign() if isinstance(e, Tensor) else (e > 0) - (e < 0)

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and same(self.exponent, other.exponent)

    __hash__ = Transform.__hash__


class AbsTransform(Transform):
    """y = |x|. Two x for each y, so it has no stretch; inv(y) is the positive one."""

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AbsTransform)

    __hash__ = Transform.__hash__


class AffineTransform(Transform):
    """y = loc + scale x, element by element. log |dy/dx| = log |scale|, summed over an event.

    event_dim  how many of the last dimensions are one value
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        n = self._event_dim
        return constraints.independent(constraints.real, n) if n else constraints.real

    codomain = domain  # type: ignore[assignment]

    @property
    def sign(self) -> Any:
        s = self.scale
        return s.sign() if isinstance(s, Tensor) else (s > 0) - (s < 0)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, Tensor):
            log = self.scale.abs().log()
        else:
            log = x.new_tensor(math.log(abs(self.scale)))
        return summed(log.expand(x.shape), self._event_dim)

    def forward_shape(self, shape: Any) -> Size:
        return joint_shape(shape, self.loc, self.scale)

    inverse_shape = forward_shape

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, AffineTransform) and same(self.loc, other.loc)
                and same(self.scale, other.scale))

    __hash__ = Transform.__hash__


class ComposeTransform(Transform):
    """One after the other: y = f_n(... f_2(f_1(x))). The logarithms of the stretches add up."""

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        if not self.parts:
            return constraints.real
        return widened(self.parts[0].domain, self._dims()[0])

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        if not self.parts:
            return constraints.real
        return widened(self.parts[-1].codomain, self._dims()[1])

    def _dims(self) -> tuple[int, int]:
        """How many dimensions make one value, before and after: as many as the widest part needs."""
        before = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            before = max(before + part.domain.event_dim - part.codomain.event_dim, part.domain.event_dim)
        after = before
        for part in self.parts:
            after += part.codomain.event_dim - part.domain.event_dim
        return before, after

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        sign: Any = 1
        for part in self.parts:
            sign = sign * part.sign
        return sign

    @property
    def inv(self) -> Transform:
        inverse = self._inverse_seen() if self._inverse_seen is not None else None
        if inverse is None:
            inverse = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inverse_seen = weakref.ref(inverse)
            inverse._inverse_seen = weakref.ref(self)
        return inverse

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self if self._cache_size == cache_size else ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inv_call(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part.inv(y)
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return x.new_zeros(x.shape)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        total, dims = None, self.domain.event_dim
        for part, before, after in zip(self.parts, values, values[1:]):  # noqa: B905 (one pair fewer)
            term = summed(part.log_abs_det_jacobian(before, after), dims - part.domain.event_dim)
            total = term if total is None else total + term
            dims += part.codomain.event_dim - part.domain.event_dim
        assert total is not None
        return total

    def forward_shape(self, shape: Any) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return Size(shape)

    def inverse_shape(self, shape: Any) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return Size(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = Transform.__hash__

    def __repr__(self) -> str:
        inner = ",\n    ".join(repr(part) for part in self.parts)
        return f"ComposeTransform(\n    {inner}\n)"


def inside(y: Tensor) -> Tensor:
    """Numbers of [0, 1] pushed off its ends, whose logarithms and logits are infinite."""
    return y.clamp(tiny_of(y), 1 - eps_of(y))


def same(a: Any, b: Any) -> bool:
    """Are two parameters equal, numbers or tensors?"""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return a is b or bool((a == b).all())
    return a == b


def joint_shape(shape: Any, *parameters: Any) -> Size:
    """The shape that values of `shape` broadcast to with parameters."""
    from ..ops.shape import broadcast_shapes

    return broadcast_shapes(tuple(shape), *(tuple(p.shape) for p in parameters if isinstance(p, Tensor)))


def widened(constraint: Constraint, event_dim: int) -> Constraint:
    """A constraint over more of the last dimensions."""
    more = event_dim - constraint.event_dim
    return constraints.independent(constraint, more) if more else constraint


identity_transform = ComposeTransform([])
