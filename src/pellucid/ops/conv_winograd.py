"""Convolution with a 3 x 3 kernel by Winograd's algorithm: a quarter of the multiplications.

A tile of 4 x 4 outputs depends on 6 x 6 inputs. As functions of two variables, inputs, kernel and outputs are
polynomials; a product of polynomials is known by its values at a few points, and values are multiplied one by
one: 36 multiplications in place of 16 * 9 = 144. With t the tile, d its inputs, w the kernel:

    V = B^T d B        U = G w G^T        y = A^T (sum_c U_c V_c) A

The sum over the channels c is a matrix product for each of the 36 points. With the order of the sums turned
round, the same three matrices give the slope of the weights: G^T (sum_t V_t (A g_t A^T)) G.

Winograd's algorithm loses digits; how many depends on the points. With 0, 1, -1, 2, -2, which many take,
results were off by 9e-7 of their size (root of mean square), here by 5e-7, sums in the usual order by 3e-7.
Infinities and nan spread over a tile: then the sums are taken in the usual order.

Source: Winograd 1980, "Arithmetic complexity of computations"; Lavin & Gray 2016, "Fast algorithms for
        convolutional neural networks", arXiv:1509.09308; Barabasz, Anderson, Soodhalter & Gregg 2020,
        arXiv:1803.10986 (the choice of points).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import kernels
from . import conv_columns
from .conv_columns import channels_last, channels_second

ndarray = np.ndarray
POINTS = (0.0, 0.75, -0.75, 1.5, -1.5)                           # and infinity
OUT, IN = 4, 6                                                   # sides of a tile, of what it depends on
CACHE = 1 << 18                                                  # numbers of V and M that a block may have


@functools.cache
def matrices(dtype: Any) -> tuple[ndarray, ndarray, ndarray]:
    """A (4 x 6), B (6 x 6) and G (6 x 3) for both dimensions at once: A x A (16, 36), (36, 36), (36, 9).

    Row j of B holds the coefficients of the polynomial that is 0 at all points but j, row j of G the powers
    of point j over that polynomial's value there, column j of A the powers of point j. Infinity picks the
    highest coefficient.
    """
    a, b, g = np.zeros((OUT, IN)), np.zeros((IN, IN)), np.zeros((IN, 3))
    for j, point in enumerate(POINTS):
        others = [other for other in POINTS if other != point]
        a[:, j] = point ** np.arange(OUT)
        b[j, :-1] = np.poly(others)[::-1]
        g[j] = point ** np.arange(3) / math.prod(point - other for other in others)
    a[-1, -1] = g[-1, -1] = 1
    b[-1] = np.poly(POINTS)[::-1]
    return tuple(np.kron(matrix, matrix).astype(dtype) for matrix in (a, b, g))  # type: ignore[return-value]


def by_loops(dtype: Any) -> bool:
    """Are there compiled loops for it?"""
    if dtype != np.float32 or not kernels.ready():
        return False
    from ..kernels import products

    return products.found()


def worth(x: ndarray, weight: tuple, sizes: Any, stride: Any, dilation: Any, groups: int) -> bool:
    """Is it a 3 x 3 kernel, with so many numbers that fewer multiplications pay for the transforms?"""
    return (weight[2:] == (3, 3) and max(stride) == 1 and max(dilation) == 1 and groups == 1
            and min(weight[:2]) >= (16 if by_loops(x.dtype) else 32)
            and x.shape[0] * math.prod(sizes) >= 1024 and x.dtype.kind == "f" and x.dtype.itemsize >= 4)


class Tiles:
    """How outputs of some sizes are cut into tiles, and which tiles are worked on together."""

    def __init__(self, count: int, sizes: Any, channels: int, dtype: Any) -> None:
        self.sizes, self.count = tuple(sizes), count
        self.rows, self.columns = (-(-size // OUT) for size in sizes)
        self.all = count * self.rows * self.columns
        self.together = max(CACHE // (IN * IN * channels), 32)

    def blocks(self) -> Iterator[tuple[slice, int, int]]:
        """Samples, first row of tiles, number of rows of tiles."""
        samples = max(self.together // (self.rows * self.columns), 1)
        height = self.rows if samples > 1 else max(min(self.together // self.columns, self.rows), 1)
        for first in range(0, self.count, samples):
            for top in range(0, self.rows, height):
                yield slice(first, min(first + samples, self.count)), top, min(height, self.rows - top)

    def number(self, where: tuple) -> int:
        """How many tiles a block has."""
        samples, _, rows = where
        return (samples.stop - samples.start) * rows * self.columns


def cut_out(x: ndarray, where: tuple, top: int, left: int, sizes: tuple[int, int]) -> ndarray:
    """The samples x[where] from row `top` and column `left` on, with zeros where x has nothing."""
    part = np.zeros((where[0].stop - where[0].start, *sizes, x.shape[3]), x.dtype)
    low, high = max(top, 0), min(top + sizes[0], x.shape[1])
    near, far = max(left, 0), min(left + sizes[1], x.shape[2])
    part[:, low - top:high - top, near - left:far - left] = x[where[0], low:high, near:far]
    return part


def as_tiles(part: ndarray, side: int, rows: int, columns: int) -> ndarray:
    """Squares of `side` places, 4 apart from each other: (side^2, samples rows columns channels)."""
    sample, down, right, one = part.strides
    shape = (side, side, part.shape[0], rows, columns, part.shape[3])
    strides = (down, right, sample, OUT * down, OUT * right, one)
    return np.lib.stride_tricks.as_strided(part, shape, strides, writeable=False).reshape(side * side, -1)


def inputs_at_points(x: ndarray, tiles: Tiles, where: tuple, padding: Any) -> ndarray:
    """V = B^T d B for the tiles of a block: (36, tiles, C)."""
    samples, top, rows = where
    part = cut_out(x, where, OUT * top - padding[0], -padding[1],
                   (OUT * rows + 2, OUT * tiles.columns + 2))
    values = np.matmul(matrices(x.dtype)[1], as_tiles(part, IN, rows, tiles.columns))
    return values.reshape(IN * IN, -1, x.shape[3])


def slopes_at_points(g: ndarray, tiles: Tiles, where: tuple) -> ndarray:
    """A g A^T for the tiles of a block: (36, tiles, O)."""
    samples, top, rows = where
    part = cut_out(g, where, OUT * top, 0, (OUT * rows, OUT * tiles.columns))
    values = np.matmul(matrices(g.dtype)[0].T, as_tiles(part, OUT, rows, tiles.columns))
    return values.reshape(IN * IN, -1, g.shape[3])


def outputs_from_points(m: ndarray, bias: Any, tiles: Tiles, where: tuple, y: ndarray) -> None:
    """y = A^T m A + bias, written to the tiles of a block."""
    samples, top, rows = where
    values = np.matmul(matrices(m.dtype)[0], m.reshape(IN * IN, -1))
    turned = values.reshape(OUT, OUT, -1, rows, tiles.columns, y.shape[3]).transpose(2, 3, 0, 4, 1, 5)
    height = min(OUT * rows, tiles.sizes[0] - OUT * top)
    flat = turned.reshape(-1, OUT * rows, OUT * tiles.columns, y.shape[3])[:, :height, :tiles.sizes[1]]
    target = y[samples, OUT * top:OUT * top + height]
    np.copyto(target, flat) if bias is None else np.add(flat, bias, out=target)


def by_tiles(x: ndarray, weight: ndarray, bias: Any, padding: Any) -> ndarray | None:
    """The convolution of x (N, H, W, C) with a kernel (O, C, 3, 3): (N, H', W', O). None: not finite."""
    outs, channels = weight.shape[:2]
    sizes = [size + 2 * pad - 2 for size, pad in zip(x.shape[1:3], padding, strict=True)]
    turned = np.ascontiguousarray(np.transpose(weight, (2, 3, 1, 0))).reshape(9, channels * outs)
    u = np.matmul(matrices(x.dtype)[2], turned).reshape(IN * IN, channels, outs)
    y = np.empty((x.shape[0], *sizes, outs), x.dtype)
    tiles = Tiles(x.shape[0], sizes, channels + outs, x.dtype)
    if by_loops(x.dtype):
        return y if convolved(x, u, bias, tiles, padding, y) else None
    for where in tiles.blocks():
        outputs_from_points(np.matmul(inputs_at_points(x, tiles, where, padding), u), bias, tiles, where, y)
        samples, top, rows = where
        if not np.isfinite(np.add.reduce(y[samples, OUT * top:OUT * (top + rows)], axis=None)):
            return None
    return y


def convolved(x: ndarray, u: ndarray, bias: Any, tiles: Tiles, padding: Any, y: ndarray) -> bool:
    """Fill y in compiled loops; whether it is finite."""
    from ..kernels import winograd as loops

    bias = np.zeros(y.shape[3], y.dtype) if bias is None else np.ascontiguousarray(bias)
    finite = np.empty(-(-tiles.all // tiles.together), bool)
    loops.convolve(loops.team_for(y.size), x, u, bias, tiles.rows, tiles.columns, *padding, tiles.together, y,
                   finite)
    return bool(finite.all())


def slope_by_tiles(x: ndarray, g: ndarray, padding: Any) -> ndarray:
    """The slope of the kernel, from x (N, H, W, C) and g (N, H', W', O): (O, C, 3, 3)."""
    channels, outs = x.shape[3], g.shape[3]
    tiles = Tiles(x.shape[0], g.shape[1:3], channels + outs, x.dtype)
    if by_loops(x.dtype):
        total = slopes_added(x, g, tiles, padding)
    else:
        total = np.zeros((IN * IN, channels, outs), x.dtype)
        for where in tiles.blocks():
            values = inputs_at_points(x, tiles, where, padding)
            total += np.matmul(np.swapaxes(values, 1, 2), slopes_at_points(g, tiles, where))
    flat = np.matmul(matrices(x.dtype)[2].T, total.reshape(IN * IN, channels * outs))
    return np.transpose(flat.reshape(3, 3, channels, outs), (3, 2, 0, 1))


def slopes_added(x: ndarray, g: ndarray, tiles: Tiles, padding: Any) -> ndarray:
    """The kernel's slope at the points in compiled loops: (36, C, O)."""
    from ..kernels import winograd as loops

    team = loops.team_for(g.size)
    totals = np.empty((team[1], IN * IN, x.shape[3], g.shape[3]), x.dtype)
    loops.slopes(team, x, g, tiles.rows, tiles.columns, *padding, tiles.together, totals)
    return np.add.reduce(totals)


