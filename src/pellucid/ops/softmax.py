"""Softmax and its relatives. The largest element is taken away before anything is exponentiated."""

from __future__ import annotations

import numpy as np

from ..dtypes import get_default_dtype
from ..engine import op
from ..kernels import floats, singles
from ..signature import takes_numpy_words
from ..tensor import OpError
from .masks import keep
from .memory import cast
from .reduce import axes_of, spread
from .samples import normal

__all__ = ["softmax", "log_softmax", "softmin", "logsumexp"]


def _floats(name, x, dim, dtype):
    """x in the dtype asked for; integers need one, and dim must be named."""
    if dim is None:
        raise TypeError(f"{name}: dim must be an integer, got None")
    if dtype is not None:
        x = cast.on(x, dtype)
    if x.dtype.kind != "f":
        raise OpError(f"{name}: x must be floating, got {x.dtype}; dtype=pellucid.float32 converts it")
    return x


def total(x, dim):
    """The sum along dim, of size 1 then. Along the last one, NumPy's fastest is a product with ones."""
    if x.ndim > 1 and x.shape[-1] and dim in (-1, x.ndim - 1):
        sums = np.matmul(np.reshape(x, (-1, x.shape[-1])), np.ones((x.shape[-1], 1), x.dtype))
        return np.reshape(sums, (*x.shape[:-1], 1))
    return np.add.reduce(x, axis=dim, keepdims=True)


@op(samples=normal((3, 4), dim=-1) + normal((2, 3, 4), dim=1) + normal((4,), dim=0) + normal((0, 3), dim=1))
def softmax(x, dim, dtype=None):
    """Turn scores into probabilities along dim.

        y  = e^x / sum e^x
        dx = y (g - sum g y)
    Shapes: x (...) -> (...); each sum runs along dim.
    Differs: from the formula in that e^(x - max x) is taken, which is the same and cannot overflow.
    """
    given, x = x.dtype, _floats("softmax", x, dim, dtype)
    if x.size == 0:
        return np.exp(x), (given,)
    e = np.exp(x - np.maximum.reduce(x, axis=dim, keepdims=True))
    return e / total(e, dim), (given,)


@softmax.vjp
def _(g, y, saved, _x, dim, dtype=None):
    gy = g * y
    dx = gy - y * total(gy, dim)
    return dx if dtype is None else cast.on(dx, saved[0])


def _last(x, dim, dtype=None):
    """Does the compiled twin take this: float32, along the last dimension?"""
    return dtype is None and x.ndim > 0 and dim in (-1, x.ndim - 1) and singles(x)


@softmax.kernel("numba", fits=_last, least=1 << 13)
def _(x, dim, dtype=None):
    from ..kernels import loops

    rows = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
    y = np.empty_like(rows)
    loops.softmax(loops.crew(rows.size), rows.view(np.int32), rows, y)
    return y.reshape(x.shape), (x.dtype,)


def _last_too(g, y, _saved, _x, dim, dtype=None):
    return dtype is None and y.ndim > 0 and dim in (-1, y.ndim - 1) and floats(g) and g.dtype is y.dtype


@softmax.vjp_kernel("numba", fits=_last_too, least=1 << 13)
def _(g, y, _saved, _x, dim, dtype=None):
    from ..kernels import loops

    size = y.shape[-1]
    dx = np.empty(y.shape, y.dtype)
    rows = (np.ascontiguousarray(a).reshape(-1, size) for a in (g, y))
    loops.softmax_back(loops.crew(y.size), *rows, dx.reshape(-1, size))
    return dx


@op(samples=normal((3, 4), dim=-1) + normal((2, 3, 4), dim=1) + normal((4,), dim=0) + normal((0, 3), dim=1))
def log_softmax(x, dim, dtype=None):
    """Turn scores into the logarithms of probabilities along dim.

        y  = x - ln sum e^x
        dx = g - e^y sum g
    Shapes: x (...) -> (...); each sum runs along dim.
    """
    given, x = x.dtype, _floats("log_softmax", x, dim, dtype)
    if x.size == 0:
        return np.exp(x), (given,)
    shifted = x - np.maximum.reduce(x, axis=dim, keepdims=True)
    return shifted - np.log(total(np.exp(shifted), dim)), (given,)


@log_softmax.vjp
def _(g, y, saved, _x, dim, dtype=None):
    dx = g - np.exp(y) * total(g, dim)
    return dx if dtype is None else cast.on(dx, saved[0])


@takes_numpy_words
def softmin(input, dim, dtype=None):
    """Turn costs into probabilities along dim: the lowest cost is the likeliest.

        y = softmax(-input)
    Shapes: input (...) -> (...)
    """
    return softmax(-input, dim, dtype)


@op(samples=normal((3, 4), dim=-1) + normal((2, 3, 4), dim=(0, 2)) + normal((2, 3), dim=1, keepdim=True)
    + normal((0, 3), dim=1))
def logsumexp(x, dim, keepdim=False):
    """The logarithm of the sum of exponentials along dim, a smooth maximum.

        y  = ln sum e^x        -inf where every x is -inf
        dx = g e^(x - y)       g repeated along dim
    Shapes: x (...) -> x without dim, or with dim of size 1 when keepdim
    """
    axis = axes_of(dim, x.ndim)
    if x.dtype.kind != "f":
        x = cast.on(x, get_default_dtype())
    if x.size == 0:
        return np.log(np.add.reduce(np.exp(x), axis=axis, keepdims=keepdim)), (x.shape,)
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    top = keep.on(top, np.isfinite(top))
    e = np.exp(x - top)
    y = np.log(total(e, axis) if isinstance(axis, int) else np.add.reduce(e, axis=axis, keepdims=True)) + top
    return (y if keepdim else np.squeeze(y, axis=axis)), (x.shape,)


@logsumexp.vjp
def _(g, y, saved, x, dim, keepdim=False):
    axis, shape = axes_of(dim, len(saved[0])), saved[0]
    y = spread(y, axis, keepdim, shape)
    return spread(g, axis, keepdim, shape) * keep.on(np.exp(x - y), y != -np.inf)
