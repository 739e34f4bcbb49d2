"""x[...] and x[...] = value: views by ints and slices, copies by integer arrays and masks.

An index is split into a basic part (ints, slices, None), which only looks, and an advanced part (arrays),
which picks. x[basic] is a view; x[mixed] is pick(x[basic], advanced); x[mixed] = value writes into the view.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..engine import op
from ..inplace import assign, check_writable, touch
from ..tensor import OpError, Tensor, mode, wrap
from .accumulate import add_at
from .memory import cast, clone, held
from .samples import case, n
from .shape import broadcast_to, reshape

__all__ = ["index_put", "index_put_"]
EVERYTHING = slice(None)
_PLAIN = frozenset((int, type(None), type(Ellipsis)))
_ENDS = frozenset((int, type(None)))                             # of slices; tensors are turned into them


@op(samples=case(n(3, 4), (1, Ellipsis)) + case(n(3, 4), (slice(0, 3, 2), None, -1, Ellipsis)), view=True)
def getitem(x, index):
    """Look at a part of x: ints take one position of a dimension, slices several, None adds a dimension.

        y  = x[index]
        dx = 0 outside the part, g inside
    Shapes: x (N, ...), index (i, ...) -> (...); (a:b, ...) -> (b - a, ...); (None, ...) -> (1, N, ...)
    """
    return x[index], (x.shape,)


@getitem.vjp
def _(g, _y, saved, _x, index):
    return put_into_zeros.on(g, saved[0], index)


@op(samples=case(n(2, 4), (3, 4), (slice(0, 3, 2), Ellipsis)), primitive=True)
def put_into_zeros(x, shape, index):
    """Place x into the part of a tensor of zeros that `index` (ints, slices, None) looks at.

        y[index] = x,  0 elsewhere
        y  = x spread out
        dx = g[index]
    Shapes: x the shape of the part -> shape
    """
    y = np.zeros(shape, x.dtype)
    y[index] = x
    return y, ()


@put_into_zeros.vjp
def _(g, _y, _saved, _x, _shape, index):
    return g[index]


@op(samples=case(n(3, 4), (np.array([0, 2, 0]), np.array([1, 1, 1])))
    + case(n(3, 4, 2), (slice(None), np.array([[0, 3], [3, 3]]), None)), hides=True)
def pick(x, index):
    """Take the elements at the places that integer arrays name: an array of places, an array of elements.

        y  = x[i, j, ...]       y[a, b, ...] = x[i[a, b, ...], j[a, b, ...], ...]
        dx = sum of g over the places that were taken more than once
    Shapes: x (N, M, ...), index (i, j) of shapes that broadcast to (A, B) -> (A, B, ...); dimensions that are
            sliced stay; the picked ones stand in front when the arrays are not neighbours.
    """
    return x[index], (x.shape,)


@pick.vjp
def _(g, _y, saved, _x, index):
    return add_at.on(g, saved[0], index)


@op(samples=case(n(3, 4), n(2), (np.array([0, 2]), np.array([1, 1])))
    + case(n(3, 4), n(4), (np.array([0, 2]),)) + case(n(3, 4), n(2, 4), (np.array([0, 0]),), accumulate=True),
    primitive=True)
def put(x, value, index, *, accumulate=False):
    """Replace the elements at some places by a value, or add the value to them.

        y[index] = value, x elsewhere       or y[index] += value when accumulate
        y  = x with the value put in
        dx = g, without accumulate 0 at the places
        dvalue = g[index], summed to the shape of value
    Shapes: x (...), value broadcasts to the shape of x[index] -> the shape of x
    """
    y = np.copy(x)
    if accumulate:
        y = y + add_at.on(np.broadcast_to(value, np.shape(y[index])), x.shape, index)
    else:
        y[index] = value
    return y, (np.shape(value),)


@put.vjp
def _(g, _y, saved, _x, _value, index, *, accumulate=False):
    dvalue = g[index]
    extra = dvalue.ndim - len(saved[0])
    if extra < 0:                                                # value had sizes of 1 too many in front
        dvalue = np.reshape(dvalue, (1,) * -extra + dvalue.shape)
    outside = g if accumulate else put.on(g, 0, index)
    return outside, _sum_to(dvalue, saved[0])


def _sum_to(g, shape):
    from ..engine import unbroadcast

    return unbroadcast(g, shape)


def _getitem(x: Tensor, index: Any) -> Tensor:
    """x[index], as PyTorch reads it.

    Differs: from NumPy in that ints and slices are applied before arrays are, so x[0, :, [1, 2]] keeps the
             order of dimensions; from PyTorch in that nested lists are one array of places, not a tuple.
    Raises:  IndexError for a place that does not exist, ValueError for a slice that steps backwards.
    """
    if index.__class__ is int:
        return getitem(x, (index, Ellipsis))
    basic, advanced = parse(x, index)
    if basic is not None:
        x = getitem(x, basic)
    return x if advanced is None else pick(x, advanced)


def _setitem(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value: the value is broadcast, brought to x's dtype, and gets its gradient."""
    basic, advanced = parse(x, index)
    if not (mode.grad and (x.requires_grad or (isinstance(value, Tensor) and value.requires_grad))):
        _write(x, basic, advanced, value)
        return
    check_writable(x)
    part = x if basic is None else getitem(x, basic)
    value = value_for(part, value)
    if advanced is not None:
        value = put(part, value, advanced)
    elif value._data.shape != part._data.shape:
        value = _broadcast(value, part._data.shape)
    assign(part, value, "x[...] = value")


