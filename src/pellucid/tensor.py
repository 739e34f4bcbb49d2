"""Tensor: an array that remembers how it was computed. The operations on it are added by `ops`."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, naming
from .dtypes import DTYPES, cpu

ndarray = np.ndarray


class OpError(RuntimeError, ValueError):
    """Bad input to an op. Caught as RuntimeError (PyTorch's choice) and as ValueError (NumPy's)."""


class PlaceError(OpError, IndexError):
    """A place that does not exist. PyTorch raises RuntimeError here and IndexError there; this is both."""


class Size(tuple):
    """The sizes of a tensor's dimensions: a tuple that prints as one of ours.

    >>> Size([2, 3]), Size([2, 3]).numel()
    (pellucid.Size([2, 3]), 6)
    """

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements: the product of the sizes."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"{naming.library}.Size([{', '.join(map(str, self))}])"

    def __add__(self, other: Any) -> Size:
        return Size(tuple(self) + tuple(other))

    def __radd__(self, other: Any) -> Size:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, times: Any) -> Size:
        return Size(tuple(self) * times)

    __rmul__ = __mul__

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if index.__class__ is slice else found


class _Mode(threading.local):
    grad = True                                                  # are operations recorded in this thread?
    inference = False


mode = _Mode()


class Tensor:
    """An array that remembers how it was computed.

    `Tensor(data)` has the default dtype (float32), whatever data holds; it shares the memory of an array that
    has it already. `Tensor(2, 3)` has these sizes. `pellucid.tensor(data)` copies, with the data's dtype,
    `pellucid.from_numpy(array)` shares the memory of any array.
    """

    # Defaults live on the class, so that making a tensor sets one attribute only.
    _data: ndarray
    _tracked: bool = False                                       # does a gradient flow here?
    _node: Any = None                                            # the Node that made it, None for a leaf
    _grad: Tensor | None = None
    _base: Tensor | None = None                                  # whose memory this shares, None for its own
    _view: tuple | None = None                                   # (parent, op, inputs, params, index)
    _changes: int = 0                                            # how often the memory was changed in place
    _changed_at: int = 0                                         # when last, by inplace.clock
    _seen: int = 0                                               # of a view: _changed_at of what it followed
    _odd: bool = False                                           # a view, or hidden: the engine looks closer
    _hidden: bool = False                                        # lies otherwise than it seems: see storage
    _views: list | None = None                                   # of a hidden one: weak references
    _hooks: dict | None = None                                   # of a leaf
    __hash__ = object.__hash__                                   # by identity; == compares elements
    __array_priority__ = 1000

    def __init__(self, *data: Any) -> None:
        first = data[0] if data else ()
        if isinstance(first, (int, Size)):
            self._data = np.zeros(first if isinstance(first, Size) else data, dtypes.get_default_dtype())
        elif len(data) > 1 or isinstance(first, (float, str)):
            raise TypeError(f"Tensor: expected sizes, a sequence or an array, got {data}; "
                            "pellucid.tensor(data) takes one number too")
        else:
            wanted = dtypes.get_default_dtype()
            self._data = first.data._data if isinstance(first, Tensor) else np.asarray(first, wanted)

    if TYPE_CHECKING:                                            # ops add their methods when imported
        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Tensor]: ...
        def __float__(self) -> float: ...
        def __int__(self) -> int: ...
        def __bool__(self) -> bool: ...
        def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __add__
        __matmul__ = __rmatmul__ = __add__
        __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = __add__
        __lt__ = __le__ = __gt__ = __ge__ = __add__
        __pos__ = __invert__ = __abs__ = __neg__
        __ne__ = __eq__  # type: ignore[assignment]

    @property
    def dtype(self) -> dtypes.dtype:
        return DTYPES[self._data.dtype]

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._data.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def device(self) -> dtypes.device:
        return cpu

    @property
    def requires_grad(self) -> bool:
        """Does a gradient flow to this tensor?"""
        if self._base is not None:
            from .inplace import follow_base

            follow_base(self)
        return self._tracked

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Record the operations on this leaf from now on (or stop to).

        Raises:  RuntimeError for a dtype without gradients, and for a result of other operations.
        """
        if requires_grad and self._data.dtype.kind != "f":
            raise OpError(f"requires_grad: only floating tensors have gradients, this one is {self.dtype}")
        if self._node is not None and not requires_grad:
            raise OpError("requires_grad: this tensor is a result, not a leaf; .detach() gives a leaf")
        self._tracked = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """True when no recorded operation made it: its gradient is kept in `.grad`."""
        return self._node is None

    @property
    def grad_fn(self) -> Any:
        """The Node that made it, None for a leaf."""
        return self._node if self.requires_grad else None

    @property
    def grad(self) -> Tensor | None:
        """dL/d(this), summed over the backward passes since it was last cleared; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and (not isinstance(value, Tensor) or value._data.shape != self._data.shape):
            got = f"shape {value._data.shape}" if isinstance(value, Tensor) else type(value).__name__
            raise OpError(f"grad: expected a Tensor of shape {self._data.shape} or None, got {got}")
        if value is not None and value._data.dtype != self._data.dtype:
            raise OpError(f"grad: expected the tensor's own dtype {self.dtype}, got {value.dtype}")
        self._grad = value

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph, and outside the count of changes in place."""
        from .storage import as_seen

        return wrap(as_seen(self))

    @data.setter
    def data(self, value: Tensor) -> None:
        self._data = value.data._data

    @property
    def _version(self) -> int:
        return (self if self._base is None else self._base)._changes

    def backward(self, gradient: Tensor | None = None, retain_graph: bool | None = None,
                 create_graph: bool = False, inputs: Sequence[Tensor] | None = None) -> None:
        """Add dL/dx to the `.grad` of every leaf x that this tensor L was computed from.

        gradient: dL/d(this), needed unless this tensor has one element (then 1).
        Raises:   RuntimeError when nothing was recorded, when an earlier backward used up the graph, or when
                  something that a rule needs was changed in place since.
        """
        from .autograd import backward

        backward([self], [gradient], retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """The same memory, outside the graph. A change in place is seen by both."""
        if self._base is not None and self._base._hidden:        # an alias follows an owner only
            from .storage import settle

            settle(self)
        out = wrap(self._data)
        share_memory(out, self)
        return out


def wrap(array: ndarray) -> Tensor:
    """A Tensor around an array, unchecked: the way ops make their results."""
    out = Tensor.__new__(Tensor)
    out._data = array
    return out


def hide(out: Tensor) -> Tensor:
    """Note that `out` is row-major for its user, in whatever order it lies: see storage."""
    if not out._data.flags.c_contiguous:
        out._hidden = out._odd = True
    return out


def share_memory(out: Tensor, owner: Tensor) -> None:
    """Note that `out` looks into the memory of `owner`."""
    out._base = root = owner if owner._base is None else owner._base
    out._seen = root._changed_at
    out._odd = True
    if root._hidden:                                             # it may have to move: see storage
        views = root._views
        if views is None:
            root._views = views = []
        elif len(views) % 64 == 0:
            views[:] = [reference for reference in views if reference() is not None]
        views.append(weakref.ref(out))
