"""Sparse matrices: only the numbers that are not zero, and where they stand.

A graph of 3,000 papers that cite each other has 10,000 links, a matrix of 9,000,000 places. Its product with
a matrix of features costs as many multiplications as there are links.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..engine import op
from ..kernels import floats
from ..tensor import OpError
from .accumulate import add_at
from .join import cat
from .samples import case, n
from .shape import reshape

__all__: list[str] = []
_LOOP = 1 << 15                                                  # multiplications: fewer are not worth it


class Pattern:
    """Where the numbers of a sparse matrix stand: number k in row rows[k] and column columns[k]."""

    def __init__(self, rows: np.ndarray, columns: np.ndarray, shape: tuple) -> None:
        self.rows, self.columns, self.shape = rows, columns, shape

    @functools.cached_property
    def turned(self) -> Pattern:
        """The pattern of the transposed matrix."""
        return Pattern(self.columns, self.rows, self.shape[::-1])

    @functools.cached_property
    def by_row(self) -> tuple:
        """An order in which rows rise, the columns in it, which rows are not empty, and where each starts."""
        order: Any = slice(None)
        if np.any(self.rows[1:] < self.rows[:-1]):
            order = np.argsort(self.rows, kind="stable")
        rows = self.rows[order]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        return order, self.columns[order], rows[starts], starts


_SAMPLE = Pattern(np.array([0, 2, 2, 0, 2]), np.array([1, 0, 2, 1, 0]), (4, 3))


@op(samples=case(n(5), n(3, 2), _SAMPLE) + case(n(5), n(4, 1), _SAMPLE.turned)
    + case(n(0), n(3, 2), Pattern(np.zeros(0, int), np.zeros(0, int), (2, 3))), primitive=True)
def sparse_product(values, x, pattern):
    """Multiply a sparse matrix A, given by its numbers and their places, by a dense one.

        y  = A x            y[i] = the sum of values[k] x[j] over the k that stand in row i, column j
        dvalues[k] = g[i] . x[j]
        dx = A^T g
    Shapes:  values (K,), x (M, C), pattern of K places in (N, M) -> (N, C); values at one place add up
    """
    order, columns, filled, starts = pattern.by_row
    y = np.zeros((pattern.shape[0], x.shape[1]), x.dtype)
    if starts.size:
        terms = np.expand_dims(values[order], 1) * np.take(x, columns, axis=0)
        y[filled] = np.add.reduceat(terms, starts, axis=0)
    return y, ()


def _worth_a_loop(values, x, pattern):
    return values.size * x.shape[1] >= _LOOP and x.dtype == values.dtype and floats(values)


@sparse_product.kernel("numba", fits=_worth_a_loop)
def _(values, x, pattern):
    """The same without the products in memory."""
    from ..kernels import sparse as loops

    order, columns, filled, starts = pattern.by_row
    y = np.zeros((pattern.shape[0], x.shape[1]), x.dtype)
    loops.sparse_product(np.ascontiguousarray(values[order]), np.ascontiguousarray(x), columns, filled,
                         starts, y)
    return y, ()


@sparse_product.vjp
def _(g, _y, _saved, values, x, pattern, *, needs=(True, True, False)):
    dvalues = np.add.reduce(g[pattern.rows] * x[pattern.columns], axis=-1) if needs[0] else None
    return dvalues, sparse_product.on(values, g, pattern.turned) if needs[1] else None, None


def flat(indices: np.ndarray, shape: tuple) -> np.ndarray:
    """The numbers, in row-major order of shape, of the places (D, K) that indices names."""
    steps = [math.prod(shape[d + 1:]) for d in range(len(shape))]
    return np.asarray(steps, np.int64) @ indices if steps else np.zeros(indices.shape[1], np.int64)


def unite(indices: np.ndarray, values: Any, shape: tuple) -> tuple[np.ndarray, Any]:
    """One number for each place, in row-major order of places: numbers at one place are added up."""
    places, first, which = np.unique(flat(indices, shape), return_index=True, return_inverse=True)
    return indices[:, first], add_at(values, (places.size,), (which.reshape(-1),))


def product_of_sparse(a: Any, b: Any) -> tuple[np.ndarray, Any]:
    """Indices and values of A B: each number of A meets the row of B that its column names.

        y[i, k] = the sum of a[i, j] b[j, k] over the j for which both stand there
    """
    order, columns, filled, starts = b.pattern.by_row
    order = np.arange(columns.size)[order]
    counts, first = np.zeros(b.shape[0], np.int64), np.zeros(b.shape[0], np.int64)
    first[filled], counts[filled] = starts, np.diff(starts, append=columns.size)
    met = counts[a.pattern.columns]                              # how many of B's numbers each of A's meets
    of_a = np.repeat(np.arange(met.size), met)
    of_b = np.arange(of_a.size) - np.repeat(np.cumsum(met) - met - first[a.pattern.columns], met)
    indices = np.stack((a.pattern.rows[of_a], columns[of_b]))
    return unite(indices, a.values_[of_a] * b.values_[order[of_b]], (a.shape[0], b.shape[1]))


def same_places(a: Any, b: Any) -> tuple[np.ndarray, Any]:
    """Indices and values of the product element by element: of the places that both have."""
    a, b = a.coalesce(), b.coalesce()
    _, of_a, of_b = np.intersect1d(flat(a.places, a.shape), flat(b.places, b.shape), True, True)
    return a.places[:, of_a], a.values_[of_a] * b.values_[of_b]


def joined(a: Any, b: Any, alpha: Any) -> tuple[np.ndarray, Any]:
    """Indices and values of a + alpha b: those of both, one behind the other."""
    added = b.values_ if alpha == 1 else b.values_ * alpha
    return np.concatenate((a.places, b.places), 1), cat([a.values_, added])


def summed(x: Any, dims: tuple, keepdim: bool) -> tuple[np.ndarray, Any, tuple]:
    """Indices, values and shape of the sum along dims, which is sparse again."""
    if keepdim:
        kept, shape = x.places.copy(), tuple(1 if d in dims else size for d, size in enumerate(x.shape))
        kept[list(dims)] = 0
    else:
        rest = [d for d in range(x.ndim) if d not in dims]
        kept, shape = x.places[rest], tuple(x.shape[d] for d in rest)
    return *unite(kept, x.values_, shape), shape


def softmax_of_rest(x: Any, dim: int, log: bool) -> Any:
    """Values of the softmax along dim, over the numbers that are there: what is not there counts -inf.

        y[k] = exp(v[k]) / (the sum of exp(v) over all in the same row)
    """
    if not x.ndim:
        raise OpError("softmax: a sparse tensor without dimensions has none to go along")
    rest = [d for d in range(x.ndim) if d != dim % x.ndim]
    _, row = np.unique(flat(x.places[rest], tuple(x.shape[d] for d in rest)), return_inverse=True)
    row, count = row.reshape(-1), int(row.max(initial=-1)) + 1
    largest = np.full(count, -np.inf, x.values_._data.dtype)
    np.maximum.at(largest, row, x.values_._data)
    shifted = reshape(x.values_, (-1,)) - x.values_.new_tensor(largest[row])
    total = add_at(shifted.exp(), (count,), (row,))
    return shifted - total.log()[row] if log else shifted.exp() / total[row]
