"""Linear equations: inverses, solutions, triangular factors, least squares."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.inverses import check_matrices, cutoff, pseudo_inverse, solve_matrix
from ..ops.triangular import bad_corner
from ..ops.triangular import cholesky as _cholesky
from ..ops.triangular import solve_triangular as _solve_triangular
from ..tensor import OpError, Tensor, wrap
from ..written import takes_out


class InverseResult(NamedTuple):
    """An inverse, and 0 for each matrix that has one."""

    inverse: Any
    info: Any


class SolveResult(NamedTuple):
    """A solution, and 0 for each matrix that has an inverse."""

    result: Any
    info: Any


class CholeskyResult(NamedTuple):
    """A triangular factor, and 0 for each matrix that has one."""

    L: Any
    info: Any


class LstsqResult(NamedTuple):
    """What least squares found: residuals and singular_values are empty where PyTorch leaves them empty."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


@takes_out
def inv(A: Tensor) -> Tensor:
    """Invert square matrices: y A = A y = 1.

    Raises:  LinAlgError for a singular matrix, naming the first of a batch.
    >>> inv(tensor([[2.0, 0.0], [1.0, 4.0]]))
    tensor([[ 0.5000,  0.0000],
            [-0.1250,  0.2500]])
    """
    return ops.inverse(A)


def inv_ex(A: Tensor, *, check_errors: bool = False) -> InverseResult:
    """Invert square matrices, saying in `info` which have an inverse (0) in place of raising an error.

    Differs: the result for a singular matrix is nan, in PyTorch it is whatever the elimination left.
    """
    if check_errors:
        return InverseResult(inv(A), wrap(np.zeros(A.shape[:-2], np.int32)))
    safe, singular = where_regular(A, "inv_ex")
    info = wrap(singular.astype(np.int32))
    return InverseResult(inv(safe).masked_fill(wrap(singular[..., None, None]), math.nan), info)


def where_regular(A: Tensor, name: str) -> tuple[Tensor, np.ndarray]:
    """A with the identity in the place of its singular matrices, and which these are."""
    check_matrices(name, A._data, square=True)
    singular = np.asarray(np.linalg.slogdet(A._data)[0] == 0)
    if not singular.any():
        return A, singular
    return ops.where(wrap(singular[..., None, None]), A.new_tensor(np.eye(A.shape[-1])), A), singular


