"""`pellucid run`, `env`, `bench`: scripts, the machine and its speed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..cli import json_line
from .options import AsJson


def register(app: typer.Typer) -> None:
    """Add the commands."""
    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(name="run", context_settings=anything | {"allow_interspersed_args": False})(run_script)
    app.command()(env)
    app.command(context_settings=anything, add_help_option=False)(bench)


def run_script(
    context: typer.Context,
    script: Annotated[Path, typer.Argument(help="A Python script; what follows are its own arguments.")],
    check: Annotated[bool, typer.Option("--check", help="Only list the PyTorch names that the script uses "
                                        "and that are not in Pellucid.")] = False,
    trace: Annotated[Path | None, typer.Option("--trace", help="Write a page that shows the script's first "
                                               "steps, forward and backward (.json: as data).")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="With --trace: how many steps of optimisers "
                                              "are shown, without optimisers backward passes [3].")] = None,
) -> None:
    """Run a script that was written for PyTorch: in it torch means Pellucid."""
    from ..run.__main__ import tell
    from ..run.script import main

    if trace is None and steps is not None or trace is not None and check:
        raise typer.BadParameter("--steps goes with --trace, and --trace not with --check")
    if trace is not None:
        from ..run.traced import USUAL_STEPS, main_traced

        raise typer.Exit(main_traced(str(script), context.args, str(trace),
                                     USUAL_STEPS if steps is None else steps))
    raise typer.Exit(tell(str(script)) if check else main(str(script), context.args))


def env(as_json: AsJson = False) -> None:
    """Print what Pellucid runs on, what it set and why, how fast it is, and what could still be done."""
    from ..runtime import advice, describe, speed

    found = describe() | {"speed": speed()}
    found["advice"] = advice(found)
    if as_json:
        print(json_line(found))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            print(name)
            for key, inner in value.items():
                print(f"  {key:<22} {'not set' if inner is None else inner}")
        elif isinstance(value, list):
            print(name)
            for line in value or ["nothing: all that is known to help is done"]:
                print(f"  {line}")
        else:
            print(f"{name:<24} {value}")


def bench(context: typer.Context) -> None:
    """Measure speed beside PyTorch and others; in a checkout of the sources."""
    checkout = Path(__file__).resolve().parents[3]
    if not (checkout / "bench" / "__main__.py").is_file():
        raise RuntimeError("bench wants a checkout of the sources, and this Pellucid is installed without; "
                           "run python -m bench in a checkout")
    sys.path.insert(0, str(checkout))
    raise typer.Exit(importlib.import_module("bench.__main__").main(context.args, "pellucid bench"))
