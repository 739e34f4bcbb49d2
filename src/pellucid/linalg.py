"""Linear algebra under the names of torch.linalg, each with its gradient.

Matrices lie in the last two dimensions, everything before them is a batch. The rules behind these functions
are op blocks: `ops/inverses.py`, `ops/spectra.py`, `ops/exponential.py`, `ops/products.py`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from . import ops
from .absent import absences
from .dtypes import as_dtype
from .ops.cholesky import bad_corner
from .ops.cholesky import cholesky as _cholesky
from .ops.cholesky import solve_triangular as _solve_triangular
from .ops.distance import p_norm
from .ops.inverses import LinAlgError, SlogDet, check_matrices, cutoff, pseudo_inverse, solve_matrix
from .ops.spectra import QR, eigen_real, eigen_symmetric, qr_of, svd_full, svd_thin
from .tensor import OpError, Tensor, wrap
from .written import takes_out

__all__ = ["LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh",
           "eigvals", "eigvalsh", "inv", "inv_ex", "lstsq", "matmul", "matrix_exp", "matrix_norm",
           "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex",
           "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot",
           "vector_norm"]

globals().update(absences("linalg", "only decompositions with a gradient are here",
                          "householder_product ldl_factor ldl_factor_ex ldl_solve lu lu_factor lu_factor_ex "
                          "lu_solve"))
multi_dot = ops.multi_dot


class SVDResult(NamedTuple):
    """A = U diag(S) Vh."""

    U: Any
    S: Any
    Vh: Any


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class LstsqResult(NamedTuple):
    """What least squares found: residuals and singular_values are empty where PyTorch leaves them empty."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


class InverseResult(NamedTuple):
    """An inverse, and 0 for each matrix that has one."""

    inverse: Any
    info: Any


class CholeskyResult(NamedTuple):
    """A triangular factor, and 0 for each matrix that has one."""

    L: Any
    info: Any


class SolveResult(NamedTuple):
    """A solution, and 0 for each matrix that has an inverse."""

    result: Any
    info: Any


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
    safe, singular = _where_regular(A, "inv_ex")
    info = wrap(singular.astype(np.int32))
    return InverseResult(inv(safe).masked_fill(wrap(singular[..., None, None]), math.nan), info)


def _where_regular(A: Tensor, name: str) -> tuple[Tensor, np.ndarray]:
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
    safe, singular = _where_regular(A, "solve_ex")
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


def _symmetric(name: str, A: Tensor, UPLO: str) -> Tensor:
    """A itself if it is symmetric, else its lower (L) or upper (U) triangle, mirrored to the other."""
    check_matrices(name, A._data, square=True)
    if UPLO.upper() not in ("L", "U"):
        raise OpError(f"{name}: UPLO must be 'L' or 'U', got {UPLO!r}")
    if np.array_equal(A._data, np.swapaxes(A._data, -1, -2)):
        return A
    lower = ops.tril(A if UPLO.upper() == "L" else A.mT)
    return lower + ops.tril(lower, -1).mT


@takes_out
def eigh(A: Tensor, UPLO: str = "L") -> EigResult:
    """Eigenvalues in rising order and orthonormal eigenvectors of symmetric matrices.

        A V = V diag(w)        V^T V = 1

    Shapes:  A (..., N, N), of which one triangle is read -> (..., N), (..., N, N)
    Differs: the gradient of a matrix that is not symmetric lies in the triangle that was read. Equal
             eigenvalues leave the eigenvectors' gradient defined where the loss does not tell them apart; it
             is inf or nan where it does, as in PyTorch. A sign may be another one than PyTorch's.
    """
    return EigResult(*eigen_symmetric(_symmetric("eigh", A, UPLO)))


