"""The steps as lines of text."""

from __future__ import annotations

from typing import Any

HEADS = ("#", "phase", "op", "module", "line", "inputs -> outputs", "numbers", "time")


def table(told: dict[str, Any], first: int | None = None) -> str:
    """A line for each step of a trace in JSON, all or the first so many, and what was cut."""
    steps = told["steps"] if first is None else told["steps"][:first]
    rows = [HEADS, *(_cells(step, told) for step in steps)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in rows]
    if len(steps) < len(told["steps"]):
        lines.append(f"and {len(told['steps']) - len(steps)} more steps")
    return "\n".join([*lines, *filter(None, [told["cut"]])])


def _cells(step: dict[str, Any], told: dict[str, Any]) -> tuple[str, ...]:
    line = None if step["line"] is None else told["lines"][step["line"]]
    module = None if step["module"] is None else told["modules"][step["module"]]
    given, made = _values(step)
    main = next((told["values"][i] for i in made if i is not None), None)
    return (str(step["id"]), step["phase"], step["op"], module["path"] or module["kind"] if module else "",
            f"{line['file']}:{line['line']}" if line else "",
            f"{_shapes(given, told)} -> {_shapes(made, told)}", "" if main is None else _range(main),
            _time(step["seconds"]))


def _values(step: dict[str, Any]) -> tuple[list, list]:
    """What went into a step, and what came out."""
    if step["phase"] == "forward":
        return [entry.get("value", entry) for entry in step["inputs"]], step["outputs"]
    if step["phase"] == "backward":
        return step["g"], step["gradients"]
    return [step["parameter"], step["gradient"]], [step["after"]]


def _shapes(values: list, told: dict[str, Any]) -> str:
    texts = []
    for value in values:
        if isinstance(value, dict):
            constant = value["constant"]
            texts.append(str(constant) if isinstance(constant, (int, float, str)) else "")
        elif value is not None:
            texts.append("x".join(map(str, told["values"][value]["shape"])) or "scalar")
    return ", ".join(filter(None, texts)) or "-"


def _range(value: dict[str, Any]) -> str:
    """The one number, or the smallest and the largest; and whether some are not finite."""
    if value["min"] is None:
        text = "none finite" if value["nan"] or value["inf"] else "-"
    elif not isinstance(value["min"], (int, float)) or value["min"] == value["max"]:
        text = f"{value['min']:.4g}" if isinstance(value["min"], (int, float)) else str(value["min"])
    else:
        text = f"{value['min']:.4g} to {value['max']:.4g}"
    return text + "".join(f", {value[what]} {what}" for what in ("nan", "inf") if value[what])


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
