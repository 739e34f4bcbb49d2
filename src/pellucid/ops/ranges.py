"""Numbers at even steps, and grids made of them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import as_dtype
from ..tensor import OpError, Tensor
from .create import finish
from .join import stack
from .order import permute
from .shape import broadcast_to, reshape

__all__ = ["arange", "linspace", "logspace", "meshgrid", "cartesian_prod", "combinations", "tril_indices",
           "triu_indices"]


def _number(value: Any, name: str, what: str) -> Any:
    """A Python number, also from a tensor of one element."""
    value = value.item() if hasattr(value, "item") else value
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name}: {what} must be a number, got {type(value).__name__}")
    if not math.isfinite(value):
        raise OpError(f"{name}: {what} must be finite, got {value}")
    return value


def arange(start: Any = 0, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None,
           layout: Any = None,
           device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """Count from start towards end, which is left out: start, start + step, ...

        y_i = start + i step        i < (end - start) / step
    The dtype is int64, or the default one when a float is among the numbers.
    Raises:  RuntimeError for a step of 0 or one that leads away from end.
    >>> arange(5)
    tensor([0, 1, 2, 3, 4])
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (_number(v, "arange", w) for v, w in ((start, "start"), (end, "end"), (step, "step")))
    if step == 0 or (end - start) * step < 0:
        raise OpError(f"arange: no steps of {step} lead from {start} to {end}")
    whole = isinstance(start, int) and isinstance(end, int) and isinstance(step, int)
    wanted = as_dtype(dtype) if dtype is not None else dtypes.int64 if whole else dtypes.get_default_dtype()
    if wanted.kind == "b":
        raise NotImplementedError("arange: bools cannot be counted")
    if whole:
        return _done(np.arange(start, end, step).astype(wanted.dtype), out, device, requires_grad)
    count = math.ceil((end - start) / step)
    if wanted.kind in "iu":
        start, step = int(start), int(step)
    return _done((start + np.arange(count) * step).astype(wanted.dtype), out, device, requires_grad)


def _done(array: np.ndarray, out: Tensor | None, device: Any, requires_grad: bool) -> Tensor:
    made = finish(array, device, requires_grad)
    return made if out is None else out.copy_(made)


def _even(start: Any, end: Any, steps: Any, name: str) -> np.ndarray:
    """Even steps from start to end, both included, counted from both ends so that these are exact."""
    start, end = _number(start, name, "start"), _number(end, name, "end")
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise OpError(f"{name}: steps must be a whole number from 0 on, got {steps!r}")
    if steps < 2:
        return np.full(steps, start, np.float64)
    i = np.arange(steps)
    step = (end - start) / (steps - 1)
    return np.where(i < steps // 2, start + i * step, end - (steps - 1 - i) * step)


def linspace(start: Any, end: Any, steps: int, *, out: Any = None, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False) -> Tensor:
    """Divide the way from start to end, both included, into steps numbers.

        y_i = start + i (end - start) / (steps - 1)
    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    wanted = (dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)).dtype
    start, end = _number(start, "linspace", "start"), _number(end, "linspace", "end")
    if wanted.kind in "iu":
        start, end = int(start), int(end)
    return _done(_even(start, end, steps, "linspace").astype(wanted), out, device, requires_grad)


def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, out: Any = None, dtype: Any = None,
             layout: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Raise base to evenly spaced powers from start to end, both included.

        y_i = base^(start + i (end - start) / (steps - 1))
    """
    wanted = (dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)).dtype
    powers = np.power(float(base), _even(start, end, steps, "logspace"))
    return _done(powers.astype(wanted), out, device, requires_grad)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Repeat vectors into grids: the k-th grid holds the k-th coordinate of every point.

        y_k[i_1, i_2, ...] = x_k[i_k]       indexing "xy" swaps the first two dimensions
    Shapes:  x_1 (N), x_2 (M), ... -> (N, M, ...) each; views
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise OpError(f'meshgrid: indexing must be "ij" or "xy", got {indexing!r}')
    for i, x in enumerate(tensors):
        if x.ndim > 1:
            raise OpError(f"meshgrid: expected vectors, tensor {i} has shape {x._data.shape}")
    kinds = {x.dtype for x in tensors}
    if len(kinds) != 1:
        told = ", ".join(map(str, kinds)) or "no tensors"
        raise OpError(f"meshgrid: expected tensors of one dtype, got {told}")
    shape = tuple(x._data.size for x in tensors)
    count = len(shape)
    grids = [broadcast_to(reshape(x, (-1, *(1,) * (count - k - 1))), shape) for k, x in enumerate(tensors)]
    if indexing == "xy" and count > 1:
        grids = [permute(grid, (1, 0, *range(2, count))) for grid in grids]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """List every way to take one element of each vector, as rows; one vector comes back itself.

    Shapes:  x_1 (N), ..., x_k (M) -> (N ... M, k)
    """
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors)
    return stack([reshape(grid, (-1,)) for grid in grids], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """List every choice of r elements of a vector, in order, as rows.

    Shapes:  input (N) -> (number of choices, r)
    """
    if input.ndim != 1 or r < 0:
        raise OpError(f"combinations: expected a vector and r >= 0, got {input._data.shape} and r = {r}")
    if r == 0:
        return input[:0]
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(input._data.size), r)), np.int64).reshape(-1, r)
    return input[rows]


def _triangle(find: Any, row: int, col: int, offset: int, dtype: Any, device: Any) -> Tensor:
    wanted = (dtypes.int64 if dtype is None else as_dtype(dtype)).dtype
    return finish(np.array(find(row, offset, col), wanted).reshape(2, -1), device, False)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None,
                 layout: Any = None) -> Tensor:
    """The coordinates (2, K) of the lower triangle of a matrix: on and below the diagonal `offset`."""
    return _triangle(np.tril_indices, row, offset=offset, col=col, dtype=dtype, device=device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None,
                 layout: Any = None) -> Tensor:
    """The coordinates (2, K) of the upper triangle of a matrix: on and above the diagonal `offset`."""
    return _triangle(np.triu_indices, row, offset=offset, col=col, dtype=dtype, device=device)
