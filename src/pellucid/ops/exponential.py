"""The exponential of a matrix."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from .inverses import check_matrices, solve_matrix, turned
from .samples import case, n, normal

__all__ = ["matrix_exp"]
_LARGEST = 5.371920351148152                                     # the 1-norm for which the quotient is exact
# Of x^0, x^1, ... in the numerator; the denominator has every second sign changed.
_PADE = (64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
         129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0,
         960960.0, 16380.0, 182.0, 1.0)


@op(samples=normal((3, 3)) + normal((2, 2, 2)) + case(lambda rng: 9 * rng.standard_normal((2, 2)))
    + case(n(0, 0)))
def matrix_exp(x):
    """The exponential of square matrices: what the equation z' = x z makes of z in one unit of time.

        y  = 1 + x + x^2 / 2 + x^3 / 6 + ...        computed as r(x / 2^s)^(2^s) with a quotient r
        dx = the upper right block of exp of the matrix (x^T, g) above (0, x^T)
    Shapes:  x (..., N, N) -> (..., N, N)
    Source:  Higham 2005, "The scaling and squaring method for the matrix exponential revisited", algorithm
             2.3 with degree 13; the derivative: Mathias 1996, "A chain rule for matrix functions".
    >>> matrix_exp(tensor([[0.0, 1.0], [0.0, 0.0]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    check_matrices("matrix_exp", x, square=True)
    if 0 in x.shape:
        return np.copy(x), ()
    norm = float(np.max(np.add.reduce(np.abs(x), axis=-2)))
    if not math.isfinite(norm):
        return x * math.nan, ()
    halvings = max(0, math.ceil(math.log2(norm / _LARGEST))) if norm else 0
    y = _quotient(x * 0.5 ** halvings)
    for _ in range(halvings):
        y = np.matmul(y, y)
    return y, ()


def _quotient(x):
    """Pade's approximation of degree 13, (v + u) / (v - u): u of the odd powers, v of the even ones."""
    b, one = _PADE, np.eye(x.shape[-1], dtype=x.dtype)
    x2 = np.matmul(x, x)
    x4 = np.matmul(x2, x2)
    x6 = np.matmul(x4, x2)
    u = np.matmul(x6, b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one
    v = np.matmul(x6, b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    u = np.matmul(x, u)
    return solve_matrix.on(v - u, v + u)


@matrix_exp.vjp
def _(g, _y, _saved, x):
    if 0 in x.shape:
        return g
    flipped, size = turned(x), x.shape[-1]
    above = np.concatenate((flipped, g), axis=-1)
    below = np.concatenate((np.zeros_like(g), flipped), axis=-1)
    return matrix_exp.on(np.concatenate((above, below), axis=-2))[..., :size, size:]
