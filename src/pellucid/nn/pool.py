"""Pooling layers: windows of a sequence, a picture or a volume become one number each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
