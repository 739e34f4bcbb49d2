"""Several tensors to one, one to several: cat and split, stack and unbind undo each other."""

from __future__ import annotations

import itertools

import numpy as np

from .. import dtypes
from ..engine import op
from ..op import REGISTRY
from ..tensor import OpError, Tensor, wrap
from .border import pad_widths
from .dims import axis_of, keywords
from .numpy_protocol import stands_for
from .samples import case, n, normal
from .shape import atleast_1d, atleast_2d, atleast_3d

__all__ = ["block_diag", "cat", "chunk", "column_stack", "concat", "concatenate", "dsplit", "dstack",
           "hsplit", "hstack", "row_stack", "split", "split_with_sizes", "stack", "tensor_split", "unbind",
           "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "vsplit", "vstack"]


@op(samples=normal((2, 3), (1, 3), (4, 3), dim=0) + normal((2, 3), (2, 0), (2, 1), dim=-1)
    + normal((2,), dim=0))
def cat_along(*xs, dim):
    """Lay tensors one behind the other along dim.

        y = x_1, x_2, ... along dim
        dx_i = the part of g where x_i lies
    Shapes: x_i (..., n_i, ...) -> (..., sum n_i, ...)
    """
    return np.concatenate(xs, axis=dim), tuple(x.shape[dim] for x in xs)


@cat_along.vjp
def _(g, _y, saved, *_xs, dim):
    if len(saved) == 1:
        return g
    return split_with_sizes.on(g, saved, dim)


@op(samples=normal((2, 3), (2, 3), dim=0) + normal((2, 3), (2, 3), (2, 3), dim=-1) + normal((), (), dim=0))
def stack_along(*xs, dim):
    """Put tensors of one shape side by side along a new dimension.

        y = x_1, x_2, ... along the new dim
        dx_i = g[.., i, ..]
    Shapes: N tensors (a, b), dim=1 -> (a, N, b)
    """
    shape = xs[0].shape
    if not 0 <= dim < len(shape):
        return np.stack(xs, axis=dim), ()
    return np.reshape(np.concatenate(xs, axis=dim), (*shape[:dim], len(xs), *shape[dim:])), ()


@stack_along.vjp
def _(g, _y, _saved, *_xs, dim):
    return unbind.on(g, dim)


def _listed(name, tensors):
    """The tensors as a list in one dtype, PyTorch's common one."""
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}: tensors must be a tuple or list of Tensors, got a Tensor")
    tensors = list(tensors)
    if not tensors:
        raise OpError(f"{name}: expects one tensor or more, got none")
    for i, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            if not isinstance(tensor, np.ndarray):
                raise TypeError(f"{name}: tensors[{i}] must be a Tensor, got {type(tensor).__name__}")
            tensors[i] = wrap(tensor)
    first = tensors[0]._data.dtype
    if all(t._data.dtype is first or t._data.dtype == first for t in tensors):
        return tensors
    common = dtypes.mix([t._data for t in tensors])
    return [t if t._data.dtype == common else REGISTRY["cast"].call(t, common) for t in tensors]


@keywords()
def cat(tensors, dim=0):
    """Lay tensors one behind the other along dim.

        y = x_1, x_2, ... along dim
    Shapes:  x_i (..., n_i, ...) -> (..., sum n_i, ...); empty tensors of shape (0,) are passed over
    Raises:  RuntimeError where another size differs, or for a 0-d tensor.
    """
    tensors = _listed("cat", tensors)
    shaped = [t for t in tensors if t._data.shape != (0,)] or tensors[:1]
    ndim = shaped[0].ndim
    if any(t.ndim != ndim or not t.ndim for t in shaped):
        raise OpError(f"cat: tensors must have the same number of dimensions, one or more; got the shapes "
                      f"{[tuple(t.shape) for t in tensors]}")
    return cat_along(*shaped, dim=axis_of("cat", dim, ndim))


concat = concatenate = cat


@stands_for(np.concatenate)
def _numpy_concatenate(arrays, axis=0):
    return cat([atleast_1d(a).reshape(-1) for a in arrays] if axis is None else arrays, axis or 0)


