"""Running sums, products, extremes and log-sums along a dimension."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..signature import takes_numpy_words
from ..tensor import OpError
from .dims import axis_of
from .extremes import ValuesIndices
from .gather import sum_along
from .masks import keep
from .memory import cast
from .numpy_protocol import stands_for
from .samples import apart, case, distinct, normal

__all__ = ["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "diff", "trapezoid", "trapz",
           "cumulative_trapezoid"]


def running(ufunc, x, axis):
    """ufunc.accumulate. NumPy is quick along the last axis only: along others, slice after slice is."""
    if x.__class__ is not np.ndarray or x.ndim < 2 or axis in (-1, x.ndim - 1) or x.size < 64 * x.shape[axis]:
        return ufunc.accumulate(x, axis=axis)
    y = np.copy(x)
    slices = np.moveaxis(y, axis, 0)
    for i in range(1, len(slices)):
        ufunc(slices[i - 1], slices[i], out=slices[i])
    return y


def reversed_sum(g, dim):
    """Sum from each place to the end."""
    return np.flip(running(np.add, np.flip(g, dim), dim), dim)


def _prepared(name, x, dim, dtype):
    """The axis, and x in the dtype in which it is added up: integers in int64."""
    axis = axis_of(name, dim, x.ndim)
    if dtype is None and x.dtype.kind in "iub":
        dtype = np.int64
    return axis, x if dtype is None else cast.on(x, dtype)


@stands_for(np.cumsum, np.add.accumulate)
@op(samples=normal((2, 3), dim=1) + normal((3, 2, 2), dim=-3) + normal((0, 3), dim=0) + normal((), dim=0))
def cumsum(x, dim, *, dtype=None):
    """Add up along dim, keeping every partial sum.

        y[i]  = x[0] + ... + x[i]
        dx[i] = g[i] + ... + g[-1]
    Shapes: x (...) -> (...)
    """
    axis, values = _prepared("cumsum", x, dim, dtype)
    return (running(np.add, values, axis) if x.ndim else +values), (x.dtype,)


@cumsum.vjp
def _(g, _y, saved, _x, dim, *, dtype=None):
    dx = reversed_sum(g, dim) if g.ndim else g
    return dx if dtype is None else cast.on(dx, saved[0])


@stands_for(np.cumprod, np.multiply.accumulate)
@op(samples=normal((2, 3), dim=1) + normal((3, 2, 2), dim=-3) + normal((0, 3), dim=0) + normal((), dim=0)
    + case(np.array([[2.0, 0.0, 3.0, 0.5], [0.0, 1.0, 0.0, 2.0]]), dim=1))
def cumprod(x, dim, *, dtype=None):
    """Multiply along dim, keeping every partial product.

        y[i]  = x[0] ... x[i]
        dx[i] = (g[i] y[i] + ... + g[-1] y[-1]) / x[i]        term by term without x[i] where some x is 0
    Shapes: x (...) -> (...)
    """
    axis, values = _prepared("cumprod", x, dim, dtype)
    return (running(np.multiply, values, axis) if x.ndim else +values), ()


@cumprod.vjp
def _(g, y, _saved, x, dim, *, dtype=None):
    if not x.ndim:
        return g if dtype is None else cast.on(g, x.dtype)
    values = x if dtype is None else cast.on(x, dtype)
    if np.all(values != 0):
        dx = reversed_sum(g * y, dim) / values
    else:
        dx = _with_zeros(g, values, dim % x.ndim)
    return dx if dtype is None else cast.on(dx, x.dtype)


def _with_zeros(g, x, axis):
    """dx[i] = x[0] ... x[i-1] (g[i] + g[i+1] x[i+1] + g[i+2] x[i+1] x[i+2] + ...), from the last i on."""
    before = (slice(None),) * axis
    size = x.shape[axis]
    rows = [x[before + (slice(i, i + 1),)] for i in range(size)]
    grads = [g[before + (slice(i, i + 1),)] for i in range(size)]
    product = np.ones_like(rows[0])
    products = []
    for row in rows:
        products.append(product)
        product = product * row
    rest, parts = grads[-1], []
    for i in range(size - 1, -1, -1):
        parts.append(products[i] * rest)
        if i:
            rest = grads[i - 1] + rows[i] * rest
    return np.concatenate(parts[::-1], axis=axis)


def _extreme(x, dim, ufunc):
    """The running extreme of x, and the last place where it was reached."""
    if not x.ndim:
        return (+x, np.zeros((), np.int64)), (np.zeros((), np.int64), x.shape)
    y = ufunc.accumulate(x, axis=dim)
    shape = [1] * x.ndim
    shape[dim] = -1
    places = np.where((x == y) | (x != x), np.arange(x.shape[dim]).reshape(shape), 0)
    places = np.maximum.accumulate(places, axis=dim)
    return (y, places), (places, x.shape)


@op(samples=distinct((2, 4), dim=1) + distinct((3, 2, 2), dim=-3) + distinct((), dim=0), primitive=True)
def running_max(x, dim):
    """The largest so far along dim, and where it was last reached.

        y[i]  = max(x[0], ..., x[i]), and its index
        dx = g summed at the indices
    Shapes: x (...) -> twice (...), the second int64
    """
    return _extreme(x, axis_of("cummax", dim, x.ndim), np.maximum)


@running_max.vjp
def _(g, _y, saved, _x, dim):
    return sum_along.on(g[0], dim, *saved) if saved[1] else g[0]


@op(samples=distinct((2, 4), dim=1) + distinct((3, 2, 2), dim=-3) + distinct((), dim=0), primitive=True)
def running_min(x, dim):
    """The smallest so far along dim, and where it was last reached.

        y[i]  = min(x[0], ..., x[i]), and its index
        dx = g summed at the indices
    Shapes: x (...) -> twice (...), the second int64
    """
    return _extreme(x, axis_of("cummin", dim, x.ndim), np.minimum)


@running_min.vjp
def _(g, _y, saved, _x, dim):
    return sum_along.on(g[0], dim, *saved) if saved[1] else g[0]


@takes_numpy_words
def cummax(input, dim):
    """The largest so far along dim, and where it was last reached.

        y[i] = max(input[0], ..., input[i]), as a named tuple (values, indices)
    Shapes: input (...) -> twice (...)
    """
    return ValuesIndices(*running_max(input, dim))


@takes_numpy_words
def cummin(input, dim):
    """The smallest so far along dim, and where it was last reached.

        y[i] = min(input[0], ..., input[i]), as a named tuple (values, indices)
    Shapes: input (...) -> twice (...)
    """
    return ValuesIndices(*running_min(input, dim))


@op(samples=normal((2, 4), dim=1) + normal((3, 2, 2), dim=-3) + case(apart(), dim=0), primitive=True)
def logcumsumexp(x, dim):
    """The logarithms of the running sums of exponentials along dim.

        y[i]  = ln(e^x[0] + ... + e^x[i])
        dx[i] = g[i] e^(x[i] - y[i]) + ... + g[-1] e^(x[i] - y[-1])
    Shapes: x (...) -> (...)
    """
    axis = axis_of("logcumsumexp", dim, x.ndim)
    return (np.logaddexp.accumulate(x, axis=axis) if x.ndim else +x), ()


@logcumsumexp.vjp
def _(g, y, _saved, x, dim):
    if not x.ndim:
        return g
    return _part(g, y, x, dim) - _part(-g, y, x, dim)


def _part(g, y, x, dim):
    """The share of the positive g: everything as logarithms, so that nothing overflows."""
    up = g > 0
    logs = np.where(up & (y > -np.inf), np.log(np.where(up, g, 1)) - y, -np.inf)
    total = np.flip(logcumsumexp.on(np.flip(logs, dim), dim), dim) + x
    return keep.on(np.exp(total), total > -np.inf)


def _apart(x, dim):
    """x without its first and x without its last element along dim."""
    before = (slice(None),) * (dim % x.ndim)
    return x[before + (slice(1, None),)], x[before + (slice(None, -1),)]


@takes_numpy_words
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The differences of neighbours along dim, n times over: the inverse of cumsum.

        y[i] = input[i + 1] - input[i]
    Shapes: input (..., N, ...) -> (..., N - n, ...); prepend and append are joined to input first
    """
    if not input.ndim:
        raise OpError("diff: input must have at least one dimension")
    parts = [part for part in (prepend, input, append) if part is not None]
    x = np.concatenate(parts, axis=dim) if len(parts) > 1 else input
    for _ in range(n):
        later, earlier = _apart(x, dim)
        x = later != earlier if x.dtype.kind == "b" else later - earlier
    return x


