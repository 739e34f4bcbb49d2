"""What the command line can do with maps: `pellucid embed map` and `pellucid embed demo`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..cli import json_line
from .options import AsJson, Quiet

if TYPE_CHECKING:
    import numpy as np

Method = Annotated[str, typer.Option(help="pca, tsne or umap; auto takes the best that is installed.")]
Space = Annotated[bool, typer.Option("--3d", help="Lay them out in space too; the page turns to it.")]
Most = Annotated[int, typer.Option(help="Draw at most so many, chosen at random; of words the commonest.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `pellucid embed`."""
    group.command(name="map")(draw)
    group.command()(demo)


def read(source: Path) -> tuple[np.ndarray, list[str], bool]:
    """Vectors and texts of an index's folder, or of a file of word vectors; and whether they are words."""
    import numpy as np

    from ..embed import Index, WordVectors
    from .embedding import VECTORS

    if source.is_file() and source.name != VECTORS:
        words = WordVectors.load(source)
        return words.vectors, list(words.words), True
    path = source / VECTORS if source.is_dir() else source
    if not path.is_file():
        raise ValueError(f"{source}: there is no index in it; `pellucid embed index` makes one")
    index = Index.load(path)
    if not len(index):
        raise ValueError(f"{source}: the index is empty")
    numbers = np.arange(len(index))
    return index.vectors(numbers), index.texts(numbers), False


def labels_of(path: Path, count: int) -> list[str]:
    """A group for each text, from a file with as many lines."""
    from ..embed.texts import texts_of

    found = texts_of(path)
    if len(found) != count:
        raise ValueError(f"--labels: {path} has {len(found)} lines, the index {count} texts")
    return found


def picked(source: Path, labels: Path | None, most: int, quiet: bool
           ) -> tuple[np.ndarray, list[str], list[str] | None]:
    """Vectors, texts and groups that are to be drawn: all, or `most` of them."""
    import numpy as np

    vectors, texts, are_words = read(source)
    groups = labels_of(labels, len(texts)) if labels else None
    if len(texts) <= most:
        return vectors, texts, groups
    note(quiet, f"drawing {most:,} of {len(texts):,}")
    chosen = np.arange(most) if are_words else np.sort(
        np.random.default_rng(0).choice(len(texts), most, replace=False))
    return (vectors[chosen], [texts[place] for place in chosen],
            None if groups is None else [groups[place] for place in chosen])


