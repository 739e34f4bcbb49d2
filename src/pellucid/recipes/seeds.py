"""One recipe with several seeds: a run folder each, what they have in common, curves with bands.

    RUN/seed-0, RUN/seed-1, ...    the folders of the runs, whole, each with its own report
    RUN/config.json                every metric's mean over the seeds, and how many seeds reach what they must
    RUN/seeds.json                 every metric of every seed
    RUN/metrics.jsonl              every curve's mean over the seeds
    RUN/report.html                the curves with bands from the lowest seed to the highest
"""

from __future__ import annotations

import functools
import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..io import write_text
from ..train import Run
from .catalogue import Recipe, load
from .job import Job
from .running import Interrupted, fresh, run, write_report

SHARE = 0.8                                                      # of the seeds that must reach the numbers
NO_CURVES = {"epoch", "seconds", "step"}


@dataclass
class Several:
    """The runs of one recipe with several seeds."""

    recipe: Recipe
    folder: Run
    jobs: list[Job]

    @property
    def reached(self) -> int:
        """How many seeds reach every number."""
        return sum(all(job.reached.values()) for job in self.jobs)

    @property
    def wanted(self) -> int:
        """How many must: four of five."""
        return math.ceil(SHARE * len(self.jobs))

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """Every metric, in the order of the seeds."""
        return {name: [job.metrics.get(name, math.nan) for job in self.jobs]
                for name in self.jobs[0].metrics}

    @property
    def seconds(self) -> float:
        return round(sum(job.seconds for job in self.jobs), 2)


def run_seeds(name: str, options: Mapping[str, Any], count: int, *, out: str | Path | None = None,
              resume: bool = False, verbose: int = 1, report: bool = True) -> Several:
    """Run a recipe with `count` seeds, one after the other, from the settings' own seed on.

    resume  seeds that are done are taken as they are, the one that was interrupted goes on, the rest begin
    Raises:  ValueError for count < 2, and as `run`.
    """
    recipe = load(name)
    if count < 2:
        raise ValueError(f"seeds must be at least 2, got {count}; one seed is chosen by seed=N")
    if resume and out is None:
        raise ValueError("--resume needs --out, the folder of the runs to go on with")
    folder = Run(out) if resume and out is not None else fresh(name, out)
    first = recipe.configure(options).seed
    jobs = []
    for seed in range(first, first + count):
        place = folder.path(f"seed-{seed}")
        begun = resume and (place / "config.json").is_file()
        try:
            job = run(name, {**options, "seed": seed}, out=place, resume=begun, verbose=verbose,
                      report=report)
        except Interrupted as error:
            raise Interrupted(f"interrupted; {folder.folder} holds {seed - first} of {count} seeds, and seed "
                              f"{seed} as far as it came. Go on with: pellucid train {name} --seeds {count} "
                              f"--out {shlex.quote(str(folder.folder))} --resume") from error
        job.say(f"seed {seed}: " + ", ".join(f"{key} {job.metrics.get(key.removesuffix('_at_most')):.4g}"
                                             for key in recipe.expected))
        jobs.append(job)
    several = Several(recipe, folder, jobs)
    keep(several, verbose)
    if report:
        write_report(folder)
    return several


def keep(several: Several, verbose: int) -> None:
    """Write down what the seeds have in common, and draw it."""
    recipe, folder, seeds = several.recipe, several.folder, [job.settings.seed for job in several.jobs]
    curves = gathered([job.run.read_rows("metrics.jsonl") for job in several.jobs])
    means = {name: float(np.mean(values)) for name, values in several.metrics.items()
             if all(isinstance(value, int | float) for value in values)}
    first = several.jobs[0].run.config
    folder.describe(recipe=recipe.name, description=recipe.title, seeds=seeds, seconds=several.seconds,
                    protocol=f"{recipe.part('Protocol')}; {len(seeds)} seeds",
                    expected={"seeds_that_reach": several.wanted},
                    model=first.get("model"), parameters=first.get("parameters"),
                    metrics={"seeds_that_reach": several.reached, **means})
    write_text(folder.path("seeds.json"), json.dumps({"recipe": recipe.name, "seeds": seeds,
                                                      "metrics": several.metrics}, indent=2) + "\n")
    longest = max((values.shape[1] for values in curves.values()), default=0)
    folder.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{name: float(np.nanmean(values[:, i])) for name, values in curves.items()
                            if np.isfinite(values[:, i:i + 1]).any()}} for i in range(longest)])
    draw(several, curves, Job(recipe, several.jobs[0].settings, folder, verbose))


def gathered(rows: list[list[dict[str, Any]]]) -> dict[str, np.ndarray]:
    """Each curve of all seeds, (seeds, epochs), nan where a seed has no value.

    >>> gathered([[{"loss": 2.0}], [{"loss": 1.0}, {"loss": 0.5}]])["loss"]
    array([[2. , nan],
           [1. , 0.5]])
    """
    names = dict.fromkeys(name for of in rows for row in of for name, value in row.items()
                          if name not in NO_CURVES and isinstance(value, int | float))
    longest = max(map(len, rows), default=0)
    return {name: np.array([[float(of[i].get(name, math.nan)) if i < len(of) else math.nan
                             for i in range(longest)] for of in rows]) for name in names}


def draw(several: Several, curves: Mapping[str, np.ndarray], job: Job) -> None:
    """Every curve as a line with a band, training beside validation."""
    from ..plot.curves import bands

    per_epoch = [row.get("step", row["epoch"]) for row in several.jobs[0].run.read_rows("metrics.jsonl")]
    label = "step" if per_epoch and per_epoch[-1] > len(per_epoch) else "epoch"
    alone = [name for name in curves if not name.startswith("val_") or name[4:] not in curves]
    for name in sorted(alone, key=lambda name: f"val_{name}" not in curves):     # what was tested comes first
        pair = {"training": curves[name]} if not name.startswith("val_") else {"validation": curves[name]}
        if f"val_{name}" in curves:
            pair["validation"] = curves[f"val_{name}"]
        length = next(iter(pair.values())).shape[1]
        x = per_epoch if len(per_epoch) == length else list(range(1, length + 1))
        job.figure(f"{name.removeprefix('val_')} over {len(several.jobs)} seeds",
                   functools.partial(bands, x, pair, x_label=label,
                                     y_label=name.removeprefix("val_").replace("_", " ")),
                   "Each line is the mean over the seeds, its band reaches from the lowest seed to the "
                   "highest.")
