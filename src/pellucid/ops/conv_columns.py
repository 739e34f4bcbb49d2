"""Convolution as matrix products: fast twins of the ops in conv_core.

The numbers of a window are copied into a row, channels innermost; all rows together, times the weights as one
matrix, are all outputs:

    columns (places, K... C)  @  matrix (K... C, O)  =  y (places, O)

What decides is memory. Channels lie innermost, in x and in y (outside, both are seen as (N, C, ...) by
strides), so that windows are copied in long runs and y needs no transposing. And columns are made for a few
places at a time, as many as the processor's cache holds, used at once, and made again for the way back: a
copy in the cache costs less than reading a large array twice, and no memory at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..kernels import singles
from . import conv_loops
from .row_parts import product

ndarray = np.ndarray
CACHE = 1 << 18                                                  # numbers in a block of columns: 1 MiB
LOOP = 1 << 14                                                   # numbers to turn: fewer are not worth a loop


def channels_last(x: ndarray, padding: Any = ()) -> ndarray:
    """x (N, C, S...) as (N, S..., C) in row-major order, with a border of zeros (negative: cut off)."""
    turned = np.transpose(x, (0, *range(2, x.ndim), 1))
    if any(pad < 0 for pad in padding):
        cut = tuple(slice(max(-pad, 0), size - max(-pad, 0))
                    for pad, size in zip(padding, x.shape[2:], strict=True))
        turned = turned[(slice(None),) + cut]
    grown = [max(pad, 0) for pad in padding]
    if not any(grown):
        return turned if turned.flags.c_contiguous else copied(turned, np.empty(turned.shape, x.dtype))
    count, *sizes, channels = turned.shape
    wide = np.zeros((count, *(size + 2 * pad for size, pad in zip(sizes, grown, strict=True)), channels),
                    x.dtype)
    inside = tuple(slice(pad, pad + size) for size, pad in zip(sizes, grown, strict=True))
    copied(turned, wide[(slice(None),) + inside])
    return wide


def copied(source: ndarray, target: ndarray) -> ndarray:
    """Copy to where channels lie innermost. Coming from where they do not, 8 at a time: 3 ms become 0.6."""
    if source.strides[-1] == source.itemsize:
        target[...] = source
    elif source.size >= LOOP and singles(source) and _were_second(source) and target.flags.c_contiguous:
        from ..kernels import passes

        count, channels = source.shape[0], source.shape[-1]
        rows = source.transpose(0, source.ndim - 1, *range(1, source.ndim - 1)).reshape(count, channels, -1)
        passes.turn(passes.crew(source.size), rows, target.reshape(count, -1, channels))
    else:
        for first in range(0, source.shape[-1], 8):
            target[..., first:first + 8] = source[..., first:first + 8]
    return target


def _were_second(x: ndarray) -> bool:
    """Is x (N, S..., C) a view of (N, C, S...) in row-major order?"""
    return x.transpose(0, x.ndim - 1, *range(1, x.ndim - 1)).flags.c_contiguous


def channels_second(y: ndarray) -> ndarray:
    """(N, S..., C) seen as (N, C, S...), the same memory."""
    return np.transpose(y, (0, y.ndim - 1, *range(1, y.ndim - 1)))


def windows(x: ndarray, kernel: Any, stride: Any, dilation: Any, sizes: Any, groups: int) -> ndarray:
    """x (N, S..., C) seen as its windows: (groups, N, S'..., K..., C / groups)."""
    count, *steps, one = x.strides
    channels = x.shape[-1] // groups
    shape = (groups, x.shape[0], *sizes, *kernel, channels)
    strides = (channels * one, count, *(step * hop for step, hop in zip(steps, stride, strict=True)),
               *(step * far for step, far in zip(steps, dilation, strict=True)), one)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def blocks(count: int, rows: int, row: int) -> Iterator[tuple[slice, slice]]:
    """Samples and rows (of the first dimension) to work on together; `row`: numbers in a row's columns."""
    if not row:
        return
    samples = max(CACHE // (rows * row), 1)
    height = rows if samples > 1 else max(CACHE // row, 1)
    for first in range(0, count, samples):
        for top in range(0, rows, height):
            yield slice(first, first + samples), slice(top, top + height)


class Columns:
    """The columns of x (N, S..., C), block by block, in one buffer: (groups, places, K... C / groups).

    Where channels are few, a column's numbers lie apart, and those of neighbouring places side by side.
    """

    def __init__(self, x: ndarray, kernel: Any, stride: Any, dilation: Any, sizes: Any, groups: int) -> None:
        self.view = windows(x, kernel, stride, dilation, sizes, groups)
        self.size = math.prod(kernel) * (x.shape[-1] // groups)
        self.groups = groups
        row = math.prod(sizes[1:]) * self.size * groups
        self.blocks = list(blocks(x.shape[0], sizes[0], row))
        first = self.view[(slice(None),) + self.blocks[0]] if self.blocks else self.view
        self.buffer = np.empty(first.size, x.dtype)

    def __iter__(self) -> Iterator[tuple[tuple, ndarray]]:
        channels, ndim = self.view.shape[-1], self.view.ndim
        few, order = channels < 4, tuple(range(ndim))            # runs of places are longer than of channels
        if few:
            kernel = ndim // 2 - 1                               # so many dimensions
            order = (0, *order[-1 - kernel:], *order[1:-1 - kernel])
        for where in self.blocks:
            place = (slice(None), *where)
            part = np.transpose(self.view[place], order)
            filled = self.buffer[:part.size]
            np.copyto(filled.reshape(part.shape), part)
            if few:
                yield where, np.swapaxes(filled.reshape(self.groups, self.size, -1), 1, 2)
            else:
                yield where, filled.reshape(self.groups, -1, self.size)


def as_matrix(weight: ndarray, groups: int) -> ndarray:
    """weight (O, C / groups, K...) as (groups, K... C / groups, O / groups)."""
    outs, channels, *kernel = weight.shape
    split = weight.reshape(groups, outs // groups, channels, *kernel)
    turned = np.transpose(split, (0, *range(3, split.ndim), 2, 1))
    return turned.reshape(groups, math.prod(kernel) * channels, outs // groups)


def rows_of(y: ndarray, where: tuple, groups: int) -> ndarray:
    """A block of y (N, S'..., O) as (groups, places, O / groups), the same memory."""
    part = y[where]
    return np.swapaxes(part.reshape(-1, groups, y.shape[-1] // groups), 0, 1)


def sizes_of(x: ndarray, kernel: Any, stride: Any, dilation: Any) -> tuple[int, ...]:
    """How many places a window has in x (N, S..., C), which has its border already."""
    return tuple((size - far * (k - 1) - 1) // hop + 1
                 for size, k, hop, far in zip(x.shape[1:], kernel, stride, dilation, strict=False))


def multiplied(x: ndarray, matrix: ndarray, bias: Any, kernel: Any, stride: Any, dilation: Any) -> ndarray:
    """The product of the columns of x (N, S..., C) with a matrix, plus the bias: (N, S'..., O)."""
    groups, size, outs = matrix.shape
    sizes = sizes_of(x, kernel, stride, dilation)
    y = np.empty((x.shape[0], *sizes, groups * outs), x.dtype)
    if math.prod(kernel) == 1 and groups == 1 and sizes == x.shape[1:-1]:
        return product(x.reshape(-1, size), matrix[0], bias).reshape(y.shape)
    if conv_loops.found(x, x.shape[-1], groups * outs, groups, matrix):
        conv_loops.multiply(x, matrix, bias, kernel, stride, dilation, y)
        return y
    for where, columns in Columns(x, kernel, stride, dilation, sizes, groups):
        np.matmul(columns, matrix, out=rows_of(y, where, groups))
        if bias is not None:
            y[where] += bias
    return y


def forward(x, weight, bias=None, *, stride, padding, dilation, groups):
    """convolution by columns."""
    y = multiplied(channels_last(x, padding), as_matrix(weight, groups), bias, weight.shape[2:], stride,
                   dilation)
    return channels_second(y), (x.shape, weight.shape)


def back_to_input(x, weight, bias=None, *, sizes, stride, padding, dilation, groups):
    """convolution_input: columns added up, or for stride 1 a convolution with the kernel turned round."""
    kernel, outs = weight.shape[2:], weight.shape[0]
    border = [far * (k - 1) - pad for far, k, pad in zip(dilation, kernel, padding, strict=True)]
    reached = tuple(size + 2 * pad - far * (k - 1) for size, pad, far, k
                    in zip(sizes, padding, dilation, kernel, strict=True))
    channels = weight.shape[1] * groups
    fewer = channels < outs and conv_loops.found(x, channels, outs, groups, weight)
    if max(stride) == 1 and reached == x.shape[2:] and not fewer:    # columns of y would be longer
        turned = weight.reshape(groups, outs // groups, *weight.shape[1:])
        turned = np.flip(turned, tuple(range(3, turned.ndim))).swapaxes(1, 2)
        turned = turned.reshape(-1, outs // groups, *kernel)
        y = multiplied(channels_last(x, border), as_matrix(turned, groups), bias, kernel, stride, dilation)
    else:
        y = added(channels_last(x), weight, sizes, stride, padding, dilation, groups)
        y = y if bias is None else y + bias
    return channels_second(y), (x.shape, weight.shape)


def added(x, weight, sizes, stride, padding, dilation, groups):
    """x (N, S'..., O) times the weights, laid over one another at the places of the windows: (N, S..., C)."""
    kernel, matrix = weight.shape[2:], np.swapaxes(as_matrix(weight, groups), 1, 2)
    channels = weight.shape[1] * groups
    grown = [size + 2 * pad for size, pad in zip(sizes, padding, strict=True)]
    inside = tuple(slice(pad, pad + size) for pad, size in zip(padding, sizes, strict=True))
    if conv_loops.found(x, channels, x.shape[-1], groups, weight):
        wide = np.empty((x.shape[0], *grown, channels), x.dtype)
        conv_loops.add(x, np.swapaxes(matrix, 1, 2), kernel, stride, dilation, wide)
        return wide[(slice(None),) + inside]
    wide = np.zeros((x.shape[0], *grown, channels), x.dtype)
    row = math.prod(x.shape[2:-1]) * matrix.shape[2] * groups
    for samples, _ in blocks(x.shape[0], 1, row * x.shape[1]):
        part = x[samples]
        given = np.matmul(rows_of(part, (), groups), matrix)
        given = given.reshape(groups, *part.shape[:-1], *kernel, weight.shape[1])
        target = wide[samples]
        spread = target.reshape(*target.shape[:-1], groups, weight.shape[1])
        for place in np.ndindex(*kernel):
            there = tuple(slice(k * far, k * far + hop * (size - 1) + 1, hop) for k, far, hop, size
                          in zip(place, dilation, stride, x.shape[1:], strict=False))
            spread[(slice(None),) + there] += np.moveaxis(given[(slice(None),) * (x.ndim) + place], 0, -2)
    return wide[(slice(None),) + inside]


def back_to_weight(x, u, *, kernel, stride, padding, dilation, groups):
    """convolution_weight by columns: each block's are multiplied with its rows of u."""
    outs, channels = u.shape[1] // groups, x.shape[1] // groups
    wide, rows = channels_last(x, padding), channels_last(u)
    if conv_loops.found(wide, x.shape[1], u.shape[1], groups, u):
        total = conv_loops.slope(wide, rows, groups, kernel, stride, dilation)
    else:
        total = np.zeros((groups, math.prod(kernel) * channels, outs), x.dtype)
        for where, columns in Columns(wide, kernel, stride, dilation, u.shape[2:], groups):
            total += np.matmul(np.swapaxes(columns, 1, 2), rows_of(rows, where, groups))
    split = total.reshape(groups, *kernel, channels, outs)
    y = np.transpose(split, (0, split.ndim - 1, split.ndim - 2, *range(1, split.ndim - 2)))
    return y.reshape(u.shape[1], channels, *kernel), (x.shape, u.shape)
