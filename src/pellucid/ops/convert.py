"""What a tensor is (sizes, dtype, memory), and the same numbers in another dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes, naming
from ..dtypes import as_dtype
from ..layouts import strided
from ..storage import as_seen
from ..tensor import OpError, Size, Tensor
from .memory import cast, clone
from .numpy_protocol import stands_for
from .order import permute
from .protocol import method

__all__ = ["is_complex", "is_floating_point", "is_nonzero", "is_same_size", "is_signed", "is_tensor", "numel"]


@method
def size(self: Tensor, dim: int | None = None) -> Any:
    """The sizes of all dimensions, or the size of one."""
    shape = self._data.shape
    if dim is None:
        return Size(shape)
    if not -len(shape) <= dim < len(shape):
        raise IndexError(f"size: dim {dim} is outside of the {len(shape)} dimensions of shape {shape}")
    return shape[dim]


@method
def dim(self: Tensor) -> int:
    """The number of dimensions."""
    return self._data.ndim


@method
def stride(self: Tensor, dim: int | None = None) -> Any:
    """How many elements lie between neighbours along each dimension, or along one."""
    steps = tuple(step // self._data.itemsize for step in as_seen(self).strides)
    return steps if dim is None else steps[dim]


@method
def storage_offset(self: Tensor) -> int:
    """How many elements lie before the first of this tensor in the memory that it shares."""
    owner = as_seen(self)
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return (data_ptr(self) - owner.__array_interface__["data"][0]) // self._data.itemsize


@method
def data_ptr(self: Tensor) -> int:
    """The address of the first element."""
    return as_seen(self).__array_interface__["data"][0]


@method
def element_size(self: Tensor) -> int:
    """Bytes per element."""
    return self._data.itemsize


def numel(input: Tensor) -> int:
    """The number of elements."""
    return int(input._data.size)


def is_tensor(obj: Any) -> bool:
    """Is this a Pellucid tensor?"""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Are the elements floats?"""
    return input._data.dtype.kind == "f"


def is_signed(input: Tensor) -> bool:
    """Can the elements be negative?"""
    return input._data.dtype.kind in "fi"


def is_nonzero(input: Tensor) -> bool:
    """Is the one element not zero?

    Raises:  RuntimeError when there is more or less than one.
    """
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Do two tensors have the same shape?"""
    return input._data.shape == other._data.shape


def is_complex(input: Tensor) -> bool:
    """Always False: there are no complex tensors."""
    return False


@method
def to(self: Tensor, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
       copy: bool = False, memory_format: Any = None) -> Tensor:
    """This tensor in another dtype: `to(dtype)`, `to(device)`, `to(device, dtype)`, `to(other)`.

    It comes back itself where nothing changes, unless copy=True.
    Raises:  RuntimeError for a device that is not the CPU.
    """
    other = kwargs_of(args)
    dtype, device = other.get("dtype", dtype), other.get("device", device)
    copy = other.get("copy", copy)
    if device is not None:
        dtypes.on_cpu(device)                                    # raises for anything but the CPU
    if dtype is not None and as_dtype(dtype).dtype != self._data.dtype:
        return cast(self, as_dtype(dtype).dtype)
    return clone(self) if copy else self


def kwargs_of(args: tuple) -> dict:
    """What the arguments of `to` mean: a tensor, a dtype, or a device, then a dtype; then two flags."""
    found: dict = {}
    rest = list(args)
    if rest and isinstance(rest[0], Tensor):
        found["dtype"] = rest.pop(0).dtype
    elif rest and (rest[0] is None or isinstance(rest[0], (str, int, dtypes.device)) and rest[0] is not True):
        found["device"] = rest.pop(0)
        if rest and not isinstance(rest[0], bool):
            found["dtype"] = rest.pop(0)
    elif rest:
        found["dtype"] = rest.pop(0)
    if len(rest) > 1:
        found["copy"] = bool(rest[1])
    return found


@method
def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of this kind of tensor, or the tensor in another dtype: a dtype, or "pellucid.FloatTensor"."""
    if dtype is None:
        return f"{naming.library}.{_KINDS[self.dtype]}Tensor"
    if isinstance(dtype, str):
        for kind, name in _KINDS.items():
            if dtype.split(".")[-1] == f"{name}Tensor":
                return to(self, kind)
        raise ValueError(f"type: no tensor type {dtype!r}")
    return to(self, getattr(dtype, "dtype", dtype))


