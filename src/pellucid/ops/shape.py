"""The same elements in another arrangement. Most results are views: they share memory with x."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .numpy_protocol import stands_for
from .samples import n, case, normal


@stands_for(np.reshape)
@op(samples=normal((2, 6), shape=(3, -1)), view=True)
def reshape(x, shape):
    """Arrange the elements, in row-major order, in another shape; one -1 is worked out.

        y  = x in the new shape
        dx = g in the old shape
    Shapes: x (...) -> shape
    """
    return np.reshape(x, shape), (x.shape,)


@reshape.vjp
def _(g, _y, saved, _x, _shape):
    return np.reshape(g, saved[0])


@stands_for(np.transpose)
@op(samples=normal((2, 3, 4), dims=(2, 0, 1)), view=True)
def permute(x, dims):
    """Reorder the dimensions.

        y[i_dims] = x[i]
        y  = x with its dimensions in the order dims
        dx = g with its dimensions put back
    Shapes: x (d0, d1, ...) -> (d[dims[0]], d[dims[1]], ...)
    """
    return np.transpose(x, dims), ()


@permute.vjp
def _(g, _y, _saved, _x, dims):
    order = [d % g.ndim for d in dims]
    return np.transpose(g, [order.index(i) for i in range(g.ndim)])


@stands_for(np.broadcast_to)
@op(samples=normal((2, 1, 3), shape=(4, 2, 5, 3)), view=True)
def expand(x, shape):
    """Repeat dimensions of size 1, and new ones in front, without copying.

        y  = x repeated
        dx = g summed over the repetitions
    Shapes: x (..., 1, ...) -> shape; -1 keeps a size
    """
    extra = len(shape) - x.ndim
    full = tuple(x.shape[i - extra] if s == -1 and i >= extra else s for i, s in enumerate(shape))
    return np.broadcast_to(x, full), (x.shape,)


@expand.vjp
def _(g, _y, saved, _x, _shape):
    from ..engine import unbroadcast

    return unbroadcast(g, saved[0])
