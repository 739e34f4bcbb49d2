"""Sums at places: what comes back to x[i] when i names a place twice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine import op
from ..kernels import floats
from .samples import case, n

__all__: list[str] = []
_WIDE, _MANY, _OFTEN = 32, 1 << 16, 16                           # which way of adding pays where
_LOOP = 1 << 14                                                  # numbers: fewer are not worth it


def add_rows(rows: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Sum the rows (N, D) that belong to the same place: y[p] = sum of rows[n] over the n with places[n] = p.

    np.add.at says just this. It is fast on numbers, so short rows are added number by number. Long rows are
    added as a whole, in rounds in which no place occurs twice, 2 to 15 times faster than np.add.at. Where
    loops can be compiled, they add one row after the other.
    """
    size = rows.shape[1]
    if rows.size >= _LOOP and size > 1 and floats(rows) and 0 <= places.min() and places.max() < count:
        from ..kernels import loops

        y = np.zeros((count, size), rows.dtype)
        rows, places = np.ascontiguousarray(rows), np.ascontiguousarray(places, np.int64)
        loops.add_rows(loops.crew(rows.size), rows, places, y)
        return y
    if size >= _WIDE and rows.size >= _MANY:
        return _in_rounds(rows, places, count)
    y = np.zeros(count * size, rows.dtype)
    if size != 1:
        places = places[:, None] * size + np.arange(size)
    np.add.at(y, places.reshape(-1), rows.reshape(-1))
    return y.reshape(count, size)


def _in_rounds(rows: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Add the first row of every place, then the second, ...; sum the many rows of a frequent place alone."""
    y = np.zeros((count, rows.shape[1]), rows.dtype)
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    times = np.diff(np.append(starts, places.size))
    often = times > _OFTEN
    for start, length in zip(starts[often].tolist(), times[often].tolist(), strict=True):
        y[ordered[start]] = rows[order[start:start + length]].sum(0)
    starts, times = starts[~often], times[~often]
    for k in range(times.max(initial=0)):
        now = order[starts[times > k] + k]
        y[places[now]] += rows[now]
    return y


def flat_places(index: np.ndarray, dim: int, shape: tuple) -> np.ndarray:
    """The numbers, in row-major order of shape, of the elements that index names along dim: (i, index, k)."""
    if not index.size:
        return index
    steps = [math.prod(shape[d + 1:]) for d in range(len(shape))]
    others: Any = 0
    for d, size in enumerate(index.shape):
        if d != dim and size > 1:
            others = others + np.arange(0, size * steps[d],
                                        steps[d]).reshape(-1, *(1,) * (index.ndim - d - 1))
    return (index if steps[dim] == 1 else index * steps[dim]) + others


@op(samples=case(n(3), (3, 4), (np.array([0, 2, 0]), np.array([1, 1, 1])))
    + case(n(3, 2, 2, 1, 2), (3, 4, 2), (slice(None), np.array([[0, 3], [3, 3]]), None)), primitive=True)
def add_at(x, shape, index):
    """Add each element of x to zeros, at the place that an index of integer arrays and full slices names.

        y[index] += x           repeated places add up
        y  = x summed by place
        dx = g[index]
    Shapes: x the shape of zeros(shape)[index] -> shape
    """
    while index and index[-1].__class__ is slice:                # what is sliced at the end comes as a row
        index = index[:-1]
    used = sum(item is not None for item in index)
    numbers = np.arange(math.prod(shape[:used])).reshape(shape[:used])
    places = numbers[index].reshape(-1)
    size = math.prod(shape[used:])
    return add_rows(x.reshape(places.size, size), places, numbers.size).reshape(shape), ()


@add_at.vjp
def _(g, _y, _saved, _x, _shape, index):
    return g[index]
