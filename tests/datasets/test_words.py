"""Books, pairs of words and questions: read where they are, named where they are not."""

from __future__ import annotations

import pytest

from pellucid.datasets import MissingData, books, word_pairs, word_questions
from pellucid.datasets.words import WORD_PAIRS


def found(read, *arguments):
    """What a loader reads, or a skipped test."""
    try:
        return read(*arguments)
    except MissingData as error:
        pytest.skip(f"no data: {str(error)[:80]}")


@pytest.mark.parametrize(("name", "count", "first"), [
    ("wordsim353", 353, ("love", "sex", 6.77)), ("wordsim353-similarity", 203, ("tiger", "cat", 7.35)),
    ("wordsim353-relatedness", 252, ("computer", "keyboard", 7.62)),
    ("simlex999", 999, ("old", "new", 1.58)), ("men", 3000, ("sun", "sunlight", 50.0))])
def test_word_pairs_are_words_and_scores(monkeypatch, name, count, first):
    monkeypatch.setattr("pellucid.datasets.files._fetch", no_network)
    pairs = found(word_pairs, name)
    assert len(pairs) == count and pairs[0] == first
    assert all(a == a.lower() and b == b.lower() for a, b, _ in pairs)


def no_network(url):
    raise OSError("no network in tests")


def test_questions_come_in_sections(monkeypatch):
    monkeypatch.setattr("pellucid.datasets.files._fetch", no_network)
    sections = found(word_questions)
    assert len(sections) == 14 and sum(map(len, sections.values())) == 19_544
    assert sections["family"][0] == ("boy", "girl", "brother", "sister")
    assert all(len(words) == 4 for words in sections["capital-world"])


def test_the_books_are_whole():
    texts = found(books)
    assert len(texts) == 28 and sum(map(len, texts)) > 27_900_000
    assert all("Project Gutenberg" not in text for text in texts)


def test_what_is_missing_or_unknown_is_named(tmp_path):
    with pytest.raises(MissingData, match="28 books of Project Gutenberg.*PELLUCID_DATA"):
        books(tmp_path)
    with pytest.raises(ValueError, match=f"'wordsim', wants one of {', '.join(WORD_PAIRS)}"):
        word_pairs("wordsim")
