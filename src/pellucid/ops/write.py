"""Writing into the memory of a tensor: what the graph sees of it, and copy_, fill_, zero_."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import op
from ..inplace import assign, check_writable, laid_out, layout, look, touch
from ..tensor import OpError, Tensor, mode, wrap
from .dims import axis_of
from .index import getitem
from .memory import cast, clone, held
from .samples import case, n
from .shape import broadcast_to

__all__ = ["diagonal_scatter", "select_scatter", "slice_scatter"]

_ROW: Any = (getitem.op, ((1, Ellipsis),), {}, None)                  # type: ignore[attr-defined]
_COLUMNS: Any = (getitem.op, ((Ellipsis, slice(0, 4, 2)),), {}, None)  # type: ignore[attr-defined]


@op(samples=case(n(3, 4), n(4), path=(_ROW,)) + case(n(3, 4), n(2), path=(_ROW, _COLUMNS)), primitive=True)
def overwrite(x, value, *, path):
    """Replace the part of x that a path of view ops looks at.

        y  = x outside the part, value inside
        dx = g outside, 0 inside
        dvalue = g inside
    Shapes: x (...), value the shape of the part -> the shape of x
    """
    y = np.copy(x)
    _write(y, path, value)
    return y, (layout(x),)


@overwrite.vjp
def _(g, _y, saved, _x, _value, *, path):
    outside = laid_out(g.shape, saved[0], g.dtype)
    _write(outside, path, 0)
    return g * outside, look(g, path)


def _write(array: np.ndarray, path: tuple, value: Any) -> None:
    """Write into the part of an array that a path of views leads to."""
    part = look(array, path)
    if not part.flags.writeable:
        part.flags.writeable = True                              # NumPy's expand is for reading only
    part[...] = value


def in_place(function: Callable, name: str = "") -> Callable:
    """The variant of a function that writes its result into its first argument: add -> add_."""
    name = (name or function.__name__) + "_"

    def write(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return assign(self, function(self, *args, **kwargs), name)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"As {function.__name__}, written into this tensor."
    return write


def copy_(self: Tensor, src: object, non_blocking: bool = False) -> Tensor:
    """Write src, broadcast and converted to this tensor's dtype, into its memory."""
    if not isinstance(src, Tensor):
        src = wrap(np.asarray(src))
    if mode.grad and (self.requires_grad or src.requires_grad):
        value = src if src._data.dtype == self._data.dtype else cast(src, self._data.dtype)
        same = value._data.shape == self._data.shape
        return assign(self, value if same else broadcast_to(value, self._data.shape), "copy_", adopt=False)
    check_writable(self)
    try:
        if src._data.ndim > self._data.ndim:
            raise ValueError
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
    if isinstance(value, Tensor) or (mode.grad and self.requires_grad):
        return copy_(self, value)
    check_writable(self)
    self._data[...] = held(value, self._data.dtype, "fill_")
    touch(self)
    return self


def zero_(self: Tensor) -> Tensor:
    """Write zero everywhere."""
    return fill_(self, 0)


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write one number on the main diagonal of a matrix; with wrap it starts again below, in tall matrices.

        x[i, i, ...] = fill_value
    """
    shape = self._data.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise OpError(f"fill_diagonal_: expected a matrix, or equal sizes in all dimensions, got {shape}")
    places = np.arange(min(shape))
    if wrap and len(shape) == 2:
        places = np.arange(0, shape[0] * shape[1], shape[1] + 1)
        self[places // shape[1], places % shape[1]] = fill_value
    else:
        self[(places,) * len(shape)] = fill_value
    return self


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """Return input with src in place of the slice `index` along dim.

        y[:, index] = src       for dim = 1
    """
    y = clone(input)
    y[(slice(None),) * axis_of("select_scatter", dim, input.ndim) + (index,)] = src
    return y


def slice_scatter(input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
                  step: int = 1) -> Tensor:
    """Return input with src in place of the slices start:end:step along dim.

        y[:, start:end:step] = src      for dim = 1
    """
    y = clone(input)
    y[(slice(None),) * axis_of("slice_scatter", dim, input.ndim) + (slice(start, end, step),)] = src
    return y


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return input with src on a diagonal.

        y[i, i + offset] = src[i]
    """
    y = clone(input)
    copy_(y.diagonal(offset, dim1, dim2), src)
    return y


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by callable(element), one after the other in Python: slow."""
    made = np.array([callable(value) for value in self._data.reshape(-1).tolist()])
    return copy_(self, wrap(made.reshape(self._data.shape)))


def detach_(self: Tensor) -> Tensor:
    """Cut this tensor off from its past: it becomes a leaf that does not require grad.

    Raises:  RuntimeError for a view, whose past belongs to the tensor that it looks into.
    """
    if self._view is not None:
        raise OpError("detach_: a view cannot be cut off from its tensor; detach() gives a new tensor")
    self._node, self._tracked = None, False
    return self


for _f in (copy_, fill_, zero_, fill_diagonal_, select_scatter, slice_scatter, diagonal_scatter, apply_,
           detach_):
    setattr(Tensor, _f.__name__, _f)
