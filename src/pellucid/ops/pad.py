"""Borders around a tensor: a value, a mirror image, the edge repeated, or the other side again."""

from __future__ import annotations

from ..tensor import OpError
from .border import constant_pad_nd
from .join import cat
from .order import flip
from .shape import expand

__all__ = ["pad"]


def pad(input, pad, mode="constant", value=None):
    """Add a border: pad = (left, right, top, bottom, ...) begins with the last dimension.

        y[i] = input[i - before] inside; outside:
        constant    value
        reflect     the mirror image, without the edge:   3 2 1 | 1.. would be  3 2 | 1 2 3 | 2 1
        replicate   the edge again:                       1 1 | 1 2 3 | 3 3
        circular    the other side:                       2 3 | 1 2 3 | 1 2
    Negative numbers cut places off. The modes but constant pad the last one, two or three dimensions of a
    tensor that has one or two more (channels, batch).
    Shapes:  input (..., N, M), pad (a, b, c, d) -> (..., c + N + d, a + M + b)
    Raises:  RuntimeError where reflect would need more places than there are, or circular would wrap twice;
             NotImplementedError for another mode.
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, value)
    sides = {"reflect": reflected, "replicate": replicated, "circular": wrapped}
    if mode not in sides:
        raise NotImplementedError("pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got "
                                  f"{mode!r}")
    if value:
        raise OpError(f"pad: mode {mode!r} takes no value, got {value}")
    count = len(pad) // 2
    if len(pad) % 2 or not 1 <= count <= 3 or input.ndim not in (count + 1, count + 2):
        raise NotImplementedError(f"pad: mode {mode!r} pads the last 1, 2 or 3 dimensions of a tensor with "
                                  f"1 or 2 more; got {len(pad)} numbers for shape {tuple(input.shape)}")
    for i in range(count):
        before, after = int(pad[2 * i]), int(pad[2 * i + 1])
        input = with_sides(input, input.ndim - 1 - i, before, after, sides[mode])
    return input if max(pad) > 0 else input.clone()


def with_sides(x, axis, before, after, sides):
    """Lay what `sides` makes before and behind x along one axis; negative numbers cut off."""
    inside = part(x, axis, max(-before, 0), x.shape[axis] - max(-after, 0))
    left, right = sides(inside if sides is wrapped else x, axis, max(before, 0), max(after, 0))
    pieces = [piece for piece, size in ((left, before), (inside, 1), (right, after)) if size > 0]
    return cat(pieces, axis) if len(pieces) > 1 else inside


def part(x, axis, start, end):
    """The places from start to end of one axis, a view."""
    return x[(slice(None),) * axis + (slice(start, end),)]


def reflected(x, axis, before, after):
    size = x.shape[axis]
    if max(before, after) >= size:
        raise OpError(f"pad: mode 'reflect' needs more than {max(before, after)} places in dim {axis} of "
                      f"{tuple(x.shape)}: there are {size}, the edge is left out, so {size}-1 = {size - 1}")
    return (flip(part(x, axis, 1, before + 1), axis), flip(part(x, axis, size - 1 - after, size - 1), axis))


def replicated(x, axis, before, after):
    size = x.shape[axis]
    if not size:
        raise OpError(f"pad: mode 'replicate' needs an edge to repeat, dim {axis} of {tuple(x.shape)} is "
                      "empty")
    shapes = [(*x.shape[:axis], times, *x.shape[axis + 1:]) for times in (before, after)]
    return expand(part(x, axis, 0, 1), shapes[0]), expand(part(x, axis, size - 1, size), shapes[1])


def wrapped(x, axis, before, after):
    size = x.shape[axis]
    if max(before, after) > size:
        raise OpError(f"pad: mode 'circular' needs {max(before, after)} places or more in dim {axis} of "
                      f"{tuple(x.shape)}: there are {size}, and it goes round once only")
    return part(x, axis, size - before, size), part(x, axis, 0, after)
