"""The bench of encoders: one side measured on a tiny model, and the page of two sides."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bench import minilm
from pellucid import embed
from pellucid.text import Tokenizer


def test_one_side_is_measured(tmp_path: Path) -> None:
    embed.Encoder.random(Tokenizer.english(), embed.EncoderConfig(width=8, layers=1, heads=2)
                         ).save_pretrained(tmp_path / "model")
    found = minilm.encode("pellucid", str(tmp_path / "model"), ["a cat", "two dogs run"])
    assert found["rate"] > 0 and found["peak"] >= 0 and len(found["first"]) == 8


def test_the_page_gives_the_median_of_the_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {"pellucid": iter([200.0, 400.0, 300.0]), "sentence-transformers": iter([100.0, 100.0, 100.0])}
    peaks = {"pellucid": 250.0, "sentence-transformers": 500.0}
    monkeypatch.setattr(minilm, "process", lambda side, _: {
        "rate": next(rates[side]), "peak": peaks[side], "first": [1.0, 0.0], "versions": f"{side} 1"})
    page = minilm.report(argparse.Namespace(pairs=3), 1000)
    assert "by pairs: 3.00\n(2.00 to 4.00)" in page and "memory over sentence-transformers': 0.50" in page
    assert "| pellucid | 300 | 250 | pellucid 1 |" in page
