"""Solving linear equations: inverses, determinants, and the pseudo-inverse where there is no inverse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..engine import op, unbroadcast
from ..tensor import OpError, Tensor
from .dims import keywords
from .gather import where
from .numpy_protocol import stands_for
from .samples import Maker, case, n, normal

__all__ = ["det", "inverse", "logdet", "pinverse", "slogdet"]


class LinAlgError(OpError):
    """A matrix for which the result does not exist: a singular one to be inverted, or one that holds nan."""


class SlogDet(NamedTuple):
    """A determinant as its sign and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


def regular(*shape: int) -> Maker:
    """Samples that have an inverse: noise on twice the identity."""
    return lambda rng: rng.standard_normal(shape) * 0.4 + 2 * np.eye(shape[-1])


def check_matrices(name: str, x: np.ndarray, square: bool = False) -> None:
    """Refuse what is no (batch of) floating matrices, or not square where that is needed."""
    if x.ndim < 2 or square and x.shape[-1] != x.shape[-2]:
        kind = "square matrices" if square else "a matrix or a batch of them"
        raise OpError(f"{name}: expects {kind}, got shape {tuple(x.shape)}")
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise OpError(f"{name}: expects float32 or float64, got {x.dtype}; convert it with .float()")


@contextmanager
def telling(name: str, why: str) -> Iterator[None]:
    """Say in our words what LAPACK could not do."""
    try:
        yield
    except np.linalg.LinAlgError:
        raise LinAlgError(f"{name}: {why}") from None


def _first_singular(x: np.ndarray) -> str:
    """Words for the first singular matrix of a batch."""
    if x.ndim == 2:
        return f"the matrix {tuple(x.shape)} is singular, so no inverse exists"
    for place in np.ndindex(x.shape[:-2]):
        try:
            np.linalg.inv(x[place])
        except np.linalg.LinAlgError:
            break
    return f"the matrix at {list(place)} of the batch {tuple(x.shape)} is singular, so no inverse exists"


def turned(x: Any) -> Any:
    """Transpose the matrices in the last two dimensions."""
    return np.swapaxes(x, -1, -2)


@stands_for(np.linalg.inv)
@op(samples=case(regular(3, 3)) + case(regular(2, 2, 2)) + case(n(0, 0)), primitive=True)
def inverse(x):
    """Invert square matrices.

        y  = x^-1          y @ x = x @ y = 1
        dx = -y^T g y^T
    Shapes:  x (..., N, N) -> (..., N, N)
    Source:  Giles 2008, "An extended collection of matrix derivative results for forward and reverse mode
             algorithmic differentiation", section 2.2.3. From x y = 1: dx y + x dy = 0.
    Raises:  LinAlgError (a RuntimeError) for a singular matrix, naming the first of a batch.
    """
    check_matrices("inverse", x, square=True)
    try:
        return np.linalg.inv(x), ()
    except np.linalg.LinAlgError:
        raise LinAlgError(f"inverse: {_first_singular(x)}") from None


@inverse.vjp
def _(g, y, _saved, _x):
    return -np.matmul(turned(y), np.matmul(g, turned(y)))


@op(samples=case(regular(3, 3), n(3, 2)) + case(regular(2, 3, 3), n(3, 1)) + case(regular(3, 3), n(2, 3, 2)),
    primitive=True)
def solve_matrix(a, b):
    """Find the matrix y with a y = b, without the inverse of a.

        y  = a^-1 b
        da = -db y^T        db = a^-T g
    Shapes:  a (..., N, N), b (..., N, K) -> (..., N, K); leading dimensions broadcast
    Source:  Giles 2008, section 2.3.1. From a y = b: da y + a dy = db.
    Raises:  LinAlgError where a is singular.
    """
    check_matrices("solve", a, square=True)
    check_matrices("solve", b)
    if a.shape[-1] != b.shape[-2]:
        raise OpError(f"solve: a {tuple(a.shape)} has {a.shape[-1]} rows, b {tuple(b.shape)} {b.shape[-2]}")
    if a.dtype != b.dtype:
        raise OpError(f"solve: a and b must have one dtype, got {a.dtype} and {b.dtype}")
    lined_up = np.reshape(b, (1,) * (a.ndim - b.ndim) + b.shape)   # or NumPy may take b for vectors
    try:
        return np.linalg.solve(a, lined_up), ()
    except np.linalg.LinAlgError:
        raise LinAlgError(f"solve: {_first_singular(a)}") from None


@solve_matrix.vjp
def _(g, y, _saved, a, b):
    db = solve_matrix.on(turned(a), g)
    return unbroadcast(-np.matmul(db, turned(y)), tuple(a.shape)), unbroadcast(db, tuple(b.shape))


@stands_for(np.linalg.det)
@op(samples=case(regular(3, 3)) + normal((2, 2, 2)) + case(n(1, 1)), primitive=True)
def det(x):
    """The determinant: the factor by which x changes volumes, negative where it mirrors.

        y  = det x
        dx = g C        C[i, j] = (-1)^(i + j) det(x without row i and column j), which is y x^-T
    Shapes:  x (..., N, N) -> (...)
    Source:  Giles 2008, section 2.2.4.
    Differs: the gradient at a singular matrix is C, as mathematics has it; PyTorch gives 0 there. Its second
             derivative raises NotImplementedError.
    """
    check_matrices("det", x, square=True)
    return np.linalg.det(x), ()


