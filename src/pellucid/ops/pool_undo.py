"""Max pooling undone: put each maximum back where it was found, with zeros between."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import OpError, Tensor, wrap
from .conv_sizes import batched, spelled_out
from .scatter import put_along

__all__: list[str] = []                                          # in nn.functional only


def _undone(name: str, dims: int, x: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any,
            output_size: Any) -> Tensor:
    if tuple(indices.shape) != tuple(x.shape) or indices._data.dtype.kind not in "iu":
        raise OpError(f"{name}: indices must be integers of the shape of input, {tuple(x.shape)}, got "
                      f"{indices.dtype} {tuple(indices.shape)}")
    x, alone = batched(name, x, dims)
    kernel = spelled_out(name, "kernel_size", kernel_size, dims, low=1)
    hop = kernel if stride is None or stride == [] else spelled_out(name, "stride", stride, dims, low=1)
    pads = spelled_out(name, "padding", padding, dims)
    usual = tuple((size - 1) * step - 2 * pad + k
                  for size, step, pad, k in zip(x._data.shape[2:], hop, pads, kernel, strict=True))
    sizes = usual if output_size is None else tuple(output_size)[-dims:]
    if len(sizes) != dims or any(abs(size - want) >= step for size, want, step
                                 in zip(sizes, usual, hop, strict=True)):
        sums = ", ".join(f"({size}-1)*{step} - 2*{pad} + {k} = {want}" for size, step, pad, k, want
                         in zip(x._data.shape[2:], hop, pads, kernel, usual, strict=True))
        raise OpError(f"{name}: output_size must be less than the stride {hop} away from {usual}, which is "
                      f"(size - 1) stride - 2 padding + kernel: {sums}; got {output_size}")
    wrong = indices._data[(indices._data < 0) | (indices._data >= math.prod(sizes))]
    if wrong.size:
        raise OpError(f"{name}: indices must be 0 or more and below {' * '.join(map(str, sizes))} = "
                      f"{math.prod(sizes)}, the places of the result; got {wrong.reshape(-1)[0]}")
    lead = x._data.shape[:2]
    zeros = wrap(np.zeros((*lead, math.prod(sizes)), x._data.dtype))
    y = put_along(zeros, 2, indices.reshape((*lead, -1)), x.reshape((*lead, -1)))
    return y.reshape((*(lead[1:] if alone else lead), *sizes))


def max_unpool1d(input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 output_size: Any = None) -> Tensor:
    """Put the maxima of max_pool1d back where they were found, with zeros between.

        y[n, c, indices[n, c, i]] = input[n, c, i], 0 elsewhere
    output_size: the L' to return, where several become the same L
    Shapes:  input and indices (N, C, L) or (C, L) -> (N, C, L'), L' = (L - 1) stride - 2 padding + K
    """
    return _undone("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 output_size: Any = None) -> Tensor:
    """Put the maxima of max_pool2d back where they were found, with zeros between.

        y[n, c, indices[n, c, i, j]] = input[n, c, i, j], 0 elsewhere; indices count in row-major order
    output_size: the (H', W') to return, where several become the same (H, W)
    Shapes:  input and indices (N, C, H, W) or (C, H, W) -> (N, C, H', W'),
             H' = (H - 1) stride - 2 padding + K
    Source:  Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", arXiv:1311.2901.
    """
    return _undone("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 output_size: Any = None) -> Tensor:
    """Put the maxima of max_pool3d back where they were found; as max_unpool2d, with one dimension more.

        y[n, c, indices[n, c, i]] = input[n, c, i], 0 elsewhere
    Shapes:  input and indices (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """
    return _undone("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)
