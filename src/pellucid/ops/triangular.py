"""Cholesky's triangular square root of a matrix, and triangular equations."""

from __future__ import annotations

import numpy as np

from ..engine import op, unbroadcast
from ..tensor import OpError, Tensor
from .fill import eye
from .inverses import LinAlgError, check_matrices, turned
from .numpy_protocol import stands_for
from .samples import Maker, case, n

__all__ = ["cholesky", "cholesky_inverse", "cholesky_solve", "triangular_solve"]


def definite(*shape: int) -> Maker:
    """Samples that are symmetric and positive definite."""
    def make(rng: np.random.RandomState) -> np.ndarray:
        x = rng.standard_normal(shape)
        return x @ turned(x) / 2 + 2 * np.eye(shape[-1])
    return make


def triangular(*shape: int) -> Maker:
    """Square samples whose diagonal is away from 0."""
    return lambda rng: rng.standard_normal(shape) * 0.5 + 2 * np.eye(shape[-1])


@stands_for(np.linalg.cholesky)
@op(samples=case(definite(3, 3)) + case(definite(2, 2, 2)) + case(definite(1, 1)) + case(definite(2, 0, 0)),
    primitive=True)
def cholesky_factor(x):
    """The lower triangular y whose product with its transpose is the symmetric part of x.

        y  = L        with L L^T = (x + x^T) / 2 and a positive diagonal
        dx = (S + S^T) / 2        S = L^-T F L^-1
             F the lower triangle of L^T g, its diagonal halved
    Shapes:  x (..., N, N) -> (..., N, N)
    Source:  Murray 2016, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, eq. 8 to 10.
    Raises:  LinAlgError where x is not positive definite.
    """
    check_matrices("cholesky", x, square=True)
    try:
        return np.linalg.cholesky((x + turned(x)) / 2), ()
    except np.linalg.LinAlgError:
        raise LinAlgError(f"cholesky: {_first_indefinite(x)} is not positive definite: x^T A x > 0 does not "
                          "hold for every vector x") from None


def _first_indefinite(x: np.ndarray) -> str:
    """Words for the first matrix of a batch without a root, and for the size of its trouble."""
    lowest = np.linalg.eigvalsh((x + turned(x)) / 2)[..., 0] if np.isfinite(x).all() else np.full((), np.nan)
    first = [int(i) for i in np.argwhere(~(lowest > 0))[0]] if lowest.ndim else []
    place = f" at {first}" if first else ""
    return f"the matrix{place} of shape {tuple(x.shape)} (smallest eigenvalue {np.min(lowest):.3g})"


@cholesky_factor.vjp
def _(g, y, _saved, _x):
    lower = np.tril(np.matmul(turned(y), np.tril(g)))
    lower = lower - np.tril(np.triu(lower)) * 0.5
    half = triangle_solve.on(turned(y), lower, True, False)                      # L^-T F
    whole = turned(triangle_solve.on(turned(y), turned(half), True, False))      # times L^-1
    return (whole + turned(whole)) * 0.5


def _triangle(a, upper, unitriangular):
    """The triangle of a that counts, with ones on the diagonal if it does not count."""
    if not unitriangular:
        return np.triu(a) if upper else np.tril(a)
    return (np.triu(a, 1) if upper else np.tril(a, -1)) + np.eye(a.shape[-1], dtype=a.dtype)


@op(samples=case(triangular(3, 3), n(3, 2), False) + case(triangular(2, 3, 3), n(3, 1), True)
    + case(triangular(3, 3), n(2, 3, 2), False, True) + case(triangular(2, 1, 3, 3), n(4, 3, 3), True, True),
    primitive=True)
