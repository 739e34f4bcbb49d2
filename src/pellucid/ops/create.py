"""Tensors from data: numbers, nested lists, arrays, other tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import DTYPES, as_dtype
from ..tensor import OpError, Tensor, wrap

__all__ = ["tensor", "as_tensor", "asarray", "from_numpy", "scalar_tensor"]


def finish(array: np.ndarray, device: Any, requires_grad: bool) -> Tensor:
    """Wrap a new array as a leaf, after a look at the device that was asked for."""
    if device is not None:
        dtypes.on_cpu(device)                                    # raises for anything but the CPU
    out = wrap(array)
    return out.requires_grad_() if requires_grad else out


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Tensor:
    """Copy data (a number, nested lists, an array, a tensor) into a new leaf.

    Python's floats get the default dtype, its ints int64, its bools bool; arrays and tensors keep theirs.
    Differs: pin_memory means nothing without a GPU.
    Raises:  ValueError for ragged lists (naming the row), TypeError for what is not a number.
    >>> tensor([[1, 2], [3, 4]]).shape
    pellucid.Size([2, 2])
    """
    array = array_of(data, dtype, "tensor")
    source = getattr(data, "_data", data)
    if isinstance(source, np.ndarray) and np.may_share_memory(array, source):
        array = np.copy(array)
    return finish(array, device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Make a tensor of data; a tensor of the right dtype comes back itself, an array shares its memory."""
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype)
    return finish(array_of(data, dtype, "as_tensor"), device, False)


def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool = False) -> Tensor:
    """Make a tensor of obj: sharing its memory where possible (copy=None), never (True), or always (False).

    Raises:  ValueError with copy=False where the memory cannot be shared.
    """
    if isinstance(obj, Tensor):
        out = obj.to(device=device, dtype=dtype, copy=bool(copy))
        shared = out is obj
        out = obj.detach() if shared and obj.requires_grad and not requires_grad else out
    else:
        array = array_of(obj, dtype, "asarray")
        shared = isinstance(obj, np.ndarray) and np.may_share_memory(array, obj)
        out = finish(np.copy(array) if copy and shared else array, device, False)
    if copy is False and not shared:
        raise OpError(f"asarray: copy=False, but the memory of this {type(obj).__name__} cannot be shared")
    return out.requires_grad_() if requires_grad else out


def from_numpy(array: np.ndarray) -> Tensor:
    """Wrap an array without copying: a change to one is seen in the other.

    Differs: arrays with negative strides are taken too.
    Raises:  TypeError for what is not an array, or has a dtype that tensors lack.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected an np.ndarray, got {type(array).__name__}")
    return wrap(np.asarray(array, as_dtype(array.dtype).dtype))


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor without dimensions of one number; its dtype is the default one unless given."""
    value = s.item() if isinstance(s, Tensor) else s
    return tensor(value, dtype=dtype or dtypes.get_default_dtype(), device=device,
                  requires_grad=requires_grad)


def array_of(data: Any, dtype: Any, name: str) -> np.ndarray:
    """The array of some data in a dtype (None: the data's own), sharing its memory where possible."""
    wanted = None if dtype is None else as_dtype(dtype).dtype
    if isinstance(data, Tensor):
        array = data._data
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        if array.dtype.kind in "OSU":
            raise TypeError(f"{name}: expected numbers, got an array of dtype {array.dtype}")
    else:
        return from_numbers(data, wanted, name)
    return np.asarray(array, wanted or as_dtype(array.dtype).dtype)


def from_numbers(data: Any, wanted: np.dtype | None, name: str) -> np.ndarray:
    """The array of a Python number or of nested sequences of numbers, NumPy scalars and tensors."""
    first = data
    while isinstance(first, (list, tuple, range)) and len(first):
        first = first[0]
    array = None
    if isinstance(first, (bool, int, float)) and not isinstance(first, np.generic):
        try:
            array = np.array(data)                               # the common case: all Python's numbers
        except (ValueError, TypeError, RuntimeError, OverflowError):
            pass
    if array is None or array.dtype.kind not in "bif" or _holds_arrays(data):
        array = _gather(data, wanted, name)
    elif array.dtype.kind == "f" and wanted is None:
        wanted = dtypes.get_default_dtype().dtype
    return _fitted(array, wanted or array.dtype, name)


def _holds_arrays(data: Any) -> bool:
    """Do the innermost lists hold arrays, tensors or NumPy scalars anywhere in front?"""
    while isinstance(data, (list, tuple)) and len(data):
        if any(isinstance(item, (Tensor, np.ndarray, np.generic)) for item in data):
            return True
        data = data[0]
    return False


def _gather(data: Any, wanted: np.dtype | None, name: str) -> np.ndarray:
    """The slow way: look at every number, so that dtypes mix as PyTorch's do and errors name the place."""
    leaves: list[Any] = []
    shape = _measure(data, leaves, "", name)
    found: Any = None
    for leaf in leaves:
        if isinstance(leaf, np.ndarray):
            d = as_dtype(leaf.dtype)
        else:
            d = dtypes.bool_ if isinstance(leaf, bool) else dtypes.int64 if isinstance(leaf, int) \
                else dtypes.get_default_dtype()
        found = d if found is None else dtypes.promote_types(found, d)
    found = found or dtypes.get_default_dtype()
    exact = wanted if wanted is not None and wanted.kind in "fb" else found.dtype
    try:
        return np.array([leaf.item() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves],
                        exact).reshape(shape)
    except OverflowError:
        raise OpError(f"{name}: an integer lies outside of int64, which ends at {2 ** 63 - 1}") from None


def _measure(data: Any, leaves: list, place: str, name: str) -> tuple:
    """The shape of nested sequences; their numbers are added to `leaves` in order."""
    if isinstance(data, Tensor):
        if data._data.size != 1:
            raise OpError(f"{name}: a tensor of shape {data._data.shape} stands among numbers{_at(place)}; "
                          "stack() or cat() join tensors")
        data = data._data.reshape(())
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        leaves.extend(array.reshape(-1)[i, ...] for i in range(array.size))
        return array.shape
    if isinstance(data, (bool, int, float)):
        leaves.append(data)
        return ()
    if isinstance(data, (str, dict)) or not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        raise TypeError(f"{name}: expected numbers, got {type(data).__name__} {data!r:.40}{_at(place)}")
    inner: tuple | None = None
    for i in range(len(data)):
        shape = _measure(data[i], leaves, f"{place}[{i}]", name)
        if inner is not None and shape != inner:
            raise OpError(f"{name}: ragged data: {place}[{i}] has shape {shape}, the rows before it {inner}")
        inner = shape
    return (len(data), *(inner or ()))


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def _fitted(array: np.ndarray, wanted: np.dtype, name: str) -> np.ndarray:
    """Convert, refusing integers that the dtype cannot hold, and floats that no integer can."""
    if array.dtype == wanted:
        return array
    if wanted.kind in "iu" and array.size:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise OpError(f"{name}: nan and infinity cannot be converted to {DTYPES[wanted].name}")
        limits = np.iinfo(wanted)
        low = limits.min or -limits.max                          # PyTorch lets -1 become 255 in uint8
        if array.min() < low or array.max() > limits.max:
            raise OpError(f"{name}: {array.min()} ... {array.max()} does not fit into {DTYPES[wanted].name}, "
                          f"which holds {limits.min} ... {limits.max}")
    return array.astype(wanted)