def forward(x, weight, bias=None, *, stride, padding, dilation, groups):
    """convolution by tiles."""
    y = by_tiles(channels_last(x), weight, bias, padding)
    if y is None:
        return conv_columns.forward(x, weight, bias, stride=stride, padding=padding, dilation=dilation,
                                    groups=groups)
    return channels_second(y), (x.shape, weight.shape)


def back_to_input(x, weight, bias=None, *, sizes, stride, padding, dilation, groups):
    """convolution_input by tiles: a convolution with the kernel turned round and channels exchanged."""
    turned = np.swapaxes(np.flip(weight, (2, 3)), 0, 1)
    y = by_tiles(channels_last(x), turned, bias, tuple(2 - pad for pad in padding))
    if y is None:
        return conv_columns.back_to_input(x, weight, bias, sizes=sizes, stride=stride, padding=padding,
                                          dilation=dilation, groups=groups)
    return channels_second(y), (x.shape, weight.shape)


def back_to_weight(x, u, *, kernel, stride, padding, dilation, groups):
    """convolution_weight by tiles."""
    y = slope_by_tiles(channels_last(x), channels_last(u), padding)
    if not np.isfinite(np.add.reduce(y, axis=None)):
        return conv_columns.back_to_weight(x, u, kernel=kernel, stride=stride, padding=padding,
                                           dilation=dilation, groups=groups)
    return y, (x.shape, u.shape)


def fits_forward(x, weight, bias=None, *, stride, padding, dilation, groups):
    """Is convolution quicker by tiles?"""
    return worth(x, weight.shape, x.shape[2:], stride, dilation, groups)


def fits_input(x, weight, bias=None, *, sizes, stride, padding, dilation, groups):
    """Is convolution_input quicker by tiles?"""
    reached = tuple(size + 2 * pad - 2 for size, pad in zip(sizes, padding, strict=True))
    return (max(padding) <= 2 and reached == x.shape[2:]
            and worth(x, weight.shape, sizes, stride, dilation, groups))


def fits_weight(x, u, *, kernel, stride, padding, dilation, groups):
    """Is convolution_weight quicker by tiles?"""
    return worth(x, (u.shape[1], x.shape[1], *kernel), u.shape[2:], stride, dilation, groups)
