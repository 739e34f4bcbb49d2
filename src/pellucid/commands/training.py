"""`pellucid recipes`, `train`, `report`: the jobs that come with the library."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from ..cli import FAILED, json_line
from .options import AsJson, Quiet


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (recipes, train, report):
        app.command()(command)


def recipes(name: Annotated[str | None, typer.Argument(help="Show one recipe with its options.")] = None,
            as_json: AsJson = False) -> None:
    """List the recipes: what each does, what it must reach, how long it takes."""
    from ..recipes import load, names

    found = [load(each) for each in (names() if name is None else [name])]
    if as_json:
        print(json_line({"recipes": [{"name": r.name, "title": r.title, "expected": r.expected,
                                      "protocol": r.part("Protocol"), "seconds": r.part("Seconds"),
                                      "options": r.options()} for r in found]}))
    elif name is not None:
        options = "\n".join(f"  --set {key}={shown(value)}" for key, value in found[0].options().items())
        print(f"{found[0].description}\n\nOptions, with their defaults:\n{options}")
    else:
        table = Table(Column("recipe", no_wrap=True), "what", "must reach", "seconds", box=None,
                      pad_edge=False)
        for r in found:
            table.add_row(r.name, r.title, r.part("Reaches").replace(" %", "%"), r.part("Seconds"))
        Console(highlight=False).print(table)
        print("\npellucid recipes NAME shows one with its options; pellucid train NAME runs it")


def shown(value: Any) -> str:
    """A setting as --set reads it."""
    return ",".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def train(
    name: Annotated[str, typer.Argument(help="A recipe; `pellucid recipes` lists them.")],
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random stream.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME-date-time by default.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE",
                                                   help="Change an option of the recipe.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON on stdout.")] = False,
    quiet: Quiet = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    seeds: Annotated[int, typer.Option(min=1, help="So many seeds one after the other; curves with "
                                                           "bands.")] = 1,
) -> None:
    """Train a recipe and write its report."""
    given = {key: value for key, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    options = assigned(set_ or [], given)
    how: dict[str, Any] = {"out": out, "resume": resume, "verbose": 0 if quiet else 1}
    if seeds > 1:
        train_several(name, options, seeds, how, as_json, quiet)
        return
    from ..recipes import run

    job = carried_out(lambda: run(name, options, **how))
    if as_json:
        print(json_line({"recipe": name, "metrics": job.metrics, **job.metrics, "seconds": job.seconds,
                         "run": job.run.folder, "report": job.run.path("report.html"),
                         "reached": all(job.reached.values())}))
    elif not quiet:
        tell(job)
    if job.is_default and not all(job.reached.values()):
        missed = ", ".join(f"{metric} ({job.metrics.get(metric.removesuffix('_at_most'))})"
                           for metric, reached in job.reached.items() if not reached)
        print(f"pellucid: {name} did not reach {job.recipe.part('Reaches')}: {missed}", file=sys.stderr)
        raise typer.Exit(FAILED)


def carried_out(work: Callable[[], Any]) -> Any:
    """What `work` returns; stdout is for the result alone, an interruption ends the program in words."""
    from ..recipes import Interrupted

    try:
        with contextlib.redirect_stdout(sys.stderr):
            return work()
    except Interrupted as error:                                 # typer would drop the sentence
        from ..cli import INTERRUPTED, told

        raise typer.Exit(told(error, str(error), INTERRUPTED)) from None


def train_several(name: str, options: dict[str, Any], count: int, how: dict[str, Any], as_json: bool,
                  quiet: bool) -> None:
    """Train a recipe with several seeds, and tell what they have in common."""
    from ..recipes import run_seeds

    several = carried_out(lambda: run_seeds(name, options, count, **how))
    if as_json:
        print(json_line({"recipe": name, "seeds": [job.settings.seed for job in several.jobs],
                         "metrics": several.metrics, "seconds": several.seconds,
                         "run": several.folder.folder, "report": several.folder.path("report.html"),
                         "seeds_that_reach": several.reached, "reached": several.reached >= several.wanted}))
    elif not quiet:
        for metric, values in several.metrics.items():
            shares = "  ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in values)
            print(f"{metric:>24}  {shares}")
        print(f"{'seeds that reach it':>24}  {several.reached} of {count} (must be {several.wanted})\n"
              f"{'seconds':>24}  {several.seconds:g}\n{'report':>24}  {several.folder.path('report.html')}")
    if several.jobs[0].is_default and several.reached < several.wanted:
        print(f"pellucid: {name} did not reach {several.recipe.part('Reaches')} with {several.wanted} of "
              f"{count} seeds, but with {several.reached}", file=sys.stderr)
        raise typer.Exit(FAILED)


def assigned(texts: list[str], given: dict[str, Any]) -> dict[str, Any]:
    """KEY=VALUE texts as a dictionary, together with the options that were given by a name of their own."""
    found = dict(given)
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key:
            raise ValueError(f"--set wants KEY=VALUE, got {text!r}")
        if key in found:
            raise ValueError(f"option {key} is given twice: {found[key]} and {value}")
        found[key] = value
    return found


def tell(job: Any) -> None:
    """The result, for a person."""
    for name, value in job.metrics.items():
        low, high = job.recipe.expected.get(name), job.recipe.expected.get(f"{name}_at_most")
        bound, key, limit = (low, name, "at least") if high is None else (high, f"{name}_at_most", "at most")
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        if bound is not None:
            text += f"   (must be {limit} {bound:g}: {'yes' if job.reached[key] else 'NO'})"
        print(f"{name:>24}  {text}")
    print(f"{'seconds':>24}  {job.seconds:g}\n{'report':>24}  {job.run.path('report.html')}")


def report(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; RUN/report.html by default.")] = None,
) -> None:
    """Draw the report of a run again."""
    from ..plot.report import write

    if not any((run / name).is_file() for name in ("config.json", "metrics.jsonl")):
        problem = "holds neither config.json nor metrics.jsonl" if run.is_dir() else "is not a folder"
        raise ValueError(f"{run} is not the folder of a run: it {problem}")
    print(write(run, out))
