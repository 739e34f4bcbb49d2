"""Pooling layers: windows of a sequence, a picture or a volume become one number each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ops.conv_sizes import spelled_out
from ..tensor import Tensor
from . import functional as F
from .module import Module


class _MaxPool(Module):
    """Max pooling with its settings."""

    function: Callable

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:
        super().__init__()
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = kernel_size if stride is None else stride
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.kernel_size, self.stride, self.padding, self.dilation,
                                   self.ceil_mode, self.return_indices)

    def extra_repr(self) -> str:
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
                f"dilation={self.dilation}, ceil_mode={self.ceil_mode}")


class MaxPool1d(_MaxPool):
    """Take the largest element of each window of a sequence.

        y[n, c, i] = max over k of x[n, c, i stride + k dilation - padding]
    stride:         kernel_size by default
    return_indices: also return where the largest elements are, for MaxUnpool1d
    ceil_mode:      a last window may reach beyond the end
    Shapes:  x (N, C, L) or (C, L) -> (N, C, L'), L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    """

    function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """Take the largest element of each window of a picture: what was found counts, not exactly where.

        y[n, c, i, j] = max over k, l of x[n, c, i stride + k dilation - padding, ...]
    stride:         kernel_size by default
    return_indices: also return where the largest elements are, for MaxUnpool2d
    ceil_mode:      a last window may reach beyond the end
    Shapes:  x (N, C, H, W) or (C, H, W) -> (N, C, H', W'),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    Source:  Ranzato, Huang, Boureau & LeCun 2007, "Unsupervised learning of invariant feature hierarchies".
    """

    function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPool):
    """Take the largest element of each window of a volume; as MaxPool2d, with one dimension more.

        y[n, c, i] = max over k of x[n, c, i stride + k dilation - padding]
    Shapes:  x (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """

    function = staticmethod(F.max_pool3d)


class _AvgPool(Module):
    """Average pooling with its settings."""

    function: Callable

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True, divisor_override: int | None = None) -> None:
        super().__init__()
        self.kernel_size, self.padding, self.ceil_mode = kernel_size, padding, ceil_mode
        self.stride = kernel_size if stride is None else stride
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                                   self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """Take the mean of each window of a sequence.

        y[n, c, i] = mean over k of x[n, c, i stride + k - padding]
    stride:            kernel_size by default
    ceil_mode:         a last window may reach beyond the end; what is beyond does not count
    count_include_pad: the zeros of the padding count
    Shapes:  x (N, C, L) or (C, L) -> (N, C, L'), L' = (L + 2 padding - K) // stride + 1
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True) -> None:
        kernel = spelled_out("AvgPool1d", "kernel_size", kernel_size, 1, low=1)
        hop = kernel if stride is None else spelled_out("AvgPool1d", "stride", stride, 1, low=1)
        super().__init__(kernel, hop, spelled_out("AvgPool1d", "padding", padding, 1), ceil_mode,
                         count_include_pad)

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad)


class AvgPool2d(_AvgPool):
    """Take the mean of each window of a picture.

        y[n, c, i, j] = mean over k, l of x[n, c, i stride + k - padding, j stride + l - padding]
    stride:            kernel_size by default
    ceil_mode:         a last window may reach beyond the end; what is beyond does not count
    count_include_pad: the zeros of the padding count
    divisor_override:  divide every sum by this number
    Shapes:  x (N, C, H, W) or (C, H, W) -> (N, C, H', W'), H' = (H + 2 padding - K) // stride + 1
    Source:  LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition".
    """

    function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """Take the mean of each window of a volume; as AvgPool2d, with one dimension more.

        y[n, c, i] = mean over k of x[n, c, i stride + k - padding]
    Shapes:  x (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """

    function = staticmethod(F.avg_pool3d)


class _LPPool(Module):
    """Pooling by the p-norm with its settings."""

    function: Callable

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None,
                 ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, float(self.norm_type), self.kernel_size, self.stride,
                                   self.ceil_mode)

    def extra_repr(self) -> str:
        return (f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
                f"ceil_mode={self.ceil_mode}")


class LPPool1d(_LPPool):
    """Take the p-norm of each window of a sequence: p = 1 is the sum, large p come near the maximum.

        y[n, c, i] = (sum over k of x[n, c, i stride + k]^p)^(1 / p)             p = norm_type
    Shapes:  x (N, C, L) or (C, L) -> (N, C, L'), L' = (L - K) // stride + 1
    """

    function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPool):
    """Take the p-norm of each window of a picture: p = 1 is the sum, large p come near the maximum.

        y[n, c, i, j] = (sum over k, l of x[n, c, i stride + k, j stride + l]^p)^(1 / p)     p = norm_type
    Shapes:  x (N, C, H, W) or (C, H, W) -> (N, C, H', W'), H' = (H - K) // stride + 1
    """

    function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPool):
    """Take the p-norm of each window of a volume; as LPPool2d, with one dimension more.

        y[n, c, i] = (sum over k of x[n, c, i stride + k]^p)^(1 / p)             p = norm_type
    Shapes:  x (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """

    function = staticmethod(F.lp_pool3d)


class _MaxUnpool(Module):
    """Max pooling undone, with its settings."""

    function: Callable
    dims: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        name = type(self).__name__
        self.kernel_size = spelled_out(name, "kernel_size", kernel_size, self.dims, low=1)
        self.stride = spelled_out(name, "stride", kernel_size if stride is None else stride, self.dims, low=1)
        self.padding = spelled_out(name, "padding", padding, self.dims)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return type(self).function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Put the maxima of MaxPool1d back where they were found, with zeros between.

        y[n, c, indices[n, c, i]] = x[n, c, i], 0 elsewhere
    forward takes an output_size where several L' become the same L.
    Shapes:  x and indices (N, C, L) or (C, L) -> (N, C, L'), L' = (L - 1) stride - 2 padding + K
    """

    function, dims = staticmethod(F.max_unpool1d), 1


class MaxUnpool2d(_MaxUnpool):
    """Put the maxima of MaxPool2d back where they were found, with zeros between.

        y[n, c, indices[n, c, i, j]] = x[n, c, i, j], 0 elsewhere; indices count in row-major order
    forward takes an output_size where several (H', W') become the same (H, W).
    Shapes:  x and indices (N, C, H, W) or (C, H, W) -> (N, C, H', W'), H' = (H - 1) stride - 2 padding + K
    Source:  Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", arXiv:1311.2901.
    """

    function, dims = staticmethod(F.max_unpool2d), 2


class MaxUnpool3d(_MaxUnpool):
    """Put the maxima of MaxPool3d back where they were found; as MaxUnpool2d, with one dimension more.

        y[n, c, indices[n, c, i]] = x[n, c, i], 0 elsewhere
    Shapes:  x and indices (N, C, D, H, W) or (C, D, H, W) -> (N, C, D', H', W')
    """

    function, dims = staticmethod(F.max_unpool3d), 3
