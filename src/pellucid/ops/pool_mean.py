"""Pooling by sums over windows: the mean (avg_pool) and the p-norm (lp_pool)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine import op
from ..inplace import layout
from ..tensor import OpError, Tensor, wrap
from .conv_core import met
from .conv_sizes import batched, spelled_out, window_size
from .index import put_into_zeros
from .masks import keep
from .pool_max import bordered, laid_out_like
from .samples import case, n

__all__ = ["avg_pool1d"]                                        # the others are in nn.functional only
HALVES = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}
OVERLAP = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, 0)}


def once(kernel):
    """No dilation."""
    return (1,) * len(kernel)


@op(samples=case(n(2, 2, 4, 5), sizes=(2, 2), **HALVES)
    + case(n(2, 3, 4, 5), sizes=(2, 4), scale=0.3, **OVERLAP)
    + case(n(1, 2, 5), kernel=(2,), stride=(2,), padding=(0,), sizes=(3,))
    + case(n(0, 2, 4, 4), sizes=(2, 2), **HALVES))
def sum_windows_of(x, *, kernel, stride, padding, sizes, scale=1.0):
    """Add up each window, times a number.

        y[n, c, i] = scale sum over k of x[n, c, i stride + k - padding]
        y  = scaled sums
        dx = scale g, summed over the windows that a place belongs to
    Shapes: x (N, C, S...) -> (N, C, sizes...); outside of x there are zeros.
    """
    wide = bordered(x, kernel, stride, padding, once(kernel), sizes, 0)
    y = 0.0
    for place in np.ndindex(*kernel):
        y = y + wide[met(place, stride, once(kernel), sizes)]
    return y * scale, (x.shape, None)


@sum_windows_of.kernel("in place")
def _sums_in_place(x, *, kernel, stride, padding, sizes, scale=1.0):
    """The same, without an array for each place of the window."""
    wide = bordered(x, kernel, stride, padding, once(kernel), sizes, 0)
    views = [wide[met(place, stride, once(kernel), sizes)] for place in np.ndindex(*kernel)]
    y = views[0] + views[1] if len(views) > 1 else np.copy(views[0], order="K")
    for view in views[2:]:
        y += view
    if scale != 1:
        y *= scale
    return y, (x.shape, layout(x))


sum_windows_of.op.forward = _sums_in_place


@sum_windows_of.vjp
def _(g, _y, saved, _x, *, kernel, stride, padding, sizes, scale=1.0):
    return spread_over_windows.on(g, kernel=kernel, stride=stride, padding=padding, size=saved[0][2:],
                                  scale=scale, order=saved[1])


@op(samples=case(n(2, 2, 2, 2), size=(4, 5), **HALVES)
    + case(n(2, 3, 2, 4), size=(4, 5), scale=0.3, **OVERLAP)
    + case(n(1, 2, 3), kernel=(2,), stride=(2,), padding=(0,), size=(5,)), hides=True)
def spread_over_windows(x, *, kernel, stride, padding, size, scale=1.0, order=None):
    """Give each element, times a number, to every place of its window, and add up what meets there.

        y[n, c, i stride + k - padding] += scale x[n, c, i]        for all k
        y  = what each place is given
        dx = scale g, summed over windows
    Shapes: x (N, C, S'...) -> (N, C, size...), with its axes in memory in the given order
    """
    x = x * scale
    wide, y = (*x.shape[:2], *extents(size, x.shape[2:], kernel, stride, padding)), 0.0
    for place in np.ndindex(*kernel):
        y = y + put_into_zeros.on(x, wide, met(place, stride, once(kernel), x.shape[2:]))
    return y[within(size, padding)], (x.shape,)


def extents(size, sizes, kernel, stride, padding):
    """The sizes of the bordered input that the windows lie in."""
    return tuple(max(length + 2 * pad, (many - 1) * hop + k)
                 for length, pad, many, hop, k in zip(size, padding, sizes, stride, kernel, strict=True))


def within(size, padding):
    """The input within its border."""
    inside = (slice(pad, pad + length) for pad, length in zip(padding, size, strict=True))
    return (slice(None), slice(None), *inside)


@spread_over_windows.kernel("in place")
def _spread_in_place(x, *, kernel, stride, padding, size, scale=1.0, order=None):
    """The same, without an array for each place of the window."""
    sizes, order = x.shape[2:], layout(x) if order is None else order
    x = np.transpose(np.ascontiguousarray(np.transpose(x, order)), np.argsort(order)) * scale
    wide = laid_out_like(x, (*x.shape[:2], *extents(size, sizes, kernel, stride, padding)), x.dtype)
    for place in np.ndindex(*kernel):
        wide[met(place, stride, once(kernel), sizes)] += x
    return wide[within(size, padding)], (x.shape,)


spread_over_windows.op.forward = _spread_in_place


@spread_over_windows.vjp
def _(g, _y, saved, _x, *, kernel, stride, padding, size, scale=1.0, order=None):
    return sum_windows_of.on(g, kernel=kernel, stride=stride, padding=padding, sizes=saved[0][2:],
                             scale=scale)


def _windows(name: str, dims: int, x: Tensor, kernel_size: Any, stride: Any, padding: Any,
             ceil_mode: bool) -> Any:
    """The input with a batch, whether it came without, and the settings of its windows."""
    x, alone = batched(name, x, dims)
    kernel = spelled_out(name, "kernel_size", kernel_size, dims, low=1)
    hop = kernel if stride is None or stride == [] else spelled_out(name, "stride", stride, dims, low=1)
    pads = spelled_out(name, "padding", padding, dims)
    sizes = []
    for i, (size, k, step, pad) in enumerate(zip(x._data.shape[2:], kernel, hop, pads, strict=True)):
        if pad > k // 2:
            raise OpError(f"{name}: padding must be at most half of the kernel, {k} // 2 = {k // 2}, got "
                          f"{pad}: a window would see nothing")
        sizes.append(window_size(name, i + 2 - alone, size, k, step, pad, 1, ceil_mode))
    return x, alone, {"kernel": kernel, "stride": hop, "padding": pads, "sizes": tuple(sizes)}


def _counts(size: int, places: int, kernel: int, stride: int, padding: int, with_padding: bool) -> np.ndarray:
    """How many numbers each window along one dimension is the mean of."""
    starts = np.arange(places) * stride - padding
    if with_padding:
        return np.minimum(starts + kernel, size + padding) - starts
    return np.minimum(starts + kernel, size) - np.maximum(starts, 0)


def _shares(x: Tensor, how: dict, with_padding: bool) -> Any:
    """One over the numbers in each window: a number where all windows are alike, else an array of sizes."""
    counts = [_counts(*each, with_padding) for each in
              zip(x._data.shape[2:], how["sizes"], how["kernel"], how["stride"], how["padding"], strict=True)]
    if all((count == k).all() for count, k in zip(counts, how["kernel"], strict=True)):
        return 1 / math.prod(how["kernel"])
    share = np.ones((), x._data.dtype)
    for count in counts:
        share = np.multiply.outer(share, (1 / count).astype(share.dtype))
    return share


def _avg_pool(name: str, dims: int, x: Tensor, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
              count_include_pad: bool, divisor_override: int | None = None) -> Tensor:
    x, alone, how = _windows(name, dims, x, kernel_size, stride, padding, ceil_mode)
    if divisor_override == 0:
        raise OpError(f"{name}: divisor_override must not be 0")
    share = _shares(x, how, count_include_pad) if divisor_override is None else 1 / divisor_override
    y = sum_windows_of(x, scale=share, **how) if isinstance(share, float) else (sum_windows_of(x, **how)
                                                                                * wrap(share))
    return y.squeeze(0) if alone else y


def avg_pool1d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True) -> Tensor:
    """Take the mean of each window of a sequence.

        y[n, c, i] = mean over k of input[n, c, i stride + k - padding]
    stride:            kernel_size by default, so that windows do not overlap
    ceil_mode:         a last window may reach beyond the end; what is beyond does not count
    count_include_pad: the zeros of the padding count
    Shapes:  input (N, C, L) or (C, L) -> (N, C, L'), L' = (L + 2 padding - K) // stride + 1
    Raises:  RuntimeError for padding beyond half of the window, and for L' below 1.
    """
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:
    """Take the mean of each window of a picture.

        y[n, c, i, j] = mean over k, l of input[n, c, i stride + k - padding, j stride + l - padding]
    stride:            kernel_size by default, so that windows do not overlap
    ceil_mode:         a last window may reach beyond the end; what is beyond does not count
    count_include_pad: the zeros of the padding count
    divisor_override:  divide every sum by this number
    Shapes:  input (N, C, H, W) or (C, H, W) -> (N, C, H', W'), H' = (H + 2 padding - K) // stride + 1
    Raises:  RuntimeError for padding beyond half of the window, and for sizes below 1.
    """
    return _avg_pool("avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


def avg_pool3d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:
    """Take the mean of each window of a volume; as avg_pool2d, with one dimension more.

        y[n, c, i] = mean over k of input[n, c, i stride + k - padding]
    Shapes:  input (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """
    return _avg_pool("avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                     divisor_override)


def _lp_pool(name: str, dims: int, x: Tensor, p: float, kernel_size: Any, stride: Any,
             ceil_mode: bool) -> Tensor:
    x, alone, how = _windows(name, dims, x, kernel_size, stride, 0, ceil_mode)
    if p == 0:
        raise OpError(f"{name}: norm_type must not be 0")
    sums = sum_windows_of(x.pow(p), **how)
    share = _shares(x, how, True)
    if not isinstance(share, float):                             # a cut window counts as if it were whole
        sums = sums * wrap(share * math.prod(how["kernel"]))
    y = keep(sums, sums._data != 0).pow(1 / p)                   # the slope of a root is infinite at 0
    return y.squeeze(0) if alone else y


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
              ceil_mode: bool = False) -> Tensor:
    """Take the p-norm of each window of a sequence; its gradient is 0 where the sum is.

        y[n, c, i] = (sum over k of input[n, c, i stride + k]^p)^(1 / p)         p = norm_type
    ceil_mode: a last window may reach beyond the end; its sum is scaled up to a whole window's
    Shapes:  input (N, C, L) or (C, L) -> (N, C, L'), L' = (L - K) // stride + 1
    """
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
              ceil_mode: bool = False) -> Tensor:
    """Take the p-norm of each window of a picture; its gradient is 0 where the sum is.

        y[n, c, i, j] = (sum over k, l of input[n, c, i stride + k, j stride + l]^p)^(1 / p)     p = norm_type
    ceil_mode: a last window may reach beyond the end; its sum is scaled up to a whole window's
    Shapes:  input (N, C, H, W) or (C, H, W) -> (N, C, H', W'), H' = (H - K) // stride + 1
    """
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
              ceil_mode: bool = False) -> Tensor:
    """Take the p-norm of each window of a volume; as lp_pool2d, with one dimension more.

        y[n, c, i] = (sum over k of input[n, c, i stride + k]^p)^(1 / p)         p = norm_type
    Shapes:  input (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """
    return _lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)
