"""Writing along a dimension: scatter puts elements at places, its relatives add, multiply or compare there.

For dim = 1, `index` says where each element of `src` goes: src[i, j, k] goes to x[i, index[i, j, k], k].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import op
from ..tensor import OpError, Tensor, wrap
from .accumulate import flat_places
from .dims import axis_of
from .gather import check_places, gather, sum_along
from .index import put_into_zeros
from .samples import apart, case, ints, n
from .shape import broadcast_to
from .write import in_place

__all__ = ["index_reduce", "scatter", "scatter_add", "scatter_reduce"]
_PLACES = np.array([[0, 2, 2], [1, 0, 3]])                       # 2 is named twice, but in one row only


def places_of(x: np.ndarray, index: np.ndarray, dim: int) -> np.ndarray:
    """The numbers of the elements of x, in row-major order, that index names along dim."""
    return flat_places(index, axis_of("scatter", dim, x.ndim), x.shape) if x.ndim else index


def _part(src: Any, index: np.ndarray) -> Any:
    """The part of src that index speaks of; src may be one number."""
    return src[tuple(map(slice, index.shape))] if np.ndim(src) else src


@op(samples=case(n(2, 4), 1, np.array([[0, 2], [1, 3]]), n(2, 3)) + case(n(2, 4), -2, ints(2, 1, 4), 7.0)
    + case(n(2), 0, np.array([1]), n(2)), primitive=True)
def put_along(x, dim, index, src):
    """Replace the elements at places along dim by those of src.

        y[i, index[i, j, k], k] = src[i, j, k]  for dim = 1, x elsewhere
        y  = x with src put in; of several for one place the last one stays
        dx = g, 0 at the places
        dsrc = g[i, index[i, j, k], k], 0 where index is smaller than src
    Shapes: x (A, B, C), index (A', B', C'), src at least as large as index -> (A, B, C)
    """
    dim = check_places(x, dim, index, "scatter")
    check_source(src, index, x.dtype, "scatter")
    y = np.array(x, order="C")
    y.reshape(-1)[places_of(x, index, dim)] = _part(src, index)
    return y, (np.shape(src),)


@put_along.vjp
def _(g, _y, saved, _x, dim, index, _src):
    dsrc = widened(gather.on(g, dim, index), saved[0]) if saved[0] or not g.ndim else None
    return put_along.on(g, dim, index, 0), None, None, dsrc


def widened(part, shape):
    """A part of something larger, with zeros beyond."""
    return part if part.shape == shape else put_into_zeros.on(part, shape, tuple(map(slice, part.shape)))


def check_source(src: Any, index: np.ndarray, dtype: np.dtype, name: str) -> None:
    """Refuse a src of another dtype, or one that is smaller than index."""
    if not np.ndim(src) and not isinstance(src, np.ndarray):
        return
    if src.dtype != dtype:
        raise OpError(f"{name}: src is {src.dtype}, the tensor it goes to {dtype}")
    if src.ndim != index.ndim or any(i > s for i, s in zip(index.shape, src.shape, strict=True)):
        raise OpError(f"{name}: index of shape {index.shape} is larger than src of shape {src.shape}")


def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
            reduce: str | None = None) -> Tensor:
    """Return input with the elements of src (or one value) at the places that index names along dim.

        y[i, index[i, j, k], k] = src[i, j, k]      for dim = 1; reduce="add" adds, "multiply" multiplies
    Shapes:  input (A, B, C), index (A', B', C'), src at least as large as index -> (A, B, C)
    Raises:  IndexError for a place that does not exist, RuntimeError for another dtype or a smaller src.
    """
    src = value if src is None else src
    if reduce is None:
        return put_along(input, dim, index, src)
    if not isinstance(src, Tensor):
        src = broadcast_to(input.new_tensor(src), index.shape)
    if reduce not in ("add", "multiply"):
        raise OpError(f'scatter: reduce must be "add" or "multiply", got {reduce!r}')
    return scatter_reduce(input, dim, index, src, "sum" if reduce == "add" else "prod")


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add the elements of src to input at the places that index names along dim; repeated places add up.

        y[i, index[i, j, k], k] += src[i, j, k]     for dim = 1
    Shapes:  input (A, B, C), index (A', B', C'), src at least as large as index -> (A, B, C)
    """
    check_places(input._data, dim, index._data, "scatter_add")
    check_source(src._data, index._data, input._data.dtype, "scatter_add")
    return input + sum_along(src, dim, index, input._data.shape)


def scatter_reduce(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *,
                   include_self: bool = True) -> Tensor:
    """Combine the elements of src that go to the same place: reduce is sum, prod, mean, amax or amin.

        y[i, index[i, j, k], k] = reduce of the src[i, j, k] that go there, and of input if include_self
    Shapes:  input (A, B, C), index (A', B', C'), src at least as large as index -> (A, B, C)
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise OpError(f"scatter_reduce: reduce must be sum, prod, mean, amax or amin, got {reduce!r}")
    check_places(input._data, dim, index._data, "scatter_reduce")
    check_source(src._data, index._data, input._data.dtype, "scatter_reduce")
    if not include_self:
        input = put_along(input, dim, index, _neutral(reduce, input._data.dtype))
    if reduce == "prod":
        return multiply_along(input, dim, index, src)
    if reduce[0] == "a":
        return extreme_along(input, dim, index, src, largest=reduce == "amax")
    total = input + sum_along(src, dim, index, input._data.shape)
    if reduce == "sum":
        return total
    times = sum_along.on(np.ones(index.shape, np.int64), dim, index._data, input._data.shape)
    times = np.maximum(times + include_self, 1)
    if total._data.dtype.kind in "iu":
        return total // wrap(times)
    return total / wrap(np.asarray(times, total._data.dtype))


def index_reduce(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
                 include_self: bool = True) -> Tensor:
    """Combine the slices of source that go to the same slice of input: reduce is prod, mean, amax or amin.

        y[index[i]] = reduce of the source[i] that go there, and of input if include_self        for dim = 0
    Shapes:  input (A, B, C), index (B',), source (A, B', C) -> (A, B, C)        for dim = 1
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise OpError(f"index_reduce: reduce must be prod, mean, amax or amin, got {reduce!r}")
    axis = axis_of("index_reduce", dim, input.ndim)
    if index.ndim > 1 or source.ndim != input.ndim or index.numel() != source.shape[axis]:
        raise OpError(f"index_reduce: index {tuple(index.shape)} must name a slice of input "
                      f"{tuple(input.shape)} for each along dim {dim} of source {tuple(source.shape)}")
    along = [1] * input.ndim
    along[axis] = index.numel()
    places = broadcast_to(index.reshape(along), source._data.shape)
    return scatter_reduce(input, axis, places, source, reduce, include_self=include_self)


def _neutral(reduce: str, dtype: np.dtype) -> Any:
    """What changes nothing: 0 to a sum, 1 to a product, the lowest number to a maximum."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    sign = -1 if reduce == "amax" else 1
    return sign * np.inf if dtype.kind == "f" else getattr(np.iinfo(dtype), "min" if sign < 0 else "max")


@op(samples=case(n(2, 4), 1, _PLACES, n(2, 3)) + case(n(2, 4), 0, ints(2, 3, 4), n(3, 4)), primitive=True)
def multiply_along(x, dim, index, src):
    """Multiply the elements at places along dim by those of src.

        y[i, index[i, j, k], k] *= src[i, j, k]  for dim = 1
        y  = x times the product of what goes to each place
        dx = g (product of the others)
        dsrc = g (product of the others) at the place; a single zero among them gets the product of the rest
    Shapes: x (A, B, C), index (A', B', C'), src at least as large as index -> (A, B, C)
    """
    y = np.array(x, order="C")
    np.multiply.at(y.reshape(-1), places_of(x, index, dim), _part(src, index))
    return y, (x == 0, src == 0)


@multiply_along.vjp
def _(g, _y, saved, x, dim, index, src):
    own, zero = saved
    zeros = own + sum_along.on(zero.astype(np.int64), dim, index, own.shape)
    rest = multiply_along.on(np.where(own, 1, x), dim, index, np.where(zero, 1, src))
    dx = np.where(zeros == own, g * rest / np.where(own, 1, x), 0)
    part = tuple(map(slice, index.shape))
    there = gather.on(zeros, dim, index) == zero[part]
    dpart = np.where(there, gather.on(g * rest, dim, index) / np.where(zero[part], 1, src[part]), 0)
    return dx, None, None, widened(dpart, zero.shape)


@op(samples=case(apart(2, 4), 1, _PLACES, n(2, 3)) + case(apart(2, 4), 0, ints(2, 3, 4), apart(3, 4),
                                                          largest=False),
    primitive=True)
def extreme_along(x, dim, index, src, *, largest=True):
    """Take the largest (or smallest) of x and what goes to each place along dim.

        y[i, index[i, j, k], k] = max(x there, src[i, j, k], ...)  for dim = 1
        y  = max of x and what goes to each place
        dx = g where x won; those that win together share g equally
        dsrc = g of the place where src won, shared likewise
    Shapes: x (A, B, C), index (A', B', C'), src at least as large as index -> (A, B, C)
    """
    y = np.array(x, order="C")
    places, part = places_of(x, index, dim), _part(src, index)
    (np.maximum if largest else np.minimum).at(y.reshape(-1), places, part)
    won = part == y.reshape(-1)[places]
    winners = (x == y) + sum_along.on(won.astype(np.int64), dim, index, x.shape)
    return y, (x == y, won, np.maximum(winners, 1), np.shape(src))


@extreme_along.vjp
def _(g, _y, saved, _x, dim, index, _src, *, largest=True):
    own, won, winners, shape = saved
    share = g / np.asarray(winners, g.dtype)
    dpart = np.where(won, gather.on(share, dim, index), 0)
    return np.where(own, share, 0), None, None, widened(dpart, shape)


for _f in (index_reduce, scatter, scatter_add, scatter_reduce):
    setattr(Tensor, _f.__name__, _f)
    setattr(Tensor, _f.__name__ + "_", in_place(_f))