@takes_out
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues of symmetric matrices, in rising order.

    Shapes:  A (..., N, N), of which one triangle is read -> (..., N)
    """
    return eigen_symmetric(_symmetric("eigvalsh", A, UPLO))[0]


def eig(A: Tensor) -> EigResult:
    """Eigenvalues and eigenvectors, of length 1, of square matrices whose eigenvalues are real.

        A V = V diag(w)

    Differs: the results are real tensors, PyTorch's complex ones.
    Raises:  NotImplementedError where an eigenvalue is complex: there are no complex tensors here.
    """
    return EigResult(*eigen_real(A))


def eigvals(A: Tensor) -> Tensor:
    """Eigenvalues of square matrices, if they are real; see `eig`."""
    return eigen_real(A)[0]


@takes_out
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVDResult:
    """Take matrices apart into rotations and stretchings: singular value decomposition.

        A = U diag(S) Vh        falling S >= 0, orthonormal columns of U and rows of Vh

    full_matrices: complete U and Vh to square matrices; what is added gets no gradient
    Shapes:  A (..., M, N) -> U (..., M, K), S (..., K), Vh (..., K, N) with K = min(M, N), or square U and Vh
    Differs: as in `eigh`, for equal singular values and for signs.
    """
    if driver is not None:
        raise OpError(f"svd: driver= chooses among a GPU's algorithms, got {driver!r}; leave it away")
    return SVDResult(*(svd_full(A) if full_matrices else svd_thin(A)))


@takes_out
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values of matrices, in falling order.

    Shapes:  A (..., M, N) -> (..., min(M, N))
    """
    return svd(A, full_matrices=False, driver=driver).S


@takes_out
def qr(A: Tensor, mode: str = "reduced") -> QR:
    """Orthonormal columns times an upper triangle.

        A = Q R        Q^T Q = 1

    mode: "reduced", "complete" (Q is square) or "r" (Q is empty)
    Shapes:  A (..., M, N) -> Q (..., M, K), R (..., K, N) with K = min(M, N), or M when complete
    Differs: R of mode="r" has a gradient here.
    """
    return QR(*qr_of(A, mode))


@takes_out
def pinv(A: Tensor, *, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Tensor:
    """The pseudo-inverse (Moore and Penrose's): A y A = A, also for matrices without an inverse.

    Singular values up to max(atol, rtol * the largest) count as 0; rtol is max(M, N) eps unless one is given.

    Shapes:  A (..., M, N) -> (..., N, M)
    """
    x = _symmetric("pinv", A, "L") if hermitian else A
    return pseudo_inverse(x, *_tolerances(atol, rtol))


def _tolerances(atol: Any, rtol: Any) -> tuple[float, float | None]:
    return 0.0 if atol is None else float(atol), None if rtol is None else float(rtol)


@takes_out
def matrix_rank(A: Tensor, tol: Any = None, *, atol: Any = None, rtol: Any = None,
                hermitian: bool = False) -> Tensor:
    """How many singular values are above max(atol, rtol * the largest): the dimensions that A maps to.

    Shapes:  A (..., M, N) -> (...), int64, without a gradient
    """
    check_matrices("matrix_rank", A._data)
    s = np.linalg.svd((_symmetric("matrix_rank", A, "L") if hermitian else A)._data, compute_uv=False)
    absolute, relative = _tolerances(atol if tol is None else tol, rtol if tol is None else 0.0)
    least = cutoff(s, A._data.shape, absolute, relative)
    return wrap(np.asarray(np.count_nonzero(s > least, axis=-1)))


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
    safe, singular = _where_regular(A, "cond")
    y = matrix_norm(safe, p) * matrix_norm(inv(safe), p)
    return y.masked_fill(wrap(singular), math.inf) if singular.any() else y


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Powers of each number: y[..., i, j] = x[..., i]^j for j < N (as many as numbers by default)."""
    count = x.shape[-1] if N is None else N
    if count == 0:
        return x.new_zeros((*x.shape, 0))
    return ops.stack([x ** j for j in range(count)], -1)
