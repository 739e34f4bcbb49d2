"""Functions that make sparse tensors, and functions that take them: sparse_coo_tensor, spmm, add, mm, ..."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .. import dtypes
from ..layouts import sparse_coo
from ..tensor import OpError, Tensor, wrap
from .create import as_tensor
from .gather import check_range
from .linalg import matmul
from .sparse_tensor import SparseTensor, refuse

__all__ = ["SparseTensor", "hspmm", "smm", "sparse_coo_tensor", "spmm"]


def sparse_coo_tensor(indices: Any, values: Any = None, size: Any = None, *, dtype: Any = None,
                      device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
                      check_invariants: bool | None = None, is_coalesced: bool | None = None) -> SparseTensor:
    """Make a sparse tensor of numbers and their places; all others are 0.

        y[indices[0, k], indices[1, k], ...] = values[k]        numbers at one place add up

    Without size it is the smallest that holds all places; `sparse_coo_tensor(size)` holds no number.

    Shapes:  indices (D, K) integers, values (K,), size of D numbers
    Differs: places are always checked (PyTorch: with check_invariants=True).
    Raises:  IndexError (a RuntimeError too) for a place outside of size, NotImplementedError for values with
             more than one dimension.
    """
    if values is None:                                           # sparse_coo_tensor(size)
        indices, values, size = np.zeros((len(indices), 0)), np.zeros(0, np.float32), indices
        dtype = dtypes.get_default_dtype() if dtype is None else dtype
    places = np.asarray(as_tensor(indices)._data.astype(np.int64))
    values = as_tensor(values, dtype=dtype, device=device)
    _check_parts(places, values)
    if size is None:
        size = (places.max(1) + 1).tolist() if places.size else [0] * places.shape[0]
    if len(size) != places.shape[0]:
        raise OpError(f"sparse_coo_tensor: indices has {places.shape[0]} rows, size {tuple(size)} wants "
                      f"{len(size)}, one for each dimension")
    for d, length in enumerate(size):
        check_range(places[d], length, "sparse_coo_tensor", d)
    if requires_grad:
        values = values.detach().clone().requires_grad_()
    return SparseTensor(places, values, size, bool(is_coalesced))


def _check_parts(places: np.ndarray, values: Tensor) -> None:
    if places.ndim != 2:
        raise OpError("sparse_coo_tensor: indices must have 2 dimensions, one row for each dimension of the "
                      f"tensor, got shape {places.shape}")
    if values.ndim > 1:
        raise NotImplementedError("sparse_coo_tensor: values are numbers here, got a tensor of shape "
                                  f"{tuple(values.shape)} (dense dimensions behind the sparse ones)")
    if values.shape != (places.shape[1],):
        raise OpError(f"sparse_coo_tensor: {places.shape[1]} places in indices {places.shape}, and values "
                      f"of shape {tuple(values.shape)}")


def to_sparse(self: Tensor, sparse_dim: int | None = None, *, layout: Any = None) -> SparseTensor:
    """This tensor as its numbers that are not 0, and their places.

    Raises:  NotImplementedError for fewer sparse dimensions than it has, and for other layouts.
    """
    if layout not in (None, sparse_coo) or sparse_dim not in (None, self.ndim):
        raise NotImplementedError("to_sparse: every dimension is sparse, and the layout sparse_coo; got "
                                  f"sparse_dim={sparse_dim}, layout={layout}")
    places = np.stack(np.nonzero(self._data)) if self.ndim else np.zeros((0, int(bool(self._data))), int)
    values = self[tuple(map(wrap, places))] if self.ndim else self.reshape((1,))[:places.shape[1]]
    return SparseTensor(places, values, self.shape, True)


def sparse_mask(self: Tensor, mask: SparseTensor) -> SparseTensor:
    """The numbers of this tensor at the places of a sparse one."""
    if tuple(mask.shape) != tuple(self.shape):
        raise OpError(f"sparse_mask: the shapes {tuple(self.shape)} and {tuple(mask.shape)} differ")
    mask = mask.coalesce()
    return mask._with(self[tuple(map(wrap, mask.places))])


def _refused(name: str) -> Callable:
    def method(self: Tensor, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(f"{name}: sparse tensors are kept as places and numbers (COO) only; "
                                  ".to_sparse() makes one")
    return method


def spmm(input: Any, mat2: Any) -> Any:
    """Multiply a sparse matrix by a dense one: y = input @ mat2, dense."""
    return input.matmul(mat2) if isinstance(input, SparseTensor) else matmul(input, mat2)


def smm(input: Any, mat: Any) -> SparseTensor:
    """Multiply a sparse matrix by a dense one; the product as a sparse tensor."""
    return to_sparse(spmm(input, mat))


hspmm = smm


def handed_over(function: Callable) -> Callable:
    """Let a function leave sparse arguments to what SparseTensor has under its name."""
    name = function.__name__
    method = getattr(SparseTensor, name)
    reflected = _REFLECTED.get(name, lambda *_, **__: refuse(name))

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        for value in args:
            if value.__class__ is SparseTensor:
                return method(*args, **named) if args[0] is value else reflected(value, args[0], **named)
        if named and any(value.__class__ is SparseTensor for value in named.values()):
            given = [named.pop(key) for key in ("input", "other", "mat2", "vec") if key in named]
            return call(*args, *given, **named)
        return function(*args, **named)
    return call


_REFLECTED: dict[str, Callable] = {                              # for the dense tensor in front
    "add": lambda sparse, dense, alpha=1: sparse.mul(alpha).__radd__(dense),
    "sub": lambda sparse, dense, alpha=1: sparse.mul(alpha).__rsub__(dense),
    "mul": SparseTensor.mul, "mm": SparseTensor.__rmatmul__, "matmul": SparseTensor.__rmatmul__,
}
HANDED_OVER = "add clone div matmul mm mul mv neg sub sum t transpose".split()

for _name in "to_sparse_bsc to_sparse_bsr to_sparse_csc to_sparse_csr".split():
    setattr(Tensor, _name, _refused(_name))
Tensor.sparse_mask = sparse_mask  # type: ignore[attr-defined]
Tensor.to_sparse = Tensor.to_sparse_coo = to_sparse  # type: ignore[attr-defined]
Tensor.to_dense = lambda self: self  # type: ignore[attr-defined]
