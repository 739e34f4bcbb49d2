"""Linear layers: every output is a weighted sum of the inputs."""

from __future__ import annotations

import math
from typing import Any

from ..ops import empty
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Identity(Module):
    """Hand the input through; takes any arguments and ignores them.

        y = x
    Shapes:  x (...) -> (...)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """Weighted sums of the inputs, plus a bias: one row of weights per output.

        y = x W^T + b
    W and b start uniform in [-1 / sqrt(in_features), 1 / sqrt(in_features)).

    Shapes:  x (..., in_features), W (out_features, in_features), b (out_features,) -> (..., out_features)
    Raises:  RuntimeError when the last dimension of x is not in_features.
    >>> from pellucid import ones
    >>> Linear(3, 2)(ones(5, 3)).shape
    pellucid.Size([5, 2])
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty((out_features, in_features), device=device, dtype=dtype))
        start = Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", start)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")


class Bilinear(Module):
    """Weighted sums of the products of two inputs' elements, plus a bias: one matrix of weights per output.

        y[k] = x1^T W[k] x2 + b[k]
    W and b start uniform in [-1 / sqrt(in1_features), 1 / sqrt(in1_features)).

    Shapes:  x1 (..., in1_features), x2 (..., in2_features), W (out_features, in1_features, in2_features),
             b (out_features,) -> (..., out_features)
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"Bilinear: in1_features must be positive, got {in1_features}")
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = Parameter(empty((out_features, in1_features, in2_features), device=device, dtype=dtype))
        start = Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None
        self.register_parameter("bias", start)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
                f"out_features={self.out_features}, bias={self.bias is not None}")
