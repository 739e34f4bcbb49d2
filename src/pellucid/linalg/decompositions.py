"""Eigenvalues, singular values, orthogonal factors, and what follows from them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.inverses import check_matrices, cutoff, pseudo_inverse
from ..ops.spectra import QR, eigen_real, eigen_symmetric, qr_of, svd_full, svd_thin
from ..tensor import OpError, Tensor, wrap
from ..written import takes_out


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """A = U diag(S) Vh."""

    U: Any
    S: Any
    Vh: Any


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
