"""Sums at places: what comes back to x[i] when i names a place twice."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .samples import case, n

__all__ = ["add_rows", "add_at"]


def add_rows(rows: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """Sum the rows (N, D) that belong to the same place: y[p] = sum over n with places[n] = p of rows[n].

    np.add.at does this in one call and one element at a time. Sorting the rows by place and adding up each run
    costs a third of it; numbers without a second dimension are counted with weights.
    """
    size = rows.shape[1]
    if size == 1 and rows.dtype.kind == "f":
        return np.bincount(places, rows[:, 0], count).astype(rows.dtype).reshape(count, 1)
    y = np.zeros((count, size), rows.dtype)
    if places.size == 0 or size == 0:
        return y
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    y[ordered[starts]] = rows[order] if starts.size == places.size else np.add.reduceat(rows[order], starts, 0)
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
    while index and index[-1].__class__ is slice:                    # what is sliced at the end comes along as a row
        index = index[:-1]
    used = sum(item is not None for item in index)
    numbers = np.arange(np.prod(shape[:used], dtype=np.int64)).reshape(shape[:used])
    places = numbers[index].reshape(-1)
    size = int(np.prod(shape[used:], dtype=np.int64))
    return add_rows(x.reshape(places.size, size), places, numbers.size).reshape(shape), ()


@add_at.vjp
def _(g, _y, _saved, _x, _shape, index):
    return g[index]
