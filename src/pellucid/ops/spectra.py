"""Taking matrices apart: eigenvalues and eigenvectors, singular values, orthogonal times triangular.

Eigenvectors and singular vectors are fixed up to their sign (and, among equal values, up to a rotation). A
loss that depends on that choice has no gradient: where two values are equal the rules give inf or nan then.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine import op
from ..tensor import OpError
from .dims import keywords
from .inverses import check_matrices, solve_matrix, telling, turned
from .join import cat
from .linalg import matmul
from .samples import Maker, case, normal

__all__ = ["nuclear_norm", "qr", "svd"]
_NAN = "the iteration does not converge; does the matrix hold nan or inf?"


class SVD(NamedTuple):
    """x = U diag(S) V^T, with the singular vectors as columns of U and V."""

    U: Any
    S: Any
    V: Any


class QR(NamedTuple):
    """x = Q R."""

    Q: Any
    R: Any


def _real_spectrum(size: int) -> Maker:
    """Samples whose eigenvalues are real and lie apart: noise on 1, 2, 3, ..."""
    return lambda rng: np.diag(np.arange(1.0, size + 1)) + 0.2 * rng.standard_normal((size, size))


def over(top: Any, bottom: Any) -> Any:
    """top / bottom, and 0 where both are 0: what does not matter to the loss is not divided by no gap."""
    return top / np.where((top == 0) & (bottom == 0), 1, bottom)


def gaps(values: Any) -> Any:
    """values[j] - values[i] for each row i and column j."""
    return np.expand_dims(values, -2) - np.expand_dims(values, -1)


def on_diagonal(values: Any) -> Any:
    """Square matrices with these values on the diagonal."""
    return np.expand_dims(values, -1) * np.eye(values.shape[-1], dtype=values.dtype)


@op(samples=normal((3, 3)) + normal((2, 2, 2)) + normal((1, 1)), primitive=True)
def eigen_symmetric(x):
    """Find the eigenvalues, in rising order, and the orthonormal eigenvectors of symmetric matrices.

        y  = w, V  with x V = V diag(w) and V^T V = 1
        dx = V (diag(g_w) + P[i, j] / (w[j] - w[i])) V^T        P = (M - M^T) / 2 with M = V^T g_V
    Shapes:  x (..., N, N), of which the symmetric part (x + x^T) / 2 is taken -> (..., N), (..., N, N)
    Source:  Giles 2008, section 3.1; Wan & Zhang 2019, "Automatic differentiation for complex valued SVD".
    """
    check_matrices("eigh", x, square=True)
    with telling("eigh", _NAN):
        w, v = np.linalg.eigh((x + turned(x)) / 2)
    return (w, v), ()


@eigen_symmetric.vjp
def _(g, y, _saved, _x):
    (dw, dv), (w, v) = g, y
    m = np.matmul(turned(v), dv)
    inside = on_diagonal(dw) + over((m - turned(m)) / 2, gaps(w))
    return np.matmul(v, np.matmul(inside, turned(v)))


@op(samples=case(_real_spectrum(3)) + case(_real_spectrum(2)), primitive=True, hides=True)
def eigen_real(x):
    """Find the eigenvalues and the eigenvectors, of length 1, of any square matrices that have real ones.

        y  = w, V  with x V = V diag(w)
        dx = V^-T (diag(g_w) + (M - V^T V diag(M))[i, j] / (w[j] - w[i])) V^T        with M = V^T g_V
    Shapes:  x (..., N, N) -> (..., N), (..., N, N)
    Source:  Boeddeker et al. 2017, "On the computation of complex-valued gradients with application to
             statistically optimum beamforming", arXiv:1701.00392, section 4.18.
    Raises:  NotImplementedError where an eigenvalue is complex: there are no complex tensors.
    """
    check_matrices("eig", x, square=True)
    with telling("eig", _NAN):
        w, v = np.linalg.eig(x)
    if w.dtype.kind == "c" and not w.imag.any():                 # NumPy 2.5 gives complex ones always
        w, v = np.ascontiguousarray(w.real), np.ascontiguousarray(v.real)
    if w.dtype.kind == "c":
        raise NotImplementedError(f"eig: {np.count_nonzero(w.imag)} of the {w.size} eigenvalues are complex "
                                  f"(the first is {w[w.imag != 0][0]:.3g}), and there are no complex tensors "
                                  "here; eigh is for symmetric matrices, whose eigenvalues are real")
    return (w, v), ()


@eigen_real.vjp
def _(g, y, _saved, _x):
    (dw, dv), (w, v) = g, y
    m = np.matmul(turned(v), dv)
    beside = 1 - np.eye(w.shape[-1], dtype=w.dtype)
    along = np.add.reduce(v * dv, axis=-2, keepdims=True)        # the diagonal of M: lengths do not change
    inside = on_diagonal(dw) + over((m - np.matmul(turned(v), v) * along) * beside, gaps(w))
    return solve_matrix.on(turned(v), np.matmul(inside, turned(v)))


@op(samples=normal((3, 2)) + normal((2, 4)) + normal((2, 3, 3)), primitive=True)
def svd_thin(x):
    """Take matrices apart into two rotations and stretchings: singular value decomposition.

        y  = U, s, W  with x = U diag(s) W, falling s >= 0, U^T U = 1 and W W^T = 1
        dx = U (F o (A - A^T) s + s F o (B - B^T) + diag(g_s)) W
             + (1 - U U^T) g_U s^-1 W + U s^-1 g_W (1 - W^T W)
             with A = U^T g_U, B = W g_W^T and F[i, j] = 1 / (s[j]^2 - s[i]^2)
    Shapes:  x (..., M, N) -> (..., M, K), (..., K), (..., K, N) with K = min(M, N)
    Source:  Townsend 2016, "Differentiating the singular value decomposition"; Wan & Zhang 2019.
    """
    check_matrices("svd", x)
    with telling("svd", _NAN):
        return tuple(np.linalg.svd(x, full_matrices=False)), ()


@svd_thin.vjp
def _(g, y, _saved, _x):
    (du, ds, dw), (u, s, w) = g, y
    rows, columns = np.expand_dims(s, -1), np.expand_dims(s, -2)
    apart = gaps(s) * (rows + columns)                           # s[j]^2 - s[i]^2
    a, b = np.matmul(turned(u), du), np.matmul(w, turned(dw))
    inside = over(a - turned(a), apart) * columns + rows * over(b - turned(b), apart) + on_diagonal(ds)
    if u.shape[-2] > u.shape[-1]:
        tall = over(du - np.matmul(u, a), columns)
        return np.matmul(np.matmul(u, inside) + tall, w)
    if w.shape[-1] > w.shape[-2]:
        return np.matmul(u, np.matmul(inside, w) + over(dw - np.matmul(turned(b), w), rows))
    return np.matmul(u, np.matmul(inside, w))


@op(samples=normal((3, 2)) + normal((2, 3, 3)) + normal((4, 1)), primitive=True)
def qr_tall(x):
    """Write matrices as orthonormal columns times an upper triangle (Householder's reflections).

        y  = Q, R  with x = Q R and Q^T Q = 1
        dx = (g_Q + Q S) R^-T        S = the lower triangle of R g_R^T - g_Q^T Q, mirrored to the upper one
    Shapes:  x (..., M, N) with M >= N -> (..., M, N), (..., N, N)
    Source:  Walter & Lehmann 2018, "Algorithmic differentiation of linear algebra functions with application
             in optimum experimental design"; Liao et al. 2019, "Differentiable programming tensor networks",
             arXiv:1903.09650, section III.B.
    Raises:  LinAlgError in the backward pass where the columns of x are dependent.
    """
    check_matrices("qr", x)
    return tuple(np.linalg.qr(x)), ()


@qr_tall.vjp
def _(g, y, _saved, _x):
    (dq, dr), (q, r) = g, y
    m = np.matmul(r, turned(dr)) - np.matmul(turned(dq), q)
    mirrored = np.tril(m) + turned(np.tril(m, -1))
    return turned(solve_matrix.on(r, turned(dq + np.matmul(q, mirrored))))


@keywords()
def nuclear_norm(x, dim=None, keepdim=False):
    """The sum of the singular values of the matrices in two dimensions (of the whole matrix x by default).

        y = s_1 + s_2 + ...
    Shapes:  x (M, N) -> (); x (..., M, N), dim=(-2, -1) -> (...)
    """
    if dim is None and x.ndim != 2:
        raise OpError(f"nuclear_norm: expects a matrix unless dim is given, got shape {tuple(x.shape)}")
    dim = (0, 1) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dim) != 2:
        raise OpError(f"nuclear_norm: dim must be two dimensions of x {tuple(x.shape)}, got {dim}")
    y = svd_thin(x.movedim(dim, (-2, -1)))[1].sum(-1)
    for axis in sorted(d % x.ndim for d in dim) if keepdim else ():
        y = y.unsqueeze(axis)
    return y


@keywords()
def svd(x, some=True, compute_uv=True):
    """Singular value decomposition, under PyTorch's older name: with V in place of its transpose.

        x = U diag(S) V^T
    Shapes:  x (..., M, N) -> U (..., M, K), S (..., K), V (..., N, K), K = min(M, N); some=False makes U
             and V square, compute_uv=False fills them with zeros
    """
    if not compute_uv:
        m, n = x.shape[-2:]
        u, v = (x.new_zeros((*x.shape[:-2], size, size)) for size in (m, n))
        return SVD(u, svd_thin(x)[1], v)
    u, s, w = svd_thin(x) if some else svd_full(x)
    return SVD(u, s, w.mT)


def svd_full(x: Any) -> tuple:
    """svd_thin with U and W completed to square matrices; what was added has no gradient."""
    u, s, w = svd_thin(x)
    m, n = x.shape[-2:]
    if m == n:
        return u, s, w
    whole = np.linalg.svd(x._data)
    if m > n:
        return cat([u, _beyond(x, whole[0][..., n:])], -1), s, w
    return u, s, cat([w, _beyond(x, whole[2][..., m:, :])], -2)


def _beyond(x: Any, array: np.ndarray) -> Any:
    return x.new_tensor(array)


@keywords()
def qr(x, some=True):
    """Orthonormal columns times an upper triangle, under PyTorch's older name.

        x = Q R
    Shapes:  x (..., M, N) -> Q (..., M, K), R (..., K, N) with K = min(M, N); some=False: K = M
    """
    return QR(*qr_of(x, "reduced" if some else "complete"))


def qr_of(x: Any, mode: str) -> tuple:
    """Q and R for each mode: reduced, complete (Q is square) or r (R alone).

    A wide x is (a, b) with a square a = Q T: then R is (T, Q^T b), and the gradients follow from that.
    """
    check_matrices("qr", x._data)
    if mode not in ("reduced", "complete", "r"):
        raise OpError(f"qr: mode must be 'reduced', 'complete' or 'r', got {mode!r}")
    m, n = x.shape[-2:]
    if mode == "complete" and m > n:
        if x.requires_grad:
            raise OpError("qr: mode='complete' has no gradient for more rows than columns: the columns that "
                          "are added to Q could be any")
        return tuple(map(x.new_tensor, np.linalg.qr(x._data, "complete")))
    if m >= n:
        q, r = qr_tall(x)
    else:
        q, first = qr_tall(x[..., :m])
        r = cat([first, matmul(q.mT, x[..., m:])], -1)
    return (x.new_zeros(0), r) if mode == "r" else (q, r)
