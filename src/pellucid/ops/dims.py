"""How dimensions and sizes are named: negative dims count from the end, sizes come singly or as a tuple."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..tensor import OpError, Tensor


def axis_of(name: str, dim: int, ndim: int, *, extra: int = 0) -> int:
    """`dim` counted from the front; a 0-d tensor is taken as having one dimension, as PyTorch does.

    extra: how many dimensions the result has more (1 for unsqueeze and stack)
    """
    span = (ndim + extra) or 1
    if not -span <= dim < span:
        raise IndexError(f"{name}: dim must lie in [{-span}, {span - 1}] for a tensor of {ndim} dimensions, "
                         f"got {dim}")
    return dim % span


def axes_of(name: str, dims: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """Several dims counted from the front; a repeated one is an error."""
    axes = tuple(axis_of(name, dim, ndim) for dim in ((dims,) if isinstance(dims, int) else dims))
    if len(set(axes)) < len(axes):
        raise OpError(f"{name}: each dim may appear once, got {tuple(dims)}")  # type: ignore[arg-type]
    return axes


def sizes_of(given: tuple) -> tuple:
    """The sizes out of `x.view(2, 3)` or `x.view((2, 3))`."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


def takes_sizes(function: Callable) -> Callable:
    """The method for a function f(x, sizes): it takes the sizes one by one too."""
    @functools.wraps(function)
    def method(self: Tensor, *given: Any, **named: Any) -> Any:
        return function(self, sizes_of(given), **named) if given else function(self, **named)
    return method


def keywords(**aliases: str) -> Callable[[Any], Any]:
    """Let a plain function know its arguments by other names too: `input` the first, `axis` dim, `aliases`.

    Ops do so by themselves (signature.bind).
    """
    def decorate(function: Any) -> Any:
        code = function.__code__
        own = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
        other = {"input": own[0], "axis": "dim", **aliases}

        @functools.wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            if named:
                named = {key if key in own else other.get(key, key): value for key, value in named.items()}
            return function(*args, **named)
        return call
    return decorate
