"""What the command line can do with texts: `pellucid tokenize`, `pellucid tokenizer train`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..cli import json_line
from .options import AsJson, Quiet

if TYPE_CHECKING:
    from ..text import Tokenizer

tokenizers = typer.Typer(no_args_is_help=True, help="Train tokenizers.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tokenize)
    app.add_typer(tokenizers, name="tokenizer")


def loaded(path: Path | None) -> Tokenizer:
    """The tokenizer of a file, or the one that comes with the library."""
    from ..text import Tokenizer

    return Tokenizer.english() if path is None else Tokenizer.from_file(path)


def tokenize(
    text: Annotated[str | None, typer.Argument(help="The text; read from stdin if there is none.")] = None,
    tokenizer: Annotated[Path | None, typer.Option(
        help="A tokenizer.json, a vocab.txt or a model's folder; by default an English tokenizer of 4,096 "
             "tokens.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the trees of the merges into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how a text becomes tokens, step by step."""
    made = loaded(tokenizer)
    made.no_padding()
    words = sys.stdin.buffer.read().decode("utf-8") if text is None else text
    encoding = made.encode(words, add_special_tokens=False)
    explanation = made.explain(words) if svg or not as_json else None
    if svg and explanation:
        svg.write_text(explanation.svg(), encoding="utf-8")
    if as_json:
        print(json_line({"text": words, "tokens": encoding.tokens, "ids": encoding.ids,
                         "offsets": encoding.offsets, "vocab_size": len(made)}))
        return
    print(explanation)
    print(f"\n{len(words)} characters, {len(encoding)} tokens: {' '.join(map(str, encoding.ids))}")


@tokenizers.command()
def train(
    files: Annotated[list[Path], typer.Argument(help="Texts in UTF-8, plain or .gz.")],
    vocab_size: Annotated[int, typer.Option(help="Tokens wanted.")] = 8192,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = Path("tokenizer.json"),
    kind: Annotated[str, typer.Option(help="byte-bpe, bpe, wordpiece, words or chars.")] = "byte-bpe",
    min_frequency: Annotated[int, typer.Option(help="Leave out what occurs less often.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Learn a vocabulary from files."""
    from ..text import Tokenizer

    if vocab_size < 1:
        raise ValueError(f"--vocab-size must be at least 1, got {vocab_size}")
    if not out.absolute().parent.is_dir():
        raise ValueError(f"--out: {out.parent} is not a folder")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        made = Tokenizer.train(files, vocab_size, kind, min_frequency=min_frequency, verbose=int(not quiet))
    made.save(out)
    for warning in said:
        print(f"pellucid: {warning.message}", file=sys.stderr)
    if as_json:
        print(json_line({"tokenizer": out, "kind": kind, "vocab_size": len(made)}))
    elif not quiet:
        print(f"{out}: {kind}, {len(made):,} tokens")
