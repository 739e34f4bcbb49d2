"""A run: a folder with what was trained, how it went, and the weights."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..io import load, open_atomic, save, write_text
from ..runtime import cores, processor


class Run:
    """The folder of one training run.

        config.json         recipe, seed, settings, versions, machine, final metrics
        metrics.jsonl       one row per epoch
        layers.jsonl        weights, gradients and activations per epoch
        observations.npz    predictions on the test set, decision boundary
        best.safetensors, last.safetensors, report.html

    Every file is written whole or not at all.
    Raises:  OSError naming the folder when it cannot be written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise type(error)(error.errno, f"run folder {self.folder} cannot be written ({error.strerror}); "
                                           "choose another one with --out") from error
        self.config: dict[str, Any] = self._read_config()

    @staticmethod
    def named(recipe: str, out: str | os.PathLike[str] | None = None) -> Run:
        """`out`, or a new folder runs/RECIPE-date-time."""
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        return Run(out or Path("runs") / f"{recipe}-{stamp}")

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def path(self, name: str) -> Path:
        """A file of this run."""
        return self.folder / name

    def _read_config(self) -> dict[str, Any]:
        try:
            return json.loads(self.path("config.json").read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ValueError(f"{self.path('config.json')} is not JSON ({error}); delete it to start the run "
                             "anew") from error

    def describe(self, **entries: Any) -> None:
        """Add entries to config.json."""
        if not self.config:
            self.config.update(machine())
        self.config.update(entries)
        write_text(self.path("config.json"), json.dumps(self.config, indent=2, default=str) + "\n")

    def write_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Write rows as JSON lines."""
        write_text(self.path(name), "".join(json.dumps(row) + "\n" for row in rows))

    def read_rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a JSON lines file; a line cut off by a crash is left out."""
        rows = []
        try:
            for line in self.path(name).read_text("utf-8").splitlines():
                try:
                    rows.append(json.loads(line))
                except ValueError:
                    break
        except FileNotFoundError:
            pass
        return rows

    def observe(self, **arrays: Any) -> None:
        """Keep arrays for the report.

        x_test, probabilities, targets, class_names, image_shape, boundary_*.
        """
        path = self.path("observations.npz")
        kept: dict[str, Any] = {}
        if path.exists():
            with np.load(path, allow_pickle=False) as old:
                kept = {name: old[name] for name in old.files}
        kept.update({name: np.asarray(value) for name, value in arrays.items()})
        with open_atomic(path) as file:
            np.savez_compressed(file, **kept)

    def save(self, name: str, state: Any) -> None:
        """Write a checkpoint, NAME.safetensors."""
        save(state, self.path(f"{name}.safetensors"))

    def load(self, name: str) -> Any:
        """Read a checkpoint."""
        path = self.path(f"{name}.safetensors")
        if not path.exists():
            raise FileNotFoundError(f"resume: {path} does not exist; this run never saved one")
        return load(path)


def machine() -> dict[str, Any]:
    """What the process runs on: versions, processor, threads."""
    from .. import __version__

    now = datetime.datetime.now().astimezone()
    return {"pellucid": __version__, "numpy": np.__version__, "python": platform.python_version(),
            "platform": platform.platform(), "cpu": processor(), "threads": cores(),
            "argv": list(sys.argv), "started": now.isoformat(timespec="seconds")}


