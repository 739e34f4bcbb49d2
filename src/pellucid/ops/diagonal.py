"""Diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError
from .dims import axis_of, keywords
from .memory import clone
from .numpy_protocol import stands_for
from .samples import case, n, normal

__all__ = ["diag", "diag_embed", "diagflat", "diagonal", "trace", "tril", "triu"]


@op(samples=case(n(3, 4)) + case(n(3, 4), 1) + case(n(3, 4), -1) + case(n(2, 3, 4), -1, 2, 0)
    + case(n(2, 3), 5),
    view=True)
def diagonal(x, offset=0, dim1=0, dim2=1):
    """Look at the diagonal of the matrices in dim1 and dim2, `offset` places above the main one.

        y[.., i] = x[i, i + offset, ..]
        y  = the diagonal, as the last dimension
        dx = g on the diagonal, 0 elsewhere
    Shapes: x (N, M, ...) -> (..., K), with K the length of the diagonal; a view
    """
    axis1, axis2 = axis_of("diagonal", dim1, x.ndim), axis_of("diagonal", dim2, x.ndim)
    if axis1 == axis2 or x.ndim < 2:
        raise OpError(f"diagonal: dim1 and dim2 must be two dimensions of x {tuple(x.shape)}, got {dim1} "
                      f"and {dim2}")
    y = np.diagonal(x, offset, axis1, axis2)
    if isinstance(x, np.ndarray):
        y.flags.writeable = x.flags.writeable  # NumPy's diagonal is read-only out of caution
    return y, (x.shape,)


@diagonal.vjp
def _(g, _y, saved, _x, offset=0, dim1=0, dim2=1):
    return place_on_diagonal.on(g, saved[0], offset, dim1, dim2)


@stands_for(np.diagonal)
def _numpy_diagonal(a, offset=0, axis1=0, axis2=1):
    return diagonal(a, offset, axis1, axis2)


@op(samples=case(n(3), (3, 4), 0, 0, 1) + case(n(2, 2), (4, 2, 3), -1, 2, 0), primitive=True)
def place_on_diagonal(x, shape, offset, dim1, dim2):
    """Place x on the diagonal, in dim1 and dim2, of a tensor of zeros.

        y[i, i + offset, ..] = x[.., i]
        y  = x on the diagonal, 0 elsewhere
        dx = the diagonal of g
    Shapes: x the shape of the diagonal (..., K) -> shape
    """
    y = np.zeros(shape, x.dtype)
    part = np.diagonal(y, offset, dim1, dim2)
    part.flags.writeable = True
    part[...] = x
    return y, ()


@place_on_diagonal.vjp
def _(g, _y, _saved, _x, _shape, offset, dim1, dim2):
    return np.diagonal(g, offset, dim1, dim2)


@keywords()
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    """Make matrices, in dim1 and dim2 of the result, whose diagonals are the last dimension of x.

        y[.., i, i + offset] = x[.., i]
    Shapes: x (..., K) -> (..., K + |offset|, K + |offset|)
    """
    axis1, axis2 = axis_of("diag_embed", dim1, x.ndim, extra=1), axis_of("diag_embed", dim2, x.ndim, extra=1)
    if axis1 == axis2:
        raise OpError(f"diag_embed: dim1 and dim2 must differ, both are {dim1}")
    shape, size = list(x.shape[:-1]), x.shape[-1] + abs(offset)
    for axis in sorted((axis1, axis2)):
        shape.insert(axis, size)
    return place_on_diagonal(x, tuple(shape), offset, axis1, axis2)


@keywords()
def diag(x, diagonal=0):
    """Make a matrix with a vector on its diagonal, or take the diagonal of a matrix (a copy).

        y[i, i + diagonal] = x[i]        or y[i] = x[i, i + diagonal]
    Shapes: x (N,) -> (N + |diagonal|, N + |diagonal|); x (N, M) -> (K,)
    """
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    if x.ndim != 2:
        raise OpError(f"diag: expects a vector or a matrix, got shape {tuple(x.shape)}")
    return clone(_diagonal_view(x, diagonal))


_diagonal_view = diagonal                                        # within diag the name is a parameter


@keywords()
def diagflat(x, offset=0):
    """Make a matrix with all elements of x on its diagonal: diag(x.flatten())."""
    return diag_embed(x.reshape(-1), offset)


@keywords()
def trace(x):
    """Add up the diagonal of a matrix.

        y = sum_i x[i, i]
    Shapes: x (N, M) -> ()
    """
    if x.ndim != 2:
        raise OpError(f"trace: expects a matrix, got shape {tuple(x.shape)}")
    return diagonal(x).sum()


@stands_for(np.trace)
def _numpy_trace(a, offset=0, axis1=0, axis2=1):
    return diagonal(a, offset, axis1, axis2).sum(-1)


@op(samples=normal((3, 4)) + case(n(3, 4), 1) + case(n(2, 3, 3), -1) + case(n(0, 3)))
def tril(x, diagonal=0):
    """Keep the lower triangle of the last two dimensions, up to `diagonal` places above the main one.

        y  = x[i, j] if j - i <= diagonal else 0
        dx = g[i, j] if j - i <= diagonal else 0
    Shapes: x (..., N, M) -> (..., N, M)
    """
    if x.ndim < 2:
        raise OpError(f"tril: expects 2 or more dimensions, got shape {tuple(x.shape)}")
    return np.tril(x, diagonal), ()


@tril.vjp
def _(g, _y, _saved, _x, diagonal=0):
    return np.tril(g, diagonal)


@op(samples=normal((3, 4)) + case(n(3, 4), 1) + case(n(2, 3, 3), -1) + case(n(0, 3)))
def triu(x, diagonal=0):
    """Keep the upper triangle of the last two dimensions, from `diagonal` places above the main one.

        y  = x[i, j] if j - i >= diagonal else 0
        dx = g[i, j] if j - i >= diagonal else 0
    Shapes: x (..., N, M) -> (..., N, M)
    """
    if x.ndim < 2:
        raise OpError(f"triu: expects 2 or more dimensions, got shape {tuple(x.shape)}")
    return np.triu(x, diagonal), ()


@triu.vjp
def _(g, _y, _saved, _x, diagonal=0):
    return np.triu(g, diagonal)


@stands_for(np.tril)
def _numpy_tril(m, k=0):
    return tril(m, k)


@stands_for(np.triu)
def _numpy_triu(m, k=0):
    return triu(m, k)
