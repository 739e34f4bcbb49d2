"""Scripts as processes of their own: with Python alone, and with Pellucid for PyTorch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pellucid

SOURCE = Path(pellucid.__file__).parents[1]


def python(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with one thread."""
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(SOURCE), "OPENBLAS_NUM_THREADS": "1",
                               "PYTHONDONTWRITEBYTECODE": "1", **environment})


def pellucid_run(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m pellucid.run` in a folder."""
    return python("-m", "pellucid.run", *words, folder=folder, **environment)
