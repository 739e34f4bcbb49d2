"""The loop behind the product of a sparse matrix and a dense one. Imported at its first use."""

from __future__ import annotations

from . import jit


@jit()
def sparse_product(values, x, columns, filled, starts, y):
    """y[filled[r]] = the sum of values[k] x[columns[k]] over the k from starts[r] to the next start."""
    for r in range(filled.size):
        end = starts[r + 1] if r + 1 < starts.size else values.size
        row = y[filled[r]]
        for k in range(starts[r], end):
            number, other = values[k], x[columns[k]]
            for j in range(row.size):
                row[j] += number * other[j]
