"""Sliding windows along a dimension."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError, share_memory
from .dims import axis_of
from .samples import case, n

__all__: list[str] = []                                          # PyTorch's unfold is a method


@op(samples=case(n(7), 0, 3, 2) + case(n(2, 5), 1, 2, 1) + case(n(5, 2), 0, 5, 1), primitive=True)
def sliding_windows(x, dim, size, step):
    """Look at windows of `size` places along dim, `step` places from one to the next.

        y[w, .., i] = x[w step + i, ..]
        y  = the windows, their places as the last dimension
        dx = g summed over the windows that a place belongs to
    Shapes: x (..., N, ...) -> (..., (N - size) // step + 1, ..., size); a view that cannot be written into
    """
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=dim)
    return windows[(slice(None),) * dim + (slice(None, None, step),)], (x.shape,)


@sliding_windows.vjp
def _(g, _y, saved, _x, dim, size, step):
    return sum_windows.on(g, saved[0], dim, size, step)


@op(samples=case(n(3, 3), (7,), 0, 3, 2) + case(n(2, 4, 2), (2, 5), 1, 2, 1), primitive=True)
def sum_windows(x, shape, dim, size, step):
    """Lay windows over one another at their places along dim, and add them up.

        y[w step + i, ..] += x[w, .., i]
        y  = the sums, 0 where no window lies
        dx = the windows of g
    Shapes: x (..., W, ..., size) -> shape
    """
    y = np.zeros(shape, x.dtype)
    front, count = (slice(None),) * dim, x.shape[dim]
    for i in range(size):  # one place of all windows at a time: they are disjoint
        y[front + (slice(i, i + step * (count - 1) + 1, step),)] += x[..., i]
    return y, ()


@sum_windows.vjp
def _(g, _y, _saved, _x, _shape, dim, size, step):
    return sliding_windows.on(g, dim, size, step)


def unfold(x, dimension, size, step):
    """Look at windows of `size` places along a dimension, `step` places from one to the next.

        y[w, .., i] = x[w step + i, ..]
    Shapes:  x (..., N, ...) -> (..., (N - size) // step + 1, ..., size)
    Differs: the view cannot be written into.
    """
    axis = axis_of("unfold", dimension, x.ndim)
    n = x.shape[axis] if x.ndim else 1
    if not 0 <= size <= n or step < 1:
        raise OpError(f"unfold: size must lie in [0, {n}] for dimension {dimension} of shape "
                      f"{tuple(x.shape)} and step be 1 or more; got size {size}, step {step}")
    x = x if x.ndim else x.reshape((1,))
    y = sliding_windows(x, axis, size, step)
    share_memory(y, x)                                           # the engine cannot tell by NumPy's base
    y._view = (x, sliding_windows.op, (axis, size, step), {}, None)
    return y
