"""Dimensions in another order (views), and elements in another order along a dimension (copies)."""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..tensor import OpError
from .dims import axes_of, axis_of, keywords
from .numpy_protocol import stands_for
from .samples import normal

__all__ = ["flip", "fliplr", "flipud", "moveaxis", "movedim", "permute", "roll", "rot90", "swapaxes",
           "swapdims", "t",
           "transpose"]


@op(samples=normal((2, 3, 4), dims=(2, 0, 1)) + normal((2, 3), dims=(-1, 0)) + normal((), dims=()), view=True)
def permute(x, dims):
    """Reorder the dimensions.

        y[i_dims] = x[i]
        y  = x with its dimensions in the order dims
        dx = g with its dimensions put back
    Shapes: x (d0, d1, ...) -> (d[dims[0]], d[dims[1]], ...)
    """
    if len(dims) != x.ndim:
        raise OpError(f"permute: dims must name each of the {x.ndim} dimensions of {tuple(x.shape)} once, "
                      f"got {tuple(dims)}")
    return np.transpose(x, dims), ()


@permute.vjp
def _(g, _y, _saved, _x, dims):
    order = [d % g.ndim for d in dims]
    return np.transpose(g, [order.index(i) for i in range(g.ndim)])


@stands_for(np.transpose)
def _numpy_transpose(a, axes=None):
    return permute(a, tuple(range(a.ndim))[::-1] if axes is None else axes)


@stands_for(np.swapaxes)
@op(samples=normal((2, 3, 4), dim0=0, dim1=2) + normal((2, 3, 4), dim0=-1, dim1=1), view=True)
def transpose(x, dim0, dim1):
    """Exchange two dimensions.

        y[.., j, .., i, ..] = x[.., i, .., j, ..]
        y  = x with dim0 and dim1 exchanged
        dx = g with dim0 and dim1 exchanged
    Shapes: x (a, b, c), dim0=0, dim1=2 -> (c, b, a)
    """
    if x.ndim == 0:                                              # PyTorch takes dim 0 of a 0-d tensor
        return np.reshape(x, ()), (axis_of("transpose", dim0, 0), axis_of("transpose", dim1, 0))
    return np.swapaxes(x, dim0, dim1), ()


@transpose.vjp
def _(g, _y, _saved, _x, dim0, dim1):
    return np.swapaxes(g, dim0, dim1) if g.ndim else g


swapdims = transpose


@keywords(axis0="dim0", axis1="dim1")
def swapaxes(x, dim0, dim1):
    """Exchange two dimensions: transpose under NumPy's name."""
    return transpose(x, dim0, dim1)


@keywords()
def t(x):
    """Transpose a matrix; a vector or a 0-d tensor stays as it is.

        y = x^T
    Shapes: x (a, b) -> (b, a)
    """
    if x.ndim > 2:
        raise OpError(f"t: expects at most 2 dimensions, got shape {tuple(x.shape)}; use transpose or "
                      "permute")
    return transpose(x, 0, 1) if x.ndim == 2 else x.view(x.shape)


@keywords()
def movedim(x, source, destination):
    """Move dimensions to other positions; the others keep their order.

        y = x with its dimensions reordered
    Shapes: x (a, b, c), source=0, destination=-1 -> (b, c, a)
    """
    sources, targets = axes_of("movedim", source, x.ndim), axes_of("movedim", destination, x.ndim)
    if len(sources) != len(targets):
        raise OpError(f"movedim: source {source} and destination {destination} must name as many dims")
    if not x.ndim:                                               # dim 0 of a 0-d tensor has nowhere to go
        return permute(x, ())
    order = [d for d in range(x.ndim) if d not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return permute(x, order)


stands_for(np.moveaxis)(movedim)
moveaxis = movedim


@op(samples=normal((2, 3), dims=(0,)) + normal((2, 3, 4), dims=(-1, 0)) + normal((0, 3), dims=(0, 1)))
def flip(x, dims):
    """Turn the order of the elements around along dims.

        y[i] = x[n - 1 - i]
        y  = x reversed along dims
        dx = g reversed along dims
    Shapes: x (...) -> (...); a copy
    """
    axes = axes_of("flip", dims, x.ndim)
    return np.copy(np.flip(x, axes)) if x.ndim else np.copy(x), ()


@flip.vjp
def _(g, _y, _saved, _x, dims):
    return np.flip(g, dims) if g.ndim else g


@stands_for(np.flip)
def _numpy_flip(m, axis=None):
    return flip(m, tuple(range(m.ndim)) if axis is None else axis)


@keywords()
def fliplr(x):
    """Turn the order of the columns around: flip along dim 1."""
    if x.ndim < 2:
        raise OpError(f"fliplr: expects 2 or more dimensions, got shape {tuple(x.shape)}")
    return flip(x, (1,))


@keywords()
def flipud(x):
    """Turn the order of the rows around: flip along dim 0."""
    if x.ndim < 1:
        raise OpError("flipud: expects 1 or more dimensions, got a 0-d tensor")
    return flip(x, (0,))


@op(samples=normal((2, 3), shifts=2) + normal((2, 3), shifts=-1, dims=1)
    + normal((4, 3), shifts=(1, -5), dims=(0, 1))
    + normal((0, 3), shifts=1, dims=0))
def roll(x, shifts, dims=None):
    """Shift the elements along dims (without dims: of x flattened); they re-enter at the other end.

        y[i] = x[(i - shift) mod n]
        y  = x shifted by shifts
        dx = g shifted by -shifts
    Shapes: x (...) -> (...)
    """
    counts = [len(given) if isinstance(given, (tuple, list)) else 1 for given in (shifts, dims)]
    if counts[0] != counts[1] and dims not in (None, ()):
        raise OpError(f"roll: shifts {shifts} and dims {dims} must have the same length")
    return np.roll(x, shifts, None if dims == () else dims), ()


@roll.vjp
def _(g, _y, _saved, _x, shifts, dims=None):
    back = -shifts if isinstance(shifts, int) else tuple(-s for s in shifts)
    return np.roll(g, back, None if dims == () else dims)


@stands_for(np.roll)
def _numpy_roll(a, shift, axis=None):
    return roll(a, shift, axis)


@keywords()
def rot90(x, k=1, dims=(0, 1)):
    """Turn by k times 90 degrees in the plane of two dims, from the first towards the second.

        y[i, j] = x[j, n - 1 - i]    for k = 1
    Shapes: x (a, b) -> (b, a) for odd k; a copy
    """
    first, second = axes_of("rot90", dims, x.ndim)
    if k % 4 == 0:
        return x.clone()
    if k % 4 == 2:
        return flip(x, (first, second))
    return flip(transpose(x, first, second), (first if k % 4 == 1 else second,))
