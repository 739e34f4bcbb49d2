"""Activations under PyTorch's names and arguments; see `pellucid.ops` for derivatives and sources.

With inplace=True the result is written over the input, which then is the result.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ... import ops
from ...generator import default_generator
from ...inplace import assign
from ...tensor import OpError, Tensor, wrap
from .reduction import tensors


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(x, 0)"""
    y = ops.relu(input)
    return assign(input, y, "relu_") if inplace else y


def relu_(input: Tensor) -> Tensor:
    """relu, written over the input."""
    return relu(input, True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """y = min(max(x, 0), 6)"""
    y = ops.relu6(input)
    return assign(input, y, "relu6_") if inplace else y


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """y = x where x > 0, negative_slope x elsewhere"""
    y = ops.leaky_relu(input, negative_slope)
    return assign(input, y, "leaky_relu_") if inplace else y


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """leaky_relu, written over the input."""
    return leaky_relu(input, negative_slope, True)


def rrelu(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    """y = x where x > 0, a x elsewhere; a is drawn from [lower, upper) in training, else it is their mean"""
    if not lower <= upper:
        raise OpError(f"rrelu: lower must not be above upper, got {lower} and {upper}")
    if training:
        negative = input._data <= 0
        slopes = np.ones_like(input._data)
        slopes[negative] = default_generator.uniform(int(negative.sum()), lower, upper, np.float64)
        y = input * wrap(slopes)
    else:
        y = ops.leaky_relu(input, (lower + upper) / 2)
    return assign(input, y, "rrelu_") if inplace else y


def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    """rrelu, written over the input."""
    return rrelu(input, lower, upper, training, True)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, alpha (e^x - 1) elsewhere"""
    y = ops.elu(input, alpha)
    return assign(input, y, "elu_") if inplace else y


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """elu, written over the input."""
    return elu(input, alpha, True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = 1.0507 x where x > 0, 1.0507 1.6733 (e^x - 1) elsewhere"""
    y = ops.selu(input)
    return assign(input, y, "selu_") if inplace else y


def selu_(input: Tensor) -> Tensor:
    """selu, written over the input."""
    return selu(input, True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, alpha (e^(x / alpha) - 1) elsewhere"""
    y = ops.celu(input, alpha)
    return assign(input, y, "celu_") if inplace else y


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """celu, written over the input."""
    return celu(input, alpha, True)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x sigmoid(x)"""
    y = ops.silu(input)
    return assign(input, y, "silu_") if inplace else y


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x tanh(ln(1 + e^x))"""
    y = ops.mish(input)
    return assign(input, y, "mish_") if inplace else y


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """y = min(max(x, min_val), max_val)"""
    y = ops.hardtanh(input, min_val, max_val)
    return assign(input, y, "hardtanh_") if inplace else y


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """hardtanh, written over the input."""
    return hardtanh(input, min_val, max_val, True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """y = min(max(x + 3, 0), 6) / 6"""
    y = ops.hardsigmoid(input)
    return assign(input, y, "hardsigmoid_") if inplace else y


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x min(max(x + 3, 0), 6) / 6"""
    y = ops.hardswish(input)
    return assign(input, y, "hardswish_") if inplace else y


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """y = x where x > threshold, value elsewhere"""
    y = ops.threshold(input, threshold, value)
    return assign(input, y, "threshold_") if inplace else y


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """threshold, written over the input."""
    y = ops.threshold(input, threshold, value)
    return assign(input, y, "threshold_")


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y = e^x / sum of e^x along dim: scores become probabilities. Warns when dim is left to guess."""
    return ops.softmax(input, guessed_dim("softmax", input, _stacklevel) if dim is None else dim, dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y = softmax(-x): the smallest gets the largest probability. Warns when dim is left to guess."""
    return ops.softmax(-input, guessed_dim("softmin", input, _stacklevel) if dim is None else dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y = x - ln sum of e^x along dim: the logarithm of softmax, exact. Warns when dim is left to guess."""
    return ops.log_softmax(input, guessed_dim("log_softmax", input, _stacklevel) if dim is None else dim, dtype)


def guessed_dim(name: str, input: Tensor, stacklevel: int = 3) -> int:
    """The dimension that PyTorch's first versions took when none was named: 0 for 0, 1 or 3 dimensions, else 1."""
    dim = 0 if input._data.ndim in (0, 1, 3) else 1
    warnings.warn(f"{name}: dim is not given, {dim} is taken; write dim={dim} to keep it", stacklevel=stacklevel)
    return dim


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Draw from the classes with probabilities softmax(logits), softly, so that a gradient comes back.

        y = softmax((logits + n) / tau)          n = -ln(-ln u), Gumbel noise
        hard: y is 1 for the largest and 0 elsewhere; its gradient is that of the soft y
    Shapes:  logits (..., C, ...) -> the same; C along dim
    Source:  Jang, Gu & Poole 2016, arXiv:1611.01144; Maddison, Mnih & Teh 2016, arXiv:1611.00712.
    """
    tensors("gumbel_softmax", logits=logits)
    noise = -ops.empty_like(logits).exponential_().log()
    soft = ops.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen = ops.zeros_like(logits).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
    return chosen - soft.detach() + soft