def _strips(y, x, dx, dim):
    """The areas of the trapezoids between neighbours."""
    later, earlier = _apart(y, dim)
    if x is None:
        return (later + earlier) * (dx / 2)
    width = diff(x, 1, dim if x.ndim > 1 else -1)
    if x.ndim == 1:
        width = width.reshape((-1,) + (1,) * (y.ndim - 1 - dim % y.ndim))
    return (later + earlier) * width / 2


@takes_numpy_words
def trapezoid(y, x=None, *, dx=1, dim=-1):
    """Integrate y along dim by the trapezoidal rule.

        area = sum (y[i] + y[i + 1]) / 2 (x[i + 1] - x[i])        x in steps of dx by default
    Shapes: y (..., N, ...), x (N,) or like y -> (..., ...)
    """
    return _strips(y, x, dx, dim).sum(dim)


@takes_numpy_words
def cumulative_trapezoid(y, x=None, *, dx=1, dim=-1):
    """Integrate y along dim by the trapezoidal rule, keeping every partial area.

        area[i] = sum over k <= i of (y[k] + y[k + 1]) / 2 (x[k + 1] - x[k])
    Shapes: y (..., N, ...), x (N,) or like y -> (..., N - 1, ...)
    """
    return cumsum(_strips(y, x, dx, dim), dim)


trapz = trapezoid
