"""BLEU through sacrebleu."""

from __future__ import annotations

import math

import pytest

from pellucid.extras import MissingExtra
from pellucid.train import translations
from pellucid.train.translations import bleu


def test_bleu_by_hand() -> None:
    pytest.importorskip("sacrebleu")
    found = bleu(["The cat sat on the red mat"], ["The cat sat on the mat"])
    parts = 6 / 7, 4 / 6, 3 / 5, 2 / 4                            # phrases of 1, 2, 3, 4 words
    assert found.score == pytest.approx(100 * math.prod(parts) ** 0.25)
    assert "case:mixed" in found.signature and "tok:13a" in found.signature
    short = bleu(["The cat sat on"], ["The cat sat on the mat"])
    assert short.score == pytest.approx(100 * math.exp(1 - 6 / 4))


def test_capitals_count_unless_they_must_not() -> None:
    pytest.importorskip("sacrebleu")
    texts, references = ["a man is on a horse ."], ["A man is on a horse."]
    assert bleu(texts, references).score < 100
    assert bleu(texts, references, lowercase=True).score == pytest.approx(100)
    assert "case:lc" in bleu(texts, references, lowercase=True).signature


def test_wrong_numbers_of_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="got 2 texts and 1 references"):
        bleu(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="got 0 texts and 0 references"):
        bleu([], [])


def test_without_sacrebleu_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, *, extra: str) -> None:
        raise MissingExtra(f"this needs {module}, which is not installed: pip install \"pellucid[{extra}]\"")

    monkeypatch.setattr(translations, "need", missing)
    with pytest.raises(ImportError, match=r"this needs sacrebleu.*pellucid\[text\]"):
        bleu(["a"], ["a"])
