"""SparseTensor, what torch.sparse_coo_tensor makes: numbers of a tensor that are not zero, and their places.

It stands beside Tensor: its values are a Tensor, through which the gradients go. What it cannot do raises
NotImplementedError; `.to_dense()` gives the Tensor that can do everything.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .. import dtypes
from ..layouts import sparse_coo
from ..printing import _with_suffixes
from ..tensor import OpError, Size, Tensor, wrap
from . import sparse
from .accumulate import add_at
from .convert import kwargs_of
from .dims import axes_of
from .linalg import same_dtype

__all__: list[str] = []
NUMBERS = (int, float, np.generic)
# Functions with f(0) = 0, which leave a sparse tensor sparse.
KEEP_ZERO = ("abs asin asinh atan atanh ceil deg2rad erf expm1 floor frac isinf isnan log1p nan_to_num "
             "positive rad2deg relu round sgn sign signbit sin sinh sqrt square tan tanh trunc").split()


class Refused(NotImplementedError, AttributeError):
    """What a sparse tensor cannot do. An AttributeError too, so that hasattr() says so."""


class SparseTensor:
    """A tensor given by some of its numbers and their places; all others are 0. Numbers at one place add up.

    >>> x = sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3))
    >>> x.to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 5.]])
    >>> x @ tensor([[1.0], [0.0], [2.0]])
    tensor([[ 6.],
            [14.]])

    Differs: it is no instance of Tensor. Only numbers are sparse (no dense dimensions behind sparse ones).
             The `.grad` of a sparse leaf has its places alone, PyTorch's may have all.
    """

    is_sparse, is_cuda, is_cpu, layout = True, False, True, sparse_coo
    __array_priority__ = 2000
    __hash__ = object.__hash__

    def __init__(self, places: np.ndarray, values: Tensor, shape: tuple, coalesced: bool = False) -> None:
        self.places, self.values_, self.shape = places, values, Size(shape)
        self._coalesced = coalesced or places.shape[1] < 2

    def _with(self, values: Tensor) -> SparseTensor:
        """Other numbers at the same places."""
        out = SparseTensor(self.places, values, self.shape, self._coalesced)
        if "pattern" in self.__dict__:
            out.__dict__["pattern"] = self.pattern
        return out

    @functools.cached_property
    def pattern(self) -> sparse.Pattern:
        """The places of a matrix, as products need them."""
        return sparse.Pattern(self.places[0], self.places[1], tuple(self.shape))

    # What it is.
    dtype = property(lambda self: self.values_.dtype)
    device = property(lambda self: self.values_.device)
    ndim = property(lambda self: len(self.shape))
    requires_grad = property(lambda self: self.values_.requires_grad)
    is_leaf = property(lambda self: self.values_.is_leaf)
    grad_fn = property(lambda self: self.values_.grad_fn)
    T = property(lambda self: self.t())

    @property
    def grad(self) -> SparseTensor | None:
        """The gradient of the numbers, at their places."""
        return None if self.values_.grad is None else self._with(self.values_.grad)

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return len(self.shape)

    sparse_dim = dim

    def dense_dim(self) -> int:
        return 0

    def numel(self) -> int:
        return self.shape.numel()

    def __len__(self) -> int:
        return self.shape[0]

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def element_size(self) -> int:
        return self.dtype.itemsize

    def is_coalesced(self) -> bool:
        """Does each place hold one number, and are the places in row-major order?"""
        return self._coalesced

    def _nnz(self) -> int:
        """How many numbers are stored."""
        return self.places.shape[1]

    def _indices(self) -> Tensor:
        return wrap(self.places)

    def _values(self) -> Tensor:
        return self.values_.detach()

    def indices(self) -> Tensor:
        """The places, one column for each number. Shapes: (D, K)"""
        self._must_be_coalesced("indices")
        return wrap(self.places)

    def values(self) -> Tensor:
        """The numbers. Shapes: (K,)"""
        self._must_be_coalesced("values")
        return self.values_

    def _must_be_coalesced(self, name: str) -> None:
        if not self._coalesced:
            raise OpError(f"{name}: several numbers may stand for one place here; call .coalesce() first")

    def __repr__(self) -> str:
        start = f"tensor(indices={_shown(self.places)},\n       values={_shown(self.values_._data)},\n       "
        more = [f"nnz={self._nnz()}"]
        if self.dtype not in (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool_):
            more.append(f"dtype={self.dtype}")
        more.append(f"layout={self.layout}")
        if self.requires_grad:
            more.append("requires_grad=True" if self.is_leaf else "grad_fn=<SparseBackward0>")
        return _with_suffixes(start + f"size={tuple(self.shape)}", more, len("tensor("))

    # The same numbers otherwise.
    def to_sparse(self) -> SparseTensor:
        return self

    to_sparse_coo = to_sparse

    def to_dense(self) -> Tensor:
        """The tensor with zeros in all other places."""
        if not self.shape:
            return self.values_.sum()
        return add_at(self.values_, tuple(self.shape), tuple(self.places))

    def coalesce(self) -> SparseTensor:
        """Add up numbers at one place, and sort by place."""
        if self._coalesced:
            return self
        return SparseTensor(*sparse.unite(self.places, self.values_, self.shape), self.shape, True)

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **rest: Any) -> SparseTensor:
        """This tensor in another dtype; devices as in Tensor.to."""
        if args and isinstance(args[0], SparseTensor):
            args = (args[0].values_, *args[1:])
        dtype = kwargs_of(args).get("dtype", dtype)
        moved = self.values_.to(*args, dtype=dtype, device=device, **rest)
        return self if moved is self.values_ else self._with(moved)

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """Swap two dimensions."""
        a, b = axes_of("transpose", (dim0, dim1), self.ndim) if dim0 != dim1 else (dim0, dim0)
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        shape = tuple(self.shape[d] for d in order)
        out = SparseTensor(self.places[order], self.values_, shape, a == b and self._coalesced)
        if self.ndim == 2 and a != b:
            out.__dict__["pattern"] = self.pattern.turned
        return out

    def t(self) -> SparseTensor:
        """The transposed matrix."""
        if self.ndim > 2:
            raise OpError(f"t: expects at most 2 dimensions, got shape {tuple(self.shape)}")
        return self if self.ndim < 2 else self.transpose(0, 1)

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        self.values_.requires_grad_(requires_grad)
        return self

    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """Add up all numbers, or those along dim: then the result is sparse again."""
        values = self.values_.sum(dtype=dtype) if dim is None else self.to(dtype=dtype)
        if dim is None:
            return values
        dims = axes_of("sum", dim, self.ndim)
        if len(dims) == self.ndim and not keepdim:
            return values.values_.sum()
        if self.dtype.kind in "iub" and dtype is None:
            values = self.to(dtypes.int64)
        places, summed, shape = sparse.summed(values, dims, keepdim)
        return SparseTensor(places, summed, shape, True)

    # Arithmetic.
    def add(self, other: Any, *, alpha: Any = 1) -> SparseTensor:
        """Add another sparse tensor of the same shape.

        Raises:  RuntimeError for a dense one: that is dense + sparse, which is dense.
        """
        if not isinstance(other, SparseTensor):
            raise OpError("add: sparse + dense is not defined, dense + sparse is, and is dense")
        if other.shape != self.shape:
            raise OpError(f"add: the shapes {tuple(self.shape)} and {tuple(other.shape)} differ")
        places, values = sparse.joined(self, other, alpha)
        out = SparseTensor(places, values, self.shape)
        return out.coalesce() if self._coalesced and other._coalesced else out

    def sub(self, other: Any, *, alpha: Any = 1) -> SparseTensor:
        """Subtract another sparse tensor of the same shape."""
        return self.add(other, alpha=-alpha)

    def mul(self, other: Any) -> SparseTensor:
        """Multiply by a number, by a dense tensor or by a sparse one, element by element."""
        if isinstance(other, SparseTensor):
            if other.shape != self.shape:
                raise OpError(f"mul: the shapes {tuple(self.shape)} and {tuple(other.shape)} differ")
            return SparseTensor(*sparse.same_places(self, other), self.shape, True)
        if isinstance(other, Tensor) and other.ndim:
            other = other.expand(tuple(self.shape))[tuple(map(wrap, self.places))]
        return self._with(self.values_ * other)

    def div(self, other: Any, *, rounding_mode: str | None = None) -> SparseTensor:
        """Divide by a number."""
        if not isinstance(other, NUMBERS) and not (isinstance(other, Tensor) and not other.ndim):
            raise OpError("div: a sparse tensor can be divided by a number, got "
                          f"{type(other).__name__} {tuple(getattr(other, 'shape', ()))}")
        return self.coalesce()._with(self.coalesce().values_.div(other, rounding_mode=rounding_mode))

    def pow(self, exponent: Any) -> SparseTensor:
        """Raise to a positive power."""
        if not isinstance(exponent, (int, float)) or exponent <= 0:
            raise OpError(f"pow: a sparse tensor has powers above 0 only, got {exponent!r}")
        return self.coalesce()._with(self.coalesce().values_ ** exponent)

    def matmul(self, other: Any) -> Any:
        """Multiply by a dense matrix or vector (the result is dense) or by a sparse matrix (sparse)."""
        _matrices_fit(self, other)
        if isinstance(other, SparseTensor):
            return SparseTensor(*sparse.product_of_sparse(self, other), (self.shape[0], other.shape[1]), True)
        if other.ndim == 1:
            return self.matmul(other.unsqueeze(1)).squeeze(1)
        return sparse.sparse_product(self.values_, other, self.pattern)

    def _from_right(self, dense: Tensor) -> Tensor:
        """dense @ self = (self^T @ dense^T)^T."""
        if dense.ndim == 1:
            return self.t().matmul(dense)
        _matrices_fit(dense, self)
        return self.t().matmul(dense.t()).t()

    def __radd__(self, other: Any) -> Tensor:
        """other + self, which is dense."""
        self._like_dense(other)
        return other + self.to_dense()

    def __rsub__(self, other: Any) -> Tensor:
        """other - self, which is dense."""
        self._like_dense(other)
        return other - self.to_dense()

    def _like_dense(self, other: Any) -> None:
        if not isinstance(other, Tensor) or other.shape != self.shape:
            shown = tuple(other.shape) if isinstance(other, Tensor) else repr(other)
            raise OpError(f"add: dense + sparse wants two tensors of one shape, got {shown} and "
                          f"{tuple(self.shape)}")

    def __neg__(self) -> SparseTensor:
        return self._with(-self.values_)

    def __abs__(self) -> SparseTensor:
        return self.abs()

    def __pos__(self) -> SparseTensor:
        return self

    mm = mv = smm = __matmul__ = matmul
    __rmatmul__ = _from_right
    multiply = __mul__ = __rmul__ = mul
    subtract = __sub__ = sub
    __add__, __truediv__, __pow__ = add, div, pow

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name != "_data":             # Python asks for these by itself
            raise AttributeError(name)
        refuse("this function" if name == "_data" else name)

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> NoReturn:
        refuse(function.__name__)

    def __array_function__(self, function: Any, types: Any, args: tuple, options: dict) -> NoReturn:
        refuse(function.__name__)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("numpy: a sparse tensor is no array; .to_dense() gives a tensor that is one")

    def numpy(self, *, force: bool = False) -> NoReturn:
        self.__array__()


def refuse(name: str) -> NoReturn:
    """Say that a sparse tensor has no such operation."""
    raise Refused(f"{name}: not defined for a sparse tensor; .to_dense() gives a tensor that has it")


def _shown(x: np.ndarray) -> str:
    """An array as a tensor is shown, without its dtype, which stands at the end."""
    if not x.size:
        return f"tensor([], size={x.shape})"
    usual = x if x.dtype.kind != "f" else x.astype(dtypes.get_default_dtype().dtype)
    return repr(wrap(usual)).replace("\n", "\n" + " " * 15)


def _matrices_fit(a: Any, b: Any) -> None:
    """Refuse what is no product of matrices, or of a matrix and a vector."""
    left, right = tuple(a.shape), tuple(b.shape)
    if len(left) != 2 or len(right) not in (1, 2) or isinstance(b, SparseTensor) and len(right) != 2:
        raise Refused(f"matmul: sparse tensors have products of matrices alone, got the shapes {left} and "
                      f"{right}")
    if left[1] != right[0]:
        raise OpError(f"matmul: the shapes {left} and {right} do not fit: {left[1]} columns on the left, "
                      f"{right[0]} rows on the right")
    same_dtype("matmul", a, b)


def _through_values(name: str) -> Callable:
    """The method that applies a function with f(0) = 0 to the numbers."""
    def method(self: SparseTensor, *args: Any, **named: Any) -> SparseTensor:
        x = self.coalesce()
        return x._with(getattr(x.values_, name)(*args, **named))
    method.__name__, method.__doc__ = name, f"Tensor.{name} of the numbers: zeros stay zeros."
    return method


def _alike(name: str) -> Callable:
    """The method that changes nothing but the tensor of values: linear, or a copy, or another dtype."""
    def method(self: SparseTensor, *args: Any, **named: Any) -> SparseTensor:
        return self._with(getattr(self.values_, name)(*args, **named))
    method.__name__, method.__doc__ = name, f"Tensor.{name} of the numbers."
    return method


for _name in KEEP_ZERO:
    setattr(SparseTensor, _name, _through_values(_name))
for _name in "bool clone cpu detach double float half int long neg".split():
    setattr(SparseTensor, _name, _alike(_name))


def _refused_operator(name: str) -> Callable:
    return lambda *_: refuse(name)


for _name in "eq ne lt le gt ge rtruediv getitem setitem iter bool and or".split():
    setattr(SparseTensor, f"__{_name}__", _refused_operator(_name))
