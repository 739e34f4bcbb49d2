"""Run a script and write a page that shows its first steps: every op, rule and update."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..explain.trace import Trace
from .script import MISUSED, main

USUAL_STEPS = 3


def main_traced(path: str, arguments: Sequence[str], page: str, steps: int = USUAL_STEPS) -> int:
    """Run a script as the whole of this process, and record it up to its `steps`-th optimiser step.

    Without an optimiser backward passes are counted. The page is written as soon as they are done, or at the
    end of the script, also if that is an error; a name that ends in .json gets the record as JSON. Returns
    the exit status of the script.
    """
    problem = misused(page, steps)
    if problem:
        print(f"pellucid run: {problem}", file=sys.stderr)
        return MISUSED
    trace = Trace(title=os.path.basename(path), steps=steps)
    with trace:
        def finish() -> None:
            trace.stop()
            write(trace, page)
        trace.recorder.stop = finish
        try:
            return main(path, arguments)
        finally:
            if trace.running:
                finish()


def misused(page: str, steps: int) -> str:
    """What is wrong with the options, nothing if all is well."""
    folder = os.path.dirname(page) or "."
    if not page or os.path.isdir(page):
        return f"--trace wants the name of a file, got {page!r}"
    if not os.path.isdir(folder):
        return f"--trace: the folder {folder} does not exist"
    return f"--steps must be at least 1, got {steps}" if steps < 1 else ""


def write(trace: Trace, page: str) -> None:
    """Write the page, or the record as JSON, and say so."""
    if page.endswith(".json"):
        Path(page).write_text(json.dumps(trace.to_json(), allow_nan=False), encoding="utf-8")
    else:
        trace.to_html(page)
    recorder = trace.recorder
    counted = (f"{recorder.optimizer_steps} optimiser steps" if recorder.optimizers else
               f"{recorder.backwards} backward passes")
    print(f"pellucid run: {page} shows {len(trace)} steps of {trace.title} ({counted})", file=sys.stderr)
