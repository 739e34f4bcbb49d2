"""Methods that change the shape of the tensor itself, `x.unsqueeze_(0)`, and products written into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..inplace import follow_base, touch
from ..storage import settle
from ..tensor import OpError, Tensor, mode, wrap
from .inplace_methods import in_place

_SAME_SHAPE = "addbmm addmm addmv addr baddbmm tril triu"
_OTHER_SHAPE = "squeeze swapaxes swapdims t transpose unsqueeze"


def _reshaped(name: str, function: Callable) -> Callable:
    """The method x.name_(...): x looks at its memory as function(x, ...) does, and takes its past."""
    def method(self: Tensor, *values: Any, **params: Any) -> Tensor:
        follow_base(self)
        if mode.grad and self._tracked and self._node is None:
            raise OpError(f"{name}_: a leaf that requires grad cannot be changed while operations are "
                          "recorded; do it under no_grad(), or on a clone()")
        settle(self)
        before = wrap(self._data)                                # stands for x as it was
        before._node, before._tracked = self._node, self._tracked
        before._base, before._view, before._seen = self._base, self._view, self._seen
        before._odd = self._odd
        y = function(before, *values, **params)
        touch(self)
        self._data, self._node, self._tracked = y._data, y._node, y._tracked
        if self._base is not None:
            self._view, self._seen = y._view, self._base._changed_at
        return self

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"Change this tensor into {name}(self, ...), and return it."
    return method


for _name in _SAME_SHAPE.split():
    setattr(Tensor, _name + "_", in_place(_name, getattr(Tensor, _name)))
for _name in _OTHER_SHAPE.split():
    setattr(Tensor, _name + "_", _reshaped(_name, getattr(Tensor, _name)))
