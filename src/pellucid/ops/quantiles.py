"""Order statistics: median, quantiles, the most frequent value; and counts of values."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..dtypes import get_default_dtype
from ..engine import op
from ..signature import takes_numpy_words
from ..tensor import OpError, Tensor, wrap
from .dims import axis_of
from .extremes import ValuesIndices, not_empty, put_back, taken
from .masks import keep
from .reduce import floating
from .samples import apart, case, distinct
from .sort import sort

__all__ = ["median", "nanmedian", "mode", "quantile", "nanquantile", "histc", "bincount"]


def _place_of_median(x, dim, skip_nan):
    """Where the lower of the middle elements stands along dim (of size 1 now); at a nan if there is one."""
    order = np.argsort(x, axis=dim, kind="stable")               # nan comes last
    count = x.shape[dim]
    middle = np.full_like(np.take(order, [0], axis=dim), (count - 1) // 2)
    if x.dtype.kind == "f":
        numbers = np.sum(~np.isnan(x), axis=dim, keepdims=True)
        middle = np.where(numbers < count, np.maximum(numbers - 1, 0) // 2 if skip_nan else count - 1, middle)
    return np.take_along_axis(order, middle, dim)


def _values_at(x, places, dim, keepdim):
    """A named-tuple-like pair (values, places), and what the rule needs."""
    y = taken(x, places, dim)
    if not keepdim:
        y, places = np.squeeze(y, dim), np.squeeze(places, dim)
    return (y, places), (places, x.shape)


@op(samples=distinct((2, 5), dim=1) + distinct((3, 4, 2), dim=-2, keepdim=True)
    + case(np.array([1.0, np.nan, 3.0]), dim=0, skip_nan=True), primitive=True)
def median_along(x, dim, *, keepdim=False, skip_nan=False):
    """The element in the middle along dim, the lower of two, and where it is.

        y  = x in order at (N - 1) / 2, rounded down, and its index
        dx = g at the index, else 0
    Shapes: x (...) -> twice x without dim, or with dim of size 1 when keepdim; the second is int64
    """
    not_empty("median", x, dim)
    if not x.ndim:
        return (+x, np.zeros((), np.int64)), (np.zeros((), np.int64), x.shape)
    return _values_at(x, _place_of_median(x, dim, skip_nan), dim, keepdim)


@median_along.vjp
def _(g, _y, saved, _x, dim, *, keepdim=False, skip_nan=False):
    return put_back(g[0], saved[0], dim, keepdim, saved[1])


@op(samples=distinct((2, 5)) + distinct((), skip_nan=True)
    + case(np.array([1.0, np.nan, 3.0]), skip_nan=True), primitive=True)
def median_of_all(x, *, skip_nan=False):
    """The element in the middle of all, the lower of two; its gradient is shared by all that equal it.

        y  = x in order at (N - 1) / 2, rounded down
        dx = g / (number of ties) where x = y, else 0
    Shapes: x (...) -> ()
    """
    flat = np.reshape(x, -1)
    return flat[_place_of_median(flat, 0, skip_nan)[0]], ()


@median_of_all.vjp
def _(g, y, _saved, x, *, skip_nan=False):
    hit = (x == y) | (np.isnan(x) & np.isnan(y))
    return keep.on(np.broadcast_to(g / np.sum(hit, dtype=g.dtype), x.shape), hit)


def _median(name: str, skip_nan: bool) -> Callable:
    @takes_numpy_words
    def middle(input, dim=None, keepdim=False):
        if dim is not None:
            return ValuesIndices(*median_along(input, dim, keepdim=keepdim, skip_nan=skip_nan))
        if not input.numel():
            return wrap(np.full((), math.nan, input._data.dtype))
        return median_of_all(input, skip_nan=skip_nan)

    middle.__name__ = middle.__qualname__ = name
    return middle


median = _median("median", False)
median.__doc__ = """The element in the middle, the lower of two: of all, or along dim as (values, indices).

    y = input in order at (N - 1) / 2, rounded down        nan where there is a nan
Shapes: input (...) -> (), or twice input without dim
"""
nanmedian = _median("nanmedian", True)
nanmedian.__doc__ = """The median of what is not nan: of all, or along dim as (values, indices).

    y = the numbers of input in order at (N - 1) / 2, rounded down
