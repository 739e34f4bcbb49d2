"""Adaptive pooling layers: a fixed number of windows, whatever the size of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module


class _AdaptiveAvgPool(Module):
    """Means of as many windows as asked for."""

    function: Callable

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Take the means of output_size windows, spread evenly over a sequence.

        y[n, c, i] = mean of x[n, c, floor(i L / L') : ceil((i + 1) L / L')]
    Shapes:  x (N, C, L) or (C, L), output_size L' -> (N, C, L')
    """

    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Take the means of output_size windows, spread evenly over a picture; output_size=1: of all of it.

        y[n, c, i, j] = mean of x[n, c, floor(i H / H') : ceil((i + 1) H / H'), likewise for j]
    Shapes:  x (N, C, H, W) or (C, H, W), output_size (H', W'), one number, or None for H or W
             -> (N, C, H', W')
    Source:  Lin, Chen & Yan 2013, "Network in network", arXiv:1312.4400 (global average pooling).
    """

    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Take the means of output_size windows, spread evenly over a volume.

        y[n, c, i] = mean of the window from floor(i S / S') to ceil((i + 1) S / S') in each dimension
    Shapes:  x (N, C, D, H, W) or (C, D, H, W), output_size (D', H', W') -> (N, C, D', H', W')
    """

    function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPool(Module):
    """Maxima of as many windows as asked for."""

    function: Callable

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Take the maxima of output_size windows, spread evenly over a sequence.

        y[n, c, i] = max of x[n, c, floor(i L / L') : ceil((i + 1) L / L')]
    return_indices: also return where in L they are
    Shapes:  x (N, C, L) or (C, L), output_size L' -> (N, C, L')
    """

    function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Take the maxima of output_size windows, spread evenly over a picture.

        y[n, c, i, j] = max of x[n, c, floor(i H / H') : ceil((i + 1) H / H'), likewise for j]
    return_indices: also return where in H W (row-major) they are
    Shapes:  x (N, C, H, W) or (C, H, W), output_size (H', W'), one number, or None for H or W
             -> (N, C, H', W')
    """

    function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Take the maxima of output_size windows, spread evenly over a volume.

        y[n, c, i] = max of the window from floor(i S / S') to ceil((i + 1) S / S') in each dimension
    return_indices: also return where in D H W (row-major) they are
    Shapes:  x (N, C, D, H, W) or (C, D, H, W), output_size (D', H', W') -> (N, C, D', H', W')
    """

    function = staticmethod(F.adaptive_max_pool3d)
