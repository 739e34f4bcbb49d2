"""Sums at places: what comes back to x[i] when i names a place twice."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .samples import case, n

__all__: list[str] = []
_MUCH = 4000                                                     # elements: here sorting begins to pay


def add_rows(rows: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Sum the rows (N, D) that belong to the same place: y[p] = sum of rows[n] over the n with places[n] = p.

    np.add.at says just this, but goes element by element. Counting with weights is faster when D = 1; sorting the
    rows by place and adding up each run is 3 to 5 times faster when there is much to add.
    """
    size = rows.shape[1]
    if size == 1 and rows.dtype.kind == "f":
        return np.bincount(places, rows[:, 0], count).astype(rows.dtype).reshape(count, 1)
    y = np.zeros((count, size), rows.dtype)
    if rows.size < _MUCH:
        np.add.at(y, places, rows)
        return y
    order = np.argsort(places, kind="stable")
    ordered, rows = places[order], rows[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    y[ordered[starts]] = rows if starts.size == places.size else np.add.reduceat(rows, starts, 0)
    return y


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
    numbers = np.arange(np.prod(shape[:used], dtype=np.int64)).reshape(shape[:used])
    places = numbers[index].reshape(-1)
    size = int(np.prod(shape[used:], dtype=np.int64))
    return add_rows(x.reshape(places.size, size), places, numbers.size).reshape(shape), ()


@add_at.vjp
def _(g, _y, _saved, _x, _shape, index):
    return g[index]
