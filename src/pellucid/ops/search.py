"""Where something is: what is not zero, equal elements, numbers in a sorted row. No gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dtypes import mix
from ..tensor import OpError, Tensor, wrap

__all__ = ["nonzero", "argwhere", "unique", "unique_consecutive", "bucketize", "searchsorted", "isin",
           "unravel_index"]


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Find the elements that are not zero (or true).

    Shapes:  input (N, M) -> (K, 2), a row of coordinates per element; as_tuple: (K) and (K), per dimension
    """
    array = input._data
    if as_tuple:
        return tuple(map(wrap, np.nonzero(array if array.ndim else array.reshape(1))))
    return wrap(np.argwhere(array).astype(np.int64, copy=False))


def argwhere(input: Tensor) -> Tensor:
    """The coordinates of the elements that are not zero, one row each."""
    return nonzero(input)


def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
           dim: int | None = None) -> Any:
    """List the different elements in ascending order (or the different slices along dim).

    return_inverse  also where in the list each element of input is
    return_counts   also how often each occurs
    Differs: always sorted; PyTorch leaves the order open when sorted=False.
    """
    array = input._data
    find: Any = np.unique
    found = find(array, return_inverse=return_inverse, return_counts=return_counts, axis=dim, equal_nan=False)
    if not (return_inverse or return_counts):
        return wrap(found)
    parts = list(found)
    if return_inverse:                                           # NumPy versions differ in its shape
        parts[1] = parts[1].reshape(array.shape if dim is None else -1)
    return tuple(map(wrap, parts))


def unique_consecutive(input: Tensor, return_inverse: bool = False, return_counts: bool = False,
                       dim: int | None = None) -> Any:
    """Leave out every element (or slice along dim) that equals the one before it."""
    array = input._data.reshape(-1) if dim is None else np.moveaxis(input._data, dim, 0)
    rows = array.reshape(array.shape[0], math.prod(array.shape[1:]))
    new = np.ones(array.shape[0], bool)
    new[1:] = (rows[1:] != rows[:-1]).any(1)
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, array.shape[0]))
    inverse = np.cumsum(new) - 1
    found = array[starts] if dim is None else np.moveaxis(array[starts], 0, dim)
    shape = input._data.shape if dim is None else (-1,)
    extra = [wrap(inverse.reshape(shape))] * return_inverse + [wrap(counts)] * return_counts
    return (wrap(found), *extra) if extra else wrap(found)


def searchsorted(sorted_sequence: Tensor, input: Any, *, out_int32: bool = False, right: bool = False,
                 side: str | None = None, sorter: Tensor | None = None) -> Tensor:
    """Find where each number goes in an ascending row: how many are smaller (or equal, when right).

        s[i - 1] < v <= s[i]        right: s[i - 1] <= v < s[i]
    Shapes:  a row (N) and any input, or rows (..., N) and input (..., K) -> the shape of input
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise OpError(f"searchsorted: side={side!r} and right={right} do not go together")
    rows, values = sorted_sequence._data, input._data if isinstance(input, Tensor) else np.asarray(input)
    if sorter is not None:
        rows = np.take_along_axis(rows, sorter._data, -1)
    side = "right" if right or side == "right" else "left"
    find: Any = np.searchsorted
    kind = np.int32 if out_int32 else np.int64
    if rows.ndim == 1:
        return wrap(np.asarray(find(rows, values, side), kind))
    if rows.shape[:-1] != values.shape[:-1]:
        raise OpError(f"searchsorted: rows {rows.shape} and input {values.shape} must agree in all "
                      "dimensions but the last")
    found = np.empty(values.shape, kind)
    for place in np.ndindex(rows.shape[:-1]):
        found[place] = find(rows[place], values[place], side)
    return wrap(found)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The coordinates of elements that are given by their number in row-major order.

    >>> from pellucid import tensor
    >>> unravel_index(tensor(5), (2, 3))
    (tensor(1), tensor(2))
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    return tuple(wrap(np.asarray(place)) for place in np.unravel_index(indices._data, sizes))


def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Say between which boundaries each number lies: 0 below the first, their count above the last.

        boundaries[i - 1] < v <= boundaries[i]      right: boundaries[i - 1] <= v < boundaries[i]
    """
    if boundaries.ndim != 1:
        raise OpError(f"bucketize: boundaries must be a vector, got shape {boundaries._data.shape}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Is each element one of test_elements?"""
    a, b = (v._data if isinstance(v, Tensor) else v for v in (elements, test_elements))
    common = mix([a, b])
    return wrap(np.asarray(np.isin(np.asarray(a, common), np.asarray(b, common), invert=invert)))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Turn each class into a row that is 1 at the place of the class and 0 elsewhere.

        y[..., c] = 1 if tensor[...] = c else 0
    Shapes:  tensor (...) of int64 -> (..., num_classes), by default one more than the largest class
    Raises:  RuntimeError for a class below 0 or from num_classes on.
    >>> from pellucid import tensor
    >>> one_hot(tensor([2, 0]))
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    classes = tensor._data
    if classes.dtype != np.int64:
        raise OpError(f"one_hot: classes must be int64, got {tensor.dtype}; .long() converts")
    if classes.size == 0 and num_classes < 1:
        raise OpError("one_hot: an empty tensor does not tell how many classes there are; give num_classes")
    highest = int(classes.max(initial=-1))
    count = highest + 1 if num_classes == -1 else num_classes
    if int(classes.min(initial=0)) < 0 or highest >= count:
        wrong = classes[(classes < 0) | (classes >= count)].flat[0]
        raise OpError(f"one_hot: class {wrong} is outside of 0 ... {count - 1}")
    return wrap((classes[..., None] == np.arange(count)).astype(np.int64))


for _f in (nonzero, argwhere, unique, unique_consecutive, isin):
    setattr(Tensor, _f.__name__, _f)
