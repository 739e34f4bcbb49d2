"""What the command line can do to make an encoder small: `pellucid embed distill`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..cli import json_line
from .options import AsJson, Quiet


def register(group: typer.Typer) -> None:
    """Add the command to `pellucid embed`."""
    group.command(name="distill")(distill)


def sentences(path: Path | None, most: int, seed: int, quiet: bool) -> list[str]:
    """The lines of a file, or sentences of the books; none, and a word about it, where there are no books."""
    from .. import datasets
    from ..embed.distill import sentences_of, some_of
    from .embedding import lines

    if path is not None:
        return some_of(lines(path), most, seed)
    try:
        return some_of(sentences_of(datasets.books()), most, seed)
    except datasets.MissingData as error:
        if not quiet:
            typer.echo(f"pellucid: without sentences the table is not refined: {error}", err=True)
        return []


def distill(
    teacher: Annotated[Path, typer.Argument(help="A folder of sentence-transformers or of a BERT.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")] = Path("model"),
    dimension: Annotated[int, typer.Option(help="Components of a vector.")] = 256,
    texts: Annotated[Path | None, typer.Option("--sentences", help="Sentences in UTF-8, one in a line, to "
                                               "refine it on; without it those of the books.")] = None,
    most: Annotated[int, typer.Option(min=0, help="Take at most so many of them, drawn at random.")] = 30_000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the sentences.")] = 4,
    dtype: Annotated[str, typer.Option(help="float32, or int8: a quarter of the bytes.")] = "float32",
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Make a small and fast encoder that answers nearly as a slow one does.

    Each token of the vocabulary goes through the teacher alone; the table of what comes out is refined until
    the means of its rows point where the teacher's vectors of sentences do.
    """
    from ..embed import Encoder
    from ..embed.distill import distill as distilled

    if dtype not in ("float32", "int8"):
        raise ValueError(f"--dtype is {dtype!r}, wants float32 or int8")
    slow = Encoder.from_pretrained(teacher)
    found = sentences(texts, most, seed, quiet)
    encoder = distilled(slow, found, dimension, verbose=0 if quiet else 1,
                        **({"epochs": epochs, "seed": seed} if found else {}))
    encoder.save_pretrained(out, dtype)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    if as_json:
        print(json_line({"model": out, "tokens": len(encoder.weight), "dimension": encoder.dimension,
                         "sentences": len(found), "bytes": size}))
    elif not quiet:
        print(f"{out}: {len(encoder.weight):,} tokens of {encoder.dimension} components, {size / 1e6:.1f} MB")
