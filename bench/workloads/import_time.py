"""A fresh process that imports the library and ends, and what an installation puts on the disk."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

from ..disk import installed_mib
from ..memory import PEAK_SOURCE
from ..row import Row, Work


def build(torch: ModuleType) -> Work:
    """The interpreter's own start is part of the time, on both sides."""
    code = f"import {torch.__name__}"

    def step() -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    def peak_mib() -> float:
        asked = f"{code}\n{PEAK_SOURCE}\nprint(peak_mib())"
        found = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
        return float(found.stdout)

    return Work(step, peak_mib=peak_mib, disk_mib=lambda: installed_mib(torch))


ROWS = {"import": Row("a whole process that imports the library", build)}
