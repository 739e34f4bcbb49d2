"""Convolution by columns as loops, which Numba compiles; see ops/conv_columns.

x (N, H, W, C) has its border already; y and g are (N, H', W', O), and their rows of places are counted over
all samples. The windows of some rows are laid out as columns (places, K K C), which stay in the cache until
they are multiplied. Where each channel has a kernel of its own (depthwise) there is nothing to multiply.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .crew import share
from .products import found, matmul, share_products, team_for

__all__ = ["found", "team_for"]
ONE, ZERO = np.float32(1), np.float32(0)


@jit()
def windows_of_row(x, row, height, kernel, stride, dilation, width, columns):
    """What the windows of a row of places see: columns (W', K K C). A row of a window is one run or K."""
    sample, top, channels = row // height, row % height * stride[0], x.shape[3]
    run = channels if dilation[1] > 1 else channels * kernel[1]
    pieces, line = kernel[1] * channels // run, x.shape[2] * channels
    hop, far = stride[1] * channels, dilation[1] * channels
    for a in range(kernel[0]):
        source = x[sample, top + a * dilation[0]].reshape(line)
        for piece in range(pieces):
            here = (a * pieces + piece) * run
            for place in range(width):
                start = place * hop + piece * far
                target, seen = columns[place, here:here + run], source[start:start + run]
                for j in range(run):
                    target[j] = seen[j]


@jit()
def forward_part(first, last, gemm, x, matrix, bias, kernel, stride, dilation, together, y):
    height, width, outs = y.shape[1], y.shape[2], y.shape[3]
    columns = np.empty((together * width, matrix.shape[0]), np.float32)
    flat = y.reshape(y.shape[0] * height * width, outs)
    for top in range(np.int64(first), np.int64(last), together):
        rows = min(together, np.int64(last) - top)
        for row in range(rows):
            windows_of_row(x, top + row, height, kernel, stride, dilation, width, columns[row * width:])
        target = flat[top * width:(top + rows) * width]
        matmul(gemm, ONE, columns[:rows * width], matrix, ZERO, target)
        for i in range(len(target) if bias.size else 0):
            for o in range(outs):
                target[i, o] += bias[o]


@jit()
def forward(team, x, matrix, bias, kernel, stride, dilation, together, y):
    """y = columns matrix + bias, for matrix (K K C, O); bias may be empty."""
    share_products(team, y.shape[0] * y.shape[1], forward_part,
                   (team[2], x, matrix, bias, kernel, stride, dilation, together, y))


@jit()
def to_weight_part(first, last, gemm, x, g, kernel, stride, dilation, together, totals):
    """Shares of the rows of places, as many as there are places in totals (shares, K K C, O)."""
    height, width, shares = g.shape[1], g.shape[2], totals.shape[0]
    all_rows, flat = g.shape[0] * height, g.reshape(g.shape[0] * height * width, g.shape[3])
    columns = np.empty((together * width, totals.shape[1]), np.float32)
    for share_ in range(np.int64(first), np.int64(last)):
        total = totals[share_]
        total[:] = ZERO
        end = all_rows * (share_ + 1) // shares
        for top in range(all_rows * share_ // shares, end, together):
            rows = min(together, end - top)
            for row in range(rows):
                windows_of_row(x, top + row, height, kernel, stride, dilation, width, columns[row * width:])
            matmul(gemm, ONE, columns[:rows * width].T, flat[top * width:(top + rows) * width], ONE, total)


@jit()
def to_weight(team, x, g, kernel, stride, dilation, together, totals):
    """The slope of the matrix, in parts to be added: totals (parts, K K C, O)."""
    share_products(team, totals.shape[0], to_weight_part,
                   (team[2], x, g, kernel, stride, dilation, together, totals))


@jit()
def add_windows_of_row(columns, top, kernel, stride, dilation, x):
    """Lay the columns (W', K K C) of a row of places over the rows of x (H, W, C) from `top` on."""
    channels = x.shape[2]
    run = channels if dilation[1] > 1 else channels * kernel[1]
    pieces, line = kernel[1] * channels // run, x.shape[1] * channels
    hop, far = stride[1] * channels, dilation[1] * channels
    for a in range(kernel[0]):
        target = x[top + a * dilation[0]].reshape(line)
        for piece in range(pieces):
            here = (a * pieces + piece) * run
            for place in range(columns.shape[0]):
                start = place * hop + piece * far
                seen, source = target[start:start + run], columns[place, here:here + run]
                for j in range(run):
                    seen[j] += source[j]


@jit()
def to_input_part(first, last, gemm, g, matrix, kernel, stride, dilation, together, x):
    """Samples, as windows may overlap."""
    height, width = g.shape[1], g.shape[2]
    columns = np.empty((together * width, matrix.shape[0]), np.float32)
    for n in range(np.int64(first), np.int64(last)):
        flat = g[n].reshape(height * width, g.shape[3])
        x[n] = ZERO
        for top in range(0, height, together):
            rows = min(together, height - top)
            matmul(gemm, ONE, flat[top * width:(top + rows) * width], matrix.T, ZERO, columns[:rows * width])
            for row in range(rows):
                add_windows_of_row(columns[row * width:(row + 1) * width], (top + row) * stride[0], kernel,
                                   stride, dilation, x[n])


@jit()
def to_input(team, g, matrix, kernel, stride, dilation, together, x):
    """Fill x (N, H, W, C) with the products g matrix^T, laid over one another at the windows' places."""
    share_products(team, x.shape[0], to_input_part,
                   (team[2], g, matrix, kernel, stride, dilation, together, x))


@jit()
def add_products(a, b, total):
    for j in range(total.size):
        total[j] += a[j] * b[j]


@jit()
def own_part(first, last, x, rows, bias, kernel, stride, dilation, y):
    channels, run = x.shape[3], rows.shape[1]
    line, across = x.shape[2] * channels, y.shape[2] * channels
    for row in range(np.int64(first), np.int64(last)):
        sample, i = row // y.shape[1], row % y.shape[1]
        target = y[sample, i].reshape(across)
        target[:] = ZERO
        for place in range(y.shape[2] if bias.size else 0):
            target[place * channels:(place + 1) * channels] = bias
        for a in range(kernel[0]):
            source = x[sample, i * stride[0] + a * dilation[0]].reshape(line)
            for b in range(kernel[1]):
                by, start = rows[a * kernel[1] + b], b * dilation[1] * channels
                for piece in range(0, across, run):
                    end, here = min(piece + run, across), start + piece * stride[1]
                    add_products(by, source[here:here + end - piece], target[piece:end])


@jit()
def own(team, x, rows, bias, kernel, stride, dilation, y):
    """y of channels that have a kernel each: rows (K K, C), for stride 1 (K K, places C)."""
    share(team, y.shape[0] * y.shape[1], own_part, (x, rows, bias, kernel, stride, dilation, y))


@jit()
def own_to_input_part(first, last, g, rows, kernel, stride, dilation, x):
    """Samples, as windows may overlap."""
    channels, run = x.shape[3], rows.shape[1]
    line, across = x.shape[2] * channels, g.shape[2] * channels
    for n in range(np.int64(first), np.int64(last)):
        x[n] = ZERO
        for i in range(g.shape[1]):
            source = g[n, i].reshape(across)
            for a in range(kernel[0]):
                target = x[n, i * stride[0] + a * dilation[0]].reshape(line)
                for b in range(kernel[1]):
                    by, start = rows[a * kernel[1] + b], b * dilation[1] * channels
                    for piece in range(0, across, run):
                        end, here = min(piece + run, across), start + piece * stride[1]
                        add_products(by, source[piece:end], target[here:here + end - piece])


@jit()
def own_to_input(team, g, rows, kernel, stride, dilation, x):
    """`to_input` for channels that have a kernel each; rows as for `own`."""
    share(team, x.shape[0], own_to_input_part, (g, rows, kernel, stride, dilation, x))


@jit()
def own_to_weight_part(first, last, x, g, kernel, stride, dilation, totals):
    """Samples, each added up in a place of its own: totals (N, K K, C), for stride 1 (N, K K, places C)."""
    channels, run = x.shape[3], totals.shape[2]
    line, across = x.shape[2] * channels, g.shape[2] * channels
    for n in range(np.int64(first), np.int64(last)):
        totals[n] = ZERO
        for i in range(g.shape[1]):
            given = g[n, i].reshape(across)
            for a in range(kernel[0]):
                source = x[n, i * stride[0] + a * dilation[0]].reshape(line)
                for b in range(kernel[1]):
                    total, start = totals[n, a * kernel[1] + b], b * dilation[1] * channels
                    for piece in range(0, across, run):
                        end, here = min(piece + run, across), start + piece * stride[1]
                        add_products(given[piece:end], source[here:here + end - piece], total[:end - piece])


@jit()
def own_to_weight(team, x, g, kernel, stride, dilation, totals):
    """The slope of the kernels of channels that have one each, in parts to be added."""
    share(team, x.shape[0], own_to_weight_part, (x, g, kernel, stride, dilation, totals))
