"""The same numbers elsewhere: another dtype, another place, another value written over them."""

from __future__ import annotations

import numpy as np

from ..dtypes import as_dtype
from ..engine import op
from ..inplace import look
from .samples import case, n, normal


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


@op(samples=normal((2, 3)))
def clone(x):
    """Copy a tensor to memory of its own.

        y  = x
        dx = g
    Shapes: x (...) -> (...)
    """
    return np.copy(x), ()


@clone.vjp
def _(g, _y, _saved, _x):
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
