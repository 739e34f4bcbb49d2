"""Functions of sparse tensors under the names of torch.sparse; `sparse_coo_tensor` makes one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .absent import absences
from .dtypes import float32, float64, int32, int64
from .ops.dims import axis_of
from .ops.sparse import softmax_of_rest
from .ops.sparse_functions import SparseTensor, sparse_coo_tensor
from .tensor import OpError, Tensor, wrap

__all__ = ["DoubleTensor", "FloatTensor", "IntTensor", "LongTensor", "addmm", "log_softmax", "mm",
           "softmax", "spdiags", "sum"]

globals().update(absences("sparse", "sparse tensors are kept as places and numbers (COO) only",
                          "sampled_addmm spsolve to_sparse_semi_structured"))


def FloatTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of float32: PyTorch's older way to say `sparse_coo_tensor`."""
    return sparse_coo_tensor(indices, values, size, dtype=float32)


def DoubleTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of float64: PyTorch's older way to say `sparse_coo_tensor`."""
    return sparse_coo_tensor(indices, values, size, dtype=float64)


def LongTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of int64: PyTorch's older way to say `sparse_coo_tensor`."""
    return sparse_coo_tensor(indices, values, size, dtype=int64)


def IntTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of int32: PyTorch's older way to say `sparse_coo_tensor`."""
    return sparse_coo_tensor(indices, values, size, dtype=int32)


def _sparse(name: str, x: Any) -> SparseTensor:
    if not isinstance(x, SparseTensor):
        raise OpError(f"{name}: expects a sparse tensor, got {type(x).__name__}; .to_sparse() makes one")
    return x


def mm(mat1: Any, mat2: Any) -> Any:
    """Multiply two matrices of which one or both are sparse; the product of two sparse ones is sparse.

        y = mat1 @ mat2
    """
    if not isinstance(mat1, SparseTensor) and not isinstance(mat2, SparseTensor):
        _sparse("mm", mat1)
    return mat1 @ mat2


def addmm(mat: Tensor, mat1: SparseTensor, mat2: Any, *, beta: float = 1.0, alpha: float = 1.0) -> Tensor:
    """Multiply a sparse matrix by a dense one and add a third: y = beta mat + alpha mat1 @ mat2."""
    product = _sparse("addmm", mat1) @ mat2
    return mat * beta + product * alpha


def sum(input: SparseTensor, dim: Any = None, dtype: Any = None) -> Any:
    """Add up all numbers (a dense result without dimensions), or those along dim (sparse again)."""
    return _sparse("sum", input).sum(dim, dtype=dtype)


def softmax(input: SparseTensor, dim: int, *, dtype: Any = None) -> SparseTensor:
    """The softmax along dim over the numbers that are there; what is not there has no part in it.

        y[k] = exp(v[k]) / (the sum of exp(v) over all numbers in the same row)

    >>> softmax(sparse_coo_tensor([[0, 0, 1], [0, 2, 1]], [1.0, 1.0, 5.0]), dim=1).values()
    tensor([0.5000, 0.5000, 1.0000])
    """
    x = _sparse("softmax", input).to(dtype=dtype).coalesce()
    return x._with(softmax_of_rest(x, axis_of("softmax", dim, x.ndim), log=False))


def log_softmax(input: SparseTensor, dim: int, *, dtype: Any = None) -> SparseTensor:
    """The logarithm of the softmax along dim over the numbers that are there."""
    x = _sparse("log_softmax", input).to(dtype=dtype).coalesce()
    return x._with(softmax_of_rest(x, axis_of("log_softmax", dim, x.ndim), log=True))


def spdiags(diagonals: Tensor, offsets: Tensor, shape: tuple[int, int], layout: Any = None) -> SparseTensor:
    """A sparse matrix with each row of `diagonals` on the diagonal that `offsets` names.

        y[j - offsets[i], j] = diagonals[i, j]
    Shapes:  diagonals (D, N) or (N,), offsets (D,) or () -> shape
    """
    rows = diagonals.reshape((-1, diagonals.shape[-1]))
    which, column = np.indices(tuple(rows.shape)).reshape(2, -1)
    row = column - np.reshape(offsets._data, -1)[which]
    inside = (row >= 0) & (row < shape[0]) & (column < shape[1])
    values = rows[wrap(which[inside]), wrap(column[inside])]
    return sparse_coo_tensor(np.stack((row[inside], column[inside])), values, shape)
