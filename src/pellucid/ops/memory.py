"""The same numbers elsewhere: in another dtype, in other memory, in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import as_dtype, float64
from ..engine import op
from ..storage import as_seen, hides
from ..tensor import OpError, Tensor
from .numpy_protocol import stands_for
from .samples import case, n, normal

__all__ = ["clone"]


@op(samples=case(n(2, 3), float64), primitive=True)
def cast(x, dtype):
    """Convert the elements to another dtype.

        y  = x, rounded to what dtype can hold
        dx = g, in the dtype of x
    Shapes: x (...) -> (...)
    """
    return x.astype(as_dtype(dtype).dtype), (x.dtype,)


@cast.vjp
def _(g, _y, saved, _x, _dtype):
    return cast.on(g, saved[0])


@stands_for(np.copy)
@op(samples=normal((2, 3)))
def clone(x, *, memory_format=None):
    """Copy a tensor to memory of its own.

        y  = x
        dx = g
    Shapes: x (...) -> (...)
    """
    return np.copy(x), ()


@clone.vjp
def _(g, _y, _saved, _x, *, memory_format=None):
    return g


@op(samples=normal((2, 3)), view=True)
def row_major(x):
    """Copy a tensor so that its elements lie in row-major order; a view of one that has them so.

        y  = x
        dx = g
    Shapes: x (...) -> (...)
    """
    if isinstance(x, np.ndarray) and x.flags.c_contiguous:
        return np.reshape(x, x.shape), ()
    return np.reshape(np.reshape(np.copy(x), (-1,)), x.shape), ()


@row_major.vjp
def _(g, _y, _saved, _x):
    return g


def contiguous(self: Tensor, memory_format: object = None) -> Tensor:
    """This tensor if its elements lie in row-major order, else a copy for which they do."""
    if hides(self) and self._base is None:
        return self                                              # it will be, as soon as anybody looks
    if hides(self) and self._data.flags.c_contiguous:            # maybe only while the order is hidden
        return row_major(self)
    return self if as_seen(self).flags.c_contiguous else row_major(self)


def is_contiguous(self: Tensor, memory_format: object = None) -> bool:
    """Do the elements lie in row-major order without gaps?"""
    return bool(as_seen(self).flags.c_contiguous)


def held(value: Any, dtype: np.dtype, name: str) -> np.ndarray:
    """A Python number as an array without dimensions, cut to what the dtype holds.

    Raises:  RuntimeError where an integer dtype ends before it (as in PyTorch, -1 becomes 255 in uint8).
    """
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not (limits.min or -limits.max) <= value <= limits.max:
            raise OpError(f"{name}: a tensor of {dtype} cannot hold {value}")
        value = int(value)
    return np.asarray(value).astype(dtype)


for _f in (clone, contiguous, is_contiguous):
    setattr(Tensor, _f.__name__, _f)
