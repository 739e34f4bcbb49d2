"""A run folder, read so that nothing in it (missing, cut off, out of shape) keeps the report away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.plot.records import Row, is_number, number, once_per_epoch, read_lines, series
from pellucid.plot.report.pictures import is_ink
from pellucid.plot.report.wording import count, lower_is_better
from pellucid.plot.scores import as_pictures, class_labels, class_probabilities, names_of_classes


@dataclass
class Run:
    """What a run folder holds, and notes on what could not be read."""

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    epochs: list[Row] = field(default_factory=list)
    layers: list[Row] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The recipe, or the folder's name where no recipe is recorded."""
        return str(self.config.get("recipe") or self.folder.name)

    @property
    def metrics(self) -> dict[str, Any]:
        """The final metrics, empty for a run that did not end."""
        found = self.config.get("metrics")
        return found if isinstance(found, dict) else {}

    @property
    def is_finished(self) -> bool:
        """Whether the run came to its end: only then are final metrics recorded."""
        return bool(self.metrics)


@dataclass
class Answers:
    """A classifier's answers on the samples that were kept: probabilities (N, K), targets (N,), names."""

    probabilities: np.ndarray
    targets: np.ndarray
    names: list[str]
    x: np.ndarray | None = None
    pictures: np.ndarray | None = None
    is_ink: bool = False                                  # the pictures are strokes on an empty ground

    @property
    def taken(self) -> np.ndarray:
        """The class of greatest probability, (N,)."""
        return self.probabilities.argmax(axis=1)


def read(folder: Path) -> Run:
    """Read a run folder.

    Raises:  FileNotFoundError if there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"run_folder: no folder {folder}")
    run = Run(folder)
    run.config = read_config(run)
    run.epochs = once_per_epoch(lines(run, "metrics.jsonl"))
    run.layers = lines(run, "layers.jsonl")
    run.arrays = read_arrays(run)
    return run


def read_config(run: Run) -> dict[str, Any]:
    """Return config.json, or an empty one with a note that says why."""
    try:
        found = json.loads((run.folder / "config.json").read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        run.notes.append("There is no config.json, so what ran, and on what, is not known.")
        return {}
    except ValueError as error:
        run.notes.append(f"config.json could not be read ({error}).")
        return {}
    if not isinstance(found, dict):
        run.notes.append("config.json does not hold an object.")
        return {}
    return found


def lines(run: Run, name: str) -> list[Row]:
    """Return the records of a file of JSON lines, with a note on lines that were cut off."""
    records, unreadable = read_lines(run.folder / name)
    if unreadable:
        run.notes.append(f"{name}: {count(unreadable, 'line')} could not be read, as after an interruption; "
                         f"{count(len(records), 'record')} could.")
    return records


def read_arrays(run: Run) -> dict[str, np.ndarray]:
    """Return the arrays of observations.npz; pickled ones are refused, a broken file is noted."""
    path = run.folder / "observations.npz"
    if not path.exists():
        return {}
    found = {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            for name in archive.files:
                try:
                    found[name] = archive[name]
                except ValueError as error:
                    run.notes.append(f"observations.npz: {name} could not be read ({error}).")
    except Exception as error:         # zipfile, zlib, numpy and the OS each raise their own
        run.notes.append(f"observations.npz could not be read ({error}).")
    return found


def answers(run: Run) -> Answers | None:
    """Return the classifier's answers, or None where none fit together; a misfit is noted."""
    arrays = run.arrays
    if "probabilities" not in arrays or "targets" not in arrays:
        return None
    try:
        p, true = class_probabilities(arrays["probabilities"]), class_labels(arrays["targets"])
        if len(p) != len(true):
            raise ValueError(f"{len(p)} probabilities, {len(true)} targets")
        if not len(p):
            return None
        if int(true.max()) >= p.shape[1]:
            raise ValueError(f"class {int(true.max())} in the targets, {p.shape[1]} columns of probabilities")
    except (ValueError, TypeError) as error:
        run.notes.append(f"observations.npz: the answers do not fit together ({error}).")
        return None
    found = Answers(np.nan_to_num(p), true, names_of_classes(arrays.get("class_names"), p.shape[1]))
    x = arrays.get("x_test")
    if x is not None and len(x) == len(p):
        found.x, found.pictures = x, pictures(run, x)
        found.is_ink = found.pictures is not None and is_ink(found.pictures[:256])
    return found


def pictures(run: Run, x: np.ndarray) -> np.ndarray | None:
    """Return the samples as pictures where the run says that they are such."""
    if "image_shape" not in run.arrays:
        return None
    try:
        return as_pictures(x, run.arrays["image_shape"])
    except (ValueError, TypeError) as error:
        run.notes.append(f"observations.npz: the samples cannot be shown as pictures ({error}).")
        return None


@dataclass(frozen=True)
class Goal:
    """A metric, the value that it must reach, and the value that it reached."""

    metric: str
    bound: float
    reached: float
    at_most: bool

    @property
    def is_met(self) -> bool:
        """Whether the number is reached; NaN reaches nothing."""
        return self.reached <= self.bound if self.at_most else self.reached >= self.bound


def goals(run: Run) -> list[Goal]:
    """Return what the run must reach, from config's `expected`: numbers, or text such as "<= 3".

    A name that ends in `_at_most` is an upper bound, as is the name of a loss or an error.
    """
    expected = run.config.get("expected")
    found = []
    for name, wanted in (expected.items() if isinstance(expected, dict) else ()):
        at_most = lower_is_better(name) or name.endswith("_at_most")
        metric = name.removesuffix("_at_most")
        if isinstance(wanted, str) and wanted.strip()[:2] in (">=", "<="):
            at_most, wanted = wanted.strip().startswith("<="), as_number(wanted.strip()[2:])
        bound, reached = number(wanted), number(run.metrics.get(metric))
        if np.isfinite(bound) and (is_number(run.metrics.get(metric)) or not run.is_finished):
            found.append(Goal(str(metric), bound, reached, at_most))
    return found


def as_number(text: str) -> float:
    """Return the number that text spells, NaN where it spells none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def best_epoch(run: Run) -> tuple[float, float] | None:
    """Return the epoch with the smallest validation loss and that loss, or None without validation."""
    epochs, values = series(run.epochs, "val_loss")
    return smallest(epochs, values)


def smallest(epochs: np.ndarray, values: np.ndarray) -> tuple[float, float] | None:
    """Return the epoch of the smallest finite value and that value."""
    good = np.isfinite(values)
    if not good.any():
        return None
    i = int(np.flatnonzero(good)[values[good].argmin()])
    return float(epochs[i]), float(values[i])
