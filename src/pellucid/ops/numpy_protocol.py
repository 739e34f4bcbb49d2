"""NumPy's functions on Tensors: `np.exp(tensor)` is `pellucid.exp(tensor)`.

So the plain NumPy of an op's body and rule also runs on Tensors, which is how second derivatives come about.
Functions whose NumPy signature differs from ours have a translation beside the op (`@stands_for`). Bodies say
`np.add.reduce(x, axis=...)` rather than `np.sum(x, ...)`: it is quicker, and a warning about infinities that
do not add up is ours, which is silenced, instead of NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor

TABLE: dict[Any, Callable] = {}                                  # NumPy's function -> ours


def stands_for(*functions: Any) -> Callable[[Any], Any]:
    """Let the decorated function take over NumPy's `functions` when a Tensor is among the arguments."""
    def register(ours: Any) -> Any:
        TABLE.update(dict.fromkeys(functions, ours))
        return ours
    return register


def plain(value: Any) -> Any:
    """The arrays in an argument in place of its Tensors; a Tensor that requires grad has none to give."""
    if isinstance(value, Tensor):
        return np.asarray(value)
    if isinstance(value, (list, tuple)):
        return type(value)(plain(part) for part in value)
    return value


def on_arrays(name: str, function: Callable, args: tuple, kwargs: dict) -> Any:
    """NumPy's own function, for what has no counterpart here: arrays in, arrays out, as PyTorch has it.

    Raises:  TypeError where a Tensor requires grad, because the result could not.
    """
    try:
        arrays = plain(args), {key: plain(value) for key, value in kwargs.items()}
    except RuntimeError:
        raise TypeError(f"np.{name}: not defined for Pellucid tensors that require grad; "
                        "tensor.detach().numpy() gives the array") from None
    return function(*arrays[0], **arrays[1])


def _array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    called = method == "__call__"
    ours = TABLE.get(ufunc if called else getattr(ufunc, method))
    if ours is None or (called and kwargs):
        name = ufunc.__name__ if called else f"{ufunc.__name__}.{method}"
        return on_arrays(name, getattr(ufunc, method), inputs, kwargs)
    return ours(*inputs) if called else ours(*inputs, **{"axis": 0, **kwargs})


def _array_function(self: Tensor, function: Any, types: Any, args: tuple, kwargs: dict) -> Any:
    ours = TABLE.get(function)
    if ours is None:
        return on_arrays(function.__name__, function, args, kwargs)
    return ours(*args, **kwargs)


Tensor.__array_ufunc__ = _array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = _array_function  # type: ignore[attr-defined]