def triangle_solve(a, b, upper, unitriangular=False):
    """Find the y with a y = b, reading one triangle of a.

        y  = T^-1 b        T the upper or lower triangle of a, with ones on its diagonal if unitriangular
        da = -db y^T, its triangle        db = T^-T g
    Shapes:  a (..., N, N), b (..., N, K) -> (..., N, K); leading dimensions broadcast
    Source:  Giles 2008, "An extended collection of matrix derivative results for forward and reverse mode
             algorithmic differentiation", section 2.3.1, restricted to a triangle.
    Differs: a zero on the diagonal raises LinAlgError; PyTorch divides by it.
    """
    check_matrices("solve_triangular", a, square=True)
    check_matrices("solve_triangular", b)
    if a.shape[-1] != b.shape[-2]:
        raise OpError(f"solve_triangular: A {tuple(a.shape)} has {a.shape[-1]} columns, B {tuple(b.shape)} "
                      f"has {b.shape[-2]} rows")
    if a.dtype != b.dtype:
        raise OpError(f"solve_triangular: A and B must have one dtype, got {a.dtype} and {b.dtype}")
    lined_up = np.reshape(b, (1,) * (a.ndim - b.ndim) + b.shape)   # or NumPy may take b for vectors
    try:
        return np.linalg.solve(_triangle(a, upper, unitriangular), lined_up), ()
    except np.linalg.LinAlgError:
        raise LinAlgError("solve_triangular: A has a zero on its diagonal, so no inverse exists") from None


@triangle_solve.vjp
def _(g, y, _saved, a, b, upper, unitriangular=False):
    db = triangle_solve.on(turned(a), g, not upper, unitriangular)
    da = -np.matmul(db, turned(y))
    da = np.triu(da, int(unitriangular)) if upper else np.tril(da, -int(unitriangular))
    return unbroadcast(da, tuple(a.shape)), unbroadcast(db, tuple(b.shape))


def bad_corner(matrix):
    """The size of the smallest upper left corner of a matrix that is not positive definite, else 0."""
    for size in range(1, len(matrix) + 1):
        try:
            np.linalg.cholesky(matrix[:size, :size])
        except np.linalg.LinAlgError:
            return size
    return 0


def cholesky(input, upper=False):
    """Factor a positive definite matrix into a triangular one and its transpose.

        input = L L^T, L lower triangular with a positive diagonal        upper: L^T
    Only the lower triangle of input is read. The gradient is symmetric.

    Shapes:  input (..., N, N) -> (..., N, N)
    Source:  Benoit 1924, "Note sur une methode de resolution des equations normales" (Cholesky's procede).
    Raises:  LinAlgError (a RuntimeError) where input is not positive definite.
    >>> cholesky(tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    array = input._data
    if array.ndim > 1 and array.shape[-1] == array.shape[-2] and not np.array_equal(array, turned(array)):
        input = input.tril() + input.tril(-1).transpose(-2, -1)
    factor = cholesky_factor(input)
    return factor.transpose(-2, -1) if upper else factor


def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """Solve equations with a triangular matrix, of which only that triangle is read.

        y = A^-1 B        left=False: y = B A^-1
        unitriangular takes the diagonal of A for ones
    Shapes:  A (..., N, N), B (..., N, K) -> (..., N, K); left=False: B (..., K, N) -> (..., K, N)
    """
    if left:
        return triangle_solve(A, B, upper, unitriangular)
    turned_back = triangle_solve(A.transpose(-2, -1), B.transpose(-2, -1), not upper, unitriangular)
    return turned_back.transpose(-2, -1)


def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False):
    """Solve A y = input for a triangular A; gives y and A. `linalg.solve_triangular` is the newer name.

        y = A^-1 input        transpose: y = A^-T input
    Shapes:  input (..., N, K), A (..., N, N) -> (..., N, K), (..., N, N)
    """
    matrix = A.transpose(-2, -1) if transpose else A
    return triangle_solve(matrix, input, upper != transpose, unitriangular), A.clone()


def cholesky_solve(input, L, upper=False):
    """Solve M y = input for a positive definite M of which the Cholesky factor L is known.

        y = L^-T (L^-1 input)        M = L L^T; upper: M = L^T L
    Shapes:  input (..., N, K), L (..., N, N) -> (..., N, K)
    """
    lower = L.transpose(-2, -1) if upper else L
    return triangle_solve(lower.transpose(-2, -1), triangle_solve(lower, input, False), True)


def cholesky_inverse(L, upper=False):
    """Invert a positive definite M of which the Cholesky factor L is known.

        y = M^-1        M = L L^T; upper: M = L^T L
    Shapes:  L (..., N, N) -> (..., N, N)
    """
    return cholesky_solve(eye(L.shape[-1], dtype=L.dtype), L, upper)


for _function in (cholesky, cholesky_inverse, cholesky_solve, triangular_solve):
    setattr(Tensor, _function.__name__, _function)
