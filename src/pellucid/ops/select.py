"""Parts of a tensor along a dimension, by number or by mask, and writing them back."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..engine import op
from ..tensor import OpError, PlaceError, Tensor
from .accumulate import add_rows
from .dims import axis_of
from .gather import check_bool, check_range
from .index import EVERYTHING, getitem, pick, put, value_for
from .samples import case, n
from .shape import broadcast_to, reshape
from .write import in_place

__all__ = ["index_select", "index_add", "index_copy", "index_fill", "take", "select", "narrow",
           "masked_select", "masked_scatter"]


def _numbers(name: str, index: Any, size: int, dim: int, low: int = 0) -> np.ndarray:
    """The places along a dimension, checked: a vector of integers, or one integer."""
    if index.dtype.kind not in "iu":
        raise OpError(f"{name}: index must hold integers, got {index.dtype}")
    if index.ndim > 1:
        raise PlaceError(f"{name}: index must be a vector, got shape {index.shape}")
    check_range(index, size, name, dim, low)
    return np.array(index).reshape(-1)                           # a copy: rules must not see later changes


@op(samples=case(n(3, 4), 1, np.array([0, 0, 2])) + case(n(3, 4), -2,
                                                         np.array([2])) + case(n(3), 0, np.array(1)),
    hides=True)
def index_select(x, dim, index):
    """Take the slices along dim that the vector index names.

        y  = x[:, index]  for dim = 1
        dx = sum of g over the slices that were taken more than once
    Shapes: x (A, B, C), index (K) -> (A, K, C) for dim = 1
    """
    if x.ndim == 0:
        _numbers("index_select", index, 1, 0)
        return np.copy(x), (1,)
    dim = axis_of("index_select", dim, x.ndim)
    places = _numbers("index_select", index, x.shape[dim], dim)
    return x[(EVERYTHING,) * dim + (places,)], (x.shape[dim],)


@index_select.vjp
def _(g, _y, saved, _x, dim, index):
    return g if g.ndim == 0 else add_along.on(g, dim, index, saved[0])


@op(samples=case(n(3, 4), 1, np.array([0, 0, 2, 1]), 5) + case(n(2, 0), 1, np.array([], np.int64), 2),
    primitive=True, hides=True)
def add_along(x, dim, index, size):
    """Add the slices of x along dim to zeros, each at the place that the vector index names.

        y[:, index[k]] += x[:, k]  for dim = 1
        y  = x summed by place
        dx = g[:, index]
    Shapes: x (A, K, C), index (K) -> (A, size, C) for dim = 1
    """
    rows = np.moveaxis(x, dim, 0)
    places = np.reshape(index, (-1,))
    width = math.prod(rows.shape[1:])
    y = add_rows(rows.reshape(places.size, width), places, size)
    return np.moveaxis(y.reshape(size, *rows.shape[1:]), 0, dim), ()


@add_along.vjp
def _(g, _y, _saved, _x, dim, index, _size):
    return index_select.on(g, dim, index)


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """Add the slices of source, times alpha, to the slices of input that the vector index names along dim.

        y[:, index[k]] += alpha source[:, k]        for dim = 1; repeated places add up
    """
    dim = axis_of("index_add", dim, input.ndim)
    places = _numbers("index_add", index._data, input.size(dim) if input.ndim else 1, dim)
    _check_slices("index_add", input, dim, places, source)
    if not input.ndim:
        return input + alpha * source.sum()
    return input + alpha * add_along(source, dim, places, input._data.shape[dim])


def _check_slices(name: str, x: Tensor, dim: int, places: np.ndarray, source: Tensor) -> None:
    """Refuse a source whose slices do not fit those of x, or are not as many as the places."""
    if source._data.dtype != x._data.dtype:
        raise OpError(f"{name}: source is {source.dtype}, the tensor it goes to {x.dtype}")
    wanted = x._data.shape[:dim] + (places.size,) + x._data.shape[dim + 1:]
    if (source._data.shape or (1,)) != wanted:
        raise PlaceError(f"{name}: source has shape {source._data.shape}, {places.size} places along dim "
                         f"{dim} of {x._data.shape} want {wanted}")


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Replace the slices of input that the vector index names along dim by those of source.

        y[:, index[k]] = source[:, k]       for dim = 1
    """
    dim = axis_of("index_copy", dim, input.ndim)
    places = _numbers("index_copy", index._data, input.size(dim) if input.ndim else 1, dim)
    _check_slices("index_copy", input, dim, places, source)
    return put(input, source, (EVERYTHING,) * dim + (places,) if input.ndim else ())


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Replace the slices of input that the vector index names along dim by one value."""
    if isinstance(value, Tensor) and value.ndim:
        raise OpError(f"index_fill: value must be one number, got shape {value._data.shape}")
    dim = axis_of("index_fill", dim, input.ndim)
    size = input.size(dim) if input.ndim else 1
    places = _numbers("index_fill", index._data, size, dim, low=-size)
    return put(input, value_for(input, value), (EVERYTHING,) * dim + (places,) if input.ndim else ())


def take(input: Tensor, index: Tensor) -> Tensor:
    """Take elements by their number in row-major order.

        y = input.reshape(-1)[index]
    Shapes:  input (...), index (A, B) -> (A, B)
    """
    places, size = index._data, input._data.size
    if places.dtype.kind not in "iu":
        raise OpError(f"take: index must hold integers, got {places.dtype}")
    check_range(places, size, "take", 0, -size)
    return pick(reshape(input, (-1,)), (np.array(places),))


def put_numbers(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Replace elements by their number in row-major order, or add to them when accumulate.

        y.reshape(-1)[index] = source       or += source
    """
    check_range(index._data, input._data.size, "put", 0, -input._data.size)
    flat, values = reshape(input, (-1,)), reshape(source, (-1,))
    y = put(flat, values, (np.array(index._data).reshape(-1),), accumulate=accumulate)
    return reshape(y, input._data.shape)


