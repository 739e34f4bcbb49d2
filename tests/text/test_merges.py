"""Learning merges: the same as counting everything anew each time, true counts, the same ties always."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.text import BPE, WordPiece
from pellucid.text.bpe import merged, merged_by_heap
from pellucid.text.merges import alphabet, learn

WORDS = st.dictionaries(st.text("abc", min_size=1, max_size=12), st.integers(1, 5), min_size=1, max_size=8)


def learned_anew(counts: dict[str, int], vocab: dict[str, int], size: int) -> list[tuple[str, str]]:
    """BPE as it is written down: count all pairs, join the most frequent one everywhere, and again."""
    vocab, words, merges = dict(vocab), {word: list(word) for word in counts}, []
    done: set[tuple[str, str]] = set()
    while len(vocab) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, symbols in words.items():
            for pair in zip(symbols, symbols[1:], strict=False):
                pairs[pair] += counts[word]
        if not pairs:
            break
        again = [pair for pair in pairs if pair in done]         # formed once more: joined at once
        best = min(again or pairs, key=lambda pair: (-pairs[pair], vocab[pair[0]], vocab[pair[1]]))
        whole = "".join(best)
        vocab.setdefault(whole, len(vocab))
        if best not in done:
            merges.append(best)
            done.add(best)
        for symbols in words.values():
            at = 0
            while at < len(symbols) - 1:
                if (symbols[at], symbols[at + 1]) == best:
                    symbols[at:at + 2] = [whole]
                at += 1
    return merges


def learned(counts: dict[str, int], vocab: dict[str, int], size: int) -> list[tuple[str, str]]:
    grown = dict(vocab)
    return learn([[vocab[letter] for letter in word] for word in counts], list(counts.values()), grown, size)


@settings(max_examples=200)
@given(counts=WORDS)
def test_the_merges_are_those_of_counting_anew(counts: dict[str, int]) -> None:
    vocab = {"a": 0, "b": 1, "c": 2}
    assert learned(counts, vocab, 30) == learned_anew(counts, vocab, 30)


def test_counting_anew_finds_a_spoilt_count() -> None:
    counts = {"ab": 3, "bc": 3, "ca": 2}
    vocab = {"a": 0, "b": 1, "c": 2}
    assert learned(counts, vocab, 4) == learned_anew(counts, vocab, 4) == [("a", "b")]
    assert learned_anew({**counts, "bc": 4}, vocab, 4) == [("b", "c")]


def test_counts_are_true_beyond_32_bits() -> None:
    counts = {"ab": 2**31, "cd": 2**31 + 1, "ef": 2**63}
    vocab = {letter: place for place, letter in enumerate("abcdef")}
    assert learned(counts, vocab, 9) == [("e", "f"), ("c", "d"), ("a", "b")]


def test_ties_go_to_the_smaller_numbers_whatever_the_order_of_the_words() -> None:
    vocab = {"a": 0, "b": 1, "c": 2}
    words = ["cb", "ba", "ac", "ab"]
    expected = [("a", "b"), ("a", "c"), ("b", "a"), ("c", "b")]
    for turn in range(4):
        turned = words[turn:] + words[:turn]
        assert learned(dict.fromkeys(turned, 7), vocab, 7) == expected


def test_frequency_and_alphabet() -> None:
    model = BPE.train({"aab": 3, "xy": 1}, 100, min_frequency=2)
    assert model.merges == [("a", "a"), ("aa", "b")] and set("abxy") <= model.vocab.keys()
    assert BPE.train({"aab": 3, "xy": 1}, 100, limit_alphabet=2).vocab.keys() == {"a", "b", "aa", "aab"}
    assert alphabet({"ba": 2, "c": 5}, kept="z") == ["a", "b", "c", "z"]
    assert alphabet({"ba": 2, "c": 5}, 2, kept="z") == ["c", "z"]


def test_sennrichs_example() -> None:
    """The paper's figure 1 and its toy dictionary."""
    model = BPE.train({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 40, end_of_word_suffix="</w>")
    assert model.merges[:4] == [("e", "s"), ("es", "t</w>"), ("l", "o"), ("e", "w")]
    assert [token for _, token, _, _ in model.tokenize("lowest")] == ["lo", "w", "est</w>"]
    assert [(start, end) for *_, start, end in model.tokenize("lowest")] == [(0, 2), (2, 3), (3, 6)]


@settings(max_examples=200)
@given(counts=WORDS, word=st.text("abc", max_size=60))
def test_long_words_are_merged_like_short_ones(counts: dict[str, int], word: str) -> None:
    model = BPE.train({**counts, "abc": 1}, 20)
    ids = [model.vocab[letter] for letter in word]
    first, second = (ids.copy(), [1] * len(ids)), (ids.copy(), [1] * len(ids))
    merged(*first, model.ranks, model.wholes, [])                # with steps: never by the heap
    merged_by_heap(*second, model.ranks, model.wholes)
    assert first == second
    assert "".join(model.tokens[number] for number in first[0]) == word


@settings(max_examples=100)
@given(counts=WORDS)
def test_training_words_become_what_they_were_merged_to(counts: dict[str, int]) -> None:
    """Encoding a word of the training text ends where training left it."""
    vocab = {"a": 0, "b": 1, "c": 2}
    words = [[vocab[letter] for letter in word] for word in counts]
    grown = dict(vocab)
    merges = learn(words, list(counts.values()), grown, 12)
    model = BPE(grown, merges)
    for word, left in zip(counts, words, strict=True):
        assert [number for number, *_ in model.tokenize(word)] == left


def test_wordpiece_takes_the_longest_piece() -> None:
    model = WordPiece({"[UNK]": 0, "a": 1, "ab": 2, "##c": 3, "##cd": 4, "##b": 5})
    assert [token for _, token, _, _ in model.tokenize("abcd")] == ["ab", "##cd"]
    assert model.tokenize("abd") == [(0, "[UNK]", 0, 3)] and model.tokenize("") == []
    assert model.tokenize("a" + "b" * 100) == [(0, "[UNK]", 0, 101)]
    trained = WordPiece.train({"low": 5, "lower": 3}, 20, special_tokens=["[UNK]"])
    assert trained.vocab["[UNK]"] == 0
    assert [token for _, token, _, _ in trained.tokenize("lower")] == ["lower"]
    with pytest.raises(ValueError, match="'xyz' is not in the vocabulary, and there is no token for unknown"):
        WordPiece({"a": 0}).tokenize("xyz")
