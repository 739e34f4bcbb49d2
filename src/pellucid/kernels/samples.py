"""Convolution with samples innermost as loops, which Numba compiles; see ops/conv_samples.

x (C, H, W, N) has its border already; y and g are (O, H', W', N). A row of places of y depends on some rows
of x: these are laid out as columns (C K K, W' N), which stay in the cache until they are multiplied.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .products import found, matmul, share_products, team_for

__all__ = ["found", "team_for"]
single = np.float32
ONE, ZERO = single(1), single(0)


@jit()
def columns_of_row(x, i, kernel, stride, dilation, width, columns):
    """What the windows of row i of places see: columns (C K K, width N)."""
    size, row = x.shape[3], 0
    for channel in range(x.shape[0]):
        for a in range(kernel[0]):
            line = x[channel, i * stride[0] + a * dilation[0]]
            for b in range(kernel[1]):
                target = columns[row]
                if stride[1] == 1:
                    source = line[b * dilation[1]:b * dilation[1] + width].reshape(width * size)
                    for j in range(source.size):
                        target[j] = source[j]
                else:
                    for place in range(width):
                        one, other = line[place * stride[1] + b * dilation[1]], target[place * size:]
                        for j in range(size):
                            other[j] = one[j]
                row += 1


@jit()
def places_of_row(g, i, rows):
    """Row i of places as a matrix: rows (O, W' N)."""
    for o in range(g.shape[0]):
        rows[o] = g[o, i].reshape(rows.shape[1])


@jit()
def forward_part(first, last, gemm, x, matrix, bias, kernel, stride, dilation, y):
    outs, width, size = y.shape[0], y.shape[2], y.shape[3]
    columns = np.empty((matrix.shape[1], width * size), np.float32)
    product = np.empty((outs, width * size), np.float32)
    for i in range(np.int64(first), np.int64(last)):
        columns_of_row(x, i, kernel, stride, dilation, width, columns)
        matmul(gemm, ONE, matrix, columns, ZERO, product)
        for o in range(outs):
            target, source = y[o, i].reshape(width * size), product[o]
            for j in range(source.size):
                target[j] = source[j] + bias[o]


@jit()
def forward(team, x, matrix, bias, kernel, stride, dilation, y):
    """y = matrix columns + bias, for matrix (O, C K K)."""
    share_products(team, y.shape[1], forward_part, (team[2], x, matrix, bias, kernel, stride, dilation, y))


@jit()
def to_weight_part(first, last, gemm, x, g, kernel, stride, dilation, totals):
    """Shares of the rows of places, as many as there are places in totals (shares, O, C K K)."""
    width, size, height, shares = g.shape[2], g.shape[3], g.shape[1], totals.shape[0]
    columns = np.empty((totals.shape[2], width * size), np.float32)
    rows = np.empty((g.shape[0], width * size), np.float32)
    for share in range(np.int64(first), np.int64(last)):
        total = totals[share]
        total[:] = ZERO
        for i in range(height * share // shares, height * (share + 1) // shares):
            columns_of_row(x, i, kernel, stride, dilation, width, columns)
            places_of_row(g, i, rows)
            matmul(gemm, ONE, rows, columns.T, ONE, total)


@jit()
def to_weight(team, x, g, kernel, stride, dilation, totals):
    """The slope of the matrix, in parts to be added: totals (parts, O, C K K)."""
    share_products(team, totals.shape[0], to_weight_part, (team[2], x, g, kernel, stride, dilation, totals))


@jit()
def to_input_part(first, last, gemm, g, matrix, kernel, stride, dilation, totals):
    """Shares of the rows of places, each added up in a place of its own: totals (shares, C, H, W, N)."""
    width, size, height, shares = g.shape[2], g.shape[3], g.shape[1], totals.shape[0]
    columns = np.empty((matrix.shape[1], width * size), np.float32)
    rows = np.empty((g.shape[0], width * size), np.float32)
    for share in range(np.int64(first), np.int64(last)):
        total = totals[share]
        total[:] = ZERO
        for i in range(height * share // shares, height * (share + 1) // shares):
            places_of_row(g, i, rows)
            matmul(gemm, ONE, matrix.T, rows, ZERO, columns)
            row = 0
            for channel in range(total.shape[0]):
                for a in range(kernel[0]):
                    line = total[channel, i * stride[0] + a * dilation[0]]
                    for b in range(kernel[1]):
                        source = columns[row]
                        for place in range(width):
                            target, one = line[place * stride[1] + b * dilation[1]], source[place * size:]
                            for j in range(size):
                                target[j] += one[j]
                        row += 1


@jit()
def to_input(team, g, matrix, kernel, stride, dilation, totals):
    """The slope of x, in parts to be added: totals (parts, C, H, W, N)."""
    share_products(team, totals.shape[0], to_input_part,
                   (team[2], g, matrix, kernel, stride, dilation, totals))