Shapes: input (...) -> (), or twice input without dim
"""


@op(samples=case(apart(2, 5), dim=1)
    + case(np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 1.0]]), dim=0, keepdim=True), primitive=True)
def most_frequent(x, dim, *, keepdim=False):
    """The value that occurs most often along dim, the smallest of equals, and where it stands last.

        y  = the most frequent x, and its index
        dx = g at the index, else 0
    Shapes: x (...) -> twice x without dim, or with dim of size 1 when keepdim; the second is int64
    """
    not_empty("mode", x, dim)
    if not x.ndim:
        return (+x, np.zeros((), np.int64)), (np.zeros((), np.int64), x.shape)
    rows = np.moveaxis(x, dim, -1)
    places = np.empty(rows.shape[:-1], np.int64)
    for index in np.ndindex(places.shape):
        values, counts = np.unique(rows[index], return_counts=True)
        places[index] = np.flatnonzero(rows[index] == values[np.argmax(counts)])[-1]
    return _values_at(x, np.expand_dims(places, dim), dim, keepdim)


@most_frequent.vjp
def _(g, _y, saved, _x, dim, *, keepdim=False):
    return put_back(g[0], saved[0], dim, keepdim, saved[1])


@takes_numpy_words
def mode(input, dim=-1, keepdim=False):
    """The value that occurs most often along dim, the smallest of equals, as a named tuple (values, indices).

        y = the most frequent element
    Shapes: input (...) -> twice input without dim
    """
    return ValuesIndices(*most_frequent(input, dim, keepdim=keepdim))


def _between(ordered, place, interpolation):
    """The elements at fractional places along the last dimension."""
    if interpolation == "nearest":
        return ordered.take_along_dim(wrap(np.round(place).astype(np.int64)), -1)
    low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    below, above = ordered.take_along_dim(wrap(low), -1), ordered.take_along_dim(wrap(high), -1)
    if interpolation == "linear":
        return below.lerp(above, wrap((place - low).astype(ordered._data.dtype)))
    return {"lower": below, "higher": above, "midpoint": (below + above) / 2}[interpolation]


def _places(name, q, count, whole, skip_nan):
    """Where the shares q lie among `count` numbers in order, as (..., Q); nan comes last in order."""
    at = np.asarray(q._data if isinstance(q, Tensor) else q, np.float64)
    if at.ndim > 1 or not np.all((at >= 0) & (at <= 1)):
        raise OpError(f"{name}: q must be numbers from 0 to 1 in at most one dimension, got {q}")
    if skip_nan:
        return at.reshape(-1) * np.maximum(count - 1, 0)
    return np.where(count < whole, whole - 1, at.reshape(-1) * (whole - 1))


def _quantile(name, input, q, dim, keepdim, interpolation, skip_nan):
    floating(name, input)
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise OpError(f"{name}: interpolation must be linear, lower, higher, midpoint or nearest, got "
                      f"{interpolation!r}")
    if not input.numel():
        raise OpError(f"{name}: input of shape {tuple(input.shape)} has no elements")
    axis, ndim = 0 if dim is None else axis_of(name, dim, input.ndim), input.ndim
    rows = input.reshape(-1) if dim is None or not ndim else input.movedim(axis, -1)
    count = np.add.reduce(~np.isnan(rows._data), axis=-1, keepdims=True)
    places = _places(name, q, count, rows.shape[-1], skip_nan)
    y = _between(sort(rows, -1).values, places, interpolation).movedim(-1, 0)
    if keepdim and dim is None:
        y = y.reshape((-1,) + (1,) * ndim)
    elif keepdim and ndim:
        y = y.unsqueeze(axis + 1)
    return y if isinstance(q, Tensor) and q.ndim else y.squeeze(0)


@takes_numpy_words
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The numbers below which shares q of the elements lie: of all, or along dim.

        y = input in order at q (N - 1), interpolated between neighbours        nan where there is a nan

    interpolation: "linear", "lower", "higher", "midpoint" or "nearest"
    Shapes: q () or (Q,), input (...) -> (Q, ...) without dim, or with dim of size 1 when keepdim
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@takes_numpy_words
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The quantiles of what is not nan.

        y = the numbers of input in order at q (N - 1), interpolated between neighbours
    Shapes: q () or (Q,), input (...) -> (Q, ...) without dim, or with dim of size 1 when keepdim
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def histc(input, bins=100, min=0, max=0):
    """Count the elements in equal intervals from min to max (of the data where both are equal).

        y[b] = the number of elements in interval b; the last interval holds max itself
    Shapes: input (...) -> (bins,), in the dtype of input
    """
    floating("histc", input)
    if bins < 1 or max < min:
        raise OpError(f"histc: expected bins >= 1 and min <= max, got bins={bins}, min={min}, max={max}")
    x = input._data
    if min == max and x.size:
        min, max = float(np.min(x)), float(np.max(x))
    if min == max:
        min, max = min - 1, max + 1
    if not (math.isfinite(min) and math.isfinite(max)):
        raise OpError(f"histc: the range from {min} to {max} is not finite")
    inside = x[(x >= min) & (x <= max)].astype(np.float64)
    places = np.minimum(((inside - min) / (max - min) * bins).astype(np.int64), bins - 1)
    return wrap(np.bincount(places, minlength=bins).astype(x.dtype))


def bincount(input, weights=None, minlength=0):
    """Count how often each whole number occurs, or add up the weights that stand beside it.

        y[v] = the number of elements equal to v        with weights the sum of theirs
    Shapes: input (N,), weights (N,) -> (the largest element + 1, or minlength)
    Raises: RuntimeError for negative numbers, floats, or more than one dimension.
    """
    x = input._data
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and np.min(x) < 0):
        raise OpError(f"bincount: input must hold non-negative integers in one dimension, got "
                      f"{input.dtype.name} {tuple(input.shape)}")
    if weights is None:
        return wrap(np.bincount(x, minlength=minlength).astype(np.int64))
    if weights._data.shape != x.shape:
        raise OpError(f"bincount: weights {tuple(weights.shape)} must have the shape of input, "
                      f"{tuple(input.shape)}")
    y = np.bincount(x, weights._data, minlength)
    return wrap(y.astype(np.float32) if weights._data.dtype == get_default_dtype().dtype else y)
