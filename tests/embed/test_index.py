"""The index: exact, in a file, after a crash, by codes; and vectors among themselves."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from pellucid import embed
from pellucid.embed import blocks, index, vectors
from pellucid.io import CorruptFile


def some(n: int, dim: int = 20, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def by_hand(queries: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    a, b = (x / np.linalg.norm(x, axis=1)[:, None] for x in (queries, rows))
    cosines = a @ b.T
    return np.argsort(-cosines, axis=1, kind="stable")[:, :k]


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 12 vectors, searched 5 at a time."""
    monkeypatch.setattr(index, "ROWS", 12 * 4 * 20)
    monkeypatch.setattr(index, "CELLS", 100)
    monkeypatch.setattr(vectors, "CELLS", 100)


@pytest.mark.usefixtures("small_pieces")
def test_search_is_exact_in_pieces(tmp_path: Path) -> None:
    rows, queries = some(50), some(4, seed=1)
    made = embed.Index(20)
    made.add(rows[:30], [f"text {n}" for n in range(30)])
    made.save(tmp_path / "a.index")
    made.add(rows[30:])
    for found in (made, embed.Index.load(tmp_path / "a.index", verify=True)):
        hits = found.search(queries, 7)
        np.testing.assert_array_equal(hits.ids, by_hand(queries, rows, 7))
        np.testing.assert_array_equal(embed.topk(queries, rows, 7).ids, hits.ids)
        assert len(found) == 50 and found.texts([3, 29, 30]) == ["text 3", "text 29", ""]
    assert made.search(queries[0], 99).ids.shape == (1, 50)


@pytest.mark.parametrize("kind, least", [("int8", 0.999), ("binary", 0.5)])
def test_codes_with_rescoring(tmp_path: Path, kind: str, least: float) -> None:
    rows, queries = some(2000, 70), some(10, 70, seed=1)
    made = embed.Index(70, quantization=kind)
    made.add(rows)
    made.save(tmp_path / "a.index")
    hits, truth = made.search(queries, 5, rescore=20), made.search(queries, 5, exact=True)
    shared = [len(set(a) & set(b)) for a, b in zip(hits.ids.tolist(), truth.ids.tolist(), strict=True)]
    assert np.mean(shared) / 5 >= least
    same = hits.ids == truth.ids
    np.testing.assert_allclose(hits.scores[same], truth.scores[same], rtol=1e-5)


@pytest.mark.usefixtures("small_pieces")
def test_every_truncation_leaves_the_whole_blocks(tmp_path: Path) -> None:
    path, rows = tmp_path / "a.index", some(36)
    made = embed.Index(20)
    made.add(rows, [str(n) for n in range(36)])
    made.save(path)
    whole = path.read_bytes()
    size = (len(whole) - blocks.HEAD) // 3
    for cut in range(blocks.HEAD, len(whole), 97):
        path.write_bytes(whole[:cut])
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = embed.Index.load(path)
        assert len(found) == 12 * max(0, sum(cut >= blocks.HEAD + n * size - 40 for n in (1, 2, 3))) or told
        assert len(found) % 12 == 0 and found.texts(range(len(found))) == [str(n) for n in range(len(found))]
    path.write_bytes(whole[:-500])
    with pytest.warns(embed.RecoveredIndex, match="2 whole blocks with 24 vectors were recovered"):
        found = embed.Index.load(path)
    found.add(rows[24:])                                          # what is left of the third block is cut off
    np.testing.assert_array_equal(embed.Index.load(path).search(rows, 3).ids, by_hand(rows, rows, 3))


def test_a_spoilt_byte_is_found(tmp_path: Path) -> None:
    made = embed.Index(20)
    made.add(some(10))
    made.save(tmp_path / "a.index")
    data = bytearray((tmp_path / "a.index").read_bytes())
    data[500] ^= 1
    (tmp_path / "a.index").write_bytes(data)
    with pytest.warns(embed.RecoveredIndex, match="0 whole blocks"):
        assert len(embed.Index.load(tmp_path / "a.index")) == 0
    (tmp_path / "b").write_bytes(b"something else")
    with pytest.raises(CorruptFile, match="is not an index"):
        embed.Index.load(tmp_path / "b")


def test_what_somebody_else_added_is_not_cut_off(tmp_path: Path) -> None:
    embed.Index(20).save(tmp_path / "a.index")
    one, other = embed.Index.load(tmp_path / "a.index"), embed.Index.load(tmp_path / "a.index")
    one.add(some(3))
    with pytest.raises(RuntimeError, match="changed by somebody else"):
        other.add(some(2))
    assert len(embed.Index.load(tmp_path / "a.index")) == 3


def test_bad_vectors() -> None:
    made = embed.Index(3)
    for bad, told in (([[1, 2, 3], [0, 0, 0]], "1 of 2 vectors are zero .* first is number 1"),
                      ([[1, float("nan"), 3]], "hold NaN or infinity, the first is number 0"),
                      ([[1, 2]], "have 2 components, the index wants 3"), ([["a"]], "want shape")):
        with pytest.raises(ValueError, match=told):
            made.add(bad)
    with pytest.raises(ValueError, match="2 vectors and 1 as texts"):
        made.add(some(2, 3), ["a"])
    assert len(made) == 0 and made.search([1, 2, 3]).ids.shape == (1, 0)
    with pytest.raises(ValueError, match="k must be"):
        made.search([1, 2, 3], 0)


def test_vectors_among_themselves() -> None:
    rows = np.vstack([some(5, 4, n) * 0.05 + centre * 3 for n, centre in enumerate(np.eye(4))])
    groups = embed.cluster(rows, 4)
    assert sorted(set(groups.tolist())) == [0, 1, 2, 3] and (groups.reshape(4, 5) == groups[::5, None]).all()
    twice = np.vstack([rows, rows[::-1]])
    np.testing.assert_array_equal(embed.deduplicate(twice, 1.0), np.arange(20))
    assert len(embed.deduplicate(twice, 0.9)) == 4
    np.testing.assert_allclose(embed.similarity(rows, rows[:1], "euclidean")[:, 0],
                               -np.linalg.norm(rows - rows[0], axis=1), atol=2e-3)
    assert embed.rank(rows[3], rows).ids[0] == 3


def test_correlations() -> None:
    assert embed.spearman([1, 2, 2, 4], [1, 3, 2, 9]) == pytest.approx(0.9486833)
    assert embed.pearson([1, 2, 3, 4], [2, 1, 4, 3]) == pytest.approx(0.6)
    with pytest.raises(ValueError, match="constant"):
        embed.pearson([1, 1], [1, 2])
