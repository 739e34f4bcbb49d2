"""The command line: `pellucid recipes`, `train`, `report`, `env`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .extras import MissingExtra, need


def main() -> None:
    """Run the command line; the exit status is 0 only if everything went well."""
    try:
        need("typer", extra="cli")
        need("rich", extra="cli")
    except MissingExtra as error:
        sys.exit(f"pellucid: {error}")
    from .commands import app

    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


def fail(error: BaseException | str) -> None:
    """Print an error as one sentence and end with status 1."""
    print(f"pellucid: {error}", file=sys.stderr)
    raise SystemExit(1)


def json_line(values: dict[str, Any]) -> str:
    """One line of JSON; paths become strings."""
    return json.dumps(values, default=lambda v: str(v) if isinstance(v, Path) else float(v))
