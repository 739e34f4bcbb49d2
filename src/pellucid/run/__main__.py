"""`python -m pellucid.run [--check | --trace PAGE] script.py [its arguments]`, which needs NumPy alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .check import check
from .script import FAILED, MISUSED, main

USAGE = "usage: python -m pellucid.run [--check | --trace PAGE [--steps N]] SCRIPT [its arguments]"


def command(words: Sequence[str]) -> int:
    """Do what the command line says; return the exit status."""
    if words and words[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    if words and words[0] == "--check":
        return tell(words[1]) if len(words) == 2 else misused()
    options: dict[str, str] = {}
    while len(words) > 1 and words[0] in ("--trace", "--steps"):
        options[words[0]], words = words[1], words[2:]
    if not words or words[0].startswith("-") or "--steps" in options and "--trace" not in options:
        return misused()
    if not options:
        return main(words[0], words[1:])
    from .traced import USUAL_STEPS, main_traced

    try:
        steps = int(options.get("--steps", USUAL_STEPS))
    except ValueError:
        return misused()
    return main_traced(words[0], words[1:], options["--trace"], steps)


def misused() -> int:
    """Say how it is used."""
    print(USAGE, file=sys.stderr)
    return MISUSED


def tell(path: str) -> int:
    """Print what a script uses that is not here; return 1 if there is something."""
    try:
        found = check(path)
    except (OSError, SyntaxError, ValueError) as error:
        print(f"pellucid run --check: {error}", file=sys.stderr)
        return MISUSED
    print(*found, sep="\n")
    return FAILED if any(each.missing for each in found) else 0


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:]))
