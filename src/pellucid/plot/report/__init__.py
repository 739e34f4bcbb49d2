"""The report of a run: one HTML file that needs no network, no browser extension and no library but NumPy.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     write(folder).name
'report.html'
"""

from __future__ import annotations

import os
from pathlib import Path

from pellucid.io.atomic import write_text
from pellucid.plot.report.folder import read
from pellucid.plot.report.page import page

__all__ = ["write"]


def write(run_folder: str | os.PathLike[str], to: str | os.PathLike[str] | None = None) -> Path:
    """Write the report of a run as one self-contained HTML file and return its path.

    The report is drawn from what the run folder holds: config.json, metrics.jsonl, layers.jsonl,
    observations.npz and figures/. Whatever is missing or was cut off by an interruption is left out and said
    to be so. The file appears whole or not at all. `to` names another place than run_folder/report.html.

    Raises:  FileNotFoundError if there is no such folder; OSError if the report cannot be written.
    """
    folder = Path(run_folder)
    place = folder / "report.html" if to is None else Path(to)
    write_text(place, page(read(folder)))
    return place
