"""Where in the user's code an op was called, and what the user calls its inputs."""

from __future__ import annotations

import linecache
import os
from types import CodeType, FrameType
from typing import Any

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
READABLE = tuple(ROOT + part + os.sep for part in ("recipes", "models"))   # written to be read line by line

_OURS: set[str] = set()                                          # files of Pellucid that were met


def users(frame: FrameType | None) -> FrameType | None:
    """The innermost frame, from this one outwards, that is not Pellucid's own."""
    while frame is not None and frame.f_code.co_filename in _OURS:
        frame = frame.f_back
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(ROOT) or file.startswith(READABLE):
            return frame
        _OURS.add(file)
        frame = frame.f_back
    return None


def line_number(code: CodeType, offset: int) -> int:
    """The line of the instruction at an offset of a code object."""
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno


def text_of(code: CodeType, line: int) -> str:
    """The text of a line, nothing where the file cannot be read."""
    return linecache.getline(code.co_filename, line).strip()


def name_of(wanted: Any, frame: FrameType | None) -> str:
    """What the user calls an object: a variable, an attribute of self or a global; nothing if none is it."""
    if frame is None:
        return ""
    own = frame.f_locals.get("self")
    inside = getattr(own, "__dict__", {})
    for names, prefix in ((frame.f_locals, ""), (inside, "self."), (frame.f_globals, "")):
        for name, value in list(names.items()):
            if value is wanted:
                return prefix + name
    return ""
