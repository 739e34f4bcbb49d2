"""The largest and the smallest: of a tensor, along a dimension, of two tensors, and where they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine import op
from ..signature import takes_numpy_words
from ..tensor import OpError, Tensor
from .bounds import maximum, minimum
from .masks import keep
from .numpy_protocol import stands_for
from .reduce import axes_of, spread
from .samples import distinct

__all__ = ["max", "min", "amax", "amin", "aminmax", "argmax", "argmin"]


class ValuesIndices(NamedTuple):
    """What a reduction along one dimension found, and where."""

    values: Any
    indices: Any


class MinMax(NamedTuple):
    """The smallest and the largest."""

    min: Any
    max: Any


class NothingToChoose(OpError, IndexError):
    """There is no largest, smallest or middle of no elements. PyTorch says IndexError or RuntimeError."""


def not_empty(name, x, axis):
    """Refuse to choose one of no elements."""
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    if x.size == 0 and any(x.shape[a] == 0 for a in axes if x.ndim):
        raise NothingToChoose(f"{name}: x of shape {tuple(x.shape)} has no elements to choose from"
                              + ("" if axis is None else f" along dim {axis}"))


def _shared(g, y, x, axis, keepdim):
    """The gradient of an extreme: equal parts to all elements that equal it."""
    hit = x == spread(y, axis, keepdim, x.shape)
    count = np.add.reduce(hit, axis=axis, keepdims=keepdim, dtype=g.dtype)
    return keep.on(spread(g / count, axis, keepdim, x.shape), hit)


@stands_for(np.max, np.amax, np.maximum.reduce)
@op(samples=distinct((2, 3)) + distinct((2, 3, 4), dim=(0, -1)) + distinct((2, 3), dim=1, keepdim=True))
def amax(x, dim=None, keepdim=False):
    """Take the largest element along dim (of all by default).

        y  = max x
        dx = g / (number of ties) where x = y, else 0
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    axis = axes_of(dim, x.ndim)
    not_empty("amax", x, axis)
    return np.maximum.reduce(x, axis=axis, keepdims=keepdim), ()


@amax.vjp
def _(g, y, _saved, x, dim=None, keepdim=False):
    return _shared(g, y, x, axes_of(dim, x.ndim), keepdim)


@stands_for(np.min, np.amin, np.minimum.reduce)
@op(samples=distinct((2, 3)) + distinct((2, 3, 4), dim=(0, -1)) + distinct((2, 3), dim=1, keepdim=True))
def amin(x, dim=None, keepdim=False):
    """Take the smallest element along dim (of all by default).

        y  = min x
        dx = g / (number of ties) where x = y, else 0
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    axis = axes_of(dim, x.ndim)
    not_empty("amin", x, axis)
    return np.minimum.reduce(x, axis=axis, keepdims=keepdim), ()


@amin.vjp
def _(g, y, _saved, x, dim=None, keepdim=False):
    return _shared(g, y, x, axes_of(dim, x.ndim), keepdim)


@takes_numpy_words
def aminmax(input, *, dim=None, keepdim=False):
    """Return the smallest and the largest element along dim.

        y = (min input, max input), a named tuple with fields min and max
    """
    return MinMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


@stands_for(np.argmax)
@op(samples=distinct((2, 3)) + distinct((2, 3), dim=1) + distinct((2, 3), dim=0, keepdim=True))
def argmax(x, dim=None, keepdim=False):
    """Tell where along dim the largest element is: the first of equals; nan counts as largest.

        y = the i with x_i = max x        in the flattened x without dim
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim (int64)
    """
    not_empty("argmax", x, dim)
    return np.argmax(x, axis=dim, keepdims=keepdim), ()


@stands_for(np.argmin)
@op(samples=distinct((2, 3)) + distinct((2, 3), dim=1) + distinct((2, 3), dim=0, keepdim=True))
def argmin(x, dim=None, keepdim=False):
    """Tell where along dim the smallest element is: the first of equals; nan counts as smallest.

        y = the i with x_i = min x        in the flattened x without dim
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim (int64)
    """
    not_empty("argmin", x, dim)
    return np.argmin(x, axis=dim, keepdims=keepdim), ()


def taken(x, places, dim):
    """The elements at `places`, which has size 1 along dim."""
    return np.take_along_axis(x, places, dim) if x.ndim else x


def put_back(g, places, dim, keepdim, shape):
    """The gradient g at the places along dim that were taken, 0 elsewhere."""
    if not shape:
        return np.reshape(g, shape)
    if not keepdim:
        places, g = np.expand_dims(places, dim), np.expand_dims(g, dim)
    along = [1] * len(shape)
    along[dim] = shape[dim]
    hit = np.reshape(np.arange(shape[dim]), along) == places
    return keep.on(np.broadcast_to(g, shape), hit)


@op(samples=distinct((2, 3), dim=1) + distinct((2, 3, 4), dim=-2, keepdim=True) + distinct((3,), dim=0),
    primitive=True)
def max_along(x, dim, keepdim=False):
    """Take the largest element along dim, and where it is: the first of equals.

        y  = max x, and its index
        dx = g at the index, else 0
    Shapes: x (...) -> twice x without dim, or with dim of size 1 when keepdim; the second is int64
    """
    not_empty("max", x, dim)
    places = np.argmax(x, axis=dim, keepdims=True)
    y = taken(x, places, dim)
    if not keepdim:
        y, places = np.squeeze(y, dim), np.squeeze(places, dim)
    return (y, places), (places, x.shape)


@max_along.vjp
def _(g, _y, saved, _x, dim, keepdim=False):
    return put_back(g[0], saved[0], dim, keepdim, saved[1])


@op(samples=distinct((2, 3), dim=1) + distinct((2, 3, 4), dim=-2, keepdim=True) + distinct((3,), dim=0),
    primitive=True)
def min_along(x, dim, keepdim=False):
    """Take the smallest element along dim, and where it is: the first of equals.

        y  = min x, and its index
        dx = g at the index, else 0
    Shapes: x (...) -> twice x without dim, or with dim of size 1 when keepdim; the second is int64
    """
    not_empty("min", x, dim)
    places = np.argmin(x, axis=dim, keepdims=True)
    y = taken(x, places, dim)
    if not keepdim:
        y, places = np.squeeze(y, dim), np.squeeze(places, dim)
    return (y, places), (places, x.shape)


@min_along.vjp
def _(g, _y, saved, _x, dim, keepdim=False):
    return put_back(g[0], saved[0], dim, keepdim, saved[1])


def _overloaded(name, whole, along, of_two):
    """max and min: of a whole tensor, along a dimension, of two tensors."""
    @takes_numpy_words
    def extreme(input, dim=None, keepdim=False, *, other=None):
        if isinstance(dim, Tensor) or other is not None:
            return of_two(input, dim if other is None else other)
        if dim is None:
            return whole(input)
        return ValuesIndices(*along(input, dim, keepdim))

    extreme.__name__ = extreme.__qualname__ = name
    return extreme


max = _overloaded("max", amax, max_along, maximum)
max.__doc__ = """Take the largest of a whole tensor, along a dimension, or of two tensors.

    max(x)       = amax(x): ties share the gradient
    max(x, dim)  = a named tuple (values, indices): the gradient goes to the index
    max(x, y)    = maximum(x, y), element by element
"""
min = _overloaded("min", amin, min_along, minimum)
min.__doc__ = """Take the smallest of a whole tensor, along a dimension, or of two tensors.

    min(x)       = amin(x): ties share the gradient
    min(x, dim)  = a named tuple (values, indices): the gradient goes to the index
    min(x, y)    = minimum(x, y), element by element
"""
