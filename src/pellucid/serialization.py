"""`torch.serialization`: what `load` may make besides tensors, containers and Pellucid's own layers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .io import load, save
from .io.archive import trusted as _safe

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]


def add_safe_globals(safe_globals: list) -> None:
    """Let `load` make these classes and functions, or pairs (object, the name in files), too."""
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
