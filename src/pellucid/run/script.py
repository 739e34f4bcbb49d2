"""Run a script as Python would run it, but for what `import torch` means."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import Any

from .context import as_torch
from .lines import is_ours

FAILED, MISUSED, INTERRUPTED = 1, 2, 130                         # Python's own exit statuses
_for_good: list[Any] = []


def run_script(path: str | os.PathLike[str], arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run a script as `__main__` with these arguments, with Pellucid for PyTorch; return its global names.

    sys.argv, sys.path and sys.modules["__main__"] are afterwards what they were. What the script raises, also
    SystemExit, is raised.
    """
    argv, search, main = sys.argv, list(sys.path), sys.modules.get("__main__")
    try:
        with as_torch():
            return execute(os.fspath(path), arguments)
    finally:
        sys.argv, sys.path[:] = argv, search
        if main is not None:
            sys.modules["__main__"] = main


def main(path: str, arguments: Sequence[str] = ()) -> int:
    """Run a script as the whole of this process; return its exit status.

    An exception is shown by sys.excepthook with the script's own lines first, none of ours before them.
    SystemExit is passed on. The script's names stay, for what runs at the exit of Python.
    """
    if not os.path.isfile(path):
        problem = "is a folder" if os.path.isdir(path) else "does not exist"
        print(f"pellucid run: the script {path} {problem}", file=sys.stderr)
        return MISUSED
    _for_good.append(as_torch())                                 # kept: what is let go of is left
    _for_good[-1].__enter__()
    try:
        execute(path, arguments)
    except SystemExit:
        raise
    except BaseException as error:
        without_us(error)
        sys.excepthook(type(error), error, error.__traceback__)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
    return 0


def execute(path: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Set sys.argv, sys.path and `__main__` as Python does for a script, and run it."""
    file = os.path.abspath(path)
    module = ModuleType("__main__")
    module.__dict__.update(__file__=file, __builtins__=builtins, __cached__=None,
                           __loader__=SourceFileLoader("__main__", file))
    with open(file, "rb") as opened:
        source = opened.read()
    sys.argv = [path, *arguments]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(file))
    sys.modules["__main__"] = module
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def without_us(error: BaseException) -> None:
    """Take the frames of this package out of an error's traceback, and of those that led to it."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        seen.add(id(each))
        each.__traceback__ = _stripped(each.__traceback__)
        waiting += [cause for cause in (each.__cause__, each.__context__)
                    if cause is not None and id(cause) not in seen]


def _stripped(traceback: TracebackType | None) -> TracebackType | None:
    frames = []
    while traceback is not None:
        if not is_ours(traceback.tb_frame.f_code.co_filename):
            frames.append(traceback)
        traceback = traceback.tb_next
    rest = None
    for entry in reversed(frames):
        rest = TracebackType(rest, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return rest
