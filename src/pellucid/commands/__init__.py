"""What the command line can do: one file per group of commands, each with a `register`."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from . import diagnosing, embedding, machine, tokenizing, training

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help="Deep learning that you can see through.")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"pellucid {__version__}")
        raise typer.Exit()


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                   help="Print the version.")] = False) -> None:
    pass


for _group in (training, diagnosing, machine, tokenizing, embedding):
    _group.register(app)
