"""Max pooling: of each window only the largest element goes on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import op
from ..kernels import singles
from ..tensor import OpError, Tensor, wrap
from .alike import channel_rows
from .conv_columns import channels_last, channels_second
from .conv_core import met
from .conv_sizes import batched, spelled_out, window_size
from .masks import keep
from .samples import apart, case, distinct, ints, n

__all__ = ["max_pool1d", "max_pool2d", "max_pool3d"]
HALVES = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}
OVERLAP = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
INSIDE = np.array([2, 3, 4, 3, 2, 5] * 2).reshape(1, 2, 2, 3)   # places of the OVERLAP windows that lie in x


def lowest(dtype):
    """What no element of this dtype is smaller than."""
    kind = dtype.kind
    return -np.inf if kind == "f" else False if kind == "b" else int(np.iinfo(np.dtype(dtype)).min)


def bordered(x, kernel, stride, padding, dilation, sizes, value):
    """x (N, C, S...) with so many places of one value around it that every window fits."""
    ends = [(size - 1) * hop + far * (k - 1) + 1
            for size, hop, far, k in zip(sizes, stride, dilation, kernel, strict=True)]
    widths = [(pad, max(end - size - pad, 0))
              for end, size, pad in zip(ends, x.shape[2:], padding, strict=True)]
    if not any(map(any, widths)):
        return x
    return np.pad(x, ((0, 0), (0, 0), *widths), constant_values=value)


def parts(x, kernel, stride, dilation, sizes):
    """For each place of the window, in row-major order, the elements of x that it meets: (N, C, S'...)."""
    return (x[met(place, stride, dilation, sizes)] for place in np.ndindex(*kernel))


@op(samples=case(apart(2, 2, 4, 5), sizes=(2, 2), **HALVES) + case(apart(2, 3, 4, 5), sizes=(2, 3), **OVERLAP)
    + case(apart(1, 2, 5), kernel=(2,), stride=(2,), padding=(0,), dilation=(1,), sizes=(3,))
    + case(n(0, 2, 4, 4), sizes=(2, 2), **HALVES))
def largest_in_windows(x, *, kernel, stride, padding, dilation, sizes):
    """Take the largest element of each window.

        y[n, c, i] = max over k of x[n, c, i stride + k dilation - padding]
        y  = max over windows
        dx = g at the largest element of each window (the first of equal ones), summed over windows
    Shapes: x (N, C, S...) -> (N, C, sizes...); places outside of x do not count.
    Source: Ranzato, Huang, Boureau & LeCun 2007, "Unsupervised learning of invariant feature hierarchies".
    """
    wide = bordered(x, kernel, stride, padding, dilation, sizes, lowest(x.dtype))
    views = parts(wide, kernel, stride, dilation, sizes)
    y = np.copy(next(views))
    for part in views:
        y = np.maximum(y, part)
    return y, (x.shape,)


@largest_in_windows.kernel("in place")
def _largest_in_place(x, *, kernel, stride, padding, dilation, sizes):
    """The same, without an array for each place of the window."""
    wide = bordered(x, kernel, stride, padding, dilation, sizes, lowest(x.dtype))
    views = parts(wide, kernel, stride, dilation, sizes)
    first = next(views)
    second = next(views, None)
    y = np.copy(first, order="K") if second is None else np.maximum(first, second)
    for part in views:
        np.maximum(y, part, out=y)
    return y, (x.shape,)


largest_in_windows.op.forward = _largest_in_place
largest_in_windows.op.computes_again = True                      # PyTorch keeps places: y may be changed


def _of_pictures(x, **how):
    """Pictures with channels innermost, and enough of them?"""
    return singles(x) and x.ndim == 4 and x.shape[1] >= 8 and channel_rows(x) is not None


@largest_in_windows.kernel("numba", fits=_of_pictures, least=1 << 14)
def _(x, *, kernel, stride, padding, dilation, sizes):
    from ..kernels import passes

    y = np.empty((x.shape[0], *sizes, x.shape[1]), x.dtype)
    passes.largest(passes.crew(x.size), channels_last(x), kernel, stride, padding, dilation, y)
    return channels_second(y), (x.shape,)


@largest_in_windows.vjp
def _(g, y, saved, x, *, kernel, stride, padding, dilation, sizes):
    how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return to_winners.on(g, winning_place.on(x, y, **how), size=saved[0][2:], **how)


@largest_in_windows.vjp_kernel("numba", fits=lambda g, y, _saved, x, **how: (
    g.dtype is x.dtype and _of_pictures(x) and channel_rows(y) is not None))
def _(g, y, saved, x, *, kernel, stride, padding, dilation, sizes):
    from ..kernels import passes

    dx = np.zeros((x.shape[0], *x.shape[2:], x.shape[1]), x.dtype)
    passes.largest_back(passes.crew(x.size), *map(channels_last, (g, x, y)), kernel, stride, padding,
                        dilation, dx)
    return channels_second(dx)


@op(samples=distinct((2, 2, 4, 5), (2, 2, 2, 2), **HALVES) + distinct((2, 2, 4, 5), (2, 2, 2, 3), **OVERLAP))
def winning_place(x, y, *, kernel, stride, padding, dilation):
    """Say which place of each window holds its largest element: the first that equals y.

        y[n, c, i] = the smallest k for which x[n, c, i stride + k dilation - padding] is y[n, c, i] or nan
    Shapes: x (N, C, S...), y (N, C, S'...) -> (N, C, S'...) of integers, k counted in row-major order
    """
    count, sizes = int(np.prod(kernel)), y.shape[2:]
    how = (kernel, stride, padding, dilation, sizes)
    plain = x.dtype.kind == "f" and not np.isnan(y).any()
    wide = bordered(x, *how, np.nan if plain else 0)             # nan equals nothing: the border never wins
    views = list(parts(wide, kernel, stride, dilation, sizes))
    inside = list(parts(bordered(np.ones(x.shape, bool), *how, False), kernel, stride, dilation, sizes)
                  if not plain else ())
    winner = np.full_like(y, 255, np.uint8) if count < 256 else np.full_like(y, count, np.int64)
    for place, part in enumerate(views):
        hit = part == y if plain else ((part == y) | np.isnan(part)) & inside[place]
        if count < 256:                                          # 255 where it does not hit: no branches
            np.minimum(winner, (~hit).view(np.uint8) * 255 | place, out=winner)
        else:
            np.minimum(winner, np.where(hit, place, count), out=winner)
    return winner, ()


@op(samples=case(n(2, 2, 2, 2), ints(4, 2, 2, 2, 2), size=(4, 5), **HALVES)
    + case(n(1, 2, 2, 3), INSIDE, size=(4, 5), **OVERLAP), primitive=True, hides=True)
def to_winners(x, winner, *, kernel, stride, padding, dilation, size):
    """Put each element at the place of its window that won, and add up what meets there.

        y[n, c, i stride + winner dilation - padding] += x[n, c, i]
        y  = x at the winners, 0 elsewhere
        dx = g at the winners
    Shapes: x (N, C, S'...), winner (N, C, S'...) -> (N, C, size...)
    """
    sizes, x = x.shape[2:], laid_out_as(x, winner)
    ends = [max(length + 2 * pad, (many - 1) * hop + far * (k - 1) + 1) for length, pad, many, hop, far, k
            in zip(size, padding, sizes, stride, dilation, kernel, strict=True)]
    wide = laid_out_like(winner, (*x.shape[:2], *ends), x.dtype)
    for place, target in enumerate(parts(wide, kernel, stride, dilation, sizes)):
        target += keep.on(x, winner == place)
    inside = tuple(slice(pad, pad + length) for pad, length in zip(padding, size, strict=True))
    return wide[(slice(None), slice(None)) + inside], ()


def laid_out_as(x, other):
    """x with channels innermost in memory if another array has them there: loops run side by side then."""
    if x.strides == other.strides or x.strides[1] == x.itemsize or other.strides[1] != other.itemsize:
        return x
    return channels_second(channels_last(x))


def laid_out_like(other, shape, dtype):
    """Zeros of a shape whose axes lie in memory in the order of another array's."""
    order = sorted(range(other.ndim), key=lambda axis: -other.strides[axis])
    zeros = np.zeros([shape[axis] for axis in order], dtype)
    return np.transpose(zeros, np.argsort(order))


@to_winners.vjp
def _(g, _y, _saved, _x, winner, *, kernel, stride, padding, dilation, size):
    return from_winners.on(g, winner, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


@op(samples=case(n(2, 2, 4, 5), ints(4, 2, 2, 2, 2), **HALVES)
    + case(n(1, 2, 4, 5), INSIDE, **OVERLAP))
def from_winners(x, winner, *, kernel, stride, padding, dilation):
    """Take from each window the element at the place that won.

        y[n, c, i] = x[n, c, i stride + winner dilation - padding]
        y  = x at the winners
        dx = g at the winners, summed over windows
    Shapes: x (N, C, S...), winner (N, C, S'...) -> (N, C, S'...)
    """
    wide = bordered(x, kernel, stride, padding, dilation, winner.shape[2:], 0)
    y = 0.0
    for place, part in enumerate(parts(wide, kernel, stride, dilation, winner.shape[2:])):
        y = y + np.where(winner == place, part, 0)
    return y, (x.shape,)


@from_winners.vjp
def _(g, _y, saved, _x, winner, *, kernel, stride, padding, dilation):
    return to_winners.on(g, winner, kernel=kernel, stride=stride, padding=padding, dilation=dilation,
                         size=saved[0][2:])


def flat_indices(winner, size, *, kernel, stride, padding, dilation):
    """The number, in row-major order of size, of the element that won each window."""
    flat = 0
    places = np.unravel_index(np.asarray(winner, np.int64), kernel)
    each = zip(places, size, stride, dilation, padding, strict=True)
    for axis, (k, length, hop, far, pad) in enumerate(each):
        starts = np.arange(winner.shape[axis + 2]) * hop - pad
        flat = flat * length + starts.reshape(-1, *(1,) * (len(size) - axis - 1)) + k * far
    return flat


def _max_pool(name: str, dims: int, x: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
              ceil_mode: bool, return_indices: bool) -> Any:
    x, alone = batched(name, x, dims)
    kernel = spelled_out(name, "kernel_size", kernel_size, dims, low=1)
    hop = kernel if stride is None or stride == [] else spelled_out(name, "stride", stride, dims, low=1)
    pads = spelled_out(name, "padding", padding, dims)
    far = spelled_out(name, "dilation", dilation, dims, low=1)
    sizes = []
    each = zip(x._data.shape[2:], kernel, hop, pads, far, strict=True)
    for i, (size, k, step, pad, wide) in enumerate(each):
        if pad > ((k - 1) * wide + 1) // 2:
            raise OpError(f"{name}: padding must be at most half of the window's extent, "
                          f"(({k}-1)*{wide} + 1) // 2 = {((k - 1) * wide + 1) // 2}, got {pad}: "
                          "a window would see nothing")
        sizes.append(window_size(name, i + 2 - alone, size, k, step, pad, wide, ceil_mode))
    how = {"kernel": kernel, "stride": hop, "padding": pads, "dilation": far}
    y = largest_in_windows(x, sizes=tuple(sizes), **how)
    if not return_indices:
        return y.squeeze(0) if alone else y
    found = wrap(flat_indices(winning_place.on(x._data, y._data, **how), x._data.shape[2:], **how))
    return (y.squeeze(0), found.squeeze(0)) if alone else (y, found)


def max_pool1d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Any:
    """Take the largest element of each window of a sequence.

        y[n, c, i] = max over k of input[n, c, i stride + k dilation - padding]
    stride:         kernel_size by default, so that windows do not overlap
    ceil_mode:      a last window may reach beyond the end
    return_indices: also return where in L the largest elements are, for max_unpool1d
    Shapes:  input (N, C, L) or (C, L) -> (N, C, L'),
             L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    Raises:  RuntimeError for padding beyond half of the window, and for L' below 1.
    """
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)


def max_pool2d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Any:
    """Take the largest element of each window of a picture.

        y[n, c, i, j] = max over k, l of input[n, c, i stride + k dilation - padding, ...]
    stride:         kernel_size by default, so that windows do not overlap
    ceil_mode:      a last window may reach beyond the end
    return_indices: also return where in H W (row-major) the largest elements are, for max_unpool2d
    Shapes:  input (N, C, H, W) or (C, H, W) -> (N, C, H', W'),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    Raises:  RuntimeError for padding beyond half of the window, and for sizes below 1.
    >>> from pellucid import tensor
    >>> max_pool2d(tensor([[[1., 2., 5., 4.], [3., 0., 1., 6.]]]), 2)
    tensor([[[3., 6.]]])
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)


def max_pool3d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Any:
    """Take the largest element of each window of a volume; as max_pool2d, with one dimension more.

        y[n, c, i] = max over k of input[n, c, i stride + k dilation - padding]
    Shapes:  input (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode,
                     return_indices)
