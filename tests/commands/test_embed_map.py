"""`pellucid embed map` and `pellucid embed demo`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.embed import Index, WordVectors

WORDS = {"animal": "horse dog cat cow".split(), "food": "bread milk tea cheese".split()}


@pytest.fixture
def cli(command_line: Any) -> Any:
    """Run the command line in a folder with an index of twelve texts; gives status, stdout and stderr."""
    rows = np.random.default_rng(0).standard_normal((12, 6)).astype(np.float32)
    Path("idx").mkdir()
    index = Index(6)
    index.save("idx/vectors.index")
    index.add(rows, [f"{kind} text {number}" for number in range(6) for kind in ("red", "blue")])
    return partial(command_line, "embed")


def test_a_map_of_an_index(cli: Any) -> None:
    status, out, err = cli("map", "idx", "-o", "m.html", "--method", "pca", "--3d", "--clusters", "3",
                           "--json", "--projector", "tsv")
    told = json.loads(out)
    assert status == 0 and told["points"] == 12 and told["method"] == "pca" and len(told["groups"]) == 3
    page = Path("m.html").read_text(encoding="utf-8")
    assert "blue text 5" in page and 'data-view="3"' in page and "laying out 12 by pca" in err
    assert len(Path("tsv/vectors.tsv").read_text(encoding="utf-8").splitlines()) == 12
    Path("labels.txt").write_text("a\nb\n" * 6, encoding="utf-8")
    status, out, _ = cli("map", "idx", "-o", "m.html", "--labels", "labels.txt", "--most", "5", "--method",
                         "pca", "--json", "-q")
    assert status == 0 and json.loads(out)["points"] == 5 and set(json.loads(out)["groups"]) <= {"a", "b"}


def test_a_map_of_words(cli: Any) -> None:
    rows = np.random.default_rng(0).standard_normal((30, 4))
    WordVectors([f"word{i}" for i in range(30)], rows).save("w.npz")
    status, out, _ = cli("map", "w.npz", "--method", "pca", "--most", "20", "--clusters", "0")
    assert status == 0 and out.startswith("map.html: 20 points, laid out by pca in ")
    page = Path("map.html").read_text(encoding="utf-8")
    assert '"word19"' in page and '"word20"' not in page


def test_what_cannot_be_drawn_is_named(cli: Any) -> None:
    Path("labels.txt").write_text("a\n", encoding="utf-8")
    Path("empty").mkdir()
    Index(3).save("empty/vectors.index")
    for words, what in ((("map", "nowhere"), "no index in it"), (("map", "empty"), "the index is empty"),
                        (("map", "idx", "--labels", "labels.txt"), "has 1 lines, the index 12 texts"),
                        (("map", "idx", "--method", "lda"), "wants one of auto, pca, tsne, umap"),
                        (("map", "idx", "--most", "0"), "--most must be at least 1"),
                        (("map", "labels.txt"), "labels.txt")):
        status, _, err = cli(*words)
        assert status == 1 and what in err, (words, err)
    assert not Path("map.html").exists()


def test_the_demo_on_texts_of_ones_own(cli: Any) -> None:
    rng = np.random.default_rng(0)
    lines = [f"the {rng.choice(WORDS[kind])} and the {rng.choice(WORDS[kind])} of {kind}"
             for kind in rng.choice(list(WORDS), 80)]
    Path("texts.txt").write_text("\n".join(lines), encoding="utf-8")
    status, out, _ = cli("demo", "--texts", "texts.txt", "-o", "demo", "--method", "pca", "--json", "-q")
    told = json.loads(out)
    assert status == 0 and told["texts"] == 80 and told["seconds"] < 120
    assert "the horse" in Path(told["map"]).read_text(encoding="utf-8")
    status, out, _ = cli("search", "demo/index", "cheese", "-k", "3", "--json")
    assert status == 0 and all("cheese" in hit["text"] for hit in json.loads(out)["hits"])
    assert cli("map", "demo/words.npz", "--method", "pca", "-q")[0] == 0
    status, _, err = cli("demo", "-o", "demo")
    assert status == 1 and "there is a demo in it already" in err
    Path("no.txt").write_text("a\nb\n", encoding="utf-8")
    status, _, err = cli("demo", "--texts", "no.txt", "-o", "other")
    assert status == 1 and "none of the texts' 2 words occurs 2 times" in err and not Path("other").exists()