def draw(
    source: Annotated[Path, typer.Argument(
        metavar="INDEX", help="A folder that `pellucid embed index` made, or a file of word vectors.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = Path("map.html"),
    method: Method = "auto", space: Space = False, most: Most = 10_000,
    labels: Annotated[Path | None, typer.Option(help="The group of each text, one in a line.")] = None,
    clusters: Annotated[int, typer.Option(help="Groups to find where no labels are given; 0 for none.")] = 8,
    perplexity: Annotated[float, typer.Option(help="Neighbours that each keeps near (tsne, umap).")] = 30.0,
    title: Annotated[str | None, typer.Option(help="What stands above the map.")] = None,
    projector: Annotated[Path | None, typer.Option(help="Also a folder for TensorBoard's projector.")] = None,
    atlas: Annotated[Path | None, typer.Option(help="Also a .parquet for Embedding Atlas.")] = None,
    as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Draw the vectors of an index as a page that one can move about in and search."""
    from ..embed import Map, write_atlas, write_projector
    from ..embed.map_groups import named_clusters
    from ..embed.projections import best_method

    if most < 1 or clusters < 0:
        raise ValueError(f"--most must be at least 1 and --clusters at least 0, got {most} and {clusters}")
    vectors, texts, groups = picked(source, labels, most, quiet)
    if groups is None and clusters:
        groups = named_clusters(vectors, texts, min(clusters, len(texts)))
    chosen_method = best_method() if method == "auto" else method
    note(quiet, f"laying out {len(texts):,} by {chosen_method}")
    start = time.perf_counter()
    made = Map.of(vectors, texts, groups, method=method, dimensions=(2, 3) if space else (2,),
                  perplexity=perplexity, title=title or f"Map of {source.name}")
    made.write(out)
    if projector:
        write_projector(projector, vectors, texts, groups)
    if atlas:
        write_atlas(atlas, made)
    if as_json:
        print(json_line({"map": out, "points": len(texts), "method": chosen_method,
                         "seconds": time.perf_counter() - start, "groups": sorted(set(groups or ()))}))
    elif not quiet:
        print(f"{out}: {len(texts):,} points, laid out by {chosen_method} in "
              f"{time.perf_counter() - start:.1f} s; open it in a browser")


def note(quiet: bool, text: str) -> None:
    """Tell on stderr what is being done."""
    if not quiet:
        typer.echo(text, err=True)


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")] = Path("embed-demo"),
    texts: Annotated[Path | None, typer.Option(
        help="Texts of your own in UTF-8, one in a line; by default what Pellucid's functions say of "
             "themselves.")] = None,
    method: Method = "auto", as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Go from raw text to a searchable map: word vectors, an encoder, an index, the map; no network."""
    from ..embed import Index, Map, WordVectors
    from ..io import write_text
    from .embedding import ABOUT, VECTORS

    if (out / "index" / VECTORS).exists():
        raise ValueError(f"{out}: there is a demo in it already; choose another folder with --out")
    start = time.perf_counter()
    prose, listed, groups = material(texts)
    note(quiet, f"{len(listed):,} texts to map; learning words from {sum(map(len, prose)):,} letters")
    words = WordVectors.train(prose, dimension=64, window=5, epochs=5, min_count=2 if texts else 3,
                              show_progress_bar=not quiet)
    encoder = words.encoder()
    encoder.save_pretrained(out / "model")
    vectors = encoder.encode(listed, batch_size=256)
    known = (vectors != 0).any(1).nonzero()[0]                    # others share no word with what was learned
    vectors, listed = vectors[known], [listed[place] for place in known]
    index = Index(encoder.dimension)
    (out / "index").mkdir(parents=True, exist_ok=True)
    write_text(out / "index" / ABOUT, json.dumps({"model": str((out / "model").resolve())}) + "\n")
    index.save(out / "index" / VECTORS)
    index.add(vectors, listed)
    words.save(out / "words.npz")
    note(quiet, f"laying out {len(listed):,} texts")
    title = f"{texts.name}" if texts else "What Pellucid says of itself"
    made = Map.of(vectors, listed, grouped(vectors, listed, groups, known), method=method, title=title,
                  note="Every point is a text; near ones use words of like meaning.")
    made.write(out / "map.html")
    told(out, len(listed), len(words), time.perf_counter() - start, as_json, quiet)


def material(texts: Path | None) -> tuple[list[str], list[str], list[str] | None]:
    """What words are learned from, the texts to map, and their groups where they have some."""
    from ..embed.docstrings import described, texts_here
    from .embedding import lines

    if texts is not None:
        found = lines(texts)
        return found, found, None
    listed = described()
    return texts_here(), [one.sentence for one in listed], [one.part for one in listed]


def grouped(vectors: Any, texts: list[str], groups: list[str] | None, known: Any) -> list[str]:
    """The groups of the texts that are mapped; clusters where there are none."""
    from ..embed.map_groups import named_clusters

    if groups is None:
        return named_clusters(vectors, texts, min(8, len(texts)))
    return [groups[place] for place in known]


def told(out: Path, count: int, n_words: int, seconds: float, as_json: bool, quiet: bool) -> None:
    """Say what was made and what can be done with it."""
    if as_json:
        print(json_line({"map": out / "map.html", "index": out / "index", "model": out / "model",
                         "words": out / "words.npz", "texts": count, "vocabulary": n_words,
                         "seconds": seconds}))
    elif not quiet:
        print(f"{count:,} texts, {n_words:,} words in {seconds:.0f} s. Open {out / 'map.html'}, or ask:\n"
              f'  pellucid embed search {out / "index"} "the mean of squared differences"\n'
              f"  pellucid embed map {out / 'words.npz'} -o words.html")
