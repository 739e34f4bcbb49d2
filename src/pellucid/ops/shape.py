"""The same elements under another shape. Results are views where they can be: they share memory with x."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op, unbroadcast
from ..tensor import OpError, Tensor, wrap
from .dims import axis_of, keywords, sizes_of
from .numpy_protocol import stands_for
from .samples import case, n, normal

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "broadcast_shapes", "broadcast_tensors", "broadcast_to",
           "flatten",
           "narrow_copy", "ravel", "repeat_interleave", "reshape", "squeeze", "tile", "unflatten",
           "unsqueeze"]


@stands_for(np.reshape)
@op(samples=case(n(2, 6), (3, -1)) + case(n(2, 1, 3), (6,)) + case(n(), (1, 1)) + case(n(0, 3), (3, 0, 2)),
    view=True)
def reshape(x, shape):
    """Arrange the elements, in row-major order, in another shape; one -1 is worked out.

        y  = x in the new shape
        dx = g in the old shape
    Shapes: x (...) -> shape, with as many elements; a view where strides allow, else a copy
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    if min(sizes, default=0) < -1:
        raise OpError(f"reshape: sizes must be 0 or more, or -1 for one of them, got {sizes}")
    return np.reshape(x, sizes), (x.shape,)


@reshape.vjp
def _(g, _y, saved, _x, _shape):
    return np.reshape(g, saved[0])


def view(x, *shape, size=None):
    """Look at the same memory in another shape; one -1 is worked out.

        y = x in the new shape
    Shapes:  x (...) -> shape, with as many elements
    Raises:  RuntimeError where the strides of x do not allow a view (reshape copies then),
             NotImplementedError for a view of the bytes as another dtype.
    """
    sizes = sizes_of(shape) if size is None else tuple(size)
    if len(sizes) == 1 and not hasattr(sizes[0], "__index__"):
        raise NotImplementedError(f"view: looking at the bytes as another dtype ({sizes[0]!r}) is not "
                                  "supported; x.to(dtype) converts the values")
    y = reshape(x, sizes)
    if y._base is None and y._data.size:
        raise OpError(f"view: a tensor of shape {tuple(x.shape)} with these strides cannot be seen as "
                      f"{sizes} without copying (it was transposed or expanded); use reshape")
    return y


def view_as(x, other):
    """Look at the same memory in the shape of another tensor: x.view(other.shape)."""
    return view(x, other.shape)


def reshape_as(x, other):
    """Arrange the elements in the shape of another tensor: x.reshape(other.shape)."""
    return reshape(x, other.shape)


@keywords()
def flatten(x, start_dim=0, end_dim=-1):
    """Merge the dimensions from start_dim to end_dim into one.

        y = x in the new shape
    Shapes: x (a, b, c, d), start_dim=1, end_dim=2 -> (a, b c, d); a 0-d tensor becomes (1,)
    """
    first, last = axis_of("flatten", start_dim, x.ndim), axis_of("flatten", end_dim, x.ndim)
    if first > last:
        raise OpError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    if first == last and x.ndim:
        return x
    shape = tuple(x.shape)
    merged = math.prod(shape[first:last + 1])
    return reshape(x, (*shape[:first], merged, *shape[last + 1:]))


@stands_for(np.ravel)
@keywords()
def ravel(x):
    """Merge all dimensions into one: x.reshape(-1)."""
    return reshape(x, (-1,))


