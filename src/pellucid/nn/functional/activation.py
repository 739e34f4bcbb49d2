"""Activations under PyTorch's names and arguments; see `pellucid.ops` for derivatives and sources.

With inplace=True the result is written over the input, which then is the result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...generator import pick
from ...ops.inplace_methods import in_place
from ...tensor import OpError, Tensor, wrap
from .reduction import tensors
from .warning import warn_user

relu_ = in_place("relu", ops.relu)
relu6_ = in_place("relu6", ops.relu6)
leaky_relu_ = in_place("leaky_relu", ops.leaky_relu)
elu_ = in_place("elu", ops.elu)
selu_ = in_place("selu", ops.selu)
celu_ = in_place("celu", ops.celu)
silu_ = in_place("silu", ops.silu)
mish_ = in_place("mish", ops.mish)
hardtanh_ = in_place("hardtanh", ops.hardtanh)
hardsigmoid_ = in_place("hardsigmoid", ops.hardsigmoid)
hardswish_ = in_place("hardswish", ops.hardswish)
threshold_ = in_place("threshold", ops.threshold)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(x, 0)"""
    return relu_(input) if inplace else ops.relu(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """y = min(max(x, 0), 6)"""
    return relu6_(input) if inplace else ops.relu6(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """y = x where x > 0, negative_slope x elsewhere"""
    return (leaky_relu_ if inplace else ops.leaky_relu)(input, negative_slope)


def _rrelu(input: Tensor, lower: float, upper: float, training: bool) -> Tensor:
    if not lower <= upper:
        raise OpError(f"rrelu: lower must not be above upper, got {lower} and {upper}")
    if not training:
        return ops.leaky_relu(input, (lower + upper) / 2)
    if not input.is_floating_point():
        raise OpError(f"rrelu: input must be floating, got {input.dtype}")
    negative = input._data <= 0
    slopes = np.ones_like(input._data)
    slopes[negative] = pick(None).uniform(int(negative.sum()), lower, upper, np.float64)
    return input * wrap(slopes)


_rrelu_ = in_place("rrelu", _rrelu)


def rrelu(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    """y = x where x > 0, a x elsewhere; a is drawn from [lower, upper) in training, else it is their mean"""
    return (_rrelu_ if inplace else _rrelu)(input, lower, upper, training)


def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    """rrelu, written over the input."""
    return _rrelu_(input, lower, upper, training)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, alpha (e^x - 1) elsewhere"""
    return (elu_ if inplace else ops.elu)(input, alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = 1.0507 x where x > 0, 1.0507 1.6733 (e^x - 1) elsewhere"""
    return (selu_ if inplace else ops.selu)(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, alpha (e^(x / alpha) - 1) elsewhere"""
    return (celu_ if inplace else ops.celu)(input, alpha)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x sigmoid(x)"""
    return (silu_ if inplace else ops.silu)(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x tanh(ln(1 + e^x))"""
    return (mish_ if inplace else ops.mish)(input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """y = min(max(x, min_val), max_val)"""
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, got {min_val} and {max_val}")
    return (hardtanh_ if inplace else ops.hardtanh)(input, min_val, max_val)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """y = min(max(x + 3, 0), 6) / 6"""
    return (hardsigmoid_ if inplace else ops.hardsigmoid)(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x min(max(x + 3, 0), 6) / 6"""
    return (hardswish_ if inplace else ops.hardswish)(input)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """y = x where x > threshold, value elsewhere"""
    return (threshold_ if inplace else ops.threshold)(input, threshold, value)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y = e^x / sum of e^x along dim: scores become probabilities. Warns when dim is left to guess."""
    return ops.softmax(input, guessed_dim("softmax", input) if dim is None else dim, dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y = softmax(-x): the smallest gets the largest probability. Warns when dim is left to guess."""
    return ops.softmax(-input, guessed_dim("softmin", input) if dim is None else dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """y = x - ln sum of e^x along dim: the logarithm of softmax, exact. Warns when dim is left to guess."""
    return ops.log_softmax(input, guessed_dim("log_softmax", input) if dim is None else dim, dtype)


def guessed_dim(name: str, input: Tensor) -> int:
    """The dimension that PyTorch takes when none is named: 0 for 0, 1 or 3 dimensions, else 1."""
    dim = 0 if input._data.ndim in (0, 1, 3) else 1
    warn_user(f"{name}: dim is not given, {dim} is taken; write dim={dim} to keep it")
    return dim


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10,
                   dim: int = -1) -> Tensor:
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
