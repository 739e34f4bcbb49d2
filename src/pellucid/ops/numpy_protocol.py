"""NumPy's functions on Tensors: `np.exp(tensor)` is `pellucid.exp(tensor)`.

So the plain NumPy of an op's body and rule also runs on Tensors, which is how second derivatives come about.
Functions whose NumPy signature differs from ours have a translation beside the op (`@stands_for`). Bodies say
`np.add.reduce(x, axis=...)` rather than `np.sum(x, ...)`: it is quicker, and a warning about infinities that
do not add up is ours, which is silenced, instead of NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor import Tensor

TABLE: dict[Any, Callable] = {}                                  # NumPy's function -> ours


def stands_for(*functions: Any) -> Callable[[Any], Any]:
    """Let the decorated function take over NumPy's `functions` when a Tensor is among the arguments."""
    def register(ours: Any) -> Any:
        TABLE.update(dict.fromkeys(functions, ours))
        return ours
    return register


def _array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    plain = method == "__call__"
    ours = TABLE.get(ufunc if plain else getattr(ufunc, method))
    if ours is None or (plain and kwargs):
        name = ufunc.__name__ if plain else f"{ufunc.__name__}.{method}"
        options = f" with {', '.join(kwargs)}" if kwargs else ""
        raise TypeError(f"np.{name}: not defined for Pellucid tensors{options}; "
                        "tensor.detach().numpy() gives the array")
    return ours(*inputs) if plain else ours(*inputs, **{"axis": 0, **kwargs})


def _array_function(self: Tensor, function: Any, types: Any, args: tuple, kwargs: dict) -> Any:
    ours = TABLE.get(function)
    if ours is None:
        raise TypeError(f"np.{function.__name__}: not defined for Pellucid tensors; "
                        "tensor.detach().numpy() gives the array")
    return ours(*args, **kwargs)


Tensor.__array_ufunc__ = _array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = _array_function  # type: ignore[attr-defined]
