"""Tensors that a module owns: what it learns (Parameter), and what it only remembers (Buffer)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import as_dtype, get_default_dtype, on_cpu
from ..storage import as_seen
from ..tensor import OpError, Tensor


def _memory_of(data: Any, name: str) -> np.ndarray:
    """The array behind `data`; an empty one for None."""
    if data is None:
        return Tensor()._data
    if not isinstance(data, Tensor):
        raise TypeError(f"{name}: data must be a Tensor, got {type(data).__name__}")
    return as_seen(data)


class Parameter(Tensor):
    """A tensor that is learned: assigned to a module's attribute, it appears in `module.parameters()`.

    It shares the memory of `data` and is a leaf of the graph, whatever `data` was computed from.

    Raises:  TypeError when data is no Tensor; RuntimeError when requires_grad is asked of integers.
    >>> from pellucid import tensor
    >>> Parameter(tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        self._data = _memory_of(data, "Parameter")
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict) -> Parameter:             # the value, not the gradient, as in PyTorch
        copied = memo[id(self)] = _rebuilt(type(self), self._data.copy(), {"_tracked": self._tracked})
        return copied

    def __reduce__(self) -> tuple:
        return _rebuilt, (type(self), self._data, {"_tracked": self._tracked})


class UninitializedParameter(Parameter):
    """The parameter of a lazy layer before its first input: it has a dtype and no shape yet.

    Raises:  RuntimeError when its shape is asked for, ValueError for the number of its elements.
    """

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        on_cpu("cpu" if device is None else device)
        self._data = np.empty(0, as_dtype(dtype).dtype if dtype is not None else get_default_dtype().dtype)
        self.requires_grad_(requires_grad)

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a Parameter of this shape, with numbers of no meaning."""
        on_cpu("cpu" if device is None else device)
        self._data = np.empty(tuple(shape), self._data.dtype if dtype is None else as_dtype(dtype).dtype)
        self.__class__ = Parameter  # type: ignore[assignment]

    def _take(self, other: Tensor) -> None:
        """Become a Parameter with another's numbers, in this one's dtype."""
        self._data = other._data.astype(self._data.dtype, copy=False)
        self.__class__ = Parameter  # type: ignore[assignment]

    @property
    def shape(self) -> Any:  # type: ignore[override]
        raise OpError("a lazy layer's parameter has no shape before the layer's first input")

    def numel(self) -> int:  # type: ignore[override]
        raise OpError("a lazy layer's parameter has no elements before the layer's first input")

    def __repr__(self) -> str:
        return "<UninitializedParameter>"


def is_lazy(param: Any) -> bool:
    """Whether this is the parameter of a lazy layer that has not seen an input."""
    return isinstance(param, UninitializedParameter)


class Buffer(Tensor):
    """A tensor that belongs to a module's state and is not learned, a running mean for instance.

    Assigned to a module's attribute, it is what `register_buffer(name, data, persistent)` makes.
    """

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        self._data = _memory_of(data, "Buffer")
        self.persistent = persistent

    def __deepcopy__(self, memo: dict) -> Buffer:
        copied = memo[id(self)] = _rebuilt(type(self), self._data.copy(), {"persistent": self.persistent})
        return copied

    def __reduce__(self) -> tuple:
        return _rebuilt, (type(self), self._data, {"persistent": self.persistent})


def _rebuilt(kind: Any, array: np.ndarray, attributes: dict) -> Any:
    """A Parameter or Buffer around an array, as copies and pickles make it."""
    tensor = kind.__new__(kind)
    tensor._data = array
    tensor.__dict__.update(attributes)
    return tensor
