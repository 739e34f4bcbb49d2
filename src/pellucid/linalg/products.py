"""Products, powers and determinants of matrices."""

from __future__ import annotations

from .. import ops
from ..ops.inverses import SlogDet
from ..tensor import OpError, Tensor
from ..written import takes_out


@takes_out
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Multiply matrices: y = input @ other."""
    return ops.matmul(input, other)


@takes_out
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Multiply and add up along dim: y = sum x y."""
    return ops.vecdot(x, y, dim=dim)


@takes_out
def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector perpendicular to both: y[i] = input[i + 1] other[i + 2] - input[i + 2] other[i + 1]."""
    if input.ndim != other.ndim:
        raise OpError(f"cross: input and other must have as many dimensions, got {input.ndim} and "
                      f"{other.ndim}")
    return ops.cross(input, other, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Look at the diagonals of matrices: y[..., i] = A[..., i, i + offset]."""
    return ops.diagonal(A, offset, dim1, dim2)


@takes_out
def matrix_power(A: Tensor, n: int) -> Tensor:
    """Multiply a square matrix n times by itself, its inverse for a negative n: y = A @ A @ ... @ A."""
    return ops.matrix_power(A, n)


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of square matrices: y = 1 + A + A^2 / 2 + A^3 / 6 + ..."""
    return ops.matrix_exp(A)


@takes_out
def det(A: Tensor) -> Tensor:
    """The determinant of square matrices: the factor by which A changes volumes."""
    return ops.det(A)


@takes_out
def slogdet(A: Tensor) -> SlogDet:
    """The sign of the determinant and the logarithm of its absolute value: det A = sign exp(logabsdet)."""
    return ops.slogdet(A)


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Powers of each number: y[..., i, j] = x[..., i]^j for j < N (as many as numbers by default)."""
    count = x.shape[-1] if N is None else N
    if count == 0:
        return x.new_zeros((*x.shape, 0))
    return ops.stack([x ** j for j in range(count)], -1)