@takes_out
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Solve A X = B, or X A = B with left=False.

    B is one vector, or a batch of vectors where its shape is that of A without the last dimension; else its
    last two dimensions are matrices.

    Shapes:  A (..., N, N), B (..., N, K) or (..., N) -> as B; leading dimensions broadcast
    Raises:  LinAlgError where A is singular.
    >>> solve(tensor([[2.0, 0.0], [1.0, 4.0]]), tensor([2.0, 9.0]))
    tensor([1., 2.])
    """
    check_matrices("solve", A._data, square=True)
    vectors = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    if vectors and not left:
        raise OpError("solve: left=False is for a matrix B, got vectors of shape "
                      f"{tuple(B.shape)}")
    if vectors:
        _rows_fit("solve", A, B, B.shape[-1])
        return solve_matrix(A, B.unsqueeze(-1)).squeeze(-1)
    _rows_fit("solve", A, B, B.shape[-2 if left else -1] if B.ndim > 1 else 0)
    return solve_matrix(A, B) if left else solve_matrix(A.mT, B.mT).mT


def _rows_fit(name: str, A: Tensor, B: Tensor, size: int) -> None:
    if A.shape[-2] != size:
        raise OpError(f"{name}: the shapes of A {tuple(A.shape)} and B {tuple(B.shape)} do not fit: "
                      f"{A.shape[-2]} equations for {size} numbers")


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> SolveResult:
    """Solve A X = B, saying in `info` where A is singular (not 0; the result is nan there)."""
    if check_errors:
        return SolveResult(solve(A, B, left=left), wrap(np.zeros(A.shape[:-2], np.int32)))
    safe, singular = where_regular(A, "solve_ex")
    y = solve(safe, B, left=left)
    mask = singular.reshape(singular.shape + (1,) * (y.ndim - singular.ndim))
    return SolveResult(y.masked_fill(wrap(mask), math.nan), wrap(singular.astype(np.int32)))


@takes_out
def solve_triangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = True,
                     unitriangular: bool = False) -> Tensor:
    """Solve A X = B, or X A = B with left=False, for triangular matrices A; the other triangle is not read.

    Raises:  LinAlgError for a zero on the diagonal, where PyTorch gives inf.
    """
    return _solve_triangular(A, B, upper=upper, left=left, unitriangular=unitriangular)


@takes_out
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The triangular L of a positive definite A = L L^T, or L^T with upper=True.

    Raises:  LinAlgError where A is not positive definite.
    """
    return _cholesky(A, upper)


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> CholeskyResult:
    """The same, telling in `info` the size of the first corner of A that is not positive definite (0: none).

    Differs: the factor of such a matrix is nan, in PyTorch it is whatever the elimination left.
    """
    check_matrices("cholesky_ex", A._data, square=True)
    corners = [bad_corner(A._data[place]) for place in np.ndindex(A.shape[:-2])]
    info = np.asarray(corners, np.int32).reshape(A.shape[:-2])
    if check_errors or not info.any():
        return CholeskyResult(cholesky(A, upper=upper), wrap(info))
    bad = wrap(np.asarray(info > 0)[..., None, None])
    safe = ops.where(bad, A.new_tensor(np.eye(A.shape[-1])), A)
    return CholeskyResult(cholesky(safe, upper=upper).masked_fill(bad, math.nan), wrap(info))


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of A as a map from its last dimensions to its first `ind` ones.

        tensordot(y, B, ind) = X  for  tensordot(A, X, X.ndim) = B
    """
    first, last = A.shape[:ind], A.shape[ind:]
    if ind <= 0 or math.prod(first) != math.prod(last):
        raise OpError(f"tensorinv: the first {ind} sizes of A {tuple(A.shape)} must have the product of the "
                      "others")
    return inv(A.reshape((math.prod(first), -1))).reshape((*last, *first))


def tensorsolve(A: Tensor, B: Tensor, dims: Any = None) -> Tensor:
    """Solve tensordot(A, X, X.ndim) = B; dims of A are moved to its end first.

    Shapes:  A (*B.shape, *X.shape), where both have the same number of elements -> X
    """
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    rest = A.shape[B.ndim:]
    if math.prod(rest) != B.numel():
        raise OpError(f"tensorsolve: A {tuple(A.shape)} must be square when B {tuple(B.shape)} is a vector")
    return solve(A.reshape((B.numel(), -1)), B.reshape((-1,))).reshape(tuple(rest))


def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> LstsqResult:
    """Find the X with the least |A X - B|; among several, the shortest.

        X = A^+ B        residuals[k] = |A X - B|^2 of column k

    driver: which results are filled, as in PyTorch: "gelsy" (the default) gives the rank, "gels" the
            residuals of a tall A and takes its full rank for granted, "gelsd" and "gelss" give all
    Shapes:  A (..., M, N), B (..., M, K) or (..., M) -> solution (..., N, K) or (..., N)
    """
    driver = driver or "gelsy"
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise OpError(f"lstsq: driver must be gels, gelsy, gelsd or gelss, got {driver!r}")
    check_matrices("lstsq", A._data)
    vectors = B.ndim == A.ndim - 1
    columns = B.unsqueeze(-1) if vectors else B
    _rows_fit("lstsq", A, B, columns.shape[-2])
    inverse = pseudo_inverse(A, 0.0, None if rcond is None else float(rcond))
    x = ops.matmul(inverse, columns)
    s = np.linalg.svd(A._data, compute_uv=False)
    rank = np.asarray(np.count_nonzero(s > cutoff(s, A._data.shape, 0.0, rcond), axis=-1))
    nothing = A.new_zeros(0)
    full = A.shape[-2] > A.shape[-1] and bool(np.all(rank == A.shape[-1])) and driver != "gelsy"
    residuals = ((ops.matmul(A, x) - columns) ** 2).sum(-2) if full else nothing
    return LstsqResult(x.squeeze(-1) if vectors else x, residuals,
                       wrap(rank if driver != "gels" else np.zeros(0, np.int64)),
                       wrap(s) if driver in ("gelsd", "gelss") else nothing)
