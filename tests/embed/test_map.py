"""The map as data, as a page that holds all it shows, and as files for other programs."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from pellucid.embed import Map, similarity, write_atlas, write_map, write_projector
from pellucid.embed.docstrings import PACKAGE, described, prose
from pellucid.embed.map_groups import named_clusters

TEXTS = ["a <b>", "</script>", "tab\there", "💡 idea", "line\nend", "plain"]


def vectors(count: int = 6) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 4)).astype(np.float32)


def held(page: str) -> dict:
    """What the page holds for its script."""
    found = re.search(r'<script type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found.group(1))


def test_neighbours_are_the_nearest_by_cosine_and_never_itself() -> None:
    rows = vectors(30)
    made = Map.of(rows, list(map(str, range(30))), method="pca")
    cosines = similarity(rows, rows)
    np.fill_diagonal(cosines, -2)
    assert np.array_equal(made.neighbours, np.argsort(-cosines, axis=1, kind="stable")[:, :12])
    assert made.cosines == pytest.approx(-np.sort(-cosines, axis=1)[:, :12], abs=1e-6)
    twins = Map.of(np.ones((20, 3)), list("abcdefghijklmnopqrst"), method="pca")
    assert all(place not in row for place, row in enumerate(twins.neighbours.tolist()))


@pytest.mark.parametrize("count", [1, 2, 6])
def test_the_page_holds_what_it_shows(tmp_path: Path, count: int) -> None:
    path = tmp_path / "map.html"
    made = write_map(path, vectors(count), TEXTS[:count], list("xyxyyx")[:count], method="pca",
                     dimensions=(2, 3), title="A <title>", note="Note")
    page = path.read_text(encoding="utf-8")
    found = held(page)
    assert found["texts"] == TEXTS[:count] and found["count"] == count and "A &lt;title&gt;" in page
    points = np.frombuffer(base64.b64decode(found["points"]), "<f4").reshape(-1, 2)
    assert len(points) == count and np.abs(points).max() <= 1
    assert len(np.frombuffer(base64.b64decode(found["space"]), "<f4")) == 3 * count
    assert found["k"] == min(12, count - 1) == made.neighbours.shape[1]
    assert "://" not in page and "default-src &#x27;none&#x27;" in page


def test_many_groups_become_few_colours() -> None:
    groups = [f"g{i % 20}" for i in range(60)]
    found = held(Map.of(vectors(60), groups, groups, method="pca").html())
    assert len(found["groups"]) == 11 and found["groups"][-1] == "other" and found["own"] == groups
    assert held(Map.of(vectors(6), TEXTS, method="pca").html())["groups"] == []


def test_bad_input_is_named(tmp_path: Path) -> None:
    rows = vectors()
    for arguments, options, what in (
            ((rows, TEXTS[:5]), {}, "6 vectors want as many texts, got 5"),
            ((rows, TEXTS, ["a"]), {}, "6 vectors want as many groups, got 1"),
            ((rows, TEXTS), {"dimensions": (3,)}, "dimensions must be"),
            ((np.where(rows > 9, rows, np.nan), TEXTS), {}, "NaN"), ((0 * rows, TEXTS), {}, "zero"),
            ((rows[:0], []), {}, "no vector")):
        with pytest.raises(ValueError, match=what):
            write_map(tmp_path / "map.html", *arguments, **options)
    assert not list(tmp_path.iterdir())


def test_the_projectors_files(tmp_path: Path) -> None:
    rows = vectors()
    first, second = write_projector(tmp_path / "new" / "folder", rows, TEXTS, [1, 2, 3, 4, 5, 6])
    assert np.array_equal(np.loadtxt(first, delimiter="\t", dtype=np.float32), rows)
    lines = second.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "text\tgroup" and lines[3] == "tab here\t3" and len(lines) == 7
    write_projector(tmp_path, rows, TEXTS)
    assert len((tmp_path / "metadata.tsv").read_text(encoding="utf-8").splitlines()) == 6    # no head
    with pytest.raises(ValueError, match="as many texts, got 1"):
        write_projector(tmp_path, rows, ["a"])


def test_the_atlas(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    made = Map.of(vectors(), TEXTS, list("xyxyxy"), method="pca", dimensions=(2, 3))
    write_atlas(tmp_path / "map.parquet", made, vectors())
    found = parquet.read_table(tmp_path / "map.parquet").to_pydict()
    assert found["text"] == TEXTS and found["group"] == list("xyxyxy") and len(found["z"]) == 6
    assert found["x"] == pytest.approx(made.points[:, 0]) and np.allclose(found["vector"], vectors())
    assert found["neighbors"][0]["ids"] == made.neighbours[0].tolist()
    assert found["neighbors"][0]["distances"] == pytest.approx(1 - made.cosines[0])
    with pytest.raises(ValueError, match="6 points wants as many vectors, got 5"):
        write_atlas(tmp_path / "map.parquet", made, vectors(5))


def test_parquet_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r'pip install "pellucid\[map\]"'):
        write_atlas(tmp_path / "map.parquet", Map.of(vectors(), TEXTS, method="pca"))


def test_clusters_are_named_by_their_words() -> None:
    rows = np.repeat([[1.0, 0], [0, 1.0]], 4, axis=0) + np.random.default_rng(0).normal(0, 0.05, (8, 2))
    texts = [f"the wine {i}" for i in "abcd"] + [f"the ship {i}" for i in "abcd"]
    names = named_clusters(rows, texts, 2)
    assert len(set(names)) == 2 and "wine" in names[0] and "ship" in names[-1]
    assert not any(name.startswith("the,") for name in names)


def test_a_package_tells_of_itself(tmp_path: Path) -> None:
    listed = described()
    sums = {one.name: one for one in listed}
    assert len(listed) > 1000 and sums["StaticEncoder"].part == "embed"
    assert sums["StaticEncoder"].sentence == "StaticEncoder: A vector for each text, looked up and averaged"
    assert any("word vectors" in text.lower() for text in prose(PACKAGE / "embed"))
    with pytest.raises(FileNotFoundError, match="no source"):
        described(tmp_path)
