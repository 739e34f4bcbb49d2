"""Tensors of a given size: zeros, ones, one value, anything; in the likeness of another."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import as_dtype
from ..storage import as_seen
from ..tensor import OpError, Tensor
from .create import finish, tensor
from .numpy_protocol import stands_for

__all__ = ["zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like", "eye"]


def sizes_of(args: Any, name: str) -> tuple[int, ...]:
    """Sizes given as `f(2, 3)`, `f((2, 3))` or `f([2, 3])`.

    Raises:  TypeError for what is not an integer, RuntimeError for a negative size.
    """
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    try:
        sizes = tuple(map(operator.index, args))
    except TypeError:
        raise TypeError(f"{name}: sizes must be integers, or one tuple of integers, got {args!r}") from None
    if any(size < 0 for size in sizes):
        raise OpError(f"{name}: a size cannot be negative, got {sizes}")
    return sizes


def _dtype_of(dtype: Any) -> np.dtype:
    return (dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)).dtype


def _into(out: Tensor | None, made: Tensor) -> Tensor:
    """PyTorch's out=: write there when it was given."""
    return made if out is None else out.copy_(made)


def zeros(*size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
          requires_grad: bool = False, pin_memory: bool = False, **named: Any) -> Tensor:
    """Make a tensor of zeros, of the default dtype unless given.

    >>> zeros(2, 3).shape, zeros((2, 3)).shape
    (pellucid.Size([2, 3]), pellucid.Size([2, 3]))
    """
    sizes = _sizes(size, named, "zeros")
    return _into(out, finish(np.zeros(sizes, _dtype_of(dtype)), device, requires_grad))


def ones(*size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
         requires_grad: bool = False, pin_memory: bool = False, **named: Any) -> Tensor:
    """Make a tensor of ones, of the default dtype unless given."""
    return _into(out, finish(np.ones(_sizes(size, named, "ones"), _dtype_of(dtype)), device, requires_grad))


def empty(*size: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
          requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None,
          **named: Any) -> Tensor:
    """Make a tensor with whatever the memory holds; fill it before use."""
    return _into(out, finish(np.empty(_sizes(size, named, "empty"), _dtype_of(dtype)), device, requires_grad))


def _sizes(size: tuple, named: dict, name: str) -> tuple[int, ...]:
    """The sizes, which may also come as size=(2, 3)."""
    if "size" in named:
        size = (named.pop("size"),)
    elif not size:
        raise TypeError(f"{name}: needs sizes, as {name}(2, 3) or {name}((2, 3))")
    if named:
        raise TypeError(f"{name}() has no argument {next(iter(named))!r}")
    return sizes_of(size, name)


def full(size: Any, fill_value: Any, *, out: Any = None, dtype: Any = None, layout: Any = None,
         device: Any = None,
         requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """Make a tensor that holds fill_value everywhere; its dtype is the value's unless given.

    >>> full((2,), 7).dtype
    pellucid.int64
    """
    value = tensor(fill_value, dtype=dtype)._data
    if value.ndim:
        raise OpError(f"full: fill_value must be one number, got shape {value.shape}")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full: size must be a tuple, got {size!r}")
    return _into(out, finish(np.full(sizes_of((size,), "full"), value, value.dtype), device, requires_grad))


def _like(make: Callable, name: str, says: str) -> Callable:
    """Build zeros_like, ones_like, empty_like: what `make` gives, in another tensor's shape and dtype."""
    def like(input: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False,
             pin_memory: bool = False, memory_format: Any = None) -> Tensor:
        array = as_seen(input) if isinstance(input, Tensor) else input
        return finish(make(array, None if dtype is None else as_dtype(dtype).dtype), device, requires_grad)

    like.__name__ = like.__qualname__ = name
    like.__doc__ = f"Make a tensor {says}, with the shape and dtype of input unless dtype is given."
    return like


zeros_like = stands_for(np.zeros_like)(_like(np.zeros_like, "zeros_like", "of zeros"))
ones_like = stands_for(np.ones_like)(_like(np.ones_like, "ones_like", "of ones"))
empty_like = stands_for(np.empty_like)(_like(np.empty_like, "empty_like", "whose values are left to chance"))


@stands_for(np.full_like)
def full_like(input: Any, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
              requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """Make a tensor that holds fill_value everywhere, with the shape and dtype of input."""
    wanted = (input._data.dtype if isinstance(input, Tensor) else input.dtype) if dtype is None else dtype
    return full(tuple(input.shape), fill_value, dtype=wanted, device=device, requires_grad=requires_grad)


def eye(n: int, m: int | None = None, *, out: Any = None, dtype: Any = None, layout: Any = None,
        device: Any = None,
        requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """Make the n x m matrix with ones on its diagonal (m = n unless given)."""
    rows, columns = sizes_of((n, n if m is None else m), "eye")
    return _into(out, finish(np.eye(rows, columns, dtype=_dtype_of(dtype)), device, requires_grad))


def _new(make: Callable, name: str) -> Callable:
    """Build the methods new_zeros, ...: like `make`, with the tensor's own dtype unless given."""
    def new(self: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        return make(*size, dtype=self.dtype if dtype is None else dtype, **options)

    new.__name__ = new.__qualname__ = name
    new.__doc__ = f"Make a tensor as pellucid.{make.__name__} does, with this one's dtype unless given."
    return new


def new_tensor(self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
               layout: Any = None, pin_memory: bool = False) -> Tensor:
    """Copy data into a new leaf, with this tensor's dtype unless given."""
    return tensor(data, dtype=self.dtype if dtype is None else dtype, device=device,
                  requires_grad=requires_grad)


for _name, _make in (("new_zeros", zeros), ("new_ones", ones), ("new_empty", empty), ("new_full", full)):
    setattr(Tensor, _name, _new(_make, _name))
Tensor.new_tensor = new_tensor  # type: ignore[attr-defined]
