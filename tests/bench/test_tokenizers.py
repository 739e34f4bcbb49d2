"""The bench of tokenizers: what it measures on a small text, and the table it makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.tokenizers import ours, table


@pytest.mark.filterwarnings("ignore:train")                      # so small a text gives few tokens
def test_a_small_text_is_measured(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("low lower lowest newest widest, and so on; " * 40, encoding="utf-8")
    found = ours(tmp_path / "a.txt", 20, tmp_path)
    assert found["tokens"] > 100 and all(value >= 0 for value in found.values())


def test_the_table_has_a_column_for_each_side() -> None:
    full = {"few": 0.5, "train": 2.0, "encode, first time": 2.0, "encode": 0.5, "encode with offsets": 1.0,
            "decode": 0.25, "tokens": 1234}
    lines = table({"Pellucid": full, "minbpe": {"few": 20.0, "encode": 10.0}}, 1_000_000, 4096).splitlines()
    assert lines[0] == "|  | Pellucid | minbpe |" and lines[2] == "| train, 128 merges, s | 0.50 | 20.00 |"
    assert lines[3] == "| train, 4,096 merges, s | 2.00 |  |" and lines[5] == "| encode, MB/s | 2 | 0.1 |"
    assert lines[-1] == "| tokens | 1,234 |  |"
