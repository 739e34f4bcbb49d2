"""docs/compatibility.md: what was run beside PyTorch, and which of PyTorch's names are here."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .names import Group

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, ROWS = DOCS / "compatibility.md", DOCS / "compatibility.json"
Row = dict[str, Any]
FIRST = ("pytorch/examples", "karpathy/", "vwxyzjn/", "lucidrains/")     # repositories, in this order

HEAD = """# What of PyTorch runs here

Written by `python -m compatibility page`, from an installed PyTorch and from `compatibility.json`, in which
`python -m compatibility run FOLDER` keeps what it measured. FOLDER holds the public repositories, each under
its own name; none of their code is kept here.

## Public scripts

Each script runs as its repository has it, once with PyTorch and once under `pellucid run`, with the same
arguments, on the same data, with one thread each. `random`, NumPy and the library are seeded with 0 before
it starts; most scripts then set a seed themselves. Losses are the numbers on which `backward()` is called;
where a cell has two lines, Pellucid's is above PyTorch's.

**agree** tells for how many losses, from the first on, Pellucid's differs from PyTorch's by at most half a
unit of the fourth digit. Where rounding makes two runs part (a long training amplifies last digits), it
also tells how far PyTorch agrees with itself when it computes in another order (two threads, without
oneDNN), and how far both agree when float64 is the default. **seconds** are those of the whole process: by
the clock on a machine with other work, so that they tell orders of magnitude, or the processor's where a
line below the table says so; speed is measured by `python -m bench`.
"""
NAMES = """## Names

PyTorch {version} was asked for its public names. A name is **here** if the same name under `pellucid`
leads to something, **refused** if it can be imported and raises `NotImplementedError` when it is used, and
**missing** otherwise: then the error says so, and `pellucid run --check SCRIPT` lists the lines that use it.
Whether a name that is here behaves like PyTorch's is what `tests/parity` checks.
"""


def page(rows: Sequence[Row], found: Sequence[Group], version: str) -> str:
    """The whole page."""
    return "\n".join([HEAD, *scripts(rows), names(found, version)])


# --------------------------------------------------------------------------------------------- scripts

def scripts(rows: Sequence[Row]) -> list[str]:
    """A table for each repository."""
    parts = []
    for repository in dict.fromkeys(row["repository"] for row in rows):
        here = [row for row in rows if row["repository"] == repository]
        table = [line(["script", "losses at 1, 10, 50", "agree", "end result", "seconds", "date"]),
                 line(["---"] * 6), *(line(cells(row)) for row in here)]
        parts += [f"### {repository}", "", *table, "", *(about(row) for row in here), ""]
    return parts


def line(texts: Sequence[str]) -> str:
    """A line of a table."""
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def cells(row: Row) -> list[str]:
    """One script: ours above, PyTorch's below."""
    both = [shown(row["losses_pellucid"]), shown(row["losses_torch"])]
    ends = [" ".join(map(brief, row.get(f"end_{side}", "").split())) for side in ("pellucid", "torch")]
    times = [f"{row['seconds_pellucid']:g}", f"{row['seconds_torch']:g}"]
    name = row.get("name") or f"`{row['script']}`"
    return [name, two(both), agreement(row), two(ends), two(times), row["date"]]


def two(texts: Sequence[str]) -> str:
    """Ours and PyTorch's, one below the other."""
    return f"{texts[0]}<br>{texts[1]}" if any(texts) else ""


def brief(text: str) -> str:
    """A number with six digits; any other text as it is."""
    try:
        return f"{float(text):.6g}" if len(text) > 8 else text
    except ValueError:
        return text


def shown(losses: Sequence[float]) -> str:
    """The losses at steps 1, 10 and 50, or at the last one before."""
    places = sorted({min(place, len(losses)) for place in (1, 10, 50)} - {0})
    return ", ".join(f"{losses[place - 1]:.6g}" for place in places)


def agreement(row: Row) -> str:
    """How far the losses agree, and where they part how far PyTorch agrees with itself."""
    text = row["agree"]
    if row.get("agree_itself"):
        text += f"; PyTorch with itself: {row['agree_itself']}"
    if row.get("agree_double"):
        text += f"; in float64: {row['agree_double']}"
    return text


def about(row: Row) -> str:
    """Where a script is from and how it was called."""
    told = [f"`{row['script']} {row['arguments']}`".replace(" `", "`"), f"commit {row['commit'][:10]}"]
    told += [f"changed: {row['changed']}"] if row["changed"] != "nothing" else []
    told += [row["note"].rstrip(".")] if row["note"] else []
    return f"- {row.get('name') or row['script']}: {'; '.join(told)}."


# ----------------------------------------------------------------------------------------------- names

def names(found: Sequence[Group], version: str) -> str:
    """The second half of the page: counts, then the names of each group."""
    head = [line(["names of", "here", "refused", "missing", "missing and not documented by PyTorch"]),
            line(["---", "---:", "---:", "---:", "---:"])]
    counts = [line([f"`{group.name}`", *(str(len(each)) for each in parts(group).values())])
              for group in found]
    total = [str(sum(len(parts(group)[kind]) for group in found)) for kind in ("here", "refused", "missing")]
    obscure = str(sum(len(group.obscure) for group in found))
    lines = [NAMES.format(version=version), *head, *counts, line(["all", *total, obscure]), ""]
    for group in found:
        lines += [f"### {group.name}", ""]
        for kind, texts in parts(group).items():
            if texts:
                lines += [f"**{kind}**", "", wrapped(texts), ""]
    return "\n".join(lines)


def parts(group: Group) -> dict[str, list[str]]:
    """The names of a group by what is said of them."""
    return {"here": group.here, "refused": group.raising, "missing": group.missing,
            "missing, not documented by PyTorch": group.obscure}


def wrapped(texts: Sequence[str]) -> str:
    """Names in lines of a readable width."""
    text = " ".join(f"`{each}`" for each in texts)
    return "\n".join(textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False))


def names_of(text: str) -> str:
    """The names part of a page."""
    return text[text.index("## Names"):]


# ------------------------------------------------------------------------------------------------- rows

def rows() -> list[Row]:
    """What is kept of the runs."""
    return json.loads(ROWS.read_text(encoding="utf-8")) if ROWS.exists() else []


def keep(new: Sequence[Row], order: Sequence[tuple[str, str]] = ()) -> list[Row]:
    """Put runs beside the kept ones, in the place of older ones of the same script; return them all."""
    def key(row: Row) -> tuple[str, str, str]:
        return row["repository"], row["script"], row.get("name") or row["arguments"]

    kept = {**{key(row): row for row in rows()}, **{key(row): row for row in new}}
    places = {place: i for i, place in enumerate(order)}

    def turn(row: Row) -> tuple[int, str, int]:
        first = next((i for i, name in enumerate(FIRST) if row["repository"].startswith(name)), len(FIRST))
        return first, row["repository"], places.get((row["repository"], row.get("name", "")), 99)

    found = sorted(kept.values(), key=turn)
    ROWS.write_text("[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n", encoding="utf-8")
    return found
