"""PyTorch's out=: `add(x, y, out=z)` writes the result into z and returns z."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .inplace import assign, check_writable
from .tensor import OpError, Tensor


def written(name: str, made: Any, out: Any) -> Any:
    """Write a result into `out`: a tensor into a tensor, several into as many; an empty `out` gets its size.

    Raises:  RuntimeError where a gradient should flow through, the shape is another one, or `out` is of a
             dtype that cannot hold the result; TypeError for what is no tensor.
    """
    if isinstance(made, tuple) and isinstance(out, (tuple, list)):
        if len(made) != len(out):
            raise TypeError(f"{name}: out must hold {len(made)} tensors, got {len(out)}")
        for one, into in zip(made, out, strict=True):
            written(name, one, into)
        return type(made)(*out) if hasattr(made, "_fields") else tuple(out)
    if not (isinstance(made, Tensor) and isinstance(out, Tensor)):
        raise TypeError(f"{name}: out must be a Tensor, or as many as there are results, "
                        f"got {type(out).__name__}")
    if made._tracked or out._tracked:
        raise OpError(f"{name}: a result that is written to out= has no gradient, and an argument requires "
                      "one; leave out= away, or compute under no_grad()")
    if out._data.size == 0 and out._view is None and made._data.size:
        check_writable(out)
        out._data = np.empty(made._data.shape, out._data.dtype)
    return assign(out, made, f"{name}(out=)")


def takes_out(function: Callable) -> Callable:
    """Give a function the keyword out=."""
    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **named: Any) -> Any:
        if out is None:
            return function(*args, **named)
        return written(function.__name__, function(*args, **named), out)
    return call
