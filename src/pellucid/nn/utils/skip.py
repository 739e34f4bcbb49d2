"""Modules whose weights need no first values, because they are loaded next."""

from __future__ import annotations

from typing import Any

from ...generator import get_rng_state, set_rng_state
from ..module import Module


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """Make a module without using up random numbers.

    Differs: PyTorch leaves the memory as it finds it; here values are drawn, and the stream is put back.
    """
    before = get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        set_rng_state(before)
