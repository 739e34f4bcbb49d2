"""What a run has recorded, as rows and arrays: the one place that knows the names in its JSON lines.

A history is any of: a run folder, a list of dictionaries (one per epoch), a dictionary of lists, or an
object that carries one of these as `history`, `records` or `rows`. Whatever draws begins
with `rows(history)`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]
NOT_METRICS = {"epoch", "step", "seconds", "loss", "val_loss", "lr", "time", "samples", "epochs"}


def rows(history: Any, *, file: str = "metrics.jsonl") -> list[Row]:
    """Return `history` as a list of dictionaries, one per record.

    `file` names the file that is read when `history` is a run folder.

    Raises:  TypeError if `history` is none of the forms named above.
    >>> rows({"epoch": [1, 2], "loss": [0.5, 0.25]})
    [{'epoch': 1, 'loss': 0.5}, {'epoch': 2, 'loss': 0.25}]
    """
    if isinstance(history, (str, os.PathLike)):
        return read_lines(Path(history) / file)[0]
    if isinstance(history, Mapping):
        columns = {key: list(values) for key, values in history.items()}
        length = max(map(len, columns.values()), default=0)
        return [{key: values[i] for key, values in columns.items() if i < len(values)} for i in range(length)]
    for name in ("history", "records", "rows"):
        if hasattr(history, name):
            inner = getattr(history, name)
            return rows(inner() if callable(inner) else inner, file=file)
    if isinstance(history, Iterable):
        found = list(history)
        if all(isinstance(row, Mapping) for row in found):
            return [dict(row) for row in found]
    raise TypeError("history: expected a run folder, a list of dictionaries or a dictionary of lists, "
                    f"got {type(history).__name__}")


def read_lines(path: Path) -> tuple[list[Row], int]:
    """Read a file of JSON lines and return its records and the number of lines that could not be read.

    A run that was interrupted may end in half a line: it is counted, not fatal. No file is an empty one.
    """
    records, unreadable = [], 0
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], 0
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if isinstance(record, dict):
            records.append(record)
        else:
            unreadable += 1
    return records, unreadable


def number(value: Any) -> float:
    """Return `value` as a float, NaN for anything that is no number (None, text, a list)."""
    if isinstance(value, str) and value.strip().lower().lstrip("+-") not in ("nan", "inf", "infinity"):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def is_number(value: Any) -> bool:
    """Tell whether `value` is a plain number (not a bool, not text); NaN and infinity count."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def epoch_of(row: Row, position: int) -> float:
    """Return the row's epoch, or its 1-based position where none was recorded."""
    value = number(row.get("epoch"))
    return value if math.isfinite(value) else float(position + 1)


def once_per_epoch(records: Sequence[Row]) -> list[Row]:
    """Keep the last record of each epoch, in order; a resumed run may have written an epoch twice."""
    last = {epoch_of(row, i): row for i, row in enumerate(records)}
    return [last[epoch] for epoch in sorted(last)]


def series(records: Sequence[Row], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the epochs at which `key` was recorded and its values, both (N,) float64; NaN stays NaN.

    >>> series([{"epoch": 1, "loss": 0.5}, {"epoch": 2}], "loss")
    (array([1.]), array([0.5]))
    """
    found = [(epoch_of(row, i), number(row[key])) for i, row in enumerate(records) if key in row]
    pairs = np.array(found, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def metric_names(records: Sequence[Row]) -> list[str]:
    """Return the metrics recorded beside the loss, without their `val_` prefix, in order of appearance."""
    names: dict[str, None] = {}
    for row in records:
        for key, value in row.items():
            plain = key.removeprefix("val_")
            if plain not in NOT_METRICS and (is_number(value) or value is None):
                names.setdefault(plain)
    return list(names)


def by_layer(records: Sequence[Row], kind: str) -> dict[str, list[Row]]:
    """Group the records of one kind ("parameter" or "activation") by layer: name -> one record per epoch.

    An activation is named with its module's type where that was recorded: "3 ReLU" says more than "3".
    """
    groups: dict[str, list[Row]] = {}
    for row in records:
        if row.get("kind", "parameter") == kind:
            name = " ".join(str(row[key]) for key in ("name", "module") if key in row)
            groups.setdefault(name or "?", []).append(row)
    return {name: once_per_epoch(group) for name, group in groups.items()}


def depths(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return each parameter's layer as (place, number of layers); a weight and its bias share theirs.

    >>> depths(["0.weight", "0.bias", "2.weight"])
    {'0.weight': (0, 2), '0.bias': (0, 2), '2.weight': (1, 2)}
    """
    modules = {name: name.rpartition(".")[0] or name for name in names}
    place = {module: i for i, module in enumerate(dict.fromkeys(modules.values()))}
    return {name: (place[module], len(place)) for name, module in modules.items()}


def histogram(row: Row, prefix: str = "") -> tuple[np.ndarray, np.ndarray] | None:
    """Return (counts (N,), edges (N+1,)) of a layer's record, or None where none makes sense."""
    try:
        counts = np.asarray(row[prefix + "histogram"], dtype=np.float64)
        edges = np.asarray(row[prefix + "edges"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    fits = counts.ndim == edges.ndim == 1 and len(edges) == len(counts) + 1 and len(counts) > 0
    if not fits or not (np.isfinite(counts).all() and np.isfinite(edges).all()) or counts.max() <= 0:
        return None
    return counts, edges


def plain_array(values: Any) -> np.ndarray:
    """Return `values` (a Tensor, an array or nested lists) as a NumPy array, outside any graph."""
    if hasattr(values, "detach"):
        values = values.detach()
    if hasattr(values, "numpy"):
        values = values.numpy()
    return np.asarray(values)
