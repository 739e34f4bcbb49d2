"""What the command line can do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from . import __version__
from .cli import fail, json_line

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help="Deep learning that you can see through.")
FAILURES = (ValueError, OSError, ImportError, RuntimeError, TypeError, FloatingPointError, KeyError)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"pellucid {__version__}")
        raise typer.Exit()


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                   help="Print the version.")] = False) -> None:
    pass


@app.command()
def recipes(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the recipes: what each does, what it must reach, how long it takes."""
    from .recipes import load, names

    found = [load(name) for name in names()]
    if as_json:
        print(json_line({"recipes": [{"name": r.name, "title": r.title, "expected": r.expected,
                                      "options": r.options()} for r in found]}))
        return
    table = Table("recipe", "what", "must reach", "seconds", box=None, header_style="bold", pad_edge=False)
    for r in found:
        table.add_row(r.name, r.title, r.part("Reaches"), r.part("Seconds"))
    Console().print(table)


@app.command()
def train(
    name: Annotated[str, typer.Argument(help="A recipe; `pellucid recipes` lists them.")],
    epochs: Annotated[int | None, typer.Option(help="Passes over the training data.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random stream.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME-date-time by default.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE",
                                                   help="Change an option of the recipe.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
) -> None:
    """Train a recipe and write its report."""
    from .recipes import train as train_recipe

    try:
        if resume and out is None:
            raise ValueError("--resume needs --out, the folder of the run to go on with")
        options = {key: value for key, value in (("epochs", epochs), ("seed", seed)) if value is not None}
        job = train_recipe(name, out=out, resume=resume, verbose=0 if quiet else 1, **options,
                           **dict(_pair(text) for text in set_ or ()))
    except FAILURES as error:
        fail(error.args[0] if isinstance(error, KeyError) else error)
    report_path = job.run.path("report.html")
    if not (quiet or as_json):
        _show(job, report_path)
    if as_json:
        print(json_line({"recipe": name, "metrics": job.metrics, **job.metrics, "seconds": job.seconds,
                         "run": str(job.run.folder), "report": str(report_path), "reached": all(job.reached.values())}))
    if job.is_default and not all(job.reached.values()):
        fail(f"{name} did not reach {job.recipe.part('Reaches')}")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ValueError(f"--set wants KEY=VALUE, got {text!r}")
    return key.strip(), value.strip()


def _show(job: Any, report_path: Path) -> None:
    """The result, for a person."""
    for name, value in job.metrics.items():
        bound = job.recipe.expected.get(name)
        mark = "" if bound is None else f"   (must reach {bound:g}: {'yes' if job.reached[name] else 'NO'})"
        print(f"{name:>24}  {value:.4f}{mark}" if isinstance(value, float) else f"{name:>24}  {value}{mark}")
    print(f"{'seconds':>24}  {job.seconds:g}\n{'report':>24}  {report_path}")


@app.command()
def report(run: Annotated[Path, typer.Argument(help="A run folder.")],
           out: Annotated[Path | None, typer.Option(help="Where to write; RUN/report.html by default.")] = None) -> None:
    """Draw the report of a run again."""
    from .plot.report import write

    try:
        print(write(run, out))
    except FAILURES as error:
        fail(error)


@app.command()
def env(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print what Pellucid runs on: versions, processor, BLAS, threads, extras."""
    from .runtime import describe

    found = describe()
    if as_json:
        print(json_line(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            print(name)
            for key, inner in value.items():
                print(f"  {key:<16} {inner}")
        else:
            print(f"{name:<18} {value}")
