"""Convolution of few channels in large batches: samples lie innermost in memory.

With 6 channels innermost, runs are too short for copying and for what comes after. Here a row of places of
all samples is one run, and the columns stand upright:

    y (O, places N)  =  weight (O, C K...)  @  columns (C K..., places N)

Outside, x and y are (N, C, ...) by strides, as everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..kernels import singles

ndarray = np.ndarray
CACHE = 1 << 18                                                  # numbers in a block of columns: 1 MiB
LOOP = 1 << 12                                                   # numbers: for fewer NumPy is as quick
FEW, MANY = 16, 16                                               # channels at most, samples at least


def samples_last(x: ndarray, padding: Any = ()) -> ndarray:
    """x (N, C, S...) as (C, S..., N) in row-major order, with a border of zeros."""
    turned = np.transpose(x, (*range(1, x.ndim), 0))
    if not any(padding):
        return np.ascontiguousarray(turned)
    sizes = [size + 2 * pad for size, pad in zip(x.shape[2:], padding, strict=True)]
    wide = np.zeros((x.shape[1], *sizes, x.shape[0]), x.dtype)
    inside = tuple(slice(pad, pad + size) for size, pad in zip(x.shape[2:], padding, strict=True))
    wide[(slice(None),) + inside] = turned
    return wide


def samples_first(y: ndarray) -> ndarray:
    """(C, S..., N) seen as (N, C, S...), the same memory."""
    return np.transpose(y, (y.ndim - 1, *range(y.ndim - 1)))


def places(x: ndarray, kernel: Any, stride: Any, dilation: Any, sizes: Any) -> ndarray:
    """x (C, S..., N) seen as its windows: (C, K..., S'..., N). What is written there goes to x."""
    channel, *steps, one = x.strides
    strides = (channel, *(step * far for step, far in zip(steps, dilation, strict=True)),
               *(step * hop for step, hop in zip(steps, stride, strict=True)), one)
    return np.lib.stride_tricks.as_strided(x, (x.shape[0], *kernel, *sizes, x.shape[-1]), strides)


def bands(sizes: Any, row: int) -> Iterator[tuple[slice, int]]:
    """Rows (of the first dimension) to work on together, `row` numbers of columns each, and how many."""
    height = max(CACHE // max(row, 1), 1)
    for top in range(0, sizes[0], height):
        yield slice(top, top + height), min(height, sizes[0] - top)


def columns(x: ndarray, kernel: Any, stride: Any, dilation: Any,
            sizes: Any) -> Iterator[tuple[slice, ndarray]]:
    """The columns of x (C, S..., N), band by band, in one buffer: (C K..., rows S'... N)."""
    view, size = places(x, kernel, stride, dilation, sizes), x.shape[0] * math.prod(kernel)
    row = math.prod(sizes[1:]) * x.shape[-1]
    buffer = np.empty(0, x.dtype)
    for band, height in bands(sizes, size * row):
        buffer = np.empty(size * height * row, x.dtype) if buffer.size < size * height * row else buffer
        filled = buffer[:size * height * row]
        part = view[(slice(None),) * (1 + len(kernel)) + (band,)]
        np.copyto(filled.reshape(part.shape), part)
        yield band, filled.reshape(size, height * row)


def compiled(x: ndarray, *others: ndarray) -> Any:
    """The loops that do it, for pictures of float32; None where they cannot, or there is too little to do."""
    if x.ndim != 4 or x.size < LOOP or not singles(x) or not all(other.dtype is x.dtype for other in others):
        return None
    from ..kernels import samples as loops

    return loops if loops.found() else None


def forward(x, weight, bias=None, *, stride, padding, dilation, groups):
    """convolution with samples innermost."""
    kernel, wide = weight.shape[2:], samples_last(x, padding)
    sizes = tuple((size - far * (k - 1) - 1) // hop + 1
                  for size, k, hop, far in zip(wide.shape[1:], kernel, stride, dilation, strict=False))
    y = np.empty((weight.shape[0], *sizes, x.shape[0]), x.dtype)
    matrix = weight.reshape(weight.shape[0], -1)
    if y.size and (loops := compiled(x, weight)):
        shift = np.zeros(len(matrix), x.dtype) if bias is None else np.ascontiguousarray(bias)
        loops.forward(loops.team_for(y.size), wide, np.ascontiguousarray(matrix), shift, kernel, stride,
                      dilation, y)
        return samples_first(y), (x.shape, weight.shape)
    for band, block in columns(wide, kernel, stride, dilation, sizes):
        product = np.matmul(matrix, block)
        product = product if bias is None else np.add(product, bias[:, None], out=product)
        target = y[:, band]
        target[...] = product.reshape(target.shape)
    return samples_first(y), (x.shape, weight.shape)


def back_to_input(x, weight, bias=None, *, sizes, stride, padding, dilation, groups):
    """convolution_input with samples innermost: products laid over one another at the windows' places."""
    kernel, given = weight.shape[2:], samples_last(x)
    grown = (weight.shape[1], *(size + 2 * pad for size, pad in zip(sizes, padding, strict=True)), x.shape[0])
    if loops := compiled(x, weight):
        team = loops.team_for(x.size)
        totals = np.empty((team[1], *grown), x.dtype)
        loops.to_input(team, given, np.ascontiguousarray(weight.reshape(len(weight), -1)), kernel, stride,
                       dilation, totals)
        wide = np.add.reduce(totals)
    else:
        wide = laid_over(given, weight, grown, kernel, stride, dilation)
    inside = tuple(slice(pad, pad + size) for pad, size in zip(padding, sizes, strict=True))
    y = wide[(slice(None),) + inside]
    return samples_first(y if bias is None else y + bias.reshape(-1, *(1,) * (y.ndim - 1))), (x.shape,
                                                                                              weight.shape)


def laid_over(given: ndarray, weight: ndarray, grown: tuple, kernel: Any, stride: Any,
              dilation: Any) -> ndarray:
    """Products of each place, added to what its window covers: (C, S..., N), with a border."""
    wide = np.zeros(grown, given.dtype)
    view = places(wide, kernel, stride, dilation, given.shape[1:-1])
    matrix = np.ascontiguousarray(weight.reshape(weight.shape[0], -1).T)
    for band, _ in bands(given.shape[1:-1], len(matrix) * math.prod(given.shape[2:])):
        part = given[:, band]
        product = np.matmul(matrix, part.reshape(len(part), -1)).reshape(-1, *kernel, *part.shape[1:])
        for place in np.ndindex(*kernel):
            view[(slice(None),) + place + (band,)] += product[(slice(None),) + place]
    return wide


def back_to_weight(x, u, *, kernel, stride, padding, dilation, groups):
    """convolution_weight with samples innermost."""
    rows, wide = samples_last(u), samples_last(x, padding)
    if u.size and (loops := compiled(x, u)):
        team = loops.team_for(u.size)
        totals = np.empty((team[1], u.shape[1], x.shape[1] * math.prod(kernel)), x.dtype)
        loops.to_weight(team, wide, rows, kernel, stride, dilation, totals)
        return np.add.reduce(totals).reshape(u.shape[1], x.shape[1], *kernel), (x.shape, u.shape)
    total = np.zeros((x.shape[1] * math.prod(kernel), u.shape[1]), x.dtype)
    for band, block in columns(wide, kernel, stride, dilation, u.shape[2:]):
        total += np.matmul(block, rows[:, band].reshape(len(rows), -1).T)     # twice as fast as turned round
    return np.ascontiguousarray(total.T).reshape(u.shape[1], x.shape[1], *kernel), (x.shape, u.shape)


def few(x: ndarray, channels: int, outs: int, groups: int) -> bool:
    """Are there few channels and many samples?"""
    return groups == 1 and max(channels, outs) <= FEW and x.shape[0] >= MANY and x.dtype.kind == "f"


def fits_forward(x, weight, bias=None, *, stride, padding, dilation, groups):
    """Is convolution quicker with samples innermost?"""
    return few(x, weight.shape[1], weight.shape[0], groups)


def fits_input(x, weight, bias=None, *, sizes, stride, padding, dilation, groups):
    """Is convolution_input quicker with samples innermost?"""
    return few(x, weight.shape[1], weight.shape[0], groups)


def fits_weight(x, u, *, kernel, stride, padding, dilation, groups):
    """Is convolution_weight quicker with samples innermost?"""
    return few(x, x.shape[1], u.shape[1], groups)
