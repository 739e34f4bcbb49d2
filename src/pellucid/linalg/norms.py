"""The sizes of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

from .. import ops
from ..dtypes import as_dtype
from ..ops.distance import p_norm
from ..tensor import OpError, Tensor, wrap
from ..written import takes_out
from .decompositions import svdvals
from .equations import inv, where_regular


@takes_out
def vector_norm(x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *,
                dtype: Any = None) -> Tensor:
    """The length of the vectors along dim (of all elements as one vector by default).

        y = (sum |x|^ord)^(1 / ord)        inf: the largest |x|, -inf: the smallest, 0: how many are not 0

    Raises:  RuntimeError for the largest of no elements.
    """
    return p_norm(x if dtype is None else x.to(as_dtype(dtype)), ord, dim, keepdim)


@takes_out
def matrix_norm(A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *,
                dtype: Any = None) -> Tensor:
    """The size of the matrices in two dimensions.

        "fro"     sqrt(sum A[i, j]^2)             "nuc"     the sum of the singular values
        2, -2     the largest, the smallest of the singular values
        1, -1     the largest, the smallest sum of |A| over a column; inf, -inf over a row
    """
    dim = tuple(dim) if not isinstance(dim, int) else (dim,)
    if len(dim) != 2 or dim[0] % A.ndim == dim[1] % A.ndim:
        raise OpError(f"matrix_norm: dim must be two different dimensions, got {dim}")
    if dtype is not None:
        A = A.to(as_dtype(dtype))
    if ord == "fro":
        return p_norm(A, 2, dim, keepdim)
    if ord == "nuc":
        return ops.nuclear_norm(A, dim, keepdim)
    matrices = A.movedim(dim, (-2, -1))
    if ord in (2, -2):
        s = svdvals(matrices)
        y = s.amax(-1) if ord == 2 else s.amin(-1)
    elif ord in (1, -1, math.inf, -math.inf):
        sums = matrices.abs().sum(-2 if abs(ord) == 1 else -1)
        y = sums.amax(-1) if ord > 0 else sums.amin(-1)
    else:
        raise OpError(f"matrix_norm: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
    for axis in sorted(d % A.ndim for d in dim) if keepdim else ():
        y = y.unsqueeze(axis)
    return y


@takes_out
def norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The length of vectors or the size of matrices, as NumPy's np.linalg.norm tells them apart.

    Without ord: Euclid's length of all elements along dim. With ord: of vectors for one dim (or a vector A),
    of matrices for two (or a matrix A); see `vector_norm` and `matrix_norm`.
    """
    dim = (dim,) if isinstance(dim, int) else None if dim is None else tuple(dim)
    if dim is not None and len(dim) not in (1, 2):
        raise OpError(f"norm: dim must be one or two dimensions, got {dim}")
    if ord is not None and dim is None:
        if A.ndim not in (1, 2):
            raise OpError(f"norm: with ord and without dim, A must be a vector or a matrix, got shape "
                          f"{tuple(A.shape)}")
        dim = tuple(range(A.ndim))
    if ord is None or len(dim or ()) == 1:
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    return matrix_norm(A, ord, dim, keepdim, dtype=dtype)


@takes_out
def cond(A: Tensor, p: Any = None) -> Tensor:
    """The condition number: by how much solving A x = b can magnify a relative error of b.

        y = |A| |A^-1|        in the norm p: None, 2 and -2 by singular values; inf for a singular matrix
    Shapes:  A (..., M, N) -> (...); square unless p is None, 2 or -2
    """
    if p in (None, 2, -2):
        s = svdvals(A)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    safe, singular = where_regular(A, "cond")
    y = matrix_norm(safe, p) * matrix_norm(inv(safe), p)
    return y.masked_fill(wrap(singular), math.inf) if singular.any() else y