@det.vjp
def _(g, y, _saved, x):
    if isinstance(x, Tensor):
        if not np.all(y != 0):
            raise NotImplementedError("det: no second derivative at a singular matrix")
        return np.expand_dims(g * y, (-2, -1)) * turned(inverse(x))
    return np.expand_dims(g, (-2, -1)) * _cofactors(x)


def _cofactors(x: np.ndarray) -> np.ndarray:
    """det(x) x^-T without a division, so that it holds for singular matrices too.

    With x = u s v: det x = det u det v (s_1 s_2 ...), and s_i cancels from the i-th term of x^-T = u s^-1 v.
    """
    u, s, v = np.linalg.svd(x)
    others = np.prod(np.where(np.eye(s.shape[-1], dtype=bool), 1, np.expand_dims(s, -2)), axis=-1)
    mirrored = np.expand_dims(np.linalg.det(u) * np.linalg.det(v), (-2, -1))
    return (mirrored * np.matmul(u * np.expand_dims(others, -2), v)).astype(x.dtype, copy=False)


@op(samples=case(regular(3, 3)) + normal((2, 2, 2)), primitive=True)
def sign_and_log_det(x):
    """The determinant as its sign and the logarithm of its absolute value, which does not overflow.

        y  = sign(det x), ln |det x|
        dx = g_2 x^-T        of the logarithm; the sign has no gradient
    Shapes:  x (..., N, N) -> (...), (...)
    Source:  Giles 2008, section 2.2.4: d ln |det x| = tr(x^-1 dx).
    Raises:  LinAlgError in the backward pass of a singular matrix, whose logarithm is -inf.
    """
    check_matrices("slogdet", x, square=True)
    sign, log = np.linalg.slogdet(x)
    return (sign, log), ()


@sign_and_log_det.vjp
def _(g, _y, _saved, x):
    return np.expand_dims(g[1], (-2, -1)) * turned(inverse.on(x))


@keywords(A="x")
def slogdet(x):
    """The determinant of square matrices as its sign and the logarithm of its absolute value.

        det x = sign exp(logabsdet)
    Shapes:  x (..., N, N) -> a named tuple of sign (...) and logabsdet (...); 0 and -inf for a singular one
    >>> slogdet(tensor([[0.0, 2.0], [1.0, 0.0]])).sign
    tensor(-1.)
    """
    return SlogDet(*sign_and_log_det(x))


@keywords()
def logdet(x):
    """The logarithm of the determinant: nan where that is negative, -inf where it is 0.

        y = ln det x
    Shapes:  x (..., N, N) -> (...)
    """
    sign, log = sign_and_log_det(x)
    return where(sign < 0, float("nan"), log)


@op(samples=normal((3, 2)) + normal((2, 4)) + normal((2, 3, 3)), primitive=True)
def pseudo_inverse(x, atol=0.0, rtol=None):
    """The matrix that comes nearest to an inverse: y b is the shortest of the z with the least |x z - b|.

        y  = V s^+ U^T  with x = U s V^T; s^+ = 1 / s, and 0 for s up to max(atol, rtol max s)
        dx = -y^T g y^T + (1 - x y) g^T y y^T + y^T y g^T (1 - y x)
    Shapes:  x (..., M, N) -> (..., N, M); rtol is max(M, N) eps unless it or atol is given
    Source:  Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares
             problems whose variables separate", eq. 4.12: where the rank does not change.
    """
    check_matrices("pinv", x)
    with telling("pinv", "the singular values were not found; does the matrix hold nan or inf?"):
        u, s, v = np.linalg.svd(x, full_matrices=False)
    least = cutoff(s, x.shape, atol, rtol)
    kept = s > least
    inverted = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(x.dtype, copy=False)
    return np.matmul(turned(v) * np.expand_dims(inverted, -2), turned(u)), ()


def cutoff(s: np.ndarray, shape: tuple, atol: float, rtol: float | None) -> np.ndarray:
    """Up to where singular values count as zero: max(atol, rtol max s)."""
    if rtol is None:
        rtol = 0.0 if atol > 0 else max(shape[-2:]) * float(np.finfo(s.dtype).eps)
    return np.maximum(atol, rtol * s.max(-1, initial=0, keepdims=True))


@pseudo_inverse.vjp
def _(g, y, _saved, x, atol=0.0, rtol=None):
    flipped, back = turned(g), turned(y)
    beyond = flipped - np.matmul(x, np.matmul(y, flipped))       # (1 - x y) g^T
    before = flipped - np.matmul(np.matmul(flipped, y), x)       # g^T (1 - y x)
    return (np.matmul(np.matmul(beyond, y), back) + np.matmul(back, np.matmul(y, before))
            - np.matmul(back, np.matmul(g, back)))


@keywords()
def pinverse(x, rcond=1e-15):
    """The pseudo-inverse; singular values up to rcond times the largest count as 0.

        y = V s^+ U^T  with x = U s V^T
    Shapes:  x (..., M, N) -> (..., N, M)
    """
    return pseudo_inverse(x, 0.0, rcond)