_KINDS = {dtypes.float32: "Float", dtypes.float64: "Double", dtypes.float16: "Half", dtypes.int64: "Long",
          dtypes.int32: "Int", dtypes.int16: "Short", dtypes.int8: "Char", dtypes.uint8: "Byte",
          dtypes.bool_: "Bool"}


@method
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in the dtype of another."""
    return to(self, other.dtype)


def _converter(name: str, dtype: dtypes.dtype) -> Callable:
    def convert(self: Tensor, memory_format: Any = None) -> Tensor:
        return to(self, dtype)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"This tensor in {dtype.name}."
    return method(convert)


for _kind, _name in _KINDS.items():
    _converter(_name.lower(), _kind)


@method
def bfloat16(self: Tensor, memory_format: Any = None) -> Tensor:
    """Not available: NumPy has no bfloat16.

    Raises:  NotImplementedError.
    """
    raise NotImplementedError("bfloat16: NumPy has no such dtype; .half() saves memory, .float() computes")


@method
def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
    """This tensor: it is on the CPU already."""
    return self


@method
def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Not available.

    Raises:  RuntimeError: Pellucid computes on the CPU.
    """
    raise OpError("cuda: Pellucid computes on the CPU only; device('cpu') is the one that exists")


@method
def get_device(self: Tensor) -> int:
    """-1, PyTorch's number for the CPU."""
    return -1


@method
def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """This tensor: memory is pinned for GPUs only."""
    return self


@method
def is_pinned(self: Tensor) -> bool:
    """False: memory is pinned for GPUs only."""
    return False


@method
def share_memory_(self: Tensor) -> Tensor:
    """This tensor, as it is: threads share memory anyway, and Pellucid starts no processes."""
    return self


def _mirror(self: Tensor) -> Tensor:
    return permute(self, tuple(reversed(range(self._data.ndim))))


def _matrix_mirror(self: Tensor) -> Tensor:
    ndim = self._data.ndim
    if ndim < 2:
        raise OpError(f"mT: needs at least 2 dimensions, got shape {self._data.shape}")
    return permute(self, (*range(ndim - 2), ndim - 1, ndim - 2))


@stands_for(np.shape)
def _shape(x: Any) -> tuple:
    return np.shape(x._data if isinstance(x, Tensor) else x)


@stands_for(np.ndim)
def _ndim(x: Any) -> int:
    return len(_shape(x))


for _f in (numel, is_floating_point, is_complex, is_signed, is_nonzero, is_same_size):
    method(_f)
_PROPERTIES: dict[str, Callable] = {
    "T": _mirror, "mT": _matrix_mirror, "H": _mirror, "mH": _matrix_mirror, "real": lambda self: self,
    "itemsize": element_size, "nbytes": lambda self: self._data.nbytes, "is_cuda": lambda self: False,
    "is_cpu": lambda self: True, "is_meta": lambda self: False, "layout": lambda self: strided,
    "is_sparse": lambda self: False, "is_quantized": lambda self: False,
}
# Devices and layouts that PyTorch has and Pellucid has not.
_PROPERTIES |= {f"is_{name}": lambda self: False for name in """
    ipu maia mkldnn mps mtia nested sparse_csr vulkan xla xpu""".split()}
for _name, _get in _PROPERTIES.items():
    setattr(Tensor, _name, property(_get))
Tensor.ndimension, Tensor.nelement = dim, numel  # type: ignore[attr-defined]
