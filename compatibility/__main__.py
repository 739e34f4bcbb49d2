"""Compare with PyTorch: run public scripts on both sides, list names, write docs/compatibility.md.

    python -m compatibility run FOLDER [NAME ...]    run the scripts found below FOLDER, keep what came out
    python -m compatibility add FILE.json ...        keep rows that were measured elsewhere
    python -m compatibility page                     write docs/compatibility.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from . import compare, page
from .data import Missing
from .names import groups, version
from .scripts import SCRIPTS

ORDER = [(script.repository, script.name) for script in SCRIPTS]


def run(folder: Path, chosen: Sequence[str]) -> int:
    """Run the scripts that are there; tell of each in a line."""
    status = 0
    for script in SCRIPTS:
        if chosen and script.name not in chosen:
            continue
        if not (folder / script.folder / script.path).is_file():
            print(f"{script.name}: {script.folder}/{script.path} is not in {folder}")
            continue
        try:
            row = compare.row(script, folder)
        except (compare.Failed, Missing) as problem:
            print(f"{script.name}: {problem}", file=sys.stderr)
            status = 1
            continue
        page.keep([row], ORDER)
        print(" | ".join([script.name, *page.cells(row)[1:]]).replace("<br>", " / "), flush=True)
    return status


def write() -> int:
    """Write the page."""
    page.PAGE.write_text(page.page(page.rows(), groups(), version()), encoding="utf-8")
    print("wrote", page.PAGE)
    return 0


def main(words: Sequence[str]) -> int:
    """Do what the command line says."""
    match words:
        case ["run", folder, *chosen]:
            return run(Path(folder).resolve(), chosen) or write()
        case ["add", *files] if files:
            page.keep([json.loads(Path(file).read_text(encoding="utf-8")) for file in files], ORDER)
            return write()
        case ["page"]:
            return write()
    print(__doc__.partition("\n\n")[2], file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
