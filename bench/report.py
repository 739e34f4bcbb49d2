"""What a run found, for people: the table on the terminal, and what moved since another run."""

from __future__ import annotations

from typing import Any

from .bars import shortfalls
from .sides import TITLES

Found = dict[str, Any]
BUSY = 0.5                                              # of the cores: a load above it disturbs


def tables(found: Found) -> str:
    """A table for each peer, with what it ran on above."""
    sides = (side_line(name, about) for name, about in found["sides"].items())
    parts = [machine_line(found), *sides, *warning(found["machine"])]
    for vs in dict.fromkeys(row["vs"] for row in found["rows"]):
        rows = [row for row in found["rows"] if row["vs"] == vs]
        parts += ["", table(rows, rows[0]["ours"], vs), "", summary(found, rows, vs)]
        parts += [limits(row) for row in rows if row.get("profile")]
    return "\n".join(parts)


def machine_line(found: Found) -> str:
    """The computer in one line."""
    machine = found["machine"]
    forms = {"processor": "{}", "cores": "{} cores", "memory": "{}", "system": "{}", "python": "Python {}"}
    known = [form.format(machine[key]) for key, form in forms.items() if machine.get(key)]
    return ", ".join([*known, found["date"]])


def warning(machine: Found) -> list[str]:
    """A line if others were at work on the machine when the run began."""
    busy = machine.get("load") or 0.0
    if busy <= BUSY * machine.get("cores", 1):
        return []
    return [f"The machine was busy when this began (load {busy:g}): measure again on a quiet one."]


def side_line(name: str, about: Found) -> str:
    """Versions of one side in one line."""
    if "missing" in about:
        return about["missing"]
    known = [f"{TITLES[name]} {about['version']}", about.get("blas"),
             f"Numba {about['numba']}" if about.get("numba") else None,
             f"threads: {about['threads']}" if about.get("threads") else None,
             f"{about['gflops']:.0f} GFLOP/s" if about.get("gflops") else None]
    return ", ".join(part for part in known if part)


def heads(ours: str, vs: str) -> list[str]:
    """The names of the columns."""
    a, b = TITLES[ours], TITLES[vs]
    return ["row", "ratio", "spread", f"{a} ms", f"{b} ms", f"{a} MiB", f"{b} MiB", "memory", "floor ms",
            "of floor"]


def cells(row: Found) -> list[str]:
    """A row's texts, empty where nothing is known; a row without any number says why."""
    spread = "{:.2f} to {:.2f}".format(*row["spread"]) if row["spread"] else ""
    return [row["row"], row["status"] if is_told(row) else number(row["ratio"], "{:.2f}"), spread,
            number(row["ours_ms"], "{:.4g}"), number(row["theirs_ms"], "{:.4g}"),
            number(row["ours_mib"], "{:.0f}"), number(row["theirs_mib"], "{:.0f}"),
            number(row["memory_ratio"], "{:.2f}"),
            *([number(row["floor_ms"], "{:.3g}"), number(row["floor_fraction"], "{:.0%}")]
              if row["floor_fraction"] else ["", ""])]


def is_told(row: Found) -> bool:
    """Whether a row has a reason in place of numbers."""
    return row["ratio"] is None and row["ours_ms"] is None


def number(value: float | None, form: str) -> str:
    """A number as text; nothing for none."""
    return "" if value is None else form.format(value)


def table(rows: list[Found], ours: str, vs: str) -> str:
    """Columns of text; two of them if no row has numbers."""
    if all(map(is_told, rows)):
        width = max(len(row["row"]) for row in rows)
        return "\n".join(f"{row['row']:<{width}}  {row['status']}" for row in rows)
    lines = [heads(ours, vs), *(cells(row) for row in rows if not is_told(row))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    widths[0] = max(len(row["row"]) for row in rows)
    out = [lines[0], *map(cells, rows)]
    told = [False, *map(is_told, rows)]
    return "\n".join("  ".join([line[0].ljust(widths[0]),
                                *(line[1:2] if short else map(str.rjust, line[1:], widths[1:]))]).rstrip()
                     for line, short in zip(out, told, strict=True))


def summary(found: Found, rows: list[Found], vs: str) -> str:
    """The table in a few sentences."""
    theirs = TITLES[vs]
    if found["quick"]:
        agree = sum(row["status"] == "agrees" for row in rows)
        return f"{agree} of {len(rows)} rows run and agree with {theirs}; nothing was timed."
    ratios = [row for row in rows if row["ratio"] is not None]
    if not ratios:
        return f"No row could be compared with {theirs}."
    slower = ", ".join(row["row"] for row in ratios if row["ratio"] < 1) or "none"
    larger = ", ".join(row["row"] for row in ratios if (row["memory_ratio"] or 1) < 1) or "none"
    ours = TITLES[rows[0]["ours"]]
    disk = [f"On the disk, with all that they require: {ours} {row['ours_disk_mib']:.0f} MiB, {theirs} "
            f"{row['theirs_disk_mib']:.0f} MiB." for row in ratios if row.get("theirs_disk_mib")]
    return "\n".join([f"Ratio: the time of {theirs} over that of {ours}. {len(ratios)} of {len(rows)} rows. "
                      f"Geometric mean, each workload once: {found['geometric_mean'][vs]:.2f}.",
                      f"Slower than {theirs}: {slower}. More memory: {larger}.", *disk,
                      *shortfalls(ratios, vs)])


def limits(row: Found) -> str:
    """A row's profile in a line: the functions with most time of their own, with their calls per step."""
    places = ", ".join(f"{part['share']:.0%} `{part['where']}` ({part['calls']:g} calls)"
                       for part in row["profile"])
    return f"- **{row['row']}** ({row['what']}): {places}."


def moved(found: Found, old: Found) -> str:
    """What changed since another run: a row moved where the two spreads do not overlap."""
    before = {(row["row"], row["vs"], row["ours"]): row for row in old["rows"]}
    lines = [["row", "vs", "ratio", "was", "ms", "was", ""]]
    for row in found["rows"]:
        was = before.get((row["row"], row["vs"], row["ours"]), {"status": "not there"})
        lines.append([row["row"], row["vs"], *(number(each.get("ratio"), "{:.2f}") or each["status"]
                                               for each in (row, was)),
                      *(number(each.get("ours_ms"), "{:.4g}") for each in (row, was)), verdict(row, was)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def verdict(row: Found, was: Found) -> str:
    """How a row moved, in a word.

    >>> verdict({"ratio": 1.5, "spread": [1.4, 1.6]}, {"ratio": 1.0, "spread": [0.9, 1.3]})
    'faster'
    >>> verdict({"ratio": 1.5, "spread": [1.4, 1.6]}, {"ratio": 1.3, "spread": [1.2, 1.5]})
    ''
    """
    if row["ratio"] is None or was.get("ratio") is None:
        return "" if row["status"] == was["status"] else "changed"
    (low, high), (least, most) = row["spread"], was["spread"]
    return "faster" if most < low else "SLOWER" if least > high else ""
