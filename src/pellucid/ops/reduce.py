"""Reductions: many elements to one, along some dimensions or all."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .numpy_protocol import stands_for
from .samples import normal


def axes_of(dim, ndim):
    """`dim` as NumPy wants it: None, an int or a tuple; PyTorch's empty list means all dimensions."""
    if dim is None or isinstance(dim, int):
        return dim
    dim = tuple(dim)
    return dim or None


def spread(g, axis, keepdim, shape):
    """Repeat the gradient of a reduction over the dimensions that were reduced (a view)."""
    if axis is not None and not keepdim:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


@stands_for(np.sum)
@op(samples=normal((2, 3)) + normal((2, 3, 4), dim=(0, -1)) + normal((2, 3), dim=1, keepdim=True))
def sum(x, dim=None, keepdim=False, *, dtype=None):
    """Add the elements along dim (all of them by default). Integers and bools add up in int64.

        y  = sum x
        dx = g, repeated along dim
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    axis = axes_of(dim, x.ndim)
    if dtype is None and x.dtype.kind in "iub":
        dtype = np.int64
    return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdim), (x.shape,)


@sum.vjp
def _(g, _y, saved, _x, dim=None, keepdim=False, *, dtype=None):
    return spread(g, axes_of(dim, len(saved[0])), keepdim, saved[0])
