"""FAISS and hnswlib behind the index's methods: the same answers, their files, what is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from pellucid import embed
from pellucid.embed import backends
from pellucid.extras import MissingExtra

KINDS = ["faiss:Flat", "faiss:HNSW8", "hnswlib", "hnswlib:8"]


def some(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 12)).astype(np.float32)


def made(backend: str, rows: np.ndarray | None = None, **options: str) -> embed.Index:
    name = backend.partition(":")[0]
    pytest.importorskip(name, reason=f'NOT RUN: the backend wants `pip install "pellucid[search]"` ({name})')
    index = embed.Index(12, backend=backend, **options)           # type: ignore[arg-type]
    if rows is not None:
        index.add(rows)
    return index


@pytest.mark.parametrize("backend", KINDS)
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_the_same_nearest(backend: str, metric: str) -> None:
    index = made(backend, some(300), metric=metric)
    queries = some(5, 1)
    found, truth = index.search(queries, 4, rescore=20), index.search(queries, 4, exact=True)
    shared = [len(set(a) & set(b)) for a, b in zip(found.ids.tolist(), truth.ids.tolist(), strict=True)]
    assert sum(shared) >= (20 if backend == "faiss:Flat" else 17)  # a graph may miss some
    same = found.ids == truth.ids
    np.testing.assert_allclose(found.scores[same], truth.scores[same], rtol=1e-5)
    index.add(3 * some(5, 1))                                     # what is added later is found too
    if metric == "cosine":
        assert index.search(queries, 1).ids[:, 0].tolist() == [300, 301, 302, 303, 304]
    assert f"backend='{backend}'" in repr(index)


@pytest.mark.parametrize("backend", KINDS)
def test_its_file_is_read_and_brought_up_to_date(backend: str, tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    path, rows = tmp_path / "a.index", some(50)
    made(backend, rows[:30]).save(path)
    plain = embed.Index.load(path)
    plain.add(rows[30:], [str(n) for n in range(30, 50)])         # without the backend
    added: list[int] = []
    kind = backends.KINDS[backend.partition(":")[0]]
    add = kind.add
    monkeypatch.setattr(kind, "add", lambda self, rows: (added.append(len(rows)), add(self, rows))[1])
    index = embed.Index.load(path, backend=backend)
    assert index.texts(index.search(rows[40], 1).ids[0]) == ["40"] and added == [20]
    index.save(path)
    added.clear()
    assert embed.Index.load(path, backend=backend).search(rows[45], 1).ids[0, 0] == 45 and added == []


@pytest.mark.parametrize("damage", ["other vectors", "cut", "no note", "not JSON"])
def test_a_file_that_does_not_fit_is_made_anew(damage: str, tmp_path: Path) -> None:
    path, rows = tmp_path / "a.index", some(50)
    made("faiss:Flat", rows).save(path)
    file, note = tmp_path / "a.index.faiss", tmp_path / "a.index.faiss.json"
    if damage == "other vectors":
        other = embed.Index(12)
        other.add(rows[::-1].copy())
        other.save(path)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    else:
        note.unlink() if damage == "no note" else note.write_text("{")
    index = embed.Index.load(path, backend="faiss:Flat")
    wanted = index.search(rows[:3], 5, exact=True).ids
    np.testing.assert_array_equal(index.search(rows[:3], 5).ids, wanted)


def test_groups_that_give_too_few_are_searched_exactly() -> None:
    index = made("faiss:IVF8,Flat", some(400))                    # looks into one group of 8
    queries = some(4, 1)
    np.testing.assert_array_equal(index.search(queries, 100).ids, index.search(queries, 100, exact=True).ids)


def test_an_empty_index_and_bad_arguments() -> None:
    index = made("hnswlib")
    assert index.search(some(2), 3).ids.shape == (2, 0)
    with pytest.raises(ValueError, match="k must be"):
        index.search(some(1), 0)
    with pytest.raises(ValueError, match="'hnswlib:x': the edges of a vector are a number from 2"):
        embed.Index(12, backend="hnswlib:x")
    with pytest.raises(ValueError, match="FAISS knows no 'Nothing' for 12 components"):
        made("faiss:Nothing")


def test_unknown_and_missing_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="backend is 'annoy', wants None or one of faiss, hnswlib"):
        embed.Index(3, backend="annoy")
    for name in ("faiss", "hnswlib"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingExtra, match=r'pip install "pellucid\[search\]"'):
            embed.Index(3, backend=name)


class Listed:
    """A structure of nothing but NumPy, to test what lies around it where no library is installed."""

    def __init__(self, dim: int, setting: str = "") -> None:
        self.rows = np.zeros((0, dim), np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: np.ndarray) -> None:
        self.rows = np.vstack([self.rows, rows])

    def candidates(self, queries: np.ndarray, k: int) -> np.ndarray:
        return np.argsort(-(queries @ self.rows.T), axis=1, kind="stable")[:, :k]

    def write(self, path: Path) -> None:
        path.write_bytes(self.rows.tobytes())

    def read(self, path: Path) -> None:
        self.rows = np.frombuffer(path.read_bytes(), np.float32).reshape(-1, self.rows.shape[1])


def test_what_lies_around_a_structure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(backends.KINDS, "listed", Listed)         # type: ignore[arg-type]
    path, rows = tmp_path / "a.index", some(50)
    index = embed.Index(12, quantization="int8", backend="listed")
    index.add(rows)
    index.save(path)
    about = json.loads((tmp_path / "a.index.listed.json").read_text())
    assert about["backend"] == "listed" and about["blocks"] == 1
    again = embed.Index.load(path, backend="listed")
    truth = index.search(rows[:7], 9, exact=True)
    for each in (index, again):
        np.testing.assert_array_equal(each.search(rows[:7], 9, rescore=1).ids, truth.ids)
    monkeypatch.setattr(Listed, "write", lambda self, path: path.write_bytes(b"x") and 1 / 0)
    with pytest.raises(ZeroDivisionError):                        # the program dies while it writes
        again.save(path)
    assert not (tmp_path / "a.index.listed.json").exists()
    assert embed.Index.load(path, backend="listed").search(rows[3], 1).ids[0, 0] == 3
