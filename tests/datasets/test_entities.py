"""WNUT-17 and WikiGold, and the lines that they are made of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pellucid.datasets import MissingData, wikigold, wnut17
from pellucid.datasets.entities import Tagged, read_tagged
from pellucid.io import CorruptFile


def test_lines_with_and_without_numbers() -> None:
    plain, numbered = "The\tB-ORG\nMad\tI-ORG\n\n\t\nis\tO", "0\tThe\tB-ORG\n1\tMad\tI-ORG\n\n0\tis\tO\r\n"
    expected = [Tagged(["The", "Mad"], ["B-ORG", "I-ORG"]), Tagged(["is"], ["O"])]
    assert read_tagged(plain) == read_tagged(numbered) == expected
    assert read_tagged("") == []


@pytest.mark.parametrize("line", ["word", "word\t"])
def test_a_line_without_a_tag_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 wants a word, a tab and a tag"):
        read_tagged(f"is\tO\n{line}\n")


def test_unknown_parts_and_missing_or_other_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="split must be one of train, validation, test, got 'dev'"):
        wnut17("dev")
    with pytest.raises(MissingData, match="wnut17_test.conll is not in"):
        wnut17("test", tmp_path)
    (tmp_path / "wikigold.conll").write_text("0\tThe\tB-ORG\n")
    with pytest.raises(CorruptFile, match="sha256"):
        wikigold(tmp_path)


def test_real_sentences(data_dir: Path) -> None:
    parts = [wnut17(split, data_dir) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [3394, 1009, 1287]
    assert [sum(tag[0] == "B" for s in part for tag in s.tags) for part in parts] == [1975, 836, 1079]
    sentences = wikigold(data_dir)
    assert len(sentences) == 1841 and " ".join(sentences[0].words[:5]) == "010 is the tenth album"
    counted = Counter(tag for s in sentences for tag in s.tags)
    assert counted["B-PER"] == 932 and counted["O"] == 32721
    assert all(len(s.words) == len(s.tags) > 0 and all(s.words) for part in (*parts, sentences) for s in part)
