"""Run a script with PyTorch and under `pellucid run`, and say how far their losses agree."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .data import SOURCES
from .scripts import Script

PARTED = 30                                              # so many losses tell whether rounding explains it
HERE = Path(__file__).resolve().parent
SIDES = ("pellucid", "torch")
# PyTorch's other ways to compute the same: sums in another order, and so other last digits.
OTHER_ORDER = "import torch\ntorch.backends.mkldnn.enabled = False"
Row = dict[str, Any]


@dataclass
class Ran:
    """What one side did."""

    losses: list[float]
    text: str
    seconds: float


class Failed(Exception):
    """A side ended with an error."""


def row(script: Script, repositories: Path, patience: float = 3600.0) -> Row:
    """Run both sides in copies of the script's folder, and tell of both.

    Where rounding makes them part, the row also tells how far PyTorch agrees with itself when it computes in
    another order, and how far both agree in float64.

    Raises:  Failed with what a side wrote if it ended with an error; data.Missing without the data.
    """
    ours, theirs = (run(script, side, repositories, patience=patience) for side in SIDES)
    told = {
        "name": script.name, "repository": script.repository, "script": script.path,
        "commit": script.commit or commit(repositories / script.folder), "arguments": script.arguments,
        "changed": "nothing", "date": str(datetime.date.today()), "steps": len(theirs.losses),
        "losses_pellucid": rounded(ours.losses), "losses_torch": rounded(theirs.losses),
        "agree": agreement(ours.losses, theirs.losses),
        "end": script.better, "end_pellucid": end(script, ours.text), "end_torch": end(script, theirs.text),
        "seconds_pellucid": round(ours.seconds, 1), "seconds_torch": round(theirs.seconds, 1),
        "note": script.note}
    return told if is_whole(ours.losses, theirs.losses) else {**told, **parted(script, repositories, theirs)}


def parted(script: Script, repositories: Path, theirs: Ran) -> Row:
    """Whether rounding alone explains that the losses part: PyTorch beside itself, and both in float64."""
    brief = dataclasses.replace(script, stop=min(PARTED, script.stop or PARTED), steps=PARTED)
    other = dataclasses.replace(brief, before=f"{script.before}\n{OTHER_ORDER}")
    again = run(other, "torch", repositories, threads=2)
    told = {"agree_itself": agreement(again.losses, theirs.losses[:PARTED])}
    try:
        double = [run(brief, side, repositories, is_double=True) for side in SIDES]
    except Failed as error:                                      # a script may ask for float32 itself
        return {**told, "agree_double": f"not run: {str(error).splitlines()[-1]}"}
    return {**told, "agree_double": agreement(double[0].losses, double[1].losses)}


def run(script: Script, side: str, repositories: Path, patience: float = 3600.0, threads: int = 1,
        is_double: bool = False) -> Ran:
    """One side, in a process of its own, in a copy of the script's folder."""
    with tempfile.TemporaryDirectory() as scratch:
        file = repositories / script.folder / script.path
        folder = Path(scratch) / file.parent.name
        shutil.copytree(file.parent, folder, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        if script.data:
            SOURCES[script.data](folder, repositories)
        notes, before = Path(scratch) / "losses.json", Path(scratch) / "before.py"
        before.write_text(script.before, encoding="utf-8")
        settings = {"steps": script.steps, "stop": script.stop, "seed": 0, "double": is_double,
                    "before": str(before) if script.before else ""}
        command = [sys.executable, str(HERE / "observe.py"), side, str(notes), json.dumps(settings),
                   file.name, *script.arguments.split()]
        started = time.perf_counter()
        own = dict(pair.split("=", 1) for pair in script.environment.split())
        done = subprocess.run(command, cwd=folder, env={**environment(threads), **own}, capture_output=True,
                              text=True, timeout=patience)
        seconds = time.perf_counter() - started
        if done.returncode or not notes.exists():
            raise Failed(f"{script.name}, {side}: status {done.returncode}\n{done.stderr[-2000:]}")
        return Ran(json.loads(notes.read_text(encoding="utf-8")), done.stdout, seconds)


def environment(threads: int = 1) -> dict[str, str]:
    """So many threads, and Pellucid as it lies here."""
    path = os.pathsep.join([str(HERE.parent / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return {**os.environ, **counts, "PYTHONPATH": path, "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}


def commit(repository: Path) -> str:
    """Which version of a repository lies there: from git, or from a file COMMIT; empty if neither tells."""
    if (repository / "COMMIT").is_file():
        return (repository / "COMMIT").read_text(encoding="utf-8").strip()
    if not (repository / ".git").exists():
        return ""
    told = subprocess.run(["git", "-C", str(repository), "rev-parse", "HEAD"], capture_output=True, text=True)
    return told.stdout.strip()


def end(script: Script, text: str) -> str:
    """The end result in what a script printed: the groups of the last match, or nothing."""
    found = list(re.finditer(script.end, text)) if script.end else []
    return " ".join(found[-1].groups()) if found else ""


def rounded(losses: Sequence[float]) -> list[float]:
    """Seven significant digits, as many as float32 has."""
    return [float(f"{loss:.7g}") for loss in losses]


def within(a: float, b: float, digits: int = 4) -> bool:
    """Whether a differs from b by at most half a unit of b's last digit of so many.

    >>> within(1.0004, 1.0), within(1.0006, 1.0), within(0.0, 0.0), within(math.nan, math.nan)
    (True, False, True, True)
    """
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    if not (math.isfinite(a) and math.isfinite(b)) or b == 0:
        return False
    return abs(a - b) <= 0.5 * 10.0 ** (math.floor(math.log10(abs(b))) - digits + 1)


def agreed(ours: Sequence[float], theirs: Sequence[float], digits: int = 4) -> int:
    """How many losses from the first on agree."""
    for i, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if not within(a, b, digits):
            return i
    return min(len(ours), len(theirs))


def is_whole(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether all of them agree to four digits, and there are as many."""
    return len(ours) == len(theirs) == agreed(ours, theirs)


def agreement(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """In words: over how many steps four digits agree, and the largest relative difference.

    >>> agreement([1.0, 2.0], [1.0, 2.00002]), agreement([1.0, 2.0], [1.0, 3.0])
    ('4 digits over 2 steps, largest relative difference 1e-05', '4 digits over 1 of 2 steps')
    """
    n = agreed(ours, theirs)
    if not is_whole(ours, theirs):
        return f"4 digits over {n} of {max(len(ours), len(theirs))} steps"
    most = max((abs(a - b) / abs(b) for a, b in zip(ours, theirs, strict=True) if a != b and b), default=0.0)
    return f"4 digits over {n} steps, " + (f"largest relative difference {most:.0e}" if most else "all equal")
