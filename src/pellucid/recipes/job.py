"""Job: one run of a recipe, from its settings to the report."""

from __future__ import annotations

import dataclasses
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..extras import MissingExtra
from ..generator import manual_seed
from ..train import Run
from .catalogue import Recipe, load


@dataclass
class Job:
    """What a recipe's `main` gets: its settings, the run folder, and where to write to."""

    recipe: Recipe
    settings: Any
    run: Run
    verbose: int = 1
    resume: bool = False
    metrics: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def say(self, *words: Any) -> None:
        """Print a line for the person who watches."""
        if self.verbose:
            print(*words, file=sys.stderr, flush=True)

    def figure(self, title: str, draw: Callable[[], Any], caption: str) -> None:
        """Keep the matplotlib Figure that `draw()` returns for the report, with a caption.

        Without matplotlib the figure is left out and the missing extra is named.
        """
        try:
            figure = draw()
        except MissingExtra as error:
            self.say(f"left out the figure '{title}': {error}")
            return
        folder = self.run.path("figures")
        folder.mkdir(exist_ok=True)
        slug = "-".join(title.lower().split())
        known = [p for p in folder.glob("*.png") if p.stem[3:] == slug]
        number = int(known[0].stem[:2]) if known else len(list(folder.glob("*.png"))) + 1
        path = folder / f"{number:02}-{slug}.png"
        figure.savefig(path, dpi=110)
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")

    @property
    def reached(self) -> dict[str, bool]:
        """For each number that the recipe must reach: was it?"""
        return self.recipe.reached(self.metrics)

    @property
    def is_default(self) -> bool:
        """Was the recipe run as its docstring says, with no option changed?"""
        return self.settings == self.recipe.settings()


def train(name: str, *, out: str | Path | None = None, resume: bool = False, verbose: int = 1, report: bool = True,
          **options: Any) -> Job:
    """Run a recipe and write its report.

    options: changes of the recipe's settings, such as seed=1 or epochs=5.
    Raises:  ValueError for an unknown recipe or option; whatever the recipe raises.
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = train("perceptron", out=folder, verbose=0)
    ...     job.metrics["and_correct"], job.run.path("report.html").exists()
    (4, True)
    """
    recipe = load(name)
    settings = recipe.configure(**options)
    run = Run.named(name, out)
    job = Job(recipe, settings, run, verbose, resume)
    if resume:
        _same_settings(run, settings)
    seed_everything(getattr(settings, "seed", 0))
    run.describe(recipe=name, description=recipe.title, protocol=recipe.part("Protocol"),
                 expected=recipe.expected, seed=getattr(settings, "seed", None),
                 epochs=getattr(settings, "epochs", None), settings=dataclasses.asdict(settings))
    started = time.monotonic()
    job.metrics = recipe.main(job)
    job.seconds = round(time.monotonic() - started, 2)
    run.describe(metrics=job.metrics, seconds=job.seconds)
    if report:
        write_report(run)
    return job


def write_report(run: Run) -> Path:
    """Draw the report of a run folder."""
    from ..plot.report import write

    return write(run.folder)


def seed_everything(seed: int) -> None:
    """Seed Pellucid's, NumPy's and Python's random streams."""
    manual_seed(seed)
    np.random.seed(seed % 2 ** 32)
    random.seed(seed)


def _same_settings(run: Run, settings: Any) -> None:
    """Refuse to resume with other settings than the run began with."""
    before = run.config.get("settings")
    now = dataclasses.asdict(settings)
    if before is None:
        raise ValueError(f"resume: {run.folder} holds no run (no config.json)")
    changed = [f"{key}={before.get(key)!r} before, {value!r} now" for key, value in now.items()
               if list_of(before.get(key)) != list_of(value)]
    if changed:
        raise ValueError(f"resume: the run in {run.folder} had other settings: {'; '.join(changed)}")


def list_of(value: Any) -> Any:
    """JSON has lists where Python has tuples."""
    return list(value) if isinstance(value, tuple) else value