def _write(x: Tensor, basic: tuple | None, advanced: tuple | None, value: Any) -> None:
    """The fast path of x[index] = value: nothing is recorded, NumPy writes."""
    check_writable(x)
    array = value._data if isinstance(value, Tensor) else value
    if x._data.dtype.kind in "iu" and isinstance(array, (int, float)):
        array = held(array, x._data.dtype, "x[...] = value")
    target = x._data if basic is None else x._data[basic]
    try:
        target[EVERYTHING if advanced is None and target.ndim else advanced or ()] = array
    except ValueError as error:
        raise OpError(f"x[...] = value: {error}") from None
    touch(x)


def value_for(x: Tensor, value: Any) -> Tensor:
    """A value that is going to be written into x, as a tensor of x's dtype."""
    if isinstance(value, (bool, int, float)):
        return wrap(held(value, x._data.dtype, "x[...] = value"))
    if not isinstance(value, Tensor):
        return wrap(np.asarray(value).astype(x._data.dtype))
    return value if value._data.dtype == x._data.dtype else cast(value, x._data.dtype)


def _broadcast(value: Tensor, shape: tuple) -> Tensor:
    """Repeat the value over the part; like NumPy and PyTorch, sizes of 1 in front may be too many."""
    extra = value._data.ndim - len(shape)
    if extra > 0 and value._data.shape[:extra] == (1,) * extra:
        value = reshape(value, value._data.shape[extra:])
    try:
        return broadcast_to(value, shape)
    except ValueError:
        raise OpError(f"x[...] = value: value has shape {value._data.shape}, x[...] has {shape}") from None


def parse(x: Tensor, index: Any) -> tuple[tuple | None, tuple | None]:
    """Split an index into its basic and its advanced part; a part that does nothing is None."""
    if index.__class__ is not tuple:
        index = (index,)
    dots = False
    for item in index:                                           # the common case: ints, slices, None, ...
        kind = item.__class__
        if kind is slice:
            if item.step is not None and item.step <= 0:
                raise ValueError(f"x[...]: a slice must step forwards, got step {item.step}; see flip()")
            if not (item.start.__class__ in _ENDS and item.stop.__class__ in _ENDS):
                return parse(x, tuple([_plain(each) if each.__class__ is slice else each for each in index]))
        elif kind not in _PLAIN:
            return _parse_mixed(x, index)
        elif item is Ellipsis:
            if dots:
                return _parse_mixed(x, index)                    # a second ... stands for nothing
            dots = True
    return (index if dots else (*index, Ellipsis)), None         # with it NumPy gives a view, also of 0-d


