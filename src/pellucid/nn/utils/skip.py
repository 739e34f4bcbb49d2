"""Modules whose weights need no first values, because they are loaded next."""

from __future__ import annotations

from typing import Any, TypeVar

from ...generator import get_rng_state, set_rng_state
from ..init import skipping
from ..module import Module

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """Make a module without drawing first values: its weights are whatever the memory held.

    Memory that is never written to takes no room: a checkpoint loaded with assign=True needs no more than
    itself.
    """
    before = get_rng_state()                                     # of modules that draw without nn.init
    try:
        with skipping():
            return module_cls(*args, **kwargs)
    finally:
        set_rng_state(before)
