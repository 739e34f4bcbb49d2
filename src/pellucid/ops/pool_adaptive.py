"""Pooling to a given size: as many windows as asked for, spread evenly over the input, whatever its size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import OpError, Tensor, wrap
from .conv_sizes import batched
from .index import pick
from .pool_max import max_pool1d, max_pool2d, max_pool3d
from .pool_mean import avg_pool1d, avg_pool2d, avg_pool3d

__all__ = ["adaptive_avg_pool1d", "adaptive_max_pool1d"]         # the others are in nn.functional only
FEW = 32                                                         # places of a window to be summed one by one


def _sizes(name: str, output_size: Any, given: tuple, dims: int) -> tuple[int, ...]:
    """The asked sizes, one per dimension; None keeps that of the input."""
    asked = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * dims
    if len(asked) != dims or any(size is not None and size < 0 for size in asked):
        raise OpError(f"{name}: output_size must be a number of 0 or more, or {dims} of them, got "
                      f"{output_size!r}")
    if 0 in given:
        raise OpError(f"{name}: the places of input must not be empty, got sizes {tuple(given)}")
    return tuple(have if size is None else int(size) for have, size in zip(given, asked, strict=True))


def edges(size: int, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Where so many windows over `size` start, floor(i size / places), and end, ceil((i + 1) size / places).

    >>> edges(5, 3)[0].tolist(), edges(5, 3)[1].tolist()
    ([0, 1, 3], [2, 4, 5])
    """
    i = np.arange(places)
    return i * size // max(places, 1), -(-(i + 1) * size // max(places, 1))


def _even(given: tuple, sizes: tuple) -> tuple[int, ...] | None:
    """The kernel (and stride) with which ordinary pooling gives these sizes, None if they do not divide."""
    if all(many and have % many == 0 for have, many in zip(given, sizes, strict=True)):
        return tuple(have // many for have, many in zip(given, sizes, strict=True))
    return None


def _adaptive_mean(name: str, dims: int, x: Tensor, output_size: Any) -> Tensor:
    x, alone = batched(name, x, dims)
    given = x._data.shape[2:]
    sizes = _sizes(name, output_size, given, dims)
    kernel = _even(given, sizes)
    if sizes == (1,) * dims:
        y = x.mean(tuple(range(2, dims + 2)), keepdim=True)
    elif kernel is not None and math.prod(kernel) <= FEW:
        y = (avg_pool1d, avg_pool2d, avg_pool3d)[dims - 1](x, kernel)
    else:
        y = x
        for axis, (have, many) in enumerate(zip(given, sizes, strict=True), 2):
            starts, ends = edges(have, many)
            place = np.arange(have)[:, None]
            share = ((starts <= place) & (place < ends)) / (ends - starts)  # (have, many), columns add to 1
            y = (y.movedim(axis, -1) @ wrap(share.astype(x._data.dtype))).movedim(-1, axis)
        y = y.contiguous()
    return y.squeeze(0) if alone else y


def _adaptive_max(name: str, dims: int, x: Tensor, output_size: Any, return_indices: bool) -> Any:
    x, alone = batched(name, x, dims)
    given = x._data.shape[2:]
    sizes = _sizes(name, output_size, given, dims)
    kernel = _even(given, sizes)
    if kernel is not None:
        y, found = (max_pool1d, max_pool2d, max_pool3d)[dims - 1](x, kernel, return_indices=True)
    else:
        places = _places(given, sizes)                      # (*sizes, K): numbers of each window's places
        seen = pick(x.reshape((*x._data.shape[:2], -1)), (slice(None), slice(None), places))
        y, which = seen.max(-1)
        found = wrap(places[tuple(np.indices(sizes)) + (which._data,)])
    if alone:
        y, found = y.squeeze(0), found.squeeze(0)
    return (y, found) if return_indices else y


def _places(given: tuple, sizes: tuple) -> np.ndarray:
    """The row-major numbers of the places of each window; shorter windows repeat their last place."""
    flat: Any = np.zeros((1,) * (2 * len(given)), np.int64)
    for axis, (have, many) in enumerate(zip(given, sizes, strict=True)):
        starts, ends = edges(have, many)
        longest = int(np.max(ends - starts, initial=1))
        inside = np.minimum(starts[:, None] + np.arange(longest), ends[:, None] - 1)
        shape = [1] * (2 * len(given))
        shape[axis], shape[len(given) + axis] = many, longest
        flat = flat * have + inside.reshape(shape)
    return flat.reshape((*sizes, math.prod(flat.shape[len(given):])))


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Take the means of output_size windows, spread evenly over a sequence.

        y[n, c, i] = mean of input[n, c, floor(i L / L') : ceil((i + 1) L / L')]
    Shapes:  input (N, C, L) or (C, L), output_size L' -> (N, C, L')
    """
    return _adaptive_mean("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Take the means of output_size windows, spread evenly over a picture; output_size=1: of all of it.

        y[n, c, i, j] = mean of input[n, c, floor(i H / H') : ceil((i + 1) H / H'), likewise for j]
    Shapes:  input (N, C, H, W) or (C, H, W), output_size (H', W'), one number, or None for H or W
             -> (N, C, H', W')
    """
    return _adaptive_mean("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Take the means of output_size windows, spread evenly over a volume.

        y[n, c, i] = mean of the window from floor(i S / S') to ceil((i + 1) S / S') in each dimension
    Shapes:  input (N, C, D, H, W) or (C, D, H, W), output_size (D', H', W') -> (N, C, D', H', W')
    """
    return _adaptive_mean("adaptive_avg_pool3d", 3, input, output_size)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Take the maxima of output_size windows, spread evenly over a sequence.

        y[n, c, i] = max of input[n, c, floor(i L / L') : ceil((i + 1) L / L')]
    return_indices: also return where in L they are
    Shapes:  input (N, C, L) or (C, L), output_size L' -> (N, C, L')
    """
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Take the maxima of output_size windows, spread evenly over a picture.

        y[n, c, i, j] = max of input[n, c, floor(i H / H') : ceil((i + 1) H / H'), likewise for j]
    return_indices: also return where in H W (row-major) they are
    Shapes:  input (N, C, H, W) or (C, H, W), output_size (H', W'), one number, or None for H or W
             -> (N, C, H', W')
    """
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Take the maxima of output_size windows, spread evenly over a volume.

        y[n, c, i] = max of the window from floor(i S / S') to ceil((i + 1) S / S') in each dimension
    return_indices: also return where in D H W (row-major) they are
    Shapes:  input (N, C, D, H, W) or (C, D, H, W), output_size (D', H', W') -> (N, C, D', H', W')
    """
    return _adaptive_max("adaptive_max_pool3d", 3, input, output_size, return_indices)
