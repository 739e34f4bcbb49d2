"""A tensor as a Python object: length, iteration, truth, numbers, formats, copies, pickles, arrays."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import printing
from ..storage import as_seen
from ..tensor import OpError, Tensor, wrap
from .index import getitem

__all__ = ["set_printoptions"]
set_printoptions = printing.set_printoptions


def method(function: Callable) -> Callable:
    """Make the function a method of Tensor."""
    setattr(Tensor, function.__name__, function)
    return function


@method
def item(self: Tensor) -> Any:
    """The one element, as a Python number.

    Raises:  RuntimeError when there is more or less than one.
    """
    if self._data.size != 1:
        raise OpError(f"item: a tensor with {self._data.size} elements cannot be converted to one number")
    return self._data.item()


@method
def tolist(self: Tensor) -> Any:
    """Nested lists of Python numbers; a number for a tensor without dimensions."""
    return self._data.tolist()


@method
def numpy(self: Tensor, *, force: bool = False) -> np.ndarray:
    """The array behind the tensor: the same memory.

    Raises:  RuntimeError for a tensor that requires grad, unless force=True: write .detach().numpy().
    """
    if self.requires_grad and not force:
        raise OpError("numpy: this tensor requires grad, which an array cannot record; use .detach().numpy()")
    return as_seen(self)


@method
def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    array = numpy(self)
    if dtype is not None and array.dtype != dtype:
        if copy is False:
            raise ValueError(f"np.asarray: a copy is needed for dtype {dtype}")
        return array.astype(dtype)
    return np.copy(array) if copy else array


@method
def __len__(self: Tensor) -> int:
    if not self._data.ndim:
        raise TypeError("len(): a tensor without dimensions has no length")
    return self._data.shape[0]


@method
def __iter__(self: Tensor) -> Iterator[Tensor]:
    if not self._data.ndim:
        raise TypeError("iter(): a tensor without dimensions cannot be iterated over")
    return (getitem(self, (i, Ellipsis)) for i in range(self._data.shape[0]))


@method
def __bool__(self: Tensor) -> bool:
    if self._data.size != 1:
        raise OpError(f"bool(): the truth of a tensor with {self._data.size} elements is ambiguous; "
                      "use .any() or .all()")
    return bool(self._data.item())


def _one_number(self: Tensor, name: str) -> Any:
    if self._data.size != 1:
        raise OpError(f"{name}(): a tensor with {self._data.size} elements cannot be converted to one number")
    return self._data.item()


@method
def __int__(self: Tensor) -> int:
    return int(_one_number(self, "int"))


@method
def __float__(self: Tensor) -> float:
    return float(_one_number(self, "float"))


@method
def __index__(self: Tensor) -> int:
    if self._data.size != 1 or self._data.dtype.kind == "f":
        raise TypeError("index: only a tensor of one integer can be an index, this one is "
                        f"{self.dtype.name} {self._data.shape}")
    return operator.index(self._data.item())


@method
def __contains__(self: Tensor, element: Any) -> bool:
    if not isinstance(element, (Tensor, bool, int, float, np.generic)):
        raise OpError(f"in: expected a number or a tensor, got {type(element).__name__}")
    return bool((self._data == (element._data if isinstance(element, Tensor) else element)).any())


@method
def __format__(self: Tensor, spec: str) -> str:
    if not self._data.ndim and type(self) is Tensor:
        return format(self._data.item(), spec)
    return object.__format__(self, spec)


@method
def __deepcopy__(self: Tensor, memo: dict) -> Tensor:
    if id(self) in memo:
        return memo[id(self)]
    if not self.is_leaf:
        raise OpError("deepcopy: only leaves can be copied with copy.deepcopy, this tensor is the result of "
                      f"{self._node.name()}; .detach().clone() gives a leaf")
    out = rebuild(type(self), np.copy(as_seen(self)), self._tracked, {})
    memo[id(self)] = out
    out.__dict__.update({key: copy.deepcopy(value, memo) for key, value in _own(self).items()})
    out._grad = copy.deepcopy(self._grad, memo)
    return out


@method
def __reduce_ex__(self: Tensor, protocol: Any) -> tuple:
    return rebuild, (type(self), as_seen(self), self.requires_grad, _own(self))


def _own(self: Tensor) -> dict:
    """What a user has hung onto the tensor: all but the engine's own attributes."""
    return {key: value for key, value in self.__dict__.items() if key not in Tensor.__annotations__ and
            key != "_retains"}


def rebuild(kind: type, array: np.ndarray, requires_grad: bool, attributes: dict) -> Tensor:
    """A leaf of a kind (Tensor, Parameter) around an array, for pickles and copies."""
    out = wrap(array)
    out.__class__ = kind
    out._tracked = requires_grad
    out.__dict__.update(attributes)
    return out
