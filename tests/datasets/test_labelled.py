"""SST-2 and TREC: their parts, bytes that are no UTF-8, and what is not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pellucid import datasets
from pellucid.datasets import labelled
from pellucid.io import CorruptFile


def lying_in(folder: Path, monkeypatch: pytest.MonkeyPatch, dataset: str, split: str, content: bytes) -> None:
    """Put a file of other content in the place of a published one."""
    file = labelled.FILES[dataset, split]
    (folder / file.name).write_bytes(content)
    changed = type(file)(file.dataset, file.name, hashlib.sha256(content).hexdigest(), file.mirrors)
    monkeypatch.setitem(labelled.FILES, (dataset, split), changed)


def test_sentences_of_films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lying_in(tmp_path, monkeypatch, "sst2", "test", b"good\tfun\t1\nno fun\t0\n")
    found = datasets.sst2("test", tmp_path)
    assert found.texts == ("good\tfun", "no fun") and found.y.tolist() == [1, 0]
    assert list(found[found.y == 0]) == [("no fun", 0)] and found.class_names == ("negative", "positive")


def test_questions_in_latin_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lying_in(tmp_path, monkeypatch, "trec", "train", b"LOC:city Where is K\xf6ln ?\nHUM:ind Who ?\n")
    found = datasets.trec("train", tmp_path)
    assert found.texts == ("Where is Köln ?", "Who ?") and found.y.tolist() == [4, 3]


def test_unknown_parts_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="trec: there is no part 'validation', there are train, test"):
        datasets.trec("validation")
    with pytest.raises(datasets.MissingData, match="sst2_train.tsv is not in"):
        datasets.sst2("train", tmp_path)
    (tmp_path / "sst2_train.tsv").write_bytes(b"another\t1\n")
    with pytest.raises(CorruptFile, match="expected is ec192f"):
        datasets.sst2("train", tmp_path)


@pytest.mark.parametrize("load, sizes", [(datasets.sst2, {"train": 6920, "validation": 872, "test": 1821}),
                                         (datasets.trec, {"train": 5452, "test": 500})])
def test_the_real_files(load, sizes) -> None:                     # type: ignore[no-untyped-def]
    for split, size in sizes.items():
        try:
            found = load(split)
        except datasets.MissingData as error:
            pytest.skip(f"NOT RUN: {error}")
        assert len(found) == size == len(found.y) and set(np.unique(found.y)) == set(range(len(
            found.class_names))) and all(text.strip() for text in found.texts)
