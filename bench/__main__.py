"""Measure Pellucid beside PyTorch and others, row by row, each side in a process of its own.

A ratio is the other side's time over Pellucid's: above 1 Pellucid is faster.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .pairs import Protocol
from .report import moved, tables
from .results import FOLDER, write
from .row import Row
from .session import Session
from .sides import SIDES
from .workloads import every_row, families

FAILED = ("crashed", "wrong")


def parser(prog: str) -> argparse.ArgumentParser:
    """What the command line can say."""
    made = argparse.ArgumentParser(prog=prog, description=__doc__.partition("\n")[0],
                                   epilog=f"Rows: {', '.join(every_row())}.")
    made.add_argument("rows", nargs="*", metavar="ROW", help="rows to measure; all by default")
    made.add_argument("--vs", default="torch", metavar="SIDE,...",
                      help=f"sides to compare with: {', '.join(SIDES)} (default torch)")
    made.add_argument("--numpy-only", action="store_true", help="measure Pellucid as it is without Numba")
    made.add_argument("--json", action="store_true", help="print one JSON object on stdout, and nothing else")
    made.add_argument("--quick", action="store_true", help="check that the rows run and agree; time nothing")
    made.add_argument("--pairs", type=int, default=Protocol.pairs,
                      help=f"pairs of measurements (default {Protocol.pairs}; fewer than 5 say little)")
    made.add_argument("--seconds", type=float, default=Protocol.seconds,
                      help=f"seconds of one side's part of a pair (default {Protocol.seconds})")
    made.add_argument("--threads", type=int,
                      help="threads of either side (default: what each library takes; 1 with --quick)")
    made.add_argument("--profile", action="store_true", help="tell of every row where its time goes")
    made.add_argument("--compare", type=Path, metavar="OLD.json", help="show what moved since that run")
    made.add_argument("--out", type=Path, metavar="FOLDER",
                      help="write RESULTS.md and results.json there (default: bench/, after a full run)")
    return made


def arguments(given: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """What the command line says, with the names checked."""
    made = parser(prog)
    options = made.parse_args(given)
    options.vs = [name for name in options.vs.split(",") if name]
    unknown = [name for name in options.rows if name not in families() and name not in every_row()]
    strange = [name for name in options.vs if name not in SIDES]
    if unknown:
        made.error(f"no row {', '.join(unknown)}; there are {', '.join(every_row())}")
    if strange or not options.vs:
        made.error(f"no side {', '.join(strange)}; there are {', '.join(SIDES)}")
    if options.pairs < 1 or options.seconds <= 0:
        made.error(f"--pairs and --seconds must be positive, got {options.pairs} and {options.seconds:g}")
    if options.compare and not options.compare.is_file():
        made.error(f"--compare: {options.compare} is not a file")
    return options


def chosen(names: Sequence[str]) -> dict[str, Row]:
    """Rows by name. The name of a file's first row means all of the file's rows."""
    found: dict[str, Row] = {}
    for name in names or families():
        found |= families().get(name) or {name: every_row()[name]}
    return found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what was asked for."""
    protocol = Protocol(options.pairs, options.seconds, is_quick=options.quick,
                        profile_all=options.profile)
    threads = options.threads or (1 if options.quick else None)              # a check needs no more
    session = Session(protocol, threads, lambda text: print(text, file=sys.stderr, flush=True))
    ours = "numpy-only" if options.numpy_only else "pellucid"
    return session.run(chosen(options.rows), ours, options.vs)


def main(given: Sequence[str] | None = None, prog: str = "python -m bench") -> int:
    """Measure, print, write. 1 if a row crashed or came out wrong, or if a quick run could compare none."""
    options = arguments(given, prog)
    old = json.loads(options.compare.read_text(encoding="utf-8")) if options.compare else None
    found = run(options)
    if options.json:
        print(json.dumps(found))
    else:
        print(tables(found))
    notes = sys.stderr if options.json else sys.stdout
    if old is not None:
        print("\n" + moved(found, old), file=notes)
    if options.out or not (options.rows or options.quick):
        print("wrote", *write(found, options.out or FOLDER), file=notes)
    if any(row["status"].startswith(FAILED) for row in found["rows"]):
        return 1
    return int(options.quick and not any(row["status"] == "agrees" for row in found["rows"]))


if __name__ == "__main__":
    sys.exit(main())