@keywords()
def unflatten(x, dim, sizes):
    """Break one dimension up into several; one of the sizes may be -1.

        y = x in the new shape
    Shapes: x (a, b c, d), dim=1, sizes=(b, c) -> (a, b, c, d)
    """
    axis, sizes = axis_of("unflatten", dim, x.ndim), (sizes,) if isinstance(sizes, int) else tuple(sizes)
    here = x.shape[axis]
    known = math.prod([s for s in sizes if s != -1])
    if not sizes or (known != here if -1 not in sizes else not known or here % known):
        raise OpError(f"unflatten: sizes {sizes} do not multiply to the {here} of dim {dim} of shape "
                      f"{tuple(x.shape)}")
    sizes = tuple(here // known if s == -1 else s for s in sizes)
    return reshape(x, (*x.shape[:axis], *sizes, *x.shape[axis + 1:]))


@stands_for(np.squeeze)
@op(samples=normal((1, 2, 1, 3)) + case(n(1, 2, 1), 0) + case(n(1, 2, 1), (0, 1)) + case(n(2), 0), view=True)
def squeeze(x, dim=None):
    """Leave out dimensions of size 1: all of them, or those in dim (an int or a tuple) that have this size.

        y  = x in the smaller shape
        dx = g in the old shape
    Shapes: x (a, 1, b, 1) -> (a, b)
    """
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    ones = {axis_of("squeeze", d, x.ndim) for d in dims}
    return np.reshape(x, tuple(s for i, s in enumerate(x.shape) if s != 1 or i not in ones)), (x.shape,)


@squeeze.vjp
def _(g, _y, saved, _x, _dim=None):
    return np.reshape(g, saved[0])


@stands_for(np.expand_dims)
@op(samples=case(n(2, 3), 0) + case(n(2, 3), -1) + case(n(), 0), view=True)
def unsqueeze(x, dim):
    """Insert a dimension of size 1 at position dim.

        y  = x in the larger shape
        dx = g in the old shape
    Shapes: x (a, b), dim=1 -> (a, 1, b)
    """
    return np.expand_dims(x, dim), (x.shape,)


@unsqueeze.vjp
def _(g, _y, saved, _x, _dim):
    return np.reshape(g, saved[0])


@op(samples=case(n(2, 1, 3), (4, 2, 5, -1)) + case(n(), (2,)) + case(n(1, 3), (0, 3))
    + case(n(2, 3), (-1, 3)),
    view=True)
def expand(x, size):
    """Repeat dimensions of size 1, and new ones in front, without copying.

        y  = x repeated
        dx = g summed over the repetitions
    Shapes: x (..., 1, ...) -> size; -1 keeps what is there
    """
    sizes = (size,) if isinstance(size, int) else tuple(size)
    extra = len(sizes) - x.ndim
    if extra < 0 or -1 in sizes[:extra]:
        raise OpError(f"expand: sizes {sizes} must name the {x.ndim} dimensions of shape {tuple(x.shape)}, "
                      "with new ones in front; -1 keeps a size that is there")
    full = tuple(x.shape[i - extra] if s == -1 else s for i, s in enumerate(sizes))
    if full == tuple(x.shape):                                   # nothing to repeat: the view stays writable
        return np.reshape(x, full), (x.shape,)
    return np.broadcast_to(x, full), (x.shape,)


@expand.vjp
def _(g, _y, saved, _x, _size):
    return unbroadcast(g, tuple(saved[0]))


@keywords()
def sum_to_size(x, *size):
    """Sum over dimensions so that the result has this size: what undoes an expand.

        y = sum x    over the dimensions that size lacks, or has as 1
    Shapes: x (a, b, c), size (b, 1) -> (b, 1)
    """
    sizes = sizes_of(size)
    try:
        fits = np.broadcast_shapes(tuple(x.shape), sizes) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise OpError(f"sum_to_size: size {sizes} does not expand to the shape {tuple(x.shape)}")
    return unbroadcast(x, sizes)


def expand_as(x, other):
    """Repeat x, without copying, to the shape of another tensor: x.expand(other.shape)."""
    return expand(x, other.shape)


@stands_for(np.broadcast_to)
@keywords(size="shape")
def broadcast_to(x, shape):
    """Repeat x, without copying, to a shape: x.expand(shape)."""
    return expand(x, shape)


def broadcast_shapes(*shapes):
    """The shape that tensors of these shapes have together when they are added.

    Raises: RuntimeError where a dimension has two sizes, neither of them 1.
    >>> broadcast_shapes((2, 1), (3,), 1)
    (2, 3)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise OpError(f"broadcast_shapes: {', '.join(map(str, shapes))} do not broadcast") from None


def broadcast_tensors(*tensors):
    """Expand tensors to their common shape; a tuple of views."""
    tensors = sizes_of(tensors)
    shape = broadcast_shapes(*(tuple(t.shape) for t in tensors))
    return tuple(expand(t, shape) for t in tensors)


@stands_for(np.tile)
@op(samples=normal((2, 3), dims=(2, 1)) + normal((2, 3), dims=(2, 1, 3)) + normal((2, 3), dims=(2,))
    + normal((), dims=(2, 2)) + normal((2, 0), dims=(3, 2)) + normal((2, 3), dims=(0, 1)))
def tile(x, dims):
    """Lay copies of x side by side, dims[i] of them along dimension i; missing dims in front count 1.

        y[i] = x[i mod the shape of x]
        y  = the copies
        dx = g summed over the copies
    Shapes: x (a, b), dims=(m, n) -> (m a, n b)
    """
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    return np.tile(x, dims), (x.shape,)


@tile.vjp
def _(g, _y, saved, _x, dims):
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    dims = (1,) * (g.ndim - len(dims)) + dims
    shape = (1,) * (g.ndim - len(saved[0])) + tuple(saved[0])
    copies = np.reshape(g, [size for pair in zip(dims, shape, strict=True) for size in pair])
    return np.reshape(np.sum(copies, axis=tuple(range(0, 2 * g.ndim, 2))), saved[0])


def repeat(x, *sizes, repeats=None):
    """Lay copies of x side by side, repeats[i] of them along dimension i (a method only; see tile).

        y[i] = x[i mod the shape of x]
    Shapes:  x (a, b), repeats (m, n) -> (m a, n b)
    Raises:  RuntimeError for fewer repeats than dimensions.
    """
    dims = sizes_of(sizes) if repeats is None else tuple(repeats)
    if len(dims) < x.ndim:
        raise OpError(f"repeat: {tuple(x.shape)} has {x.ndim} dimensions, so repeats must have as many or "
                      f"more, got {dims}")
    return tile(x, dims)


@keywords()
def repeat_interleave(x, repeats=None, dim=None, *, output_size=None):
    """Repeat each element `repeats` times where it stands; without dim, of the flattened tensor.

        y = x[0], x[0], ..., x[1], x[1], ...    along dim
    Called with repeats alone, it returns the numbers 0, 1, ... repeated.
    Shapes: x (a, b), dim=1, repeats an int or (b,) -> (a, sum of repeats)
    """
    if repeats is None:
        return wrap(np.repeat(np.arange(x._data.size), x._data))
    if dim is None:
        x, dim = ravel(x), 0
    axis = axis_of("repeat_interleave", dim, x.ndim)
    counts = repeats._data if isinstance(repeats, Tensor) else np.asarray(repeats)
    if counts.size == 1:
        shape, times = tuple(x.shape), int(counts.reshape(()))
        if times == 1:
            return x.clone()
        spread = expand(unsqueeze(x, axis + 1), (*shape[:axis + 1], times, *shape[axis + 1:]))
        return reshape(spread, (*shape[:axis], shape[axis] * times, *shape[axis + 1:]))
    if counts.shape != (x.shape[axis],):
        raise OpError(f"repeat_interleave: repeats must be one number or {x.shape[axis]}, one for each "
                      f"place along dim {dim}; got shape {counts.shape}")
    return x[(slice(None),) * axis + (wrap(np.repeat(np.arange(counts.size), counts)),)]


@stands_for(np.repeat)
def _numpy_repeat(a, repeats, axis=None):
    return repeat_interleave(a, repeats, axis)


def _at_least(tensors, widen):
    tensors = sizes_of(tensors)
    return widen(tensors[0]) if len(tensors) == 1 else tuple(map(widen, tensors))


@stands_for(np.atleast_1d)
def atleast_1d(*tensors):
    """Give 0-d tensors one dimension; a tuple for several tensors."""
    return _at_least(tensors, lambda x: x if x.ndim else reshape(x, (1,)))


@stands_for(np.atleast_2d)
def atleast_2d(*tensors):
    """Give tensors with fewer dimensions new ones in front, up to two."""
    return _at_least(tensors, lambda x: x if x.ndim > 1 else reshape(x, (1, -1)))


@stands_for(np.atleast_3d)
def atleast_3d(*tensors):
    """Give tensors with fewer dimensions new ones, up to three: (a,) -> (1, a, 1), (a, b) -> (a, b, 1)."""
    def widen(x):
        return x if x.ndim > 2 else reshape(x, (*x.shape, 1) if x.ndim == 2 else (1, -1, 1))
    return _at_least(tensors, widen)


@keywords()
def narrow_copy(x, dim, start, length):
    """Copy `length` places of one dimension, beginning at start.

        y = x[start : start + length]    along dim
    Shapes: x (..., N, ...) -> (..., length, ...)
    """
    axis = axis_of("narrow_copy", dim, x.ndim)
    size = x.shape[axis]
    begin = start + size if start < 0 else start
    if length < 0 or not 0 <= begin <= size - length:
        raise OpError(f"narrow_copy: start {start} and length {length} must lie within the {size} places of "
                      f"dim {dim}")
    return x[(slice(None),) * axis + (slice(begin, begin + length),)].clone()
