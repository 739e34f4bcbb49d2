"""`torch.utils.checkpoint` trades time for memory. There is no such trade here: the functions are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(function: Callable, *args: Any, use_reentrant: bool | None = None, context_fn: Any = None,
               determinism_check: str = "default", debug: bool = False, early_stop: bool = True,
               preserve_rng_state: bool = True, **kwargs: Any) -> Any:
    """Compute function(*args, **kwargs).

    Differs: from PyTorch, which forgets what the function computed and computes it again in backward; values
             and gradients are the same.
    """
    return function(*args, **kwargs)


def checkpoint_sequential(functions: Iterable[Callable], segments: int, input: Any,
                          use_reentrant: bool | None = None, **_: Any) -> Any:
    """Compute the functions one after the other, whatever the number of segments."""
    for function in functions:
        input = function(input)
    return input
