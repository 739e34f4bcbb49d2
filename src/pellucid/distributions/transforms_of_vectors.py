"""Transforms of vectors and matrices: simplex, Cholesky factors, pieces, reshaping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..ops.activation import softplus
from ..ops.diagonal import diag_embed
from ..ops.fill import eye
from ..ops.gates import logsigmoid
from ..ops.join import cat, stack
from ..ops.pad import pad
from ..ops.ranges import tril_indices
from ..ops.softmax import softmax
from ..tensor import Size, Tensor
from . import constraints
from .constraints import Constraint
from .parameters import eps_of, summed, tiny_of
from .transforms_of_numbers import Transform, inside, widened


class IndependentTransform(Transform):
    """The same transform, whose last dimensions count as one value: stretches are summed over them."""

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int,
                 cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return summed(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Any) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Size:
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


class ReshapeTransform(Transform):
    """Events of in_shape become events of out_shape, with the same elements; nothing is stretched."""

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(f"ReshapeTransform: in_shape {tuple(in_shape)} has {self.in_shape.numel()} "
                             f"elements, out_shape {tuple(out_shape)} has {self.out_shape.numel()}")

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return widened(constraints.real, len(self.in_shape))

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return widened(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x.new_zeros(x.shape[:x.dim() - len(self.in_shape)])

    def forward_shape(self, shape: Any) -> Size:
        return self._exchanged(Size(shape), self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Size:
        return self._exchanged(Size(shape), self.out_shape, self.in_shape)

    def _exchanged(self, shape: Size, old: Size, new: Size) -> Size:
        cut = len(shape) - len(old)
        if cut < 0 or shape[cut:] != old:
            raise ValueError(f"ReshapeTransform: shape {tuple(shape)} must end in {tuple(old)}")
        return shape[:cut] + new


class SoftmaxTransform(Transform):
    """y = e^x / sum e^x over the last dimension: any vector becomes probabilities. Not a bijection."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return softmax(x, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftmaxTransform)

    __hash__ = Transform.__hash__


class StickBreakingTransform(Transform):
    """K numbers become K + 1 probabilities: each takes its share of the stick that the ones before left.

        z_k = sigmoid(x_k - log(K - k))          k from 0: all shares equal at x = 0
        y_k = z_k (1 - z_0) ... (1 - z_(k-1)),   y_K the rest
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _centred(self, x: Tensor) -> Tensor:
        size = x.shape[-1]
        return x - (size - x.new_ones(size).cumsum(-1) + 1).log()

    def _call(self, x: Tensor) -> Tensor:
        z = inside(self._centred(x).sigmoid())
        left = (1 - z).cumprod(-1)
        return pad(z, (0, 1), value=1.0) * pad(left, (1, 0), value=1.0)

    def _inverse(self, y: Tensor) -> Tensor:
        shares = y[..., :-1]
        left = (1 - shares.cumsum(-1)).clamp(min=tiny_of(y))
        size = shares.shape[-1]
        return shares.log() - left.log() + (size - y.new_ones(size).cumsum(-1) + 1).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = self._centred(x)
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Size:
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Size:
        return Size((*shape[:-1], shape[-1] - 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StickBreakingTransform)

    __hash__ = Transform.__hash__


class LowerCholeskyTransform(Transform):
    """Any square matrix becomes lower triangular with a positive diagonal: y_ii = e^(x_ii)."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + diag_embed(x.diagonal(dim1=-2, dim2=-1).exp())

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + diag_embed(y.diagonal(dim1=-2, dim2=-1).log())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LowerCholeskyTransform)

    __hash__ = Transform.__hash__


