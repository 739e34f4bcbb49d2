"""Products of matrices and vectors."""

from __future__ import annotations

import numpy as np

from ..engine import op, unbroadcast
from .numpy_protocol import stands_for
from .samples import normal


@stands_for(np.matmul)
@op(samples=normal((2, 3), (3, 4)) + normal((5, 2, 3), (3, 4)) + normal((3,), (3,)) + normal((3,), (2, 3, 4))
    + normal((2, 1, 2, 3), (4, 3, 2)) + normal((2, 3), (3,)))
def matmul(x, y):
    """Multiply matrices; leading dimensions are batches and broadcast, a vector is a row (left) or column (right).

        y  = x @ y          y[i, k] = sum_j x[i, j] y[j, k]
        dx = g @ y^T
        dy = x^T @ g
    Shapes: x (..., N, K), y (..., K, M) -> (..., N, M)
    """
    return np.matmul(x, y), ()


@matmul.vjp
def _(g, _y, _saved, x, y, *, needs=(True, True)):
    rows, columns = (x if x.ndim > 1 else np.reshape(x, (1, -1))), (y if y.ndim > 1 else np.reshape(y, (-1, 1)))
    if x.ndim == 1:
        g = np.expand_dims(g, -2) if y.ndim > 1 else np.reshape(g, (1, 1))
    if y.ndim == 1 and x.ndim > 1:
        g = np.expand_dims(g, -1)
    dx = dy = None
    if needs[0]:
        dx = np.reshape(unbroadcast(np.matmul(g, np.swapaxes(columns, -1, -2)), rows.shape), x.shape)
    if needs[1]:
        dy = np.reshape(unbroadcast(np.matmul(np.swapaxes(rows, -1, -2), g), columns.shape), y.shape)
    return dx, dy
