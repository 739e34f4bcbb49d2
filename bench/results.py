"""RESULTS.md and results.json: the latest full table against each peer, with what it was measured on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .report import cells, heads, limits, machine_line, side_line, summary, warning
from .sides import SIDES, TITLES

Found = dict[str, Any]
FOLDER = Path(__file__).resolve().parent
HEAD = """# Speed

Written by `python -m bench` (`make bench`); `results.json` holds the same numbers and more. Measure on your
own machine: ratios travel better than milliseconds, but not everywhere.

- **ratio**: the other side's time over Pellucid's in the same pair, the median over the pairs; above 1
  Pellucid is faster. **spread**: the smallest and the largest of them.
- **MiB**: the largest resident memory of the whole process until the end of the measurement (`VmHWM`),
  interpreter and library included, nothing taken off. **memory**: the other side's over Pellucid's; above 1
  Pellucid needs less.
- **floor**: the arithmetic of the row's matrix products, counted from their shapes, divided by the matrix
  rate, which is the best that any side reached in this run for two matrices of 1024 x 1024 in float32.
  **of floor**: the part reached.
- A row that waits for a layer says for which: `needs Conv2d`.
"""


def write(found: Found, folder: Path = FOLDER) -> list[Path]:
    """Put a run beside the latest ones against other peers, and write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    path, report = folder / "results.json", folder / "RESULTS.md"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": [], "rows": []}
    new = {(row["ours"], row["vs"]) for row in found["rows"]}
    rows = [*(row for row in kept["rows"] if (row["ours"], row["vs"]) not in new),
            *({**row, "date": found["date"]} for row in found["rows"])]
    rows.sort(key=lambda row: (SIDES.index(row["ours"]), SIDES.index(row["vs"])))
    about = {key: value for key, value in found.items() if key != "rows"}
    runs = {run["date"]: run for run in [*kept["runs"], about]}
    used = [runs[date] for date in sorted({row["date"] for row in rows})]
    path.write_text(json.dumps({"rows": rows, "runs": used}, indent=1) + "\n", encoding="utf-8")
    report.write_text(markdown(rows, runs), encoding="utf-8")
    return [report, path]


def markdown(rows: list[Found], runs: dict[str, Found]) -> str:
    """RESULTS.md: a section for each two sides."""
    parts = [HEAD]
    for ours, vs in dict.fromkeys((row["ours"], row["vs"]) for row in rows):
        here = [row for row in rows if (row["ours"], row["vs"]) == (ours, vs)]
        parts.append(section(runs[here[0]["date"]], here, ours, vs))
    return "\n".join(parts)


def section(run: Found, rows: list[Found], ours: str, vs: str) -> str:
    """Two sides: what they ran on, the table, and where the time of slow rows goes."""
    sides = [f"- {side_line(name, about)}" for name, about in run["sides"].items() if name in (ours, vs)]
    names = heads(ours, vs)
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *map(cells, rows)]
    parts = [f"## {TITLES[ours]} beside {TITLES[vs]}", "", machine_line(run), "", *sides, "",
             *warning(run["machine"]), run["protocol"], "",
             *(f"| {' | '.join(line)} |" for line in lines), "", summary(run, rows, vs), ""]
    profiled = [limits(row) for row in rows if row.get("profile")]
    if profiled:
        parts += ["Where the time goes: the part that each function itself takes.", "", *profiled, ""]
    return "\n".join(parts)
