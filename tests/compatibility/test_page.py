"""docs/compatibility.md: its tables from rows and names, and that it is what its generator makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from compatibility.names import Group

from compatibility import page

ROW: dict[str, Any] = {
    "name": "toy", "repository": "somebody/toys", "script": "toy/main.py", "commit": "0123456789abcdef",
    "arguments": "", "changed": "nothing", "date": "2026-01-02", "steps": 2,
    "losses_pellucid": [2.5, 1.25], "losses_torch": [2.5, 1.5], "agree": "4 digits over 1 of 2 steps",
    "end_pellucid": "98", "end_torch": "97", "seconds_pellucid": 1.5, "seconds_torch": 2.0,
    "note": "a | note"}
FOUND = [Group("torch.toys", ["ball", "kite"], ["gun"], ["kiln"], ["knob"])]


def test_the_page() -> None:
    other = {**ROW, "name": "other", "agree_itself": "4 digits over 1 of 2 steps",
             "agree_double": "4 digits over 2 steps, all equal", "changed": "a line"}
    text = page.page([ROW, other], FOUND, "9.9")
    assert ("| toy | 2.5, 1.25<br>2.5, 1.5 | 4 digits over 1 of 2 steps | 98<br>97 | 1.5<br>2 | 2026-01-02 |"
            in text)
    assert "- toy: `toy/main.py`; commit 0123456789; a | note." in text
    assert "PyTorch with itself: 4 digits over 1 of 2 steps; in float64: 4 digits over 2 steps" in text
    assert "changed: a line" in text
    assert "| `torch.toys` | 2 | 1 | 1 | 1 |\n| all | 2 | 1 | 1 | 1 |" in text
    assert "**missing**\n\n`kiln`\n" in text and "PyTorch 9.9 was asked" in text


def test_rows_are_kept_in_the_order_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "ROWS", tmp_path / "rows.json")
    order = [("somebody/toys", "first"), ("somebody/toys", "toy")]
    page.keep([ROW], order)
    page.keep([{**ROW, "name": "first"}, {**ROW, "date": "2026-02-02"}], order)
    kept = json.loads((tmp_path / "rows.json").read_text())
    assert [(row["name"], row["date"]) for row in kept] == [("first", "2026-01-02"), ("toy", "2026-02-02")]


def test_the_scripts_part_is_the_generators() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.startswith("\n".join([page.HEAD, *page.scripts(page.rows()), "## Names"])), \
        "compatibility.json changed: python -m compatibility page"
