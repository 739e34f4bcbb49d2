"""`torch.serialization`: files are read without running anything in them, whatever is declared safe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .io import load, save

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]

_safe: list[Any] = []


def add_safe_globals(safe_globals: list) -> None:
    """Remember what a script trusts; reading a file runs none of it."""
    _safe.extend(each for each in safe_globals if each not in _safe)


def get_safe_globals() -> list:
    """What add_safe_globals was told."""
    return list(_safe)


def clear_safe_globals() -> None:
    """Forget it."""
    _safe.clear()


@contextlib.contextmanager
def safe_globals(safe_globals: list) -> Iterator[None]:
    """add_safe_globals for the time of a `with` block."""
    before = list(_safe)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _safe[:] = before
