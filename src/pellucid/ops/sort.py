"""Order along a dimension: sort, the k largest, the k-th smallest. nan counts as larger than every number."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError, wrap
from .dims import axis_of, keywords
from .extremes import ValuesIndices
from .numpy_protocol import stands_for
from .samples import case, distinct, n

__all__ = ["argsort", "kthvalue", "msort", "sort", "topk"]


@op(samples=case(n(3, 2), -1, np.array([[3, 0], [1, 2], [0, 1]]), 4) + case(n(2), 0, np.array([4, 1]), 5),
    primitive=True)
def put_along(x, dim, places, size):
    """Put each element at its own place along one dimension of a tensor of zeros.

        y[i, places[i, j], k] = x[i, j, k]        for dim = 1
        y  = x spread out, 0 elsewhere
        dx = g[places]
    Shapes: x (..., k, ...) and places the same -> (..., size, ...)
    """
    y = np.zeros((*x.shape[:dim % x.ndim], size, *x.shape[dim % x.ndim + 1:]), x.dtype)
    np.put_along_axis(y, places, x, dim)
    return y, ()


@put_along.vjp
def _(g, _y, _saved, _x, dim, places, _size):
    return np.take_along_axis(g, places, dim)


@op(samples=distinct((3, 4), dim=1) + distinct((4, 3), dim=0, descending=True) + distinct((0, 3), dim=0),
    primitive=True)
def sort_along(x, *, dim, descending=False):
    """Sort along dim; equal elements keep their order.

        y[i] = x[indices[i]]
        y, indices = the values in order, and where they stood
        dx = g put back in its old order
    Shapes: x (..., N, ...) -> the same, twice
    """
    if descending:  # sort the reversed array and read it backwards: equal elements stay in order
        indices = x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)
    else:
        indices = np.argsort(x, axis=dim, kind="stable")
    return (np.take_along_axis(x, indices, dim), indices), (np.copy(indices),)


@sort_along.vjp
def _(g, _y, saved, _x, *, dim, descending=False):
    return put_along.on(g[0], dim, saved[0], g[0].shape[dim])


@op(samples=distinct((3, 5), k=2, dim=1, largest=True) + distinct((5, 2), k=3, dim=0, largest=False)
    + distinct((4,), k=0, dim=0, largest=True), primitive=True)
def best_along(x, *, k, dim, largest):
    """Take the k largest (or smallest) of more than k elements along dim, the best first.

        y[i] = x[indices[i]]
        y, indices = the values, and where they stood
        dx = g put back where it was taken, 0 elsewhere
    Shapes: x (..., N, ...) -> (..., k, ...), twice
    """
    size = x.shape[dim]
    cut = size - k if largest else k
    halves = np.split(np.argpartition(x, min(cut, size - 1), axis=dim), [cut], axis=dim)
    chosen = np.sort(halves[1 if largest else 0], axis=dim)      # the earlier of equal elements first
    order = sort_along.on(np.take_along_axis(x, chosen, dim), dim=dim, descending=largest)[1]
    indices = np.take_along_axis(chosen, order, dim)
    return (np.take_along_axis(x, indices, dim), indices), (np.copy(indices), size)


@best_along.vjp
def _(g, _y, saved, _x, *, k, dim, largest):
    return put_along.on(g[0], dim, *saved)


@keywords()
def sort(input, dim=-1, descending=False, stable=False):
    """Sort along dim; returns (values, indices). Equal elements keep their order, also without stable=True.

        values[i] = input[indices[i]]
    Shapes: input (..., N, ...) -> the same, twice
    >>> sort(tensor([3., 1., 2.])).indices
    tensor([1, 2, 0])
    """
    axis = axis_of("sort", dim, input.ndim)
    if input.ndim == 0:
        return ValuesIndices(input.clone(), wrap(np.array(0)))
    return ValuesIndices(*sort_along(input, dim=axis, descending=bool(descending)))


@keywords()
def argsort(input, dim=-1, descending=False, stable=False):
    """Where the elements stand that a sort along dim puts first, second, ...: sort(...).indices."""
    return sort(input.detach(), dim, descending).indices


def msort(input):
    """Sort along the first dimension: sort(input, 0).values."""
    return sort(input, 0).values


@stands_for(np.sort)
def _numpy_sort(a, axis=-1, kind=None):
    return sort(a, axis).values


@stands_for(np.argsort)
def _numpy_argsort(a, axis=-1, kind=None):
    return argsort(a, axis)


@keywords()
def topk(input, k, dim=-1, largest=True, sorted=True):
    """Take the k largest (or smallest) elements along dim, the best first; returns (values, indices).

        values[i] = input[indices[i]]
    Shapes:  input (..., N, ...) -> (..., k, ...), twice
    Differs: the result is in order even where sorted=False allows any. Which of equal elements is taken at
             the edge is left to chance, as in PyTorch; it may be another one.
    Raises:  RuntimeError for k larger than N.
    """
    axis = axis_of("topk", dim, input.ndim)
    size = input.shape[axis] if input.ndim else 1
    if not 0 <= k <= size:
        raise OpError(f"topk: k must lie in [0, {size}], the size of dim {dim} of shape "
                      f"{tuple(input.shape)}; got {k}")
    if input.ndim == 0:
        return ValuesIndices(input.clone(), wrap(np.array(0)))
    if k == size:
        return sort(input, axis, largest)
    return ValuesIndices(*best_along(input, k=k, dim=axis, largest=bool(largest)))


@keywords()
def kthvalue(input, k, dim=-1, keepdim=False):
    """Take the k-th smallest element along dim (k counts from 1); returns (values, indices).

        values = input[indices] = sort(input).values[k - 1]
    Shapes:  input (..., N, ...) -> (...), twice; (..., 1, ...) when keepdim
    Raises:  RuntimeError for k below 1 or larger than N.
    """
    axis = axis_of("kthvalue", dim, input.ndim)
    size = input.shape[axis] if input.ndim else 1
    if not 1 <= k <= size:
        raise OpError(f"kthvalue: k must lie in [1, {size}], the size of dim {dim} of shape "
                      f"{tuple(input.shape)}; got {k}")
    if input.ndim == 0:
        return ValuesIndices(input.clone(), wrap(np.array(0)))
    last = topk(input, k, axis, largest=False)
    place = (slice(None),) * axis + (slice(k - 1, k) if keepdim else k - 1,)
    return ValuesIndices(last.values[place], last.indices[place])