@keywords()
def stack(tensors, dim=0):
    """Put tensors of one shape side by side along a new dimension.

        y = x_1, x_2, ... along the new dim
    Shapes: N tensors (a, b), dim=1 -> (a, N, b)
    """
    tensors = _listed("stack", tensors)
    shapes = {t._data.shape for t in tensors}
    if len(shapes) > 1:
        raise OpError(f"stack: tensors must have one shape, got {sorted(shapes)}")
    return stack_along(*tensors, dim=axis_of("stack", dim, tensors[0].ndim, extra=1))


@stands_for(np.stack)
def _numpy_stack(arrays, axis=0):
    return stack(arrays, axis)


@stands_for(np.hstack)
def hstack(tensors):
    """Lay tensors side by side: cat along dim 1, for vectors along dim 0."""
    tensors = [atleast_1d(t) for t in _listed("hstack", tensors)]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


@stands_for(np.vstack)
def vstack(tensors):
    """Lay tensors one below the other: cat along dim 0, vectors as rows."""
    return cat([atleast_2d(t) for t in _listed("vstack", tensors)], 0)


row_stack = vstack


def dstack(tensors):
    """Lay tensors one behind the other in depth: cat along dim 2."""
    return cat([atleast_3d(t) for t in _listed("dstack", tensors)], 2)


def column_stack(tensors):
    """Lay tensors side by side as columns: cat along dim 1, vectors as columns."""
    tensors = _listed("column_stack", tensors)
    return cat([t if t.ndim > 1 else t.reshape((-1, 1)) for t in tensors], 1)


def block_diag(*tensors):
    """Put matrices on the diagonal of a large one, zeros elsewhere; numbers and vectors count as rows.

        y = [[x1, 0], [0, x2]]
    Shapes: (a, b), (c, d), ... -> (a + c + ..., b + d + ...)
    """
    blocks = [atleast_2d(t) for t in _listed("block_diag", tensors)]
    width, rows, left = sum(b.shape[1] for b in blocks), [], 0
    for block in blocks:
        if block.ndim > 2:
            raise OpError(f"block_diag: expects at most 2 dimensions, got shape {tuple(block.shape)}")
        rows.append(pad_widths(block, ((0, 0), (left, width - left - block.shape[1])), 0))
        left += block.shape[1]
    return cat(rows, 0)


@op(samples=case(n(5, 3), (2, 0, 3)) + case(n(2, 4), (1, 3), -1), view=True)
def split_with_sizes(x, split_sizes, dim=0):
    """Cut a tensor into parts of given sizes along dim; a tuple of views.

        y[i] = the i-th part of x
        dx = g[1], g[2], ... along dim
    Shapes: x (..., sum n_i, ...) -> x_i (..., n_i, ...)
    """
    axis = axis_of("split_with_sizes", dim, x.ndim)
    if sum(split_sizes) != x.shape[axis] or min(split_sizes, default=0) < 0:
        raise OpError(f"split: split_sizes {tuple(split_sizes)} must add up to the {x.shape[axis]} of dim "
                      f"{dim} of shape {tuple(x.shape)}")
    front = (slice(None),) * axis
    ends = list(itertools.accumulate(split_sizes))
    return tuple(x[front + (slice(end - size, end),)] for size,
                 end in zip(split_sizes, ends, strict=True)), ()


@split_with_sizes.vjp
def _(g, _y, _saved, _x, _split_sizes, dim=0):
    return np.concatenate(g, axis=dim)


unsafe_split_with_sizes = split_with_sizes


@keywords(tensor="x", split_size="split_size_or_sections")
def split(x, split_size_or_sections, dim=0):
    """Cut a tensor along dim into parts of one size (the last may be smaller), or of the sizes in a list.

        y_i = the i-th part of x
    Shapes: x (7, a), 3 -> (3, a), (3, a), (1, a); a tuple of views
    """
    if isinstance(split_size_or_sections, (tuple, list)):
        return split_with_sizes(x, tuple(split_size_or_sections), dim)
    size, n = int(split_size_or_sections), x.shape[axis_of("split", dim, x.ndim)] if x.ndim else 0
    if not x.ndim or size < 0 or (size == 0 and n > 0):
        raise OpError(f"split: split_size must be positive and x have dimensions, got {size} and shape "
                      f"{tuple(x.shape)}")
    sizes = [min(size, n - start) for start in range(0, n, size)] if n else [0]
    return split_with_sizes(x, sizes, dim)


