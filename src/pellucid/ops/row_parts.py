"""Large products of two matrices on few processors: each computes some rows of the result for itself.

OpenBLAS's threads work on parts that need each other's packed blocks, so that they wait for each other.
Two threads that share nothing reached, with x (768, 128) and g (768, 512) in memory, 152 GFLOP/s in place of
107 for g^T x, and 176 in place of 168 for x W^T; where a matrix is small and flat, twice as much.
"""

from __future__ import annotations

import numpy as np

from ..kernels import singles

LEAST = 1 << 21                                                  # multiplications
ROWS = 32                                                        # of a processor: for fewer, packing costs
NOTHING = np.zeros(0, np.float32)


def product(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """a @ b + bias for two matrices and a row."""
    if a.shape[0] < 2 * ROWS or a.size * b.shape[1] < LEAST or not by_parts(a, b, bias):
        y = np.matmul(a, b)
        return y if bias is None else np.add(y, bias, out=y)
    from ..kernels import products

    y = np.empty((a.shape[0], b.shape[1]), a.dtype)
    row = NOTHING if bias is None else np.ascontiguousarray(bias)
    products.by_rows(products.team_for(1 << 30), a, b, row, y)
    return y


def by_parts(a: np.ndarray, b: np.ndarray, bias: np.ndarray | None) -> bool:
    """Can the loops do it, and are there some processors, but not so many that each would get few rows?"""
    if not (singles(a) and singles(b) and in_rows(a) and in_rows(b)):
        return False
    if bias is not None and (bias.dtype is not a.dtype or bias.shape != b.shape[1:]):
        return False
    from ..kernels import crew

    threads = crew.threads_of()
    return threads is not None and 1 < threads.value <= a.shape[0] // ROWS


def in_rows(x: np.ndarray) -> bool:
    """Do the numbers of rows, or of columns, lie side by side, one row after the other?"""
    down, right = x.strides
    return (right == x.itemsize and down >= right * x.shape[1]) or (
        down == x.itemsize and right >= down * x.shape[0])
