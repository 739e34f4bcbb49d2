"""Borders around a tensor: a value, a mirror image, the edge repeated, or the other side again."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError
from .join import cat
from .numpy_protocol import stands_for
from .order import flip
from .samples import case, n
from .shape import expand

__all__ = ["constant_pad_nd", "pad"]


@op(samples=case(n(2, 3), ((1, 2), (0, 1))) + case(n(3, 4), ((-1, 2), (1, -2)), 0.5) + case(n(2, 0), ((0, 0), (1, 1)))
    + case(n(), ()))
def pad_widths(x, widths, value=0.0):
    """Add widths[i] = (before, after) places holding one value to dimension i; negative widths cut places off.

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
        raise TypeError(f"np.pad: mode {mode!r} is not defined for Pellucid tensors; nn.functional.pad has others")
    pairs = np.broadcast_to(pad_width, (array.ndim, 2)).tolist()
    return pad_widths(array, tuple(map(tuple, pairs)), constant_values)


def constant_pad_nd(x, pad, value=0):
    """Add a border of one value; see nn.functional.pad."""
    if len(pad) % 2 or len(pad) // 2 > x.ndim:
        raise OpError(f"pad: pad must hold a pair for the last dimension, then for the one before it, ..., at most "
                      f"{x.ndim} pairs; got {tuple(pad)}")
    pairs = [tuple(map(int, pad[i:i + 2])) for i in range(0, len(pad), 2)]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    small = [size for size, (before, after) in zip(x.shape, widths, strict=True) if size + before + after < 0]
    if small or any(max(-before, 0) + max(-after, 0) > size for size, (before, after) in zip(x.shape, widths, strict=True)):
        raise OpError(f"pad: pad {tuple(pad)} cuts more off than x of shape {tuple(x.shape)} has")
    return pad_widths(x, tuple(widths), 0.0 if value is None else value)


def pad(input, pad, mode="constant", value=None):
    """Add a border to the last dimensions: pad = (left, right, top, bottom, ...) begins with the last dimension.

        y[i] = input[i - before] inside; outside:
        constant    value
        reflect     the mirror image, without the edge:   3 2 1 | 1.. would be  3 2 | 1 2 3 | 2 1
        replicate   the edge again:                       1 1 | 1 2 3 | 3 3
        circular    the other side:                       2 3 | 1 2 3 | 1 2
    Negative numbers cut places off. The modes but constant pad the last one, two or three dimensions of a tensor that
    has one or two more (channels, batch).
    Shapes:  input (..., N, M), pad (a, b, c, d) -> (..., c + N + d, a + M + b)
    Raises:  RuntimeError where reflect would need more places than there are, or circular would wrap twice.
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, value)
    sides = {"reflect": reflected, "replicate": replicated, "circular": wrapped}
    if mode not in sides:
        raise OpError(f"pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got {mode!r}")
    if value:
        raise OpError(f"pad: mode {mode!r} takes no value, got {value}")
    count = len(pad) // 2
    if len(pad) % 2 or not 1 <= count <= 3 or input.ndim not in (count + 1, count + 2):
        raise OpError(f"pad: mode {mode!r} pads the last 1, 2 or 3 dimensions of a tensor with 1 or 2 more; got {len(pad)} "
                      f"numbers for shape {tuple(input.shape)}")
    for i in range(count):
        before, after = int(pad[2 * i]), int(pad[2 * i + 1])
        input = with_sides(input, input.ndim - 1 - i, before, after, sides[mode])
    return input


def with_sides(x, axis, before, after, sides):
    """Lay what `sides` makes before and behind x along one axis; negative numbers cut off."""
    left, right = sides(x, axis, max(before, 0), max(after, 0))
    x = part(x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))
    pieces = [piece for piece, size in ((left, before), (x, 1), (right, after)) if size > 0]
    return cat(pieces, axis) if len(pieces) > 1 else x


def part(x, axis, start, end):
    """The places from start to end of one axis, a view."""
    return x[(slice(None),) * axis + (slice(start, end),)]


def reflected(x, axis, before, after):
    size = x.shape[axis]
    if max(before, after) >= size:
        raise OpError(f"pad: mode 'reflect' needs more than {max(before, after)} places in dim {axis}, there are {size}")
    return (flip(part(x, axis, 1, before + 1), axis), flip(part(x, axis, size - 1 - after, size - 1), axis))


def replicated(x, axis, before, after):
    size = x.shape[axis]
    if not size:
        raise OpError(f"pad: mode 'replicate' needs an edge to repeat, dim {axis} of {tuple(x.shape)} is empty")
    shapes = [(*x.shape[:axis], times, *x.shape[axis + 1:]) for times in (before, after)]
    return expand(part(x, axis, 0, 1), shapes[0]), expand(part(x, axis, size - 1, size), shapes[1])


def wrapped(x, axis, before, after):
    size = x.shape[axis]
    if max(before, after) > size:
        raise OpError(f"pad: mode 'circular' needs {max(before, after)} places or more in dim {axis}, there are {size}")
    return part(x, axis, size - before, size), part(x, axis, 0, after)
