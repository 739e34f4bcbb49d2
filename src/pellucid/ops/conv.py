"""Convolution in one, two and three dimensions, there (conv1d, ...) and back (conv_transpose1d, ...)."""

from __future__ import annotations

from typing import Any

from ..tensor import OpError, Tensor
from .border import constant_pad_nd
from .conv_core import convolution, convolution_input
from .conv_sizes import batched, check_weight, spelled_out, window_size

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
           dilation: Any = 1, groups: int = 1) -> Tensor:
    """Slide windows of weights along a sequence.

        y[n, o, i] = bias[o] + sum_{c, k} weight[o, c, k] input[n, c, i stride + k dilation - padding]
    padding: a number, 'valid' (none) or 'same' (as many places as input; stride 1)
    Shapes:  input (N, C, L) or (C, L), weight (O, C / groups, K), bias (O,) -> (N, O, L'),
             L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    Raises:  RuntimeError for channels that do not fit or that groups do not divide, and for L' below 1.
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
           dilation: Any = 1, groups: int = 1) -> Tensor:
    """Slide windows of weights over a picture.

        y[n, o, i, j] = bias[o] + sum_{c, k, l} weight[o, c, k, l] input[n, c, i', j']
    with i' = i stride + k dilation - padding, j' likewise.
    stride, padding, dilation: a number or one for each dimension; padding also 'valid' (none) or 'same' (as
             many places as input; stride 1)
    Shapes:  input (N, C, H, W) or (C, H, W), weight (O, C / groups, K, L), bias (O,) -> (N, O, H', W'),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    Raises:  RuntimeError for channels that do not fit or that groups do not divide, and for sizes below 1.
    >>> from pellucid import ones
    >>> conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2))
    tensor([[[[4., 4.],
              [4., 4.]]]])
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
           dilation: Any = 1, groups: int = 1) -> Tensor:
    """Slide windows of weights through a volume; as conv2d, with one dimension more.

        y[n, o, i] = bias[o] + sum_{c, k} weight[o, c, k] input[n, c, i stride + k dilation - padding]
    Shapes:  input (N, C, D, H, W) or (C, D, H, W), weight (O, C / groups, K, L, M), bias (O,)
             -> (N, O, D', H', W'), each D' = (D + 2 padding - dilation (K - 1) - 1) // stride + 1
    """
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def _convolve(name: str, dims: int, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any,
              dilation: Any, groups: int) -> Tensor:
    x, alone = batched(name, x, dims)
    check_weight(name, x, weight, bias, groups, dims)
    stride = spelled_out(name, "stride", stride, dims, low=1)
    dilation = spelled_out(name, "dilation", dilation, dims, low=1)
    kernel = weight._data.shape[2:]
    if isinstance(padding, str):
        x, padding = _named_padding(name, x, padding, kernel, stride, dilation)
    padding = spelled_out(name, "padding", padding, dims)
    for i, sizes in enumerate(zip(x._data.shape[2:], kernel, stride, padding, dilation, strict=True)):
        window_size(name, i + 2 - alone, *sizes)
    y = convolution(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return y.squeeze(0) if alone else y


def _named_padding(name: str, x: Tensor, padding: str, kernel: Any, stride: Any,
                   dilation: Any) -> tuple[Tensor, tuple[int, ...]]:
    """The padding called 'valid' or 'same'; an odd one has its last zero laid behind x already."""
    if padding == "valid":
        return x, (0,) * len(kernel)
    if padding != "same":
        raise OpError(f"{name}: padding must be numbers, 'valid' or 'same', got {padding!r}")
    if max(stride) > 1:
        raise OpError(f"{name}: padding='same' is for stride 1, got stride {stride}: y has fewer places then")
    totals = [far * (k - 1) for far, k in zip(dilation, kernel, strict=True)]
    odd = [total % 2 for total in totals]
    if any(odd):
        x = constant_pad_nd(x, [pad for more in reversed(odd) for pad in (0, more)])
    return x, tuple(total // 2 for total in totals)


def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Tensor:
    """Lay a window of weights over a sequence for each element, times it, and add up: conv1d's way back.

        y[n, c, i stride + k dilation - padding] += weight[o, c, k] input[n, o, i]       starting from bias[c]
    output_padding: so many more places at the end (conv1d makes the same L of several L')
    Shapes:  input (N, O, L) or (O, L), weight (O, C / groups, K), bias (C,) -> (N, C, L'),
             L' = (L - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1
    Raises:  RuntimeError for channels that do not fit, for L' below 1, and unless output_padding is smaller
             than stride or dilation.
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups,
                       dilation)


def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Tensor:
    """Lay a window of weights over a picture for each element, times it, and add up: conv2d's way back.

        y[n, c, i stride + k dilation - padding, ...] += weight[o, c, k, l] input[n, o, i, j]
    starting from bias[c]; with a stride it enlarges.
    output_padding: so many more places at the ends (conv2d makes the same H of several H')
    Shapes:  input (N, O, H, W) or (O, H, W), weight (O, C / groups, K, L), bias (C,) -> (N, C, H', W'),
             H' = (H - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1, W' likewise
    Raises:  RuntimeError for channels that do not fit, for sizes below 1, and unless output_padding is
             smaller than stride or dilation.
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups,
                       dilation)


def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Tensor:
    """conv3d's way back; as conv_transpose2d, with one dimension more.

        y[n, c, i stride + k dilation - padding] += weight[o, c, k] input[n, o, i]       starting from bias[c]
    Shapes:  input (N, O, D, H, W) or (O, D, H, W), weight (O, C / groups, K, L, M), bias (C,)
             -> (N, C, D', H', W'), D' = (D - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups,
                       dilation)


def _transposed(name: str, dims: int, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Any,
                padding: Any, output_padding: Any, groups: int, dilation: Any) -> Tensor:
    x, alone = batched(name, x, dims)
    check_weight(name, x, weight, bias, groups, dims, transposed=True)
    stride = spelled_out(name, "stride", stride, dims, low=1)
    padding = spelled_out(name, "padding", padding, dims)
    more = spelled_out(name, "output_padding", output_padding, dims)
    dilation = spelled_out(name, "dilation", dilation, dims, low=1)
    sizes = []
    for i, (size, k, hop, pad, extra, far) in enumerate(zip(x._data.shape[2:], weight._data.shape[2:], stride,
                                                            padding, more, dilation, strict=True)):
        if extra >= max(hop, far):
            raise OpError(f"{name}: output_padding must be smaller than stride or dilation, got {extra} with "
                          f"stride {hop} and dilation {far}")
        total = (size - 1) * hop - 2 * pad + far * (k - 1) + extra + 1
        if total < 1 or size < 1:
            raise OpError(f"{name}: dim {i + 2 - alone} of size {size} would become ({size}-1)*{hop} - "
                          f"2*{pad} + {far}*({k}-1) + {extra} + 1 = {total}")
        sizes.append(total)
    y = convolution_input(x, weight, bias, sizes=tuple(sizes), stride=stride, padding=padding,
                          dilation=dilation, groups=groups)
    return y.squeeze(0) if alone else y
