"""`pellucid doctor`: what is wrong with a finished run, or with the training in a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import AsJson


def register(app: typer.Typer) -> None:
    """Add the commands."""
    anything = {"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False}
    app.command(context_settings=anything)(doctor)


def doctor(
    context: typer.Context,
    what: Annotated[Path, typer.Argument(metavar="RUN|SCRIPT", help="A run folder, or a Python script for "
                                                                    "PyTorch or "
                                         "Pellucid; what follows are the script's own arguments.")],
    as_json: AsJson = False,
) -> None:
    """Tell what is wrong in a training: read a run folder, or run a script and watch it."""
    from ..explain.doctor import of_run

    found = watched(what, context.args) if what.is_file() else of_run(what)
    print(found.to_json() if as_json else found)


def watched(script: Path, arguments: list[str]) -> Any:
    """Run a script to its end, or to its error, and tell what was seen; its own output goes to stderr."""
    import contextlib

    from ..explain.doctor import Doctor
    from ..run import run_script
    from ..run.script import without_us

    if script.suffix != ".py":
        raise ValueError(f"doctor: {script} is neither a run folder nor a Python script")
    watch = Doctor(verbose=False)
    with contextlib.redirect_stdout(sys.stderr), watch:
        try:
            run_script(script, arguments)
        except SystemExit:
            pass
        except Exception as error:                             # what was seen until then explains it, perhaps
            without_us(error)
            sys.excepthook(type(error), error, error.__traceback__)
    return watch.diagnosis()
