"""The command line: `pellucid recipes`, `train`, `report`, `env`. An error is one sentence and a status."""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .extras import need

FAILED, MISUSED, INTERRUPTED = 1, 2, 130                         # exit statuses; 0 is success
# Errors whose texts are meant for the person at the keyboard; any other is a defect of Pellucid.
TOLD = (ValueError, OSError, ImportError, RuntimeError, TypeError, ArithmeticError, EOFError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 only if everything went well.

    1 failed, 2 misused (an unknown option, ...), 130 interrupted. With PELLUCID_TRACEBACK=1 in the
    environment an error comes with its traceback.
    """
    try:
        need("typer", extra="cli")
        need("rich", extra="cli")
        from .commands import app

        words = sys.argv[1:] if arguments is None else list(arguments)
        status = app(args=words or ["--help"], prog_name="pellucid", standalone_mode=False)
        sys.stdout.flush()                                       # a full disk behind a pipe shows here
        return MISUSED if not words else status if isinstance(status, int) else 0
    except KeyboardInterrupt as error:
        return told(error, str(error) or "interrupted", INTERRUPTED)
    except BrokenPipeError:                                      # the reader, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        return failed(error)


def failed(error: Exception) -> int:
    """Tell what went wrong, and return the exit status for it."""
    if type(error).__name__ == "Abort":                          # older typer makes this of Ctrl-C
        return told(error, "interrupted", INTERRUPTED)
    if hasattr(error, "format_message"):                         # typer's own: an unknown option, ...
        context = getattr(error, "ctx", None)
        text = error.format_message().strip()
        if "No such command" in text:
            from .recipes import names

            meant = [name for name in names() if f"'{name}'" in text]
            text += "".join(f" Did you mean 'pellucid train {name}'?" for name in meant)
        where = f" ({context.command_path} --help shows what there is)" if context is not None else ""
        return told(error, f"{text.rstrip('.')}{where}", getattr(error, "exit_code", MISUSED))
    return told(error, sentence(error), FAILED)


def told(error: BaseException, text: str, status: int) -> int:
    """Print one sentence on stderr, after the traceback if that is wanted, and return the status."""
    if os.environ.get("PELLUCID_TRACEBACK", "0") not in ("", "0"):
        traceback.print_exception(error)
    print(f"pellucid: {text}", file=sys.stderr)
    return status


def sentence(error: BaseException) -> str:
    """An error as one sentence.

    >>> sentence(ValueError("epochs must be at least 1, got 0"))
    'epochs must be at least 1, got 0'
    >>> sentence(FileNotFoundError(2, "No such file or directory", "a.txt"))
    'No such file or directory: a.txt'
    """
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename is not None else "")
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"out of memory ({text or 'a smaller batch or network would need less'})"
    if isinstance(error, TOLD) and text:
        return text
    return f"unexpected {type(error).__name__}: {text or 'no text'} (PELLUCID_TRACEBACK=1 shows where)"


def json_line(values: dict[str, Any]) -> str:
    """One line of JSON: paths as text, NumPy's numbers as numbers, nan and infinity as null.

    >>> json_line({"run": Path("a"), "loss": float("nan"), "epochs": [1, 2]})
    '{"run": "a", "loss": null, "epochs": [1, 2]}'
    """
    return json.dumps(plain(values))


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    return float(value) if math.isfinite(value) else None
