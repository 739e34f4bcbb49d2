"""Windows of a picture as columns of a matrix (unfold), and columns added up to a picture (fold)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine import op
from ..tensor import OpError, Tensor
from .conv_core import met, with_border
from .conv_sizes import batched, spelled_out, window_size
from .index import put_into_zeros
from .samples import case, n

__all__: list[str] = []                                          # Tensor.unfold is another function
TWO = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
ONE = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}


@op(samples=case(n(2, 3, 3, 4), kernel=(2, 2), sizes=(2, 3), **ONE)
    + case(n(2, 2, 4, 5), kernel=(3, 2), sizes=(2, 3), **TWO))
def windows_as_columns(x, *, kernel, stride, padding, dilation, sizes):
    """Write each window of a picture as a column.

        y[n, (c, k), i] = x[n, c, i stride + k dilation - padding]        i, k in row-major order
        y  = the windows
        dx = sum of g over the windows that a place belongs to
    Shapes: x (N, C, H, W), kernel (K, L), sizes (H', W') -> (N, C K L, H' W'); outside of x are zeros.
    """
    wide = with_border(x, padding)
    y = np.stack([wide[met(place, stride, dilation, sizes)] for place in np.ndindex(*kernel)], axis=2)
    return np.reshape(y, (x.shape[0], x.shape[1] * math.prod(kernel), math.prod(sizes))), (x.shape,)


@windows_as_columns.vjp
def _(g, _y, saved, _x, *, kernel, stride, padding, dilation, sizes):
    return columns_added_up.on(g, size=saved[0][2:], kernel=kernel, stride=stride, padding=padding,
                               dilation=dilation, sizes=sizes)


@op(samples=case(n(2, 12, 6), size=(3, 4), kernel=(2, 2), sizes=(2, 3), **ONE)
    + case(n(2, 12, 6), size=(4, 5), kernel=(3, 2), sizes=(2, 3), **TWO), hides=True)
def columns_added_up(x, *, size, kernel, stride, padding, dilation, sizes):
    """Lay each column over its window of a picture, and add up what meets there.

        y[n, c, i stride + k dilation - padding] += x[n, (c, k), i]        i, k in row-major order
        y  = the sums
        dx = the windows of g
    Shapes: x (N, C K L, H' W'), size (H, W), kernel (K, L), sizes (H', W') -> (N, C, H, W)
    """
    count, channels = x.shape[0], x.shape[1] // math.prod(kernel)
    wide, y = (count, channels, *(length + 2 * pad for length, pad in zip(size, padding, strict=True))), 0.0
    split = np.reshape(x, (count, channels, math.prod(kernel), *sizes))
    for number, place in enumerate(np.ndindex(*kernel)):
        y = y + put_into_zeros.on(split[:, :, number], wide, met(place, stride, dilation, sizes))
    inside = tuple(slice(pad, pad + length) for pad, length in zip(padding, size, strict=True))
    return y[(slice(None), slice(None)) + inside], ()


@columns_added_up.vjp
def _(g, _y, _saved, _x, *, size, kernel, stride, padding, dilation, sizes):
    return windows_as_columns.on(g, kernel=kernel, stride=stride, padding=padding, dilation=dilation,
                                 sizes=sizes)


def _settings(name: str, size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict:
    how = {"kernel": spelled_out(name, "kernel_size", kernel_size, 2, low=1),
           "stride": spelled_out(name, "stride", stride, 2, low=1),
           "padding": spelled_out(name, "padding", padding, 2),
           "dilation": spelled_out(name, "dilation", dilation, 2, low=1)}
    how["sizes"] = tuple(window_size(name, i - 2, *each) for i, each in
                         enumerate(zip(size, how["kernel"], how["stride"], how["padding"], how["dilation"],
                                       strict=True)))
    return how


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Write each window of a picture as a column of a matrix: a convolution is a product with it.

        y[n, (c, k, l), (i, j)] = input[n, c, i stride + k dilation - padding, likewise j and l]
    Shapes:  input (N, C, H, W) or (C, H, W), kernel_size (K, L) -> (N, C K L, H' W'),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    Raises:  RuntimeError when the kernel is larger than the padded picture.
    """
    x, alone = batched("unfold", input, 2)
    how = _settings("unfold", x._data.shape[2:], kernel_size, dilation, padding, stride)
    y = windows_as_columns(x, **how)
    return y.squeeze(0) if alone else y


def fold(input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
         stride: Any = 1) -> Tensor:
    """Lay columns over their windows of a picture and add up: each place gets the sum over its windows.

        y[n, c, i stride + k dilation - padding, likewise j and l] += input[n, (c, k, l), (i, j)]
    Shapes:  input (N, C K L, H' W') or (C K L, H' W'), kernel_size (K, L), output_size (H, W)
             -> (N, C, H, W), H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    Raises:  RuntimeError when input does not have C K L rows and H' W' columns.
    """
    if input.ndim not in (2, 3):
        raise OpError(f"fold: expects input (N, C K L, H' W') or (C K L, H' W'), got shape "
                      f"{tuple(input.shape)}")
    x = input if input.ndim == 3 else input.unsqueeze(0)
    size = spelled_out("fold", "output_size", output_size, 2, low=1)
    how = _settings("fold", size, kernel_size, dilation, padding, stride)
    rows, columns = math.prod(how["kernel"]), math.prod(how["sizes"])
    if x.shape[1] % rows or x.shape[2] != columns:
        times = {what: " * ".join(map(str, how[what])) for what in ("sizes", "kernel")}
        raise OpError(f"fold: output_size {size} has {times['sizes']} = {columns} windows of "
                      f"{times['kernel']} = {rows} places: input must have a multiple of {rows} rows and "
                      f"{columns} columns, got shape {tuple(input.shape)}")
    y = columns_added_up(x, size=size, **how)
    return y if input.ndim == 3 else y.squeeze(0)
