"""The compiled loops of conv_columns: float32, one and two dimensions, one group or one for each channel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels import singles

ndarray = np.ndarray
LEAST = 1 << 12                                                  # numbers: for fewer NumPy is as quick
CACHE = 1 << 16                                                  # numbers in a block of columns: 256 KiB
RUN = 1 << 9                                                     # numbers of a loop over channels, at least


def found(x: ndarray, channels: int, outs: int, groups: int, *others: ndarray) -> bool:
    """Can loops do it? Groups have to be one, or as many as there are channels and outs."""
    if not 3 <= x.ndim <= 4 or x.size < LEAST or not singles(x):
        return False
    if any(y.dtype is not x.dtype for y in others):
        return False
    if groups != 1 and not groups == channels == outs:
        return False
    from ..kernels import windows

    return windows.found()


def flat(*arrays: ndarray) -> list[ndarray]:
    """Sequences (N, L, C) as pictures of one row; pictures as they are."""
    return [x[:, None] if x.ndim == 3 else x for x in arrays]


def both(*numbers: Any) -> list[tuple]:
    """Kernel, stride, dilation in two dimensions."""
    return [(1,) * (2 - len(each)) + tuple(each) for each in numbers]


def together(width: int, size: int) -> int:
    """How many rows of places to work on at once."""
    return max(CACHE // max(width * size, 1), 1)


def multiply(x: ndarray, matrix: ndarray, bias: Any, kernel: Any, stride: Any, dilation: Any,
             y: ndarray) -> None:
    """y (N, S'..., O) = columns of x, times matrix (groups, K... C / groups, O / groups), plus the bias."""
    from ..kernels import windows as loops

    x, y = flat(x, y)
    how = both(kernel, stride, dilation)
    row = np.zeros(0, x.dtype) if bias is None else np.ascontiguousarray(bias)
    if len(matrix) > 1:
        loops.own(loops.team_for(y.size)[:2], x, own_rows(matrix, y, how), row, *how, y)
    else:
        loops.forward(loops.team_for(y.size), x, np.ascontiguousarray(matrix[0]), row, *how,
                      together(y.shape[2], matrix.shape[1]), y)


def add(given: ndarray, matrix: ndarray, kernel: Any, stride: Any, dilation: Any, wide: ndarray) -> None:
    """wide (N, S..., C) = given (N, S'..., O) times matrix^T, laid over one another."""
    from ..kernels import windows as loops

    given, wide = flat(given, wide)
    how = both(kernel, stride, dilation)
    if len(matrix) > 1:
        loops.own_to_input(loops.team_for(wide.size)[:2], given, own_rows(matrix, given, how), *how,
                           wide)
    else:
        loops.to_input(loops.team_for(wide.size), given, np.ascontiguousarray(matrix[0]), *how,
                       together(given.shape[2], matrix.shape[1]), wide)


def slope(x: ndarray, given: ndarray, groups: int, kernel: Any, stride: Any, dilation: Any) -> ndarray:
    """The sum of columns of x, each times its row of given: (groups, K... C / groups, O / groups)."""
    from ..kernels import windows as loops

    x, given = flat(x, given)
    how, size = both(kernel, stride, dilation), math.prod(kernel) * (x.shape[3] // groups)
    if groups > 1:
        totals = np.empty((len(x), size, groups * repeats(given, how)), x.dtype)
        loops.own_to_weight(loops.team_for(given.size)[:2], x, given, *how, totals)
        total = np.add.reduce(totals).reshape(size, -1, groups)
        return np.add.reduce(total, axis=1).T[:, :, None]
    team = loops.team_for(given.size)
    totals = np.empty((team[1], size, given.shape[3]), x.dtype)
    loops.to_weight(team, x, given, *how, together(given.shape[2], size), totals)
    return np.add.reduce(totals)[None]


def repeats(y: ndarray, how: list[tuple]) -> int:
    """How often a row of kernels is written side by side: for stride 1 some places are one run."""
    return min(-(-RUN // y.shape[3]), y.shape[2]) if how[1][1] == 1 else 1


def own_rows(matrix: ndarray, y: ndarray, how: list[tuple]) -> ndarray:
    """The kernels (C, K..., 1) of channels that have one each, as rows (K..., repeats C)."""
    return np.tile(matrix[:, :, 0].T, (1, repeats(y, how)))
