"""Other ways to walk through the same memory: as_strided, resize_."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine import op
from ..inplace import check_writable, touch
from ..storage import settle
from ..tensor import OpError, Tensor, share_memory
from .dims import sizes_of
from .gather import sum_along
from .samples import case, n

__all__ = ["as_strided"]


@op(samples=case(n(2, 6), (3, 4), (4, 1), 0) + case(n(7), (3, 3), (2, 1), 0) + case(n(7), (2, 3), (0, 2), 1)
    + case(n(5), (), (), 3) + case(n(5), (0, 2), (1, 1), 0), primitive=True)
def strided(x, size, stride, start):
    """Walk through the memory of x in steps of one's own.

        y[i, j, ..] = x_flat[start + i stride[0] + j stride[1] + ...]
        y  = what lies there
        dx = g summed over the places that look at an element
    Shapes: x (...), row-major -> size
    """
    flat = np.ascontiguousarray(np.reshape(x, -1))               # a copy of a repeated gradient
    steps = tuple(step * x.itemsize for step in stride)
    if _repeats(size, stride):                                   # not to be written into
        return np.lib.stride_tricks.as_strided(flat[start:], size, steps, writeable=False), (x.shape,)
    return np.ndarray(size, x.dtype, flat, start * x.itemsize, steps), (x.shape,)


@strided.vjp
def _(g, _y, saved, _x, size, stride, start):
    shape, places = saved[0], np.asarray(start)
    for axis, (count, step) in enumerate(zip(size, stride, strict=True)):
        places = places + np.reshape(np.arange(count) * step, (-1,) + (1,) * (len(size) - axis - 1))
    total = sum_along.on(np.reshape(g, (-1,)), 0, np.reshape(places, (-1,)), (math.prod(shape),))
    return np.reshape(total, shape)


def _repeats(size, stride):
    """May two places look at one element? Not if each step passes over all that the smaller steps reach."""
    reach = 0
    for step, count in sorted((step, count) for count, step in zip(size, stride, strict=True) if count > 1):
        if step <= reach:
            return True
        reach += step * (count - 1)
    return False


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Look at the memory of a tensor with sizes and steps of one's own, counted in elements.

        y[i, j, ..] = memory[storage_offset + i stride[0] + j stride[1] + ...]
    Without storage_offset it starts at the tensor's own first element.

    Shapes:  input (...), row-major -> size; a view
    Differs: it may not leave the tensor's own elements; a view in which two places look at one element
             cannot be written into.
    Raises:  RuntimeError for a tensor that is not row-major, and for places outside of it.
    >>> as_strided(pellucid.arange(5), (3, 3), (1, 1)).tolist()
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    """
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    settle(input)
    if not input._data.flags.c_contiguous:
        raise OpError(f"as_strided: input {tuple(input.shape)} must be row-major; call .contiguous()")
    if len(size) != len(stride) or any(number < 0 for number in size + stride):
        raise OpError(f"as_strided: size and stride must be as many numbers, none negative, got {size} and "
                      f"{stride}")
    start = 0 if storage_offset is None else storage_offset - input.storage_offset()
    last = start + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    if 0 not in size and not 0 <= start <= last < input._data.size:
        raise OpError(f"as_strided: size {size} and stride {stride} reach from element {start} to {last}, "
                      f"input has {input._data.size}")
    y = strided(input, size, stride, min(max(start, 0), input._data.size))
    share_memory(y, input)                                       # the engine cannot tell by NumPy's base
    y._view = (input, strided.op, (size, stride, start), {}, None)
    return y


def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Give a tensor other sizes in place. Its elements stay in row-major order; new ones are 0.

    Differs: new elements are whatever lay in memory in PyTorch. A tensor that grows moves to new memory:
             one that looks into another's memory cannot grow, and older views of it stay behind.
    Raises:  RuntimeError for a tensor that requires grad.
    """
    shape = tuple(map(int, sizes_of(sizes)))
    if self.requires_grad:
        raise OpError("resize_: a tensor that requires grad cannot change its size")
    if any(size < 0 for size in shape):
        raise OpError(f"resize_: sizes must not be negative, got {shape}")
    check_writable(self)
    settle(self)
    wanted = math.prod(shape)
    if wanted > self._data.size and self._base is not None:
        raise OpError(f"resize_: this tensor looks into the memory of another, it cannot grow from "
                      f"{self._data.size} to {wanted} elements")
    flat = np.reshape(self._data, -1)
    if wanted > flat.size:
        flat = np.concatenate([flat, np.zeros(wanted - flat.size, flat.dtype)])
    touch(self)
    self._data = np.reshape(flat[:wanted], shape)
    return self


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Give a tensor the sizes of another in place."""
    return resize_(self, tuple(the_template.shape))


for _function in (as_strided, resize_, resize_as_):
    setattr(Tensor, _function.__name__, _function)
