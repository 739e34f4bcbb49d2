"""Winograd's convolution as loops, which Numba compiles; see ops/conv_winograd.

x, g and y are (N, H, W, C) with channels innermost, values (tiles, 36, C). The loops over channels are what
the processor does many at a time. A tile's numbers stay in its nearest cache, those of a block of tiles in
the next one, from the first transform to the last.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .products import found, matmul, share_products, team_for

__all__ = ["found", "team_for"]
single = np.float32
# The points are 0, P, -P, Q, -Q and infinity. Exact in float32, so float64 loses nothing either.
P, Q, P2, Q2, P3, Q3 = map(single, (0.75, 1.5, 0.5625, 2.25, 0.421875, 3.375))
# P Q^2, P^2 Q, P^2 + Q^2, P^2 Q^2
PQ2, P2Q, SUM, PRODUCT = map(single, (1.6875, 0.84375, 2.8125, 1.265625))
ONE, ZERO = single(1), single(0)


@jit()
def inputs_1d(d, i, step, y):
    """B^T d for rows i, i + step, ... of d (36, C), into the same rows of y."""
    for c in range(d.shape[1]):
        d0, d1, d2 = d[i, c], d[i + step, c], d[i + 2 * step, c]
        d3, d4, d5 = d[i + 3 * step, c], d[i + 4 * step, c], d[i + 5 * step, c]
        even, odd = d4 - Q2 * d2, P * d3 - PQ2 * d1
        wide, far = d4 - P2 * d2, Q * d3 - P2Q * d1
        y[i, c] = PRODUCT * d0 - SUM * d2 + d4
        y[i + step, c] = even + odd
        y[i + 2 * step, c] = even - odd
        y[i + 3 * step, c] = wide + far
        y[i + 4 * step, c] = wide - far
        y[i + 5 * step, c] = PRODUCT * d1 - SUM * d3 + d5


@jit()
def outputs_1d(m, i, step, y):
    """A^T m for rows i, i + step, ... of m (36, C), into the first four of these rows of y."""
    for c in range(m.shape[1]):
        s, d = m[i + step, c] + m[i + 2 * step, c], m[i + step, c] - m[i + 2 * step, c]
        t, e = m[i + 3 * step, c] + m[i + 4 * step, c], m[i + 3 * step, c] - m[i + 4 * step, c]
        y[i, c] = m[i, c] + s + t
        y[i + step, c] = P * d + Q * e
        y[i + 2 * step, c] = P2 * s + Q2 * t
        y[i + 3 * step, c] = P3 * d + Q3 * e + m[i + 5 * step, c]


@jit()
def slopes_1d(g, i, step, y):
    """A g for rows i, i + step, ... of g (four of them), into six such rows of y (36, C)."""
    for c in range(g.shape[1]):
        g0, g1, g2, g3 = g[i, c], g[i + step, c], g[i + 2 * step, c], g[i + 3 * step, c]
        even, odd = g0 + P2 * g2, P * g1 + P3 * g3
        wide, far = g0 + Q2 * g2, Q * g1 + Q3 * g3
        y[i, c] = g0
        y[i + step, c] = even + odd
        y[i + 2 * step, c] = even - odd
        y[i + 3 * step, c] = wide + far
        y[i + 4 * step, c] = wide - far
        y[i + 5 * step, c] = g3


@jit()
def cut_out(x, n, top, left, side, tile):
    """Copy side x side places of x into rows 6 a + b of tile, zeros where x has nothing."""
    for a in range(side):
        for b in range(side):
            y, z, row = top + a, left + b, 6 * a + b
            if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
                for c in range(tile.shape[1]):
                    tile[row, c] = x[n, y, z, c]
            else:
                for c in range(tile.shape[1]):
                    tile[row, c] = ZERO


@jit()
def place_of(tile, rows, columns):
    """Sample, row and column of a tile."""
    return tile // (rows * columns), (tile // columns) % rows, tile % columns


@jit()
def inputs_at_points(x, first, rows, columns, down, right, values):
    """values = B^T d B for as many tiles as there is room for, from the first on."""
    tile, half = np.empty((36, x.shape[3]), x.dtype), np.empty((36, x.shape[3]), x.dtype)
    for t in range(values.shape[0]):
        n, i, j = place_of(first + t, rows, columns)
        cut_out(x, n, 4 * i - down, 4 * j - right, 6, tile)
        for b in range(6):
            inputs_1d(tile, b, 6, half)
        for a in range(6):
            inputs_1d(half, 6 * a, 1, values[t])


@jit()
def slopes_at_points(g, first, rows, columns, values):
    """values = A g A^T for as many tiles as there is room for, from the first on."""
    tile, half = np.empty((36, g.shape[3]), g.dtype), np.empty((36, g.shape[3]), g.dtype)
    for t in range(values.shape[0]):
        n, i, j = place_of(first + t, rows, columns)
        cut_out(g, n, 4 * i, 4 * j, 4, tile)
        for b in range(4):
            slopes_1d(tile, b, 6, half)
        for a in range(6):
            slopes_1d(half, 6 * a, 1, values[t])


@jit()
def outputs_from_points(values, bias, first, rows, columns, y):
    """y = A^T values A + bias for these tiles, from the first on; whether all of it is finite."""
    half, tile = np.empty((36, y.shape[3]), y.dtype), np.empty((36, y.shape[3]), y.dtype)
    sums = np.zeros(y.shape[3], y.dtype)
    for t in range(values.shape[0]):
        n, i, j = place_of(first + t, rows, columns)
        for b in range(6):
            outputs_1d(values[t], b, 6, half)
        for a in range(min(4, y.shape[1] - 4 * i)):
            outputs_1d(half, 6 * a, 1, tile)
            for b in range(min(4, y.shape[2] - 4 * j)):
                for c in range(y.shape[3]):
                    value = tile[6 * a + b, c] + bias[c]
                    y[n, 4 * i + a, 4 * j + b, c] = value
                    sums[c] += value
    return np.isfinite(np.sum(sums))


@jit()
def convolve_part(first, last, gemm, x, u, bias, rows, columns, down, right, together, y, finite):
    """Blocks of so many tiles together; finite: for each block, is what it gave?"""
    tiles = x.shape[0] * rows * columns
    values = np.empty((together, 36, x.shape[3]), x.dtype)
    products = np.empty((together, 36, y.shape[3]), x.dtype)
    for block in range(np.int64(first), np.int64(last)):
        start = block * together
        size = min(together, tiles - start)
        inputs_at_points(x, start, rows, columns, down, right, values[:size])
        for p in range(36):
            matmul(gemm, ONE, values[:size, p], u[p], ZERO, products[:size, p])
        finite[block] = outputs_from_points(products[:size], bias, start, rows, columns, y)


@jit()
def convolve(team, x, u, bias, rows, columns, down, right, together, y, finite):
    """y (N, H', W', O) from x (N, H, W, C) and the kernel's values u (36, C, O)."""
    share_products(team, finite.size, convolve_part,
                   (team[2], x, u, bias, rows, columns, down, right, together, y, finite))


@jit()
def slopes_part(first, last, gemm, x, g, rows, columns, down, right, together, totals):
    """Shares of the tiles, as many as there are places in totals (shares, 36, C, O)."""
    tiles, shares = x.shape[0] * rows * columns, totals.shape[0]
    values = np.empty((together, 36, x.shape[3]), x.dtype)
    others = np.empty((together, 36, g.shape[3]), x.dtype)
    for share in range(np.int64(first), np.int64(last)):
        total, end = totals[share], tiles * (share + 1) // shares
        total[:] = ZERO
        for start in range(tiles * share // shares, end, together):
            size = min(together, end - start)
            inputs_at_points(x, start, rows, columns, down, right, values[:size])
            slopes_at_points(g, start, rows, columns, others[:size])
            for p in range(36):
                matmul(gemm, ONE, values[:size, p].T, others[:size, p], ONE, total[p])


@jit()
def slopes(team, x, g, rows, columns, down, right, together, totals):
    """The kernel's slope at the points, in parts to be added: totals (parts, 36, C, O)."""
    share_products(team, totals.shape[0], slopes_part,
                   (team[2], x, g, rows, columns, down, right, together, totals))
