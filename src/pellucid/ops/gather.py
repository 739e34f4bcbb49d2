"""Choosing elements: by a condition, by a mask, along a dimension by places."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..engine import op, unbroadcast
from ..tensor import OpError, PlaceError, Tensor, wrap
from .accumulate import add_rows, flat_places
from .dims import axis_of
from .memory import cast, held
from .numpy_protocol import stands_for
from .samples import bools, case, ints, n
from .shape import broadcast_to, reshape
from .write import in_place

__all__ = ["where", "masked_fill", "gather", "take_along_dim"]
_MANY = 2000                                                     # elements: from here on bits are faster


@op(samples=case(bools(2, 3), n(2, 3), n(2, 3)) + case(bools(3), n(2, 1),
                                                       n(1, 3)) + case(bools(2), n(2), 0.0))
def choose(condition, x, y):
    """Take x where the condition holds, and y elsewhere.

        y  = x if condition else y
        dx = g where condition, else 0
        dy = 0 where condition, else g
    Shapes: condition, x and y broadcast to the result.
    """
    return np.where(condition, x, y), (np.shape(x), np.shape(y))


@choose.vjp
def _(g, _y, saved, condition, _x, _y2, *, needs=(True, True, True)):
    dx = unbroadcast(choose.on(condition, g, 0), saved[0]) if needs[1] else None
    return None, dx, unbroadcast(choose.on(condition, 0, g), saved[1]) if needs[2] else None


@choose.kernel("bits")
def _choose_bits(condition, x, y):
    """The same without a branch per element, which costs most where the condition is as good as random.

        y = ((x XOR y) AND mask) XOR y      on the bits, mask = all ones where the condition holds, else zeros
    """
    shapes = np.shape(x), np.shape(y)
    dtype = x.dtype if isinstance(x, np.ndarray) else y.dtype if isinstance(y, np.ndarray) else None
    if dtype is None or condition.size < _MANY or getattr(x, "dtype", dtype) != getattr(y, "dtype", dtype):
        return np.where(condition, x, y), shapes
    kind = f"i{dtype.itemsize}"
    a, b = np.asarray(x, dtype).view(kind), np.asarray(y, dtype).view(kind)
    return (((a ^ b) & -condition.astype(kind)) ^ b).view(dtype), shapes


choose.op.forward = choose.op.kernels["bits"]  # type: ignore[attr-defined]


@stands_for(np.where)
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Take input where the condition holds and other elsewhere; with a condition alone, say where it holds.

        y = input if condition else other
    Shapes:  condition, input and other broadcast to the result; numbers have no dimensions.
    Raises:  RuntimeError for a condition that is not bool.
    >>> from pellucid import tensor
    >>> where(tensor([True, False]), 1., 2.)
    tensor([1., 2.])
    """
    if input is None and other is None:
        return tuple(map(wrap, np.nonzero(condition._data)))
    condition = check_bool(condition, "where: condition")
    a, b = ((v._data if isinstance(v, Tensor) else v) for v in (input, other))
    if not (a.__class__ is b.__class__ is np.ndarray and a.dtype == b.dtype):
        input, other = _one_dtype(input, other)
    return choose(condition, input, other)


def _one_dtype(*values: Any) -> list:
    """Bring tensors and numbers to the dtype that they have together."""
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    common = dtypes.mix([v._data if isinstance(v, Tensor) else v for v in values])
    return [common.type(v) if not isinstance(v, (Tensor, np.ndarray)) else v if v.dtype == common else
            cast(v, common) for v in values]


