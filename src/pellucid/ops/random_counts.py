"""Random counts: Poisson and binomial numbers, PyTorch's for a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..generator import Generator, pick, rejection
from ..tensor import OpError, Tensor, wrap

__all__ = ["binomial", "poisson"]


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """How many events come in a unit of time, each element of input being a rate.

        y = k with the probability input^k e^-input / k!
    Shapes: input (...) -> (...), in the dtype of input
    Raises: RuntimeError for a negative rate.
    """
    rate = _floating("poisson", input)
    return wrap(rejection.poisson(pick(generator), rate).astype(rate.dtype))


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of count trials succeed, each with the probability prob.

        y = k with the probability count! / (k! (count - k)!) prob^k (1 - prob)^(count - k)
    Shapes: count and prob broadcast to the result, in the dtype of prob
    Raises: RuntimeError for a negative count, or a prob outside [0, 1].
    """
    arrays: Any = np.broadcast_arrays(_floating("binomial", count), _floating("binomial", prob))
    return wrap(rejection.binomial(pick(generator), *arrays).astype(prob._data.dtype))


def _floating(name: str, x: Tensor) -> np.ndarray:
    if x._data.dtype.kind != "f":
        raise OpError(f"{name}: needs a floating tensor, got {x.dtype}; convert it with .float()")
    return x._data
