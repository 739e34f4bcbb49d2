"""Pairs of texts: what the files hold, and how they are chosen from."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from pellucid import datasets
from pellucid.datasets import MissingData, TextPairs, pairs
from pellucid.datasets.files import TextFile


@pytest.mark.parametrize(("load", "split", "count", "first"), [
    (datasets.snli, "dev", 9842, ("two women are embracing while holding to go packages", 1)),
    (datasets.qqp, "test", 10000, ("What should I do to avoid sleeping in class ?", 1)),
    (datasets.sick, "train", 4500, ("A group of kids is playing in a yard and an old man is standing in the "
                                    "background", 4.5)),
    (datasets.stsb, "test", 1379, ("A girl is styling her hair.", 2.5))])
def test_published_files(load, split, count, first):
    try:
        found = load(split)
    except MissingData as error:
        pytest.skip(str(error))
    assert len(found) == count and (found.first[0], found.values[0]) == first
    assert all(text.strip() for text in found.first + found.second)
    if found.labels:
        counts = [len(found.where(label)) for label in found.labels]
        assert sum(counts) == count and min(counts) > 3000
    else:
        assert found.values.min() >= 0 and found.values.max() == 5


def test_parts_of_pairs():
    found = TextPairs(("a", "b", "c"), ("d", "e", "f"), np.array([1, 0, 1]), ("no", "yes"))
    assert list(found.where("yes")) == [("a", "d", 1), ("c", "f", 1)]
    assert found[np.array([2, 0])].first == ("c", "a")
    with pytest.raises(ValueError, match="no label 'maybe', there are no, yes"):
        found.where("maybe")
    with pytest.raises(ValueError, match="got 1, 2 and 1"):
        TextPairs(("a",), ("b", "c"), np.zeros(1))


def test_unknown_parts_and_damaged_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ValueError, match="snli: there is no part 'train', there are dev, test"):
        datasets.snli("train")
    with pytest.raises(MissingData, match="not downloaded because a folder was given"):
        datasets.stsb("dev", tmp_path)
    (tmp_path / "qqp_dev.tsv").write_text("a\tb\t0\n")
    with pytest.raises(ValueError, match="sha256"):
        datasets.qqp("dev", tmp_path)
    content = b'"a, b",c,2.5\n'
    (tmp_path / "stsb-en-dev.csv.gz").write_bytes(gzip.compress(content))
    file = TextFile("stsb", "stsb-en-dev.csv", hashlib.sha256(content).hexdigest(), ("http://nowhere",))
    monkeypatch.setitem(pairs.FILES, ("stsb", "dev"), file)
    assert list(datasets.stsb("dev", tmp_path)) == [("a, b", "c", 2.5)]
