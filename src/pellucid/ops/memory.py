"""The same numbers elsewhere: another dtype, another place, another value written over them."""

from __future__ import annotations

import numpy as np

from ..dtypes import as_dtype
from ..engine import op
from ..inplace import assign, check_writable, look, touch
from ..tensor import OpError, Tensor, mode, wrap
from .numpy_protocol import stands_for
from .samples import case, n, normal

__all__ = ["clone"]


@op(samples=normal((2, 3), dtype=np.float64), primitive=True)
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


@op(samples=case(n(3, 4), n(4), path=()), primitive=True)
def overwrite(x, value, *, path):
    """Replace the part of x that a path of view ops looks at.

        y      = x outside the part, value inside
        dx     = g outside, 0 inside
        dvalue = g inside
    Shapes: x (...), value the shape of the part -> the shape of x
    """
    y = np.copy(x)
    look(y, path)[...] = value
    return y, ()


@overwrite.vjp
def _(g, _y, _saved, _x, _value, *, path):
    outside = np.ones(g.shape, g.dtype)
    look(outside, path)[...] = 0
    return g * outside, look(g, path)


@op(samples=normal((2, 3)))
def row_major(x):
    """Copy a tensor so that its elements lie in row-major order.

        y  = x
        dx = g
    Shapes: x (...) -> (...)
    """
    return np.reshape(np.reshape(np.copy(x), (-1,)), x.shape), ()


@row_major.vjp
def _(g, _y, _saved, _x):
    return g


def contiguous(self: Tensor, memory_format: object = None) -> Tensor:
    """This tensor if its elements lie in row-major order, else a copy for which they do."""
    return self if self._data.flags.c_contiguous else row_major(self)


def is_contiguous(self: Tensor, memory_format: object = None) -> bool:
    """Do the elements lie in row-major order without gaps?"""
    return bool(self._data.flags.c_contiguous)


def copy_(self: Tensor, src: object, non_blocking: bool = False) -> Tensor:
    """Write src, broadcast and converted to this tensor's dtype, into its memory."""
    if not isinstance(src, Tensor):
        src = wrap(np.asarray(src))
    if mode.grad and (self.requires_grad or src.requires_grad):
        value = src if src._data.dtype == self._data.dtype else cast(src, self._data.dtype)
        same = value._data.shape == self._data.shape
        return assign(self, value if same else np.broadcast_to(value, self._data.shape), "copy_")
    check_writable(self)
    try:
        np.copyto(self._data, src._data, casting="unsafe")
    except ValueError:
        raise OpError(f"copy_: src has shape {src._data.shape}, which does not broadcast to "
                      f"{self._data.shape}") from None
    touch(self)
    return self


def fill_(self: Tensor, value: object) -> Tensor:
    """Write one number everywhere.

    Raises:  RuntimeError for a value with dimensions.
    """
    if isinstance(value, Tensor) and value.ndim:
        raise OpError(f"fill_: value must be one number, got shape {value._data.shape}")
    return copy_(self, value)


def zero_(self: Tensor) -> Tensor:
    """Write zero everywhere."""
    return copy_(self, 0)


for _f in (clone, contiguous, is_contiguous, copy_, fill_, zero_):
    setattr(Tensor, _f.__name__, _f)