class CorrCholeskyTransform(Transform):
    """K (K-1) / 2 numbers become the Cholesky factor of a correlation matrix: rows of length 1.

        r = tanh x, filled into a strictly lower triangle row by row
        y_ij = r_ij sqrt((1 - r_i0^2) ... (1 - r_i(j-1)^2)),   y_ii with 1 for r_ii
    Each row breaks a stick of squared length 1.

    Source:  Stan Development Team, "Stan Reference Manual", Cholesky factors of correlation matrices.
    """

    domain = constraints.real_vector
    codomain: Constraint = constraints.corr_cholesky
    bijective = True

    def _rows(self, shape: Any) -> tuple[int, Any]:
        size = self.forward_shape(shape)[-1]
        return size, tril_indices(size, size, -1)

    def _call(self, x: Tensor) -> Tensor:
        size, places = self._rows(x.shape)
        eps = eps_of(x)
        r = x.new_zeros((*x.shape[:-1], size * size))
        flat = (places[0] * size + places[1]).expand(x.shape)
        r = r.scatter(-1, flat, x.tanh().clamp(-1 + eps, 1 - eps)).reshape((*x.shape[:-1], size, size))
        left = (1 - r.square()).sqrt().cumprod(-1)[..., :-1]
        return (r + eye(size, dtype=x.dtype)) * pad(left, (1, 0), value=1.0)

    def _left(self, y: Tensor, shape: Any) -> tuple[Any, Tensor]:
        """The places below the diagonal, and how much of its stick each row has left there, squared."""
        _, places = self._rows(shape)
        left = pad((1 - y.square().cumsum(-1))[..., :-1], (1, 0), value=1.0)
        return places, left.clamp(min=tiny_of(y))[..., places[0], places[1]]

    def _inverse(self, y: Tensor) -> Tensor:
        places, left = self._left(y, self.inverse_shape(y.shape))
        return (y[..., places[0], places[1]] / left.sqrt()).atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        _, left = self._left(y, x.shape)
        return (0.5 * left.log() - 2 * (x + softplus(-2 * x) - math.log(2))).sum(-1)

    def forward_shape(self, shape: Any) -> Size:
        count = shape[-1]
        size = (1 + math.isqrt(1 + 8 * count)) // 2
        if size * (size - 1) // 2 != count:
            raise ValueError(f"CorrCholeskyTransform: {count} numbers fill no triangle; 1, 3, 6, 10, ... do")
        return Size((*shape[:-1], size, size))

    def inverse_shape(self, shape: Any) -> Size:
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(f"CorrCholeskyTransform: expects square matrices, got shape {tuple(shape)}")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


class PositiveDefiniteTransform(Transform):
    """Any square matrix becomes positive definite: y = L L^T with the L of LowerCholeskyTransform."""

    domain = constraints.independent(constraints.real, 2)
    codomain: Constraint = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.transpose(-2, -1)

    def _inverse(self, y: Tensor) -> Tensor:
        from ..ops.triangular import cholesky

        return LowerCholeskyTransform().inv(cholesky(y))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PositiveDefiniteTransform)

    __hash__ = Transform.__hash__


class CatTransform(Transform):
    """Each transform for its own piece along dim, of the given lengths."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None,
                 cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms, self.dim = [t.with_cache(cache_size) for t in tseq], dim
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise ValueError(f"CatTransform: {len(self.transforms)} transforms need as many lengths, "
                             f"got {self.lengths}")

    @property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @property
    def length(self) -> int:
        """The size of dim: the sum of the lengths."""
        return sum(self.lengths)

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(t.bijective for t in self.transforms)

    def _pieces(self, x: Tensor) -> Any:
        if x.shape[self.dim] != self.length:
            raise ValueError(f"CatTransform: dim {self.dim} has size {x.shape[self.dim]}, the lengths "
                             f"{self.lengths} add up to {self.length}")
        return x.split(self.lengths, self.dim)

    def _call(self, x: Tensor) -> Tensor:
        return cat([t(v) for t, v in zip(self.transforms, self._pieces(x), strict=True)], self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        return cat([t.inv(v) for t, v in zip(self.transforms, self._pieces(y), strict=True)], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        parts = []
        for t, a, b in zip(self.transforms, self._pieces(x), self._pieces(y), strict=True):
            parts.append(summed(t.log_abs_det_jacobian(a, b), self.event_dim - t.event_dim))
        dim = self.dim if self.dim < 0 else self.dim - x.dim()
        dim += self.event_dim
        if dim < 0:
            return cat(parts, dim)
        return sum(parts[1:], parts[0])


class StackTransform(Transform):
    """Each transform for its own slice along dim."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.transforms, self.dim = [t.with_cache(cache_size) for t in tseq], dim

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @property
    def codomain(self) -> Constraint:  # type: ignore[override]
        return constraints.stack([t.codomain for t in self.transforms], self.dim)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(t.bijective for t in self.transforms)

    def _slices(self, x: Tensor) -> Any:
        if x.shape[self.dim] != len(self.transforms):
            raise ValueError(f"StackTransform: dim {self.dim} has size {x.shape[self.dim]}, for "
                             f"{len(self.transforms)} transforms")
        return x.unbind(self.dim)

    def _call(self, x: Tensor) -> Tensor:
        return stack([t(v) for t, v in zip(self.transforms, self._slices(x), strict=True)], self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        return stack([t.inv(v) for t, v in zip(self.transforms, self._slices(y), strict=True)], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return stack([t.log_abs_det_jacobian(a, b) for t, a, b in
                      zip(self.transforms, self._slices(x), self._slices(y), strict=True)], self.dim)


class CumulativeDistributionTransform(Transform):
    """y = cdf(x) of a distribution: its own samples become uniform. log |dy/dx| = log p(x)."""

    bijective, sign = True, +1  # type: ignore[assignment]
    codomain = constraints.unit_interval

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Constraint:  # type: ignore[override]
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)