def check_bool(mask: Any, name: str) -> Any:
    """A mask as it is needed, bool; uint8 masks are converted.

    Raises:  RuntimeError for any other dtype.
    """
    array = mask._data if isinstance(mask, Tensor) else np.asarray(mask)
    if array.dtype == np.uint8:
        return array.astype(bool)
    if array.dtype.kind != "b":
        raise OpError(f"{name} must be a bool tensor, got {array.dtype}; compare first, as in x > 0")
    return mask


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Replace the elements for which the mask is true by one value.

        y = value where mask, else input
    Shapes:  input and mask broadcast to the result; value is a number or a tensor without dimensions.
    Raises:  RuntimeError for a mask that is not bool, or a value with dimensions.
    """
    return choose(check_bool(mask, "masked_fill: mask"), _one_value(input, value, "masked_fill"), input)


def _one_value(x: Tensor, value: Any, name: str) -> Any:
    """A number or a 0-d tensor, in the dtype of x."""
    if isinstance(value, Tensor):
        if value._data.ndim:
            raise OpError(f"{name}: value must be one number, got shape {value._data.shape}")
        return value if value._data.dtype == x._data.dtype else cast(value, x._data.dtype)
    return held(value, x._data.dtype, name)


@op(samples=case(n(3, 4), 1, ints(4, 3, 2)) + case(n(3, 4), -2,
                                                   ints(3, 2, 4)) + case(n(2, 3, 4), 0, ints(2, 5, 2, 3)),
    primitive=True)
def gather(x, dim, index, *, sparse_grad=False):
    """Take elements along one dimension by their places: the other coordinates stay.

        y  = x[index]       y[i, j, k] = x[i, index[i, j, k], k]  for dim = 1
        dx = scatter_add of g: each element gets the sum over the places that took it
    Shapes: x (A, B, C), index (A', B', C') -> (A', B', C') with A' <= A and C' <= C when dim = 1
    Raises:  IndexError for a place below 0 or past the end.
    """
    dim = check_places(x, dim, index, "gather")
    if x.ndim == 0:
        return np.broadcast_to(x, index.shape).copy(), (x.shape,)
    return np.take(x, flat_places(index, dim, x.shape)), (x.shape,)


@gather.vjp
def _(g, _y, saved, _x, dim, index, *, sparse_grad=False):
    return sum_along.on(g, dim, index, saved[0])


@op(samples=case(n(3, 2), 1, ints(4, 3, 2), (3, 4)) + case(n(2, 4), -2, ints(3, 2, 4), (3, 5)),
    primitive=True)
def sum_along(x, dim, index, shape):
    """Add each element to zeros, at its place along one dimension.

        y[i, index[i, j, k], k] += x[i, j, k]  for dim = 1
        y  = x summed by place
        dx = gather of g: dx[i, j, k] = g[i, index[i, j, k], k]
    Shapes: x at least as large as index, shape at least as large as index but along dim -> shape
    """
    if not shape:
        return np.sum(x, dtype=x.dtype), ()
    dim = dim % len(shape)
    x = x[tuple(map(slice, index.shape))]
    places = flat_places(index, dim, shape)
    return add_rows(x.reshape(-1, 1), places.reshape(-1), math.prod(shape)).reshape(shape), ()


@sum_along.vjp
def _(g, _y, _saved, _x, dim, index, _shape):
    return gather.on(g, dim, index)


def check_places(x: np.ndarray, dim: int, index: np.ndarray, name: str) -> int:
    """Refuse an index whose shape or numbers do not fit x; return dim counted from the front."""
    if index.dtype.kind not in "iu":
        raise OpError(f"{name}: index must hold integers, got {index.dtype}")
    dim = axis_of(name, dim, x.ndim)
    if max(index.ndim, 1) != max(x.ndim, 1):
        raise OpError(f"{name}: index has {index.ndim} dimensions, x {x.ndim}")
    if any(i > s for d, (i, s) in enumerate(zip(index.shape, x.shape, strict=False)) if d != dim):
        raise OpError(f"{name}: index {index.shape} is larger than x {x.shape} beside dim {dim}")
    check_range(index, x.shape[dim] if x.ndim else 1, name, dim)
    return dim


def check_range(index: np.ndarray, size: int, name: str, dim: int, low: int = 0) -> None:
    """Refuse places outside of low ... size - 1, naming the first of them."""
    if index.size and (index.min() < low or index.max() >= size):
        wrong = index[(index < low) | (index >= size)].flat[0]
        raise PlaceError(f"{name}: index {wrong} is out of bounds for dimension {dim} with size {size}")


@stands_for(np.take_along_axis)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Take elements along dim by their places; the other dimensions broadcast. Without dim: of x flattened.

        y = input[i, indices[i, j], ...]
    """
    if dim is None:
        input, indices, dim = reshape(input, (-1,)), reshape(indices, (-1,)), 0
    dim = axis_of("take_along_dim", dim, input.ndim)
    if input.ndim != indices.ndim:
        raise OpError(f"take_along_dim: indices has {indices.ndim} dimensions, input {input.ndim}")
    size, places = input._data.shape[dim], indices._data
    check_range(places, size, "take_along_dim", dim, low=-size)
    shape = np.broadcast_shapes(*((*a.shape[:dim], 1, *a.shape[dim + 1:]) for a in (input._data, places)))
    x = broadcast_to(input, (*shape[:dim], size, *shape[dim + 1:]))
    places = np.broadcast_to(places % max(size, 1), (*shape[:dim], places.shape[dim], *shape[dim + 1:]))
    return gather(x, dim, places)


for _f in (masked_fill, gather, take_along_dim):
    setattr(Tensor, _f.__name__, _f)
Tensor.masked_fill_ = in_place(masked_fill)  # type: ignore[attr-defined]
Tensor.where = lambda self, condition, other: where(condition, self, other)  # type: ignore[attr-defined]