def _parse_mixed(x: Tensor, index: tuple) -> tuple[tuple | None, tuple | None]:
    """Split an index that holds tensors, arrays, lists, bools or NumPy's ints."""
    items = [_plain(item) for item in index]
    used = sum(_dims_of(item) for item in items)
    if used > x._data.ndim:
        raise IndexError(f"x[...]: the index takes {used} dimensions, the tensor has {x._data.ndim}")
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    basic: list = []
    advanced: list = []
    dim = 0                                                      # of x, that the next item is about
    for item in items:
        if item is Ellipsis:
            taken = x._data.ndim - used
            used = x._data.ndim
            basic += [EVERYTHING] * taken
            advanced += [EVERYTHING] * taken
        elif isinstance(item, np.ndarray):
            taken = item.ndim if item.dtype.kind == "b" else 1
            basic += [EVERYTHING] * taken if taken else [None]
            advanced += _places(item, x._data.shape[dim:dim + taken], dim)
        else:
            taken = _dims_of(item)
            basic.append(item)
            if item.__class__ is not int:
                advanced.append(EVERYTHING)
        dim += taken
    plain = all(item == EVERYTHING for item in basic)
    picks = any(item is not EVERYTHING for item in advanced)
    return (None if plain and picks else (*basic, Ellipsis)), (tuple(advanced) if picks else None)


def _plain(item: Any) -> Any:
    """One item of an index: an int, a slice, None, Ellipsis or an array."""
    kind = item.__class__
    if kind in _PLAIN:
        return item
    if kind is slice:
        return slice(_end(item.start), _end(item.stop), _end(item.step))
    if isinstance(item, (Tensor, np.ndarray, np.generic, bool, list, tuple, range)):
        array = item._data if isinstance(item, Tensor) else np.asarray(item)
        if array.size == 0 and not isinstance(item, (Tensor, np.ndarray)):
            array = array.astype(np.int64)                       # an empty list
        if array.dtype == np.uint8 and array.ndim and isinstance(item, Tensor):
            array = array.astype(bool)                           # PyTorch's masks of old
        if array.dtype.kind in "iu" and array.ndim == 0:
            return int(array)
        if array.dtype.kind in "iub":
            return array
        raise IndexError(f"x[...]: places must be integers or bools, got {array.dtype}")
    try:
        return operator.index(item)
    except TypeError:
        raise IndexError("x[...]: an index consists of integers, slices, ..., None and tensors of integers "
                         f"or bools, got {kind.__name__}") from None


def _end(place: Any) -> int | None:
    """Where a slice begins or ends, or its step."""
    return None if place is None else operator.index(place)


def _dims_of(item: Any) -> int:
    """How many dimensions of x an item of an index takes."""
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype.kind == "b" else 1


def _places(array: np.ndarray, shape: tuple, dim: int) -> list:
    """A mask becomes the places where it is true, one array per dimension."""
    if array.dtype.kind != "b":
        return [np.array(array) if mode.grad else array]         # the rule must not see later changes of it
    if array.shape != shape:
        raise IndexError(f"x[...]: the mask of shape {array.shape} does not fit dimensions {dim} ..., "
                         f"of sizes {shape}")
    return list(np.nonzero(array)) if array.ndim else [np.zeros(int(array), np.int64)]


def index_put(input: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """Return a copy of input with input[indices] = values, or += values when accumulate."""
    basic, advanced = parse(input, tuple(indices))
    if basic is not None:
        y = clone(input)
        return index_put_(y, indices, values, accumulate)
    return put(input, value_for(input, values), advanced, accumulate=accumulate)


def index_put_(input: Tensor, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """Write input[indices] = values, or += values when accumulate."""
    basic, advanced = parse(input, tuple(indices))
    check_writable(input)
    part = input if basic is None else getitem(input, basic)
    assign(part, put(part, value_for(input, values), advanced or (), accumulate=accumulate), "index_put_")
    return input


for _name, _f in (("__getitem__", _getitem), ("__setitem__", _setitem), ("index_put", index_put),
                  ("index_put_", index_put_)):
    setattr(Tensor, _name, _f)