def select(input: Tensor, dim: int, index: Any) -> Tensor:
    """Look at one slice along dim: a view without that dimension.

        y = input[:, index]     for dim = 1
    """
    if not input.ndim:
        raise PlaceError("select: a tensor without dimensions has no slices")
    dim, index = axis_of("select", dim, input.ndim), operator.index(index)
    size = input._data.shape[dim]
    if not -size <= index < size:
        raise PlaceError(f"select: index {index} is out of bounds for dimension {dim} with size {size}")
    return getitem(input, (EVERYTHING,) * dim + (index, Ellipsis))


def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Look at length slices along dim from start on: a view.

        y = input[:, start:start + length]      for dim = 1
    """
    if not input.ndim:
        raise PlaceError("narrow: a tensor without dimensions has no slices")
    dim, start = axis_of("narrow", dim, input.ndim), operator.index(start)
    size = input._data.shape[dim]
    first = start + size if start < 0 else start
    if not 0 <= first <= size or length < 0 or first + length > size:
        raise PlaceError(f"narrow: start {start} and length {length} leave dimension {dim} with size {size}")
    return getitem(input, (EVERYTHING,) * dim + (slice(first, first + length), Ellipsis))


def _marked(name: str, input: Tensor, mask: Any) -> tuple[Tensor, tuple]:
    """Broadcast input and mask to one shape; input and the places where the mask is true."""
    array = np.asarray(getattr(mask, "_data", mask))
    check_bool(mask, f"{name}: mask")
    shape = np.broadcast_shapes(input._data.shape, array.shape)
    input = input if input._data.shape == shape else broadcast_to(input, shape)
    if not shape:
        return reshape(input, (1,)), np.nonzero(array.astype(bool).reshape(1))
    return input, np.nonzero(np.broadcast_to(array.astype(bool), shape))


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Take the elements for which the mask is true, as a vector, in row-major order.

    Shapes:  input and mask broadcast to one shape -> (how often the mask is true)
    """
    return pick(*_marked("masked_select", input, mask))


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Replace the elements for which the mask is true by those of source, one after the other.

    Raises:  RuntimeError when source has fewer elements than the mask is true.
    """
    if source._data.dtype != input._data.dtype:
        raise OpError(f"masked_scatter: source is {source.dtype}, the tensor it goes to {input.dtype}")
    flat, places = _marked("masked_scatter", input, mask)
    count = len(places[0])
    if source._data.size < count:
        raise OpError(f"masked_scatter: source has {source._data.size} elements for {count} places")
    y = put(flat, reshape(source, (-1,))[:count], places)
    return reshape(y, np.broadcast_shapes(input._data.shape, np.shape(mask)))


for _f in (index_select, index_add, index_copy, index_fill, take, select, narrow, masked_select,
           masked_scatter):
    setattr(Tensor, _f.__name__, _f)
for _f in (index_add, index_copy, index_fill, masked_scatter):
    setattr(Tensor, _f.__name__ + "_", in_place(_f))
Tensor.put = put_numbers  # type: ignore[attr-defined]
Tensor.put_ = in_place(put_numbers, "put")  # type: ignore[attr-defined]
