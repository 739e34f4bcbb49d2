"""PyTorch's names of old, which scripts still use: `FloatTensor([1, 2])`, `isinstance(x, LongTensor)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, naming
from ..tensor import Size, Tensor, wrap
from .create import array_of

__all__ = ["Size", "FloatTensor", "DoubleTensor", "HalfTensor", "LongTensor", "IntTensor", "ShortTensor",
           "CharTensor", "ByteTensor", "BoolTensor"]


class TensorKind:
    """A constructor for tensors of one dtype, which also tells whether a tensor is of that dtype.

    >>> LongTensor([1.5, 2]).tolist(), isinstance(LongTensor(2, 3), FloatTensor)
    ([1, 2], False)
    """

    def __init__(self, name: str, dtype: dtypes.dtype) -> None:
        self.__name__, self.dtype = name, dtype

    def __call__(self, *data: Any) -> Tensor:
        first = data[0] if data else ()
        if isinstance(first, (int, Size)):
            return wrap(np.zeros(first if isinstance(first, Size) else data, self.dtype.dtype))
        if len(data) > 1 or isinstance(first, (float, str)):
            raise TypeError(f"{self.__name__}: expected sizes, a sequence or an array, got {data}")
        return wrap(array_of(first, self.dtype, self.__name__))

    def __instancecheck__(self, x: Any) -> bool:
        return isinstance(x, Tensor) and x.dtype == self.dtype

    def __repr__(self) -> str:
        return f"{naming.library}.{self.__name__}"


def new(self: Tensor, *data: Any) -> Tensor:
    """Make a tensor of this one's dtype from sizes or data, as `FloatTensor(...)` does for float32."""
    return TensorKind("new", self.dtype)(*data)


Tensor.new = new  # type: ignore[attr-defined]
FloatTensor = TensorKind("FloatTensor", dtypes.float32)
DoubleTensor = TensorKind("DoubleTensor", dtypes.float64)
HalfTensor = TensorKind("HalfTensor", dtypes.float16)
LongTensor = TensorKind("LongTensor", dtypes.int64)
IntTensor = TensorKind("IntTensor", dtypes.int32)
ShortTensor = TensorKind("ShortTensor", dtypes.int16)
CharTensor = TensorKind("CharTensor", dtypes.int8)
ByteTensor = TensorKind("ByteTensor", dtypes.uint8)
BoolTensor = TensorKind("BoolTensor", dtypes.bool_)
