"""Job: what a recipe's `main` works with: its settings, the run folder, and ways to tell and to draw."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..extras import MissingExtra
from ..io import write_text
from ..train import Run
from .catalogue import Recipe

DPI = 150
CHECKPOINT = "last.safetensors"


@dataclass
class Job:
    """One run of a recipe. `main(job)` trains, keeps what the report shows, and returns the metrics."""

    recipe: Recipe
    settings: Any
    run: Run
    verbose: int = 1
    resume: bool = False                                         # the run has a checkpoint to go on from
    metrics: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    figures: int = 0
    lacks: str = ""                                              # what figures need and is not installed

    def say(self, *words: Any) -> None:
        """Print a line for the person who watches."""
        if self.verbose:
            print(*words, file=sys.stderr, flush=True)

    def figure(self, title: str, draw: Callable[[], Any], caption: str) -> None:
        """Keep the matplotlib Figure that `draw()` returns for the report, with a caption.

        Without matplotlib the figure is left out and the missing extra is named.
        """
        place = self._place(title)
        try:
            figure = draw()
        except MissingExtra as error:
            if not self.lacks:
                self.say(f"figures are left out: {error}")
            self.lacks = str(error)
            return
        figure.savefig(place.with_suffix(".png"), dpi=DPI)
        write_text(place.with_suffix(".txt"), caption)

    def lines(self, title: str, series: Mapping[str, Sequence[float]], caption: str, *,
              x_label: str = "step", start: int = 0, dashed: Sequence[str] = (), log: bool | None = None,
              log_x: bool = False) -> None:
        """Keep a figure of lines over start, start + 1, ... for the report; it needs no matplotlib."""
        drawn = [{"name": name, "x": list(range(start, start + len(values))), "y": [float(v) for v in values],
                  "dashed": name in dashed} for name, values in series.items()]
        text = json.dumps({"title": title, "caption": caption, "x_label": x_label, "log": log, "log_x": log_x,
                           "series": drawn})
        write_text(self._place(title).with_suffix(".json"), text)

    def texts(self, title: str, texts: Mapping[str, str], caption: str) -> None:
        """Keep texts that the model wrote, each under its name, for the report; it needs no matplotlib."""
        written = [{"name": name, "text": text} for name, text in texts.items()]
        write_text(self._place(title).with_suffix(".json"),
                   json.dumps({"title": title, "caption": caption, "texts": written}))

    def film(self, title: str, drawings: Sequence[Any], caption: str) -> None:
        """Keep drawings of an environment as a moving picture for the report; it needs Pillow.

        Without Pillow the film is left out and the missing extra is named.
        """
        from ..rl import write_gif

        place = self._place(title)
        try:
            write_gif(drawings, place.with_suffix(".gif"))
        except MissingExtra as error:
            self.lacks = self.lacks or str(error)
            self.say(f"a film is left out: {error}")
            return
        write_text(place.with_suffix(".txt"), caption)

    def part(self, name: str) -> tuple[Run, bool]:
        """The folder of one training out of several, and whether `fit` can go on with it.

        A recipe that trains several models one after the other gives each a folder inside its own. When the
        recipe is resumed, those that are done come back as they were, their random streams included.
        """
        run = Run(self.run.path(name))
        return run, run.path(CHECKPOINT).exists()

    def _place(self, title: str) -> Path:
        """figures/NN-title, without a suffix; figures appear in the order in which they were asked for."""
        folder = self.run.path("figures")
        folder.mkdir(exist_ok=True)
        self.figures += 1
        return folder / f"{self.figures:02}-{'-'.join(re.findall('[a-z0-9]+', title.lower()))}"

    def keep(self, weights: Any) -> None:
        """Keep the weights of a recipe that trains without `fit`: its best are its last."""
        for name in ("best", "last"):
            self.run.save(name, weights)

    @property
    def reached(self) -> dict[str, bool]:
        """For each number that the recipe must reach: was it?"""
        return self.recipe.reached(self.metrics)

    @property
    def is_default(self) -> bool:
        """Was the recipe run as its docstring says, with no option changed?"""
        return self.settings == self.recipe.settings()
