"""Multi30k."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.datasets import MissingData, multi30k


def test_unknown_parts_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="split must be one of train, validation, test, got 'val'"):
        multi30k("val")
    with pytest.raises(MissingData, match=r"multi30k_val.de is not in .*task1/raw/val.de.gz"):
        multi30k("validation", tmp_path)


def test_real_sentences(data_dir: Path) -> None:
    sizes = {"train": 29000, "validation": 1014, "test": 1000}
    for split, size in sizes.items():
        german, english = multi30k(split, data_dir)
        assert len(german) == len(english) == size and all(german) and all(english)
    assert german[0] == "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt."
    assert english[0] == "A man in an orange hat starring at something."
