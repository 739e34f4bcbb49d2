"""Views and changes in place: who shares whose memory, and what a write does to the graph.

A view remembers the op that looks into its parent's memory. Writing into a view rewrites the past of the
tensor that the views start at: new base = old base with the view's part overwritten. Every other view of that
base takes its past from the new base when it is next used.

    base' = overwrite(base, value)      dbase = g outside the view, 0 inside;  dvalue = g inside the view

A clock counts all changes in place. A Node knows when it was made, a base when it was last changed: what
changed after the Node was made is no longer what its rule needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .dtypes import can_hold
from .storage import settle, settle_shared
from .tensor import OpError, Tensor, mode, share_memory


class Clock:
    """Counts the changes in place of all tensors."""

    now = 0


clock = Clock()


def note_view(out: Tensor, op: Any, inputs: Sequence, params: dict, index: int | None = None) -> Tensor:
    """Note that `out` looks into the memory of inputs[0], if it does (a reshape may have copied)."""
    parent = inputs[0]
    ours, theirs = out._data.base, parent._data
    shares = ours is not None and (ours is theirs or ours is theirs.base)
    if not shares and op.name == "reshape" and settle(parent, out._data if parent._base is None else None):
        out._data = np.reshape(parent._data, out._data.shape)    # in row-major memory it may be a view
        shares = np.may_share_memory(out._data, parent._data)
    if shares:
        share_memory(out, parent)
        out._view = (parent, op, inputs[1:], params, index)
    return out


def follow_base(view: Tensor) -> None:
    """If the shared memory was written to since, take the past of `view` from its base anew."""
    base = view._base
    if base is None or base._changed_at == view._seen:
        return
    view._seen = base._changed_at
    if view._view is None:                                       # a detached alias has no past
        return
    parent, op, rest, params, index = view._view
    follow_base(parent)
    if not parent._tracked:
        view._node, view._tracked = None, False
        return
    before, mode.grad = mode.grad, True
    again = op.call(parent, *rest, **params)
    mode.grad = before
    again = again if index is None else again[index]
    view._node, view._tracked = again._node, again._tracked


def look_closer(tensor: Tensor) -> bool:
    """Bring a view up to date; tell whether its memory, or the tensor's own, hides its order."""
    if tensor._base is None:
        return tensor._hidden
    follow_base(tensor)
    return tensor._base._hidden


def changed_at(tensor: Tensor) -> int:
    """When the memory behind a tensor was last changed in place, by the clock."""
    return (tensor if tensor._base is None else tensor._base)._changed_at


def touch(tensor: Tensor) -> None:
    """Note that the memory of `tensor` is changed in place: called before its past is rewritten."""
    root = tensor if tensor._base is None else tensor._base
    clock.now += 1
    root._changed_at = clock.now
    root._changes += 1
    for changed in (root, tensor):
        node = getattr(changed._node, "node", changed._node)
        if node is not None and node.y is not None:
            node.spoilt = True                                   # its rule wanted the value that was there


class Changed:
    """Stands in a rule for data that were changed in place since: has a shape and a dtype, refuses all else.

    So a rule may go on that does not read them for the gradients that are wanted, as in `x *= 2; x += 1`.
    """

    def __init__(self, node: Any, what: str, array: np.ndarray) -> None:
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim
        self._message = (f"backward: the gradient of {node.op.name} needs {what} of shape {array.shape}, "
                         "which was modified by an inplace operation since; change a clone() instead, or "
                         "later")

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise OpError(self._message)

    __array_ufunc__ = __array_function__ = __array__ = __getitem__ = __iter__ = __len__ = __bool__ = _refuse
    __neg__ = __abs__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __mod__ = __rmod__ = _refuse
    __floordiv__ = __rfloordiv__ = __lt__ = __le__ = __gt__ = __ge__ = __invert__ = __and__ = __or__ = _refuse
    __eq__ = __ne__ = _refuse  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return self._refuse()


def origin(tensor: Tensor) -> Tensor:
    """The tensor that a chain of views starts at; a detached alias starts a chain of its own."""
    while tensor._view is not None:
        tensor = tensor._view[0]
    return tensor


def check_writable(target: Tensor) -> None:
    """Refuse to write into a leaf that requires grad while operations are recorded."""
    root = origin(target)
    if mode.grad and root._tracked and root._node is None:
        what = "a leaf that requires grad" if root is target else "a view of a leaf that requires grad"
        raise OpError(f"in-place operation: {what} cannot be changed while operations are recorded; "
                      "do it under no_grad(), or on a clone()")
    settle_shared(target)
    if not target._data.flags.writeable and not unlock(target._data):
        raise OpError("in-place operation: this tensor repeats one element in several places (expand) or is "
                      "read-only; take a clone() first")


def unlock(array: np.ndarray) -> bool:
    """Make an array writable that NumPy made read-only out of caution: an expand that repeats nothing."""
    repeats = any(size > 1 and step == 0 for size, step in zip(array.shape, array.strides, strict=True))
    if repeats or not isinstance(array.base, np.ndarray) or not array.base.flags.writeable:
        return False
    array.flags.writeable = True
    return True


def assign(target: Tensor, value: Tensor, name: str = "copy_", adopt: bool = True) -> Tensor:
    """Write `value` into the memory of `target`, and give `target` the past of `value`.

    adopt: value is a result of target's that nobody else has, so its past can be taken over as it is.
    """
    follow_base(target)
    check_writable(target)
    if value._data.shape != target._data.shape:
        raise OpError(f"{name}: the result has shape {value._data.shape}, the tensor that should hold it "
                      f"{target._data.shape}")
    if not can_hold(target._data.dtype, value._data.dtype):
        raise OpError(f"{name}: the result is {value.dtype}, which the tensor of {target.dtype} cannot hold")
    if value._data is not target._data:
        np.copyto(target._data, value._data, casting="unsafe")
    touch(target)
    if mode.grad and (value._tracked or target._tracked):
        if adopt and target._view is None and value._node is not None:
            target._node, target._tracked = value._node, True
        else:
            rewrite_base(target, value)
    return target


def rewrite_base(view: Tensor, value: Tensor) -> None:
    """Give the origin of `view` the past `overwrite(old origin, value)`, then let `view` follow it."""
    from .node import Node
    from .op import REGISTRY

    path = []
    base: Tensor = view
    while base._view is not None:
        path.append(base._view[1:])
        base = base._view[0]
    edges = [(t._node or t) if t._tracked else None for t in (base, value)]
    params, saved = {"path": tuple(reversed(path))}, (layout(base._data),)
    base._node = Node(REGISTRY["overwrite"], [None, None], [None, None], edges, params, saved, base._data)
    base._tracked = True
    view._seen = -1
    follow_base(view)


def look(array: Any, path: tuple) -> Any:
    """Follow a path of view ops from a base to the view."""
    for op, rest, params, index in path:
        if index is None:
            array = op.on(array, *rest, **params)
        else:
            array = op.on(array, *rest, **params)[index]
    return array


def layout(array: np.ndarray) -> tuple[int, ...]:
    """The axes in the order in which they lie in memory: whether a reshape can be a view depends on it."""
    return tuple(sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis])))


def laid_out(shape: tuple, order: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Ones in an array whose axes lie in memory in a given order."""
    return np.ones([shape[axis] for axis in order], dtype).transpose(np.argsort(order))
