"""Passes over memory that NumPy makes one by one, as loops: by element, by channel, by window.

Flat arrays, or rows with channels innermost (N, C).
"""

from __future__ import annotations

import numpy as np

from . import jit
from .crew import BLOCKS, crew, rows_of_block, share

__all__ = ["crew"]


@jit()
def relu_part(first, last, x, y):
    for i in range(first, last):
        y[i] = 0 if x[i] <= 0 else x[i]                          # nan stays


@jit()
def relu(team, x, y):
    share(team, x.size, relu_part, (x, y))


@jit()
def relu_back_part(first, last, g, y, dx):
    for i in range(first, last):
        dx[i] = 0 if y[i] <= 0 else g[i]


@jit()
def relu_back(team, g, y, dx):
    share(team, g.size, relu_back_part, (g, y, dx))


@jit()
def drop_part(first, last, x, keep, scale, y):
    for i in range(first, last):
        y[i] = x[i] * keep[i] * scale


@jit()
def drop(team, x, keep, scale, y):
    share(team, x.size, drop_part, (x, keep, scale, y))


@jit()
def turn_part(first, last, x, y):
    """Squares of 16 by 16 numbers, so that both sides are read and written in runs."""
    rows, columns = x.shape[1], x.shape[2]
    for n in range(first, last):
        for top in range(0, rows, 16):
            for left in range(0, columns, 16):
                for j in range(left, min(left + 16, columns)):
                    for i in range(top, min(top + 16, rows)):
                        y[n, j, i] = x[n, i, j]


@jit()
def turn(team, x, y):
    """y (N, B, A) = x (N, A, B) with the last two axes exchanged."""
    share(team, x.shape[0], turn_part, (x, y))


@jit()
def sums_part(first, last, x, y, totals):
    """Blocks of rows: sums of x and of x y, each block to its own place in totals (BLOCKS, 2, C)."""
    rows, size = x.shape
    for block in range(first, last):
        own = np.zeros((2, size), x.dtype)
        for i in rows_of_block(rows, block):
            for j in range(size):
                own[0, j] += x[i, j]
                own[1, j] += x[i, j] * y[i, j]
        totals[block] = own


@jit()
def squares_part(first, last, x, mean, totals):
    """Blocks of rows: sums of (x - mean)^2, each block to its own place in totals (BLOCKS, C)."""
    rows, size = x.shape
    for block in range(first, last):
        own = np.zeros(size, x.dtype)
        for i in rows_of_block(rows, block):
            for j in range(size):
                d = x[i, j] - mean[j]
                own[j] += d * d
        totals[block] = own


@jit()
def normalise_part(first, last, x, mean, scale, weight, bias, normed, y):
    for i in range(first, last):
        for j in range(x.shape[1]):
            n = (x[i, j] - mean[j]) * scale[j]
            normed[i, j] = n
            y[i, j] = n * weight[j] + bias[j]


@jit()
def normalise_channels(team, x, weight, bias, eps, normed, y):
    """Mean, variance and 1 / sqrt(variance + eps) of each channel; fills normed and y (N, C)."""
    rows, size = x.shape
    number = x.dtype.type
    totals = np.empty((BLOCKS, 2, size), x.dtype)
    share(team, BLOCKS, sums_part, (x, x, totals))
    mean = totals[:, 0].sum(0) / number(rows)
    squares = np.empty((BLOCKS, size), x.dtype)
    share(team, BLOCKS, squares_part, (x, mean, squares))
    variance = squares.sum(0) / number(rows)
    scale = number(1) / np.sqrt(variance + number(eps))
    share(team, rows, normalise_part, (x, mean, scale, weight, bias, normed, y))
    return mean, variance, scale


@jit()
def channel_slopes(team, g, normed):
    """Sums of g and of g normed (2, C)."""
    totals = np.empty((BLOCKS, 2, g.shape[1]), g.dtype)
    share(team, BLOCKS, sums_part, (g, normed, totals))
    return totals.sum(0)


@jit()
def channels_back_part(first, last, g, normed, slope, along, shift, dx):
    for i in range(first, last):
        for j in range(g.shape[1]):
            dx[i, j] = g[i, j] * slope[j] + normed[i, j] * along[j] + shift[j]


@jit()
def channels_back(team, g, normed, slope, along, shift, dx):
    share(team, g.shape[0], channels_back_part, (g, normed, slope, along, shift, dx))


@jit()
def largest_part(first, last, x, kernel, stride, padding, dilation, y):
    """Rows of places of y, counted over the samples."""
    height, width, channels = x.shape[1:]
    for row in range(np.int64(first), np.int64(last)):
        n, i = row // y.shape[1], row % y.shape[1]
        for j in range(y.shape[2]):
            target, found = y[n, i, j], False
            for a in range(kernel[0]):
                for b in range(kernel[1]):
                    down = i * stride[0] + a * dilation[0] - padding[0]
                    right = j * stride[1] + b * dilation[1] - padding[1]
                    if down < 0 or down >= height or right < 0 or right >= width:
                        continue
                    here = x[n, down, right]
                    for c in range(channels):
                        v = here[c]
                        target[c] = v if not found or v > target[c] or v != v else target[c]
                    found = True


@jit()
def largest(team, x, kernel, stride, padding, dilation, y):
    """y (N, H', W', C): the largest of each window of x (N, H, W, C); nan is larger than all."""
    share(team, y.shape[0] * y.shape[1], largest_part, (x, kernel, stride, padding, dilation, y))


@jit()
def largest_back_part(first, last, g, x, y, kernel, stride, padding, dilation, dx):
    """Samples, as windows may overlap."""
    height, width, channels = x.shape[1:]
    free = np.empty(channels, x.dtype)                           # 1 until the first that equals the largest
    for n in range(np.int64(first), np.int64(last)):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                free[:] = 1
                slope, top = g[n, i, j], y[n, i, j]
                for a in range(kernel[0]):
                    for b in range(kernel[1]):
                        down = i * stride[0] + a * dilation[0] - padding[0]
                        right = j * stride[1] + b * dilation[1] - padding[1]
                        if down < 0 or down >= height or right < 0 or right >= width:
                            continue
                        here, target = x[n, down, right], dx[n, down, right]
                        for c in range(channels):
                            hit = here[c] == top[c] or here[c] != here[c]
                            target[c] += slope[c] if hit and free[c] != 0 else 0
                            free[c] = 0 if hit else free[c]


@jit()
def largest_back(team, g, x, y, kernel, stride, padding, dilation, dx):
    """dx (N, H, W, C), which starts at 0, gets g (N, H', W', C) at the first largest of each window."""
    share(team, x.shape[0], largest_back_part, (g, x, y, kernel, stride, padding, dilation, dx))
