"""What to say of a name of PyTorch's that is not here: its name, and the lines that use it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import FrameType

from .uses import lines_of

HERE = os.path.dirname(__file__)


def told(name: str) -> str:
    """The text of the error for a missing name, with the lines of the file that asked for it."""
    frame = asking()
    if frame is None:
        return f"{name} is not in Pellucid"
    path = frame.f_code.co_filename
    lines = lines_of(name, path) or [frame.f_lineno]
    return f"{name} is not in Pellucid ({os.path.basename(path)} uses it in {numbered(lines)})"


def numbered(lines: Sequence[int]) -> str:
    """Line numbers in words.

    >>> numbered([12]), numbered([12, 40])
    ('line 12', 'lines 12, 40')
    """
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"


def asking() -> FrameType | None:
    """The innermost frame that is neither in this package nor in Python's import system."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def is_ours(path: str) -> bool:
    """Is this a file of this package, or the import system that called it?"""
    return os.path.dirname(path) == HERE or path.startswith("<frozen importlib")