@keywords()
def chunk(x, chunks, dim=0):
    """Cut a tensor along dim into at most `chunks` parts of one size; the last may be smaller.

        y_i = the i-th part of x, of size ceil(n / chunks)
    Shapes: x (7, a), 3 -> (3, a), (3, a), (1, a); a tuple of views
    """
    if chunks < 1 or not x.ndim:
        raise OpError(f"chunk: chunks must be 1 or more and x have dimensions, got {chunks} and shape "
                      f"{tuple(x.shape)}")
    n = x.shape[axis_of("chunk", dim, x.ndim)]
    return split(x, -(-n // chunks), dim) if n else split_with_sizes(x, [0] * chunks, dim)


unsafe_split, unsafe_chunk = split, chunk


@keywords(sections="indices_or_sections", indices="indices_or_sections")
def tensor_split(x, indices_or_sections, dim=0):
    """Cut a tensor along dim into n nearly equal parts, or before the given indices.

        y_i = the i-th part of x
    Shapes: x (7, a), 3 -> (3, a), (2, a), (2, a); x (7, a), (2, 5) -> (2, a), (3, a), (2, a); a tuple of
            views
    """
    if not x.ndim:
        raise OpError("tensor_split: expects 1 or more dimensions, got a 0-d tensor")
    where = indices_or_sections
    if isinstance(where, Tensor):
        where = where.tolist()
    n = x.shape[axis_of("tensor_split", dim, x.ndim)]
    if not isinstance(where, (tuple, list)):
        if where < 1:
            raise OpError(f"tensor_split: sections must be 1 or more, got {where}")
        return split_with_sizes(x, [n // where + (i < n % where) for i in range(where)], dim)
    ends = [min(max(i + n if i < 0 else i, 0), n) for i in where]
    front = (slice(None),) * axis_of("tensor_split", dim, x.ndim)
    if sorted(ends) == ends:
        return split_with_sizes(x, [b - a for a, b in zip([0, *ends], [*ends, n], strict=True)], dim)
    return tuple(x[front + (slice(a, b),)] for a, b in zip([0, *ends], [*ends, n], strict=True))


@stands_for(np.split, np.array_split)
def _numpy_split(ary, indices_or_sections, axis=0):
    return tensor_split(ary, indices_or_sections, axis)


def _split_along(name, x, indices_or_sections, dim):
    if x.ndim <= dim:
        raise OpError(f"{name}: expects {dim + 1} or more dimensions, got shape {tuple(x.shape)}")
    n = x.shape[dim]
    if isinstance(indices_or_sections, int) and (indices_or_sections < 1 or n % indices_or_sections):
        raise OpError(f"{name}: {n} elements along dim {dim} do not split into {indices_or_sections} equal "
                      "parts")
    return tensor_split(x, indices_or_sections, dim)


@keywords(sections="indices_or_sections", indices="indices_or_sections")
def hsplit(x, indices_or_sections):
    """Cut a tensor into columns: tensor_split along dim 1 (0 for a vector), into equal parts only."""
    return _split_along("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1)


@keywords(sections="indices_or_sections", indices="indices_or_sections")
def vsplit(x, indices_or_sections):
    """Cut a matrix into rows: tensor_split along dim 0, into equal parts only."""
    if x.ndim < 2:
        raise OpError(f"vsplit: expects 2 or more dimensions, got shape {tuple(x.shape)}")
    return _split_along("vsplit", x, indices_or_sections, 0)


@keywords(sections="indices_or_sections", indices="indices_or_sections")
def dsplit(x, indices_or_sections):
    """Cut a tensor in depth: tensor_split along dim 2, into equal parts only."""
    return _split_along("dsplit", x, indices_or_sections, 2)


@op(samples=normal((3, 2)) + normal((2, 3), dim=-1) + normal((3,)), view=True)
def unbind(x, dim=0):
    """Take a tensor apart along dim; a tuple of views without that dimension.

        y[i] = x[.., i, ..]
        dx = g[1], g[2], ... side by side along dim
    Shapes: x (N, a, b) -> N tensors (a, b)
    """
    if not x.ndim:
        raise IndexError("unbind: expects 1 or more dimensions, got a 0-d tensor")
    front = (slice(None),) * axis_of("unbind", dim, x.ndim)
    return tuple(x[front + (i, ...)] for i in range(x.shape[len(front)])), ()


@unbind.vjp
def _(g, _y, _saved, _x, dim=0):
    return np.stack(g, axis=dim)
