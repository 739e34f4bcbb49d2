"""What the command line can do with embeddings: `pellucid embed encode`, `index`, `search`, `eval`."""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..cli import json_line
from . import embed_distill, embed_map, embed_training
from .options import AsJson, Quiet

if TYPE_CHECKING:
    from ..embed import Index, TextEncoder

BatchSize = Annotated[int, typer.Option(help="Texts that go through the model at once.")]
Model = Annotated[Path, typer.Argument(help="A folder of sentence-transformers or of a BERT.")]
Texts = Annotated[Path, typer.Argument(help="Texts in UTF-8, one in a line.")]
VECTORS, ABOUT = "vectors.index", "about.json"                    # in an index's folder
embeddings = typer.Typer(no_args_is_help=True, help="Turn texts into vectors, and search among them.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    embed_distill.register(embeddings)
    embed_map.register(embeddings)
    embed_training.register(embeddings)
    app.add_typer(embeddings, name="embed")


def lines(path: Path) -> list[str]:
    """The lines of a file that hold something."""
    from ..embed.texts import texts_of

    found = [line for line in texts_of(path) if line.strip()]
    if not found:
        raise ValueError(f"{path}: there is no text in it")
    return found


def opened(folder: Path) -> tuple[Index, TextEncoder]:
    """The index of a folder, and the model that it was made with."""
    from ..embed import Encoder, Index

    if not (folder / VECTORS).is_file():
        raise ValueError(f"{folder}: there is no index in it; `pellucid embed index` makes one")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        index = Index.load(folder / VECTORS)
    for warning in said:
        typer.echo(f"pellucid: {warning.message}", err=True)
    return index, Encoder.from_pretrained(json.loads((folder / ABOUT).read_text(encoding="utf-8"))["model"])


@embeddings.command()
def encode(
    model: Model, texts: Texts,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = Path("vectors.npy"),
    batch_size: BatchSize = 32,
    normalize: Annotated[bool, typer.Option(help="Vectors of length 1, whatever the model does.")] = False,
    truncate_dim: Annotated[int | None, typer.Option(help="Keep so many components.")] = None,
    as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Write the vector of each line into a .npy file."""
    import numpy as np

    from ..embed import Encoder
    from ..io import open_atomic

    found = lines(texts)
    vectors = Encoder.from_pretrained(model).encode(found, batch_size, not quiet, normalize, truncate_dim)
    with open_atomic(out) as file:
        np.save(file, vectors)
    if as_json:
        print(json_line({"vectors": out, "texts": len(vectors), "dimension": vectors.shape[1]}))
    elif not quiet:
        print(f"{out}: {len(vectors):,} vectors of {vectors.shape[1]} components")


@embeddings.command(name="index")
def make_index(
    texts: Texts,
    model: Annotated[Path, typer.Option(help="A folder of sentence-transformers or of a BERT.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")] = Path("index"),
    quantization: Annotated[str | None, typer.Option(help="int8 or binary: search by shorter codes.")] = None,
    append: Annotated[bool, typer.Option(help="Add to the index that is there.")] = False,
    batch_size: BatchSize = 32, as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Make a searchable index of a file's lines."""
    from ..embed import Encoder, Index
    from ..io import write_text

    found = lines(texts)
    if not append and (out / VECTORS).exists():
        raise ValueError(f"{out}: there is an index already; --append adds to it")
    if append:
        index, encoder = opened(out)
        if model.resolve() != Path(json.loads((out / ABOUT).read_text(encoding="utf-8"))["model"]):
            raise ValueError(f"{out}: was made with another model than {model}")
    else:
        encoder = Encoder.from_pretrained(model)
        index = Index(encoder.dimension, quantization=quantization)
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / ABOUT, json.dumps({"model": str(model.resolve())}) + "\n")
        index.save(out / VECTORS)
    for start in range(0, len(found), 10_000):                    # what is done stays, whatever happens then
        some = found[start:start + 10_000]
        index.add(encoder.encode(some, batch_size, not quiet), some)
    if as_json:
        print(json_line({"index": out, "texts": len(index), "added": len(found)}))
    elif not quiet:
        print(f"{out}: {len(index):,} texts, {len(found):,} of them new")


@embeddings.command()
def search(
    index: Annotated[Path, typer.Argument(help="A folder that `pellucid embed index` made.")],
    question: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", help="So many texts.")] = 10,
    exact: Annotated[bool, typer.Option(help="Compare the vectors, not their codes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the texts that are nearest to a question."""
    found, encoder = opened(index)
    if not len(found):
        raise ValueError(f"{index}: the index is empty")
    asked = encoder.encode(question)
    if not asked.any():
        raise ValueError(f"search: the question {question!r} has no word that the model knows")
    start = time.perf_counter()
    hits = found.search(asked, k, exact=exact)
    seconds = time.perf_counter() - start
    texts = found.texts(hits.ids[0])
    nearest = list(zip(hits.scores[0].tolist(), hits.ids[0].tolist(), texts, strict=True))
    if as_json:
        print(json_line({"question": question, "seconds": seconds, "hits": [
            {"score": score, "id": number, "text": text} for score, number, text in nearest]}))
        return
    for score, number, text in nearest:
        print(f"{score:.4f}  {number:>8}  {text}")


@embeddings.command(name="eval")
def evaluate(
    model: Model,
    sts: Annotated[Path, typer.Option(help="Lines `text,text,score`: .csv or .tsv, plain or .gz.")],
    batch_size: BatchSize = 32,
    truncate_dim: Annotated[int | None, typer.Option(help="Keep so many components.")] = None,
    as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Tell how well a model's similarities agree with people's: Spearman and Pearson."""
    from ..embed import Encoder, evaluate_sts, read_sts

    found = evaluate_sts(Encoder.from_pretrained(model), *read_sts(sts), batch_size=batch_size,
                         show_progress_bar=not quiet, truncate_dim=truncate_dim)
    if as_json:
        print(json_line({"model": model, "sts": sts, **found}))
    else:
        print(f"Spearman {100 * found['spearman']:.2f}, Pearson {100 * found['pearson']:.2f} on "
              f"{found['pairs']:,} pairs of {sts.name}")
