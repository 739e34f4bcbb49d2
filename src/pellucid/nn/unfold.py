"""Windows of a picture as columns, and columns as a picture: as layers."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module


class Unfold(Module):
    """Write each window of a picture as a column of a matrix.

        y[n, (c, k, l), (i, j)] = x[n, c, i stride + k dilation - padding, likewise j and l]
    Shapes:  x (N, C, H, W) or (C, H, W), kernel_size (K, L) -> (N, C K L, H' W'),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
                f"stride={self.stride}")


class Fold(Module):
    """Lay columns over their windows of a picture and add up: each place gets the sum over its windows.

        y[n, c, i stride + k dilation - padding, likewise j and l] += x[n, (c, k, l), (i, j)]
    Shapes:  x (N, C K L, H' W') or (C K L, H' W'), kernel_size (K, L), output_size (H, W) -> (N, C, H, W),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    """

    def __init__(self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
                f"padding={self.padding}, stride={self.stride}")
