"""Run a recipe: choose the folder, seed, train, report; or go on with a run that was interrupted."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import itertools
import os
import random
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..generator import manual_seed
from ..runtime import cores
from ..threads import get_num_threads, set_num_threads
from ..train import Run
from .catalogue import Recipe, load
from .job import CHECKPOINT, Job

RESULTS = (CHECKPOINT, "best.safetensors", "metrics.jsonl", "observations.npz", "report.html")


class Interrupted(KeyboardInterrupt):
    """Training was interrupted; the message says what was kept and how to go on."""


def train(name: str, *, out: str | Path | None = None, resume: bool = False, verbose: int = 1,
          report: bool = True, **options: Any) -> Job:
    """Run a recipe and write its report.

    options: changes of the recipe's settings, such as seed=1 or epochs=5.
    Raises:  as `run`.
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = train("perceptron", out=folder, verbose=0)
    ...     job.metrics["and_correct"], job.run.path("report.html").exists()
    (4, True)
    """
    return run(name, options, out=out, resume=resume, verbose=verbose, report=report)


def run(name: str, options: Mapping[str, Any], *, out: str | Path | None = None, resume: bool = False,
        verbose: int = 1, report: bool = True) -> Job:
    """Run a recipe with some of its settings changed, and write its report.

    out     the run folder, runs/NAME-date-time by default; one that holds a run already is never overwritten
    resume  go on with the run in `out`, with the settings that it began with

    Raises:  ValueError for an unknown recipe or option, a folder that holds another run, and nothing to
             resume; OSError for a folder that cannot be written; Interrupted; whatever the recipe raises.
    """
    recipe = load(name)
    if resume:
        job = _reopened(recipe, options, out, verbose)
    else:
        job = Job(recipe, recipe.configure(options), fresh(name, out), verbose)
    if job.metrics:
        job.say(f"{job.run.folder} holds a finished run: nothing is left to train")
    else:
        with one_thread():
            _carry_out(job)
    if report:
        write_report(job.run)
    return job


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let the BLAS compute in one thread, unless the environment says how many.

    The recipes' products are small: two threads spend their time waiting for each other, and on a busy
    machine made the digits take 32 s instead of 5.
    """
    if any(name in os.environ for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")):
        yield
        return
    before = get_num_threads()
    set_num_threads(1)
    try:
        yield
    finally:
        set_num_threads(before)


def write_report(run: Run) -> Path:
    """Draw the report of a run."""
    from ..plot.report import write

    return write(run.folder)


def seed_everything(seed: int) -> None:
    """Seed Pellucid's, NumPy's and Python's random streams."""
    manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def _carry_out(job: Job) -> None:
    """Train, and write down the metrics and the seconds, those before an interruption included."""
    recipe, settings, run = job.recipe, job.settings, job.run
    before, worked = ((float(run.config.get(key, 0.0)) if job.resume else 0.0) for key in ("spent", "worked"))
    seed_everything(settings.seed)
    run.describe(recipe=recipe.name, description=recipe.title, protocol=recipe.part("Protocol"),
                 expected=recipe.expected, seed=settings.seed, epochs=settings.epochs,
                 settings=dataclasses.asdict(settings), threads=get_num_threads(), cores=cores())
    started, worked_before = time.monotonic(), time.process_time()
    try:
        job.metrics = recipe.main(job)
    except BaseException as error:
        with contextlib.suppress(OSError):                       # the error itself matters more
            run.describe(spent=round(before + time.monotonic() - started, 2),
                         worked=round(worked + time.process_time() - worked_before, 2))
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(_kept(job)) from error
        raise
    job.seconds = round(before + time.monotonic() - started, 2)
    run.describe(metrics=job.metrics, seconds=job.seconds,
                 processor_seconds=round(worked + time.process_time() - worked_before, 2))


def _kept(job: Job) -> str:
    """What an interruption leaves, and how to go on."""
    kept = checkpoints(job.run)
    if not kept:
        return f"interrupted; {job.recipe.name} had kept nothing to go on from: start it again"
    folder = kept[-1].parent                                     # of one training out of several, or of all
    epochs = len(Run(folder).read_rows("metrics.jsonl"))
    part = "" if folder == job.run.folder else f" of {folder.name}"
    return (f"interrupted; {job.run.folder} holds the state after epoch {epochs} of {job.settings.epochs}"
            f"{part}. Go on with: pellucid train {job.recipe.name} --out {shlex.quote(str(job.run.folder))} "
            "--resume")


def checkpoints(run: Run) -> list[Path]:
    """The checkpoints in a run's folder and those of its parts (see `Job.part`), the newest last."""
    found = [run.path(CHECKPOINT), *run.folder.glob(f"*/{CHECKPOINT}")]
    return sorted((path for path in found if path.is_file()), key=lambda path: path.stat().st_mtime_ns)


def fresh(name: str, out: str | Path | None) -> Run:
    """A run in a folder that holds none yet."""
    run = Run(_new_folder(name) if out is None else out)
    found = [file for file in RESULTS if run.path(file).exists()]
    found += [path.relative_to(run.folder).as_posix() for path in checkpoints(run)]
    if not found:
        return run
    of, is_finished = run.config.get("recipe"), bool(run.config.get("metrics"))
    what = f"{'a finished' if is_finished else 'an unfinished'} run of {of}" if of else f"a file {found[0]}"
    rest = "go on with it by --resume, " if of and not is_finished else ""
    raise ValueError(f"{run.folder} already holds {what}, which would be overwritten; {rest}choose another "
                     "folder with --out, or delete it")


def _new_folder(name: str) -> Path:
    """runs/NAME-date-time, made here and now so that no other run takes it."""
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    for suffix in itertools.chain([""], (f"-{n}" for n in itertools.count(2))):
        folder = Path("runs") / f"{name}-{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:                                  # another run began in the same second
            if folder.is_dir():
                continue
        except OSError:
            pass                                                 # Run meets it again, and says it better
        break
    return folder


def _reopened(recipe: Recipe, options: Mapping[str, Any], out: str | Path | None, verbose: int) -> Job:
    """The job of a run that was begun before, with the settings that it had."""
    if out is None:
        raise ValueError("--resume needs --out, the folder of the run to go on with")
    if not (Path(out) / "config.json").is_file():
        raise ValueError(f"--resume: {out} holds no run to go on with (it has no config.json)")
    run = Run(out)
    before, of = run.config.get("settings"), run.config.get("recipe")
    if of != recipe.name:
        raise ValueError(f"--resume: {out} holds a run of {of}, not of {recipe.name}")
    try:
        settings = recipe.configure(before)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"--resume: {run.path('config.json')} is damaged or of another version "
                         f"({error})") from error
    wanted = dataclasses.asdict(recipe.configure({**dataclasses.asdict(settings), **_plain(options)}))
    changes = [f"{name}={getattr(settings, name)} then, {value} now" for name, value in wanted.items()
               if getattr(settings, name) != value]
    if changes:
        raise ValueError(f"--resume: the run in {out} had other settings: {'; '.join(changes)}; leave them "
                         "out, or start a new run with another --out")
    job = Job(recipe, settings, run, verbose, run.path(CHECKPOINT).exists())
    if isinstance(run.config.get("metrics"), dict) and "seconds" in run.config:
        job.metrics, job.seconds = run.config["metrics"], run.config["seconds"]
    elif not checkpoints(run):
        job.say(f"{run.folder} holds no checkpoint: the run starts from the beginning")
    return job


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options by their names in Python: weight-decay is weight_decay."""
    return {name.replace("-", "_"): value for name, value in options.items()}
