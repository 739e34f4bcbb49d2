"""Element types and devices, under PyTorch's names, and the rules by which they mix."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import naming


class dtype:                                                     # PyTorch spells it in lower case
    """The type of a tensor's elements: a name and the NumPy dtype behind it.

    NumPy accepts it wherever it takes a dtype, because it looks for an attribute of that name.
    >>> float32.itemsize, int64.is_floating_point
    (4, False)
    """

    __slots__ = ("name", "dtype")

    def __init__(self, name: str) -> None:
        self.name = name
        self.dtype = np.dtype(name)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def is_floating_point(self) -> bool:
        return self.dtype.kind == "f"

    @property
    def is_complex(self) -> bool:
        return False

    @property
    def is_signed(self) -> bool:
        return self.dtype.kind in "fi"

    @property
    def kind(self) -> str:
        """NumPy's letter for the family: f float, i integer, u unsigned, b bool."""
        return self.dtype.kind

    @property
    def type(self) -> Any:
        """NumPy's scalar class."""
        return self.dtype.type

    def __repr__(self) -> str:
        return f"{naming.library}.{self.name}"

    def __reduce__(self) -> tuple:
        return _by_name, (self.name,)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, dtype):
            return self is other
        return isinstance(other, np.dtype) and self.dtype == other

    def __hash__(self) -> int:
        return hash(self.dtype)


class AbsentDtype(dtype):
    """A dtype that PyTorch has and NumPy has not. It can be named and compared, and holds no numbers.

    Raises:  NotImplementedError where a tensor of it is wanted.
    >>> bfloat16 == float32, bfloat16
    (False, pellucid.bfloat16)
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def dtype(self) -> Any:  # type: ignore[override]
        raise NotImplementedError(f"{self.name}: there are no tensors of this dtype here; float32 and "
                                  "float64 are the dtypes to compute with, float16 saves memory")

    @property
    def itemsize(self) -> int:
        return {"bfloat16": 2, "complex64": 8, "complex128": 16}[self.name]

    @property
    def is_floating_point(self) -> bool:
        return self.name == "bfloat16"

    @property
    def is_complex(self) -> bool:
        return self.name.startswith("complex")

    @property
    def is_signed(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> Any:
        return self.name                                         # looked up in this module


float64, float32, float16 = dtype("float64"), dtype("float32"), dtype("float16")
int64, int32, int16, int8, uint8, bool_ = map(dtype, ("int64", "int32", "int16", "int8", "uint8", "bool"))
double, float_, half, long, int_, short = float64, float32, float16, int64, int32, int16
bfloat16, complex64, complex128 = map(AbsentDtype, ("bfloat16", "complex64", "complex128"))
cfloat, cdouble = complex64, complex128

DTYPES = {d.dtype: d for d in (float64, float32, float16, int64, int32, int16, int8, uint8, bool_)}
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}                         # bool < integer < float
_default = float32


def _by_name(name: str) -> dtype:
    return DTYPES[np.dtype(name)]


def get_default_dtype() -> dtype:
    """The floating dtype that Python floats and `empty`, `zeros`, `rand`, ... get (float32 at the start)."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Set the floating dtype of new tensors.

    Raises:  TypeError for anything but a floating dtype.
    """
    global _default
    if not (isinstance(d, dtype) and d.is_floating_point):
        raise TypeError(f"set_default_dtype: d must be a floating dtype such as pellucid.float32, got {d!r}")
    _default = d


def as_dtype(value: Any) -> dtype:
    """The pellucid dtype for a dtype of ours, a NumPy dtype, or Python's float, int and bool.

    Raises:  TypeError when there is none (complex numbers, strings, objects, uint32, ...).
    """
    if isinstance(value, dtype):
        return value
    if value is float:
        return _default
    try:
        return DTYPES[np.dtype(value)]
    except (KeyError, TypeError):
        names = ", ".join(d.name for d in DTYPES.values())
        raise TypeError(f"dtype: no tensor of {value!r}; the dtypes are {names}") from None


def promote_types(a: dtype, b: dtype) -> dtype:
    """The dtype that holds both: the higher family (bool, integer, float) wins, then the wider one."""
    ka, kb = _RANK[a.kind], _RANK[b.kind]
    if ka != kb:
        return a if ka > kb else b
    return DTYPES[np.promote_types(a.dtype, b.dtype)]


def can_hold(target: Any, source: Any) -> bool:
    """May numbers of dtype `source` be written into a tensor of dtype `target`: never of a higher family."""
    return _RANK[target.kind] >= _RANK[source.kind]


def mix(operands: list) -> np.dtype:
    """The dtype of arithmetic on `operands`: arrays and Python numbers.

    Arrays with axes decide; 0-d arrays and then Python numbers only raise the family (bool, integer, float),
    never the width within it. So `float32 array * float64 scalar` stays float32.
    Source: the type promotion table of PyTorch's documentation of torch.result_type.
    """
    best: list[dtype | None] = [None, None, None]                # arrays with axes, 0-d arrays, numbers
    for value in operands:
        if isinstance(value, np.ndarray):
            level, d = (0 if value.ndim else 1), DTYPES[value.dtype]
        else:
            family = bool_ if isinstance(value, bool) else int64 if isinstance(value, int) else _default
            level, d = 2, family
        found = best[level]
        best[level] = d if found is None else promote_types(found, d)
    result: dtype | None = None
    for d_ in best:
        if d_ is not None and (result is None or _RANK[d_.kind] > _RANK[result.kind]):
            result = d_
    assert result is not None
    return result.dtype


DEVICES = ("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
           "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone")


class device:
    """Where a tensor lives. Every tensor here lives on the CPU; other devices can be named and compared with.

    Raises:  RuntimeError for a type that PyTorch does not know, or for `with` another device than the CPU.
    >>> device("cpu"), device("cuda:1").index, device("mps") == device("cpu")
    (device(type='cpu'), 1, False)
    """

    __slots__ = ("type", "index")

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, int):
            type, index = "cuda", type                           # a bare number counts GPUs
        name, _, number = str(type).partition(":")
        if name not in DEVICES or (number and not number.isdecimal()):
            raise RuntimeError(f"device: expected one of {', '.join(DEVICES)}, with :number or without, "
                               f"got {type!r}")
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type={self.type!r}{'' if self.index is None else f', index={self.index}'})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __enter__(self) -> device:
        return on_cpu(self)

    def __exit__(self, *_: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


def on_cpu(place: Any) -> device:
    """The device of this name, if tensors can be put there.

    Raises:  RuntimeError for any but the CPU.
    """
    named = place if isinstance(place, device) else device(place)
    if named.type != "cpu":
        raise RuntimeError(f"device: Pellucid computes on the CPU only, got {str(named)!r}")
    return named


cpu = device("cpu")
