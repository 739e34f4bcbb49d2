"""Borders of one value around a tensor."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError
from .numpy_protocol import stands_for
from .samples import case, n

__all__ = ["constant_pad_nd"]


@op(samples=case(n(2, 3), ((1, 2), (0, 1))) + case(n(3, 4), ((-1, 2), (1, -2)), 0.5)
    + case(n(2, 0), ((0, 0), (1, 1)))
    + case(n(), ()))
def pad_widths(x, widths, value=0.0):
    """Add widths[i] = (before, after) places of one value to dimension i; negative widths cut places off.

        y[i] = x[i - before] inside, value outside
        y  = x with a border
        dx = g without the border
    Shapes: x (N, M), widths ((a, b), (c, d)) -> (a + N + b, c + M + d)
    """
    y = x
    if any(before < 0 or after < 0 for before, after in widths):
        y = y[tuple(slice(max(-before, 0), size - max(-after, 0))
                    for (before, after), size in zip(widths, x.shape, strict=True))]
    grown = [(max(before, 0), max(after, 0)) for before, after in widths]
    return np.pad(y, grown, constant_values=value) if grown else np.copy(x), ()


@pad_widths.vjp
def _(g, _y, _saved, _x, widths, value=0.0):
    return pad_widths.on(g, tuple((-before, -after) for before, after in widths))


@stands_for(np.pad)
def _numpy_pad(array, pad_width, mode="constant", *, constant_values=0.0):
    if mode != "constant":
        raise TypeError(f"np.pad: mode {mode!r} is not defined for Pellucid tensors; nn.functional.pad has "
                        "others")
    pairs = np.broadcast_to(pad_width, (array.ndim, 2)).tolist()
    return pad_widths(array, tuple(map(tuple, pairs)), constant_values)


def constant_pad_nd(x, pad, value=0):
    """Add a border of one value; see nn.functional.pad."""
    if len(pad) % 2 or len(pad) // 2 > x.ndim:
        raise OpError("pad: pad must hold a pair for the last dimension, then for the one before it, ..., "
                      f"at most {x.ndim} pairs; got {tuple(pad)}")
    pairs = [tuple(map(int, pad[i:i + 2])) for i in range(0, len(pad), 2)]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    small = [size for size, (before, after) in zip(x.shape, widths, strict=True) if size + before + after < 0]
    if small or any(max(-before, 0) + max(-after, 0) > size for size,
                    (before, after) in zip(x.shape, widths, strict=True)):
        raise OpError(f"pad: pad {tuple(pad)} cuts more off than x of shape {tuple(x.shape)} has")
    return pad_widths(x, tuple(widths), 0.0 if value is None else value)
