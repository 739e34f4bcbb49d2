"""Word vectors: what a corpus is, what training finds in one that can be checked, files, questions."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from pellucid import kernels
from pellucid.embed import (
    Corpus,
    HowToTrain,
    WordVectors,
    evaluate_analogies,
    evaluate_word_pairs,
    train_words,
)
from pellucid.embed.words_text import cooccurrences, windows
from pellucid.embed.words_train import bags, kept_share, table_of
from pellucid.io import CorruptFile
from pellucid.ops import words as steps

ANIMALS, THINGS = "cat dog cow pig hen".split(), "cup pot pan jug bowl".split()


def sentences(count: int = 600) -> list[str]:
    """Animals eat and run, things stand and break: words of a kind stand in like places."""
    rng = np.random.default_rng(0)
    says = ((ANIMALS, "eats runs sleeps".split()), (THINGS, "stands breaks shines".split()))
    return [f"{rng.choice(names)} {rng.choice(verbs)} {rng.choice(verbs)}"
            for names, verbs in (says[kind] for kind in rng.integers(0, 2, count))]


def test_a_corpus_counts_leaves_out_and_merges() -> None:
    corpus = Corpus.of(["Tigers tiger, cats", "a tiger's CAT\n \nsits"], min_count=2, merge_plurals=True)
    assert corpus.words == ("tiger",) and corpus.counts.tolist() == [3]
    merged = Corpus.of("tigers cats tiger cat", min_count=1, merge_plurals=True)
    assert merged.words == ("tiger", "cat") and merged.ids.tolist() == [0, 1, 0, 1]
    plain = Corpus.of("a b a", min_count=1)
    assert plain.words == ("a", "b") and plain.counts.tolist() == [2, 1] and plain.ids.tolist() == [0, 1, 0]


def test_windows_are_what_a_loop_says() -> None:
    rng = np.random.default_rng(1)
    ids, paragraphs = rng.integers(0, 9, 40), np.sort(rng.integers(0, 5, 40))
    reach = rng.integers(1, 4, 40)
    wanted = [(i, j) for i in range(40) for j in range(i - reach[i], i + reach[i] + 1)
              if j != i and 0 <= j < 40 and paragraphs[i] == paragraphs[j]]
    assert list(zip(*(part.tolist() for part in windows(ids, paragraphs, reach)), strict=True)) == wanted


def test_cooccurrences_are_what_a_loop_says() -> None:
    corpus = Corpus.of("a b c a\n\nb a", min_count=1)
    wanted: dict[tuple[str, str], float] = {}
    for text in ("a b c a".split(), "b a".split()):
        for i, first in enumerate(text):
            for j, second in enumerate(text):
                if 0 < abs(i - j) <= 2:
                    wanted[first, second] = wanted.get((first, second), 0) + 1 / abs(i - j)
    rows, columns, times = cooccurrences(corpus, 2)
    found = {(corpus.words[i], corpus.words[j]): x for i, j, x in zip(rows, columns, times, strict=True)}
    assert found == pytest.approx(wanted)


def test_cbow_takes_all_words_around_and_skip_gram_one_each() -> None:
    corpus = Corpus.of("a b c d", min_count=1)
    drawn = table_of(corpus.counts, 0.75)
    for method, sizes, truths in (("skip-gram", [1] * 6, [1, 0, 2, 1, 3, 2]),
                                  ("cbow", [1, 2, 2, 1], [0, 1, 2, 3])):
        how = HowToTrain(method, window=1, negatives=3)
        flat, starts, targets = bags(corpus.ids, corpus.paragraphs, how, np.ones(4), drawn,
                                     np.random.default_rng(0))
        assert np.diff(starts).tolist() == sizes and targets[:, 0].tolist() == truths
        assert ((targets[:, 1:] != targets[:, :1]) & (targets[:, 1:] < 4)).all() and len(flat) == sum(sizes)


def test_frequent_words_are_passed_over_and_drawn_by_a_power() -> None:
    assert kept_share(np.array([1000, 10]), 0).tolist() == [1, 1]
    shares = kept_share(np.array([990, 10]), 0.01)
    assert shares == pytest.approx([(0.01 / 0.99) ** 0.5 + 0.01 / 0.99, 1])
    times = np.bincount(table_of(np.array([16, 1]), 0.5))
    assert times[0] / times[1] == pytest.approx(4, rel=1e-3)


@pytest.mark.parametrize("method", ["skip-gram", "cbow", "glove"])
def test_words_of_a_kind_come_together(method: str) -> None:
    options = {"lr": 0.05, "epochs": 30} if method == "glove" else {"lr": 0.1, "epochs": 12}
    words = WordVectors.train(sentences(), method, dimension=8, window=2, subsample=0, **options)
    assert len(words.losses) == options["epochs"] and words.losses[-1] < words.losses[0]
    kinds = np.array([name in ANIMALS for name in ANIMALS + THINGS])
    rows = np.stack([words.directions[words.place(name)] for name in ANIMALS + THINGS])
    cosines = rows @ rows.T
    same = kinds[:, None] == kinds
    assert cosines[same & ~np.eye(10, dtype=bool)].mean() > cosines[~same].mean() + 0.3


def test_without_compiled_loops_the_vectors_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernels.ready():
        pytest.skip("no Numba")
    corpus, how = Corpus.of(sentences(100), min_count=1), HowToTrain(dimension=6, epochs=2, seed=3)
    compiled = train_words(corpus, how)
    monkeypatch.setattr(steps, "compiled", lambda *tables: False)
    plain = train_words(corpus, how)
    np.testing.assert_allclose(compiled.inputs, plain.inputs, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(compiled.losses, plain.losses, rtol=1e-4)
    assert not np.allclose(compiled.inputs, train_words(corpus, HowToTrain(dimension=6, epochs=2)).inputs)


def small() -> WordVectors:
    rows = [[1, 1, 0], [1, -1, 0], [0.2, 1, 0], [0.2, -1, 0], [0, 0.1, 1]]
    return WordVectors(["king", "queen", "man", "woman", "ship"], rows, [9, 8, 7, 6, 5])


def test_questions_and_pairs() -> None:
    words = small()
    assert words.analogy("man", "king", "woman")[0][0] == "queen"
    assert [name for name, _ in words.most_similar("king", k=2)] == ["man", "ship"]
    assert words.similarity("king", "queen") == pytest.approx(0, abs=1e-6)
    found = evaluate_analogies(words, {"family": [("man", "king", "woman", "queen"),
                                                  ("king", "man", "queen", "woman"),
                                                  ("king", "man", "ship", "queen")],
                                       "none": [("rome", "italy", "oslo", "norway")]})
    assert found["asked"] == 3 and found["right"] == 2 and found["questions"] == 4
    assert found["sections"]["none"] == {"asked": 0, "right": 0}
    pairs = [("king", "man", 9.0), ("king", "queen", 5.0), ("king", "woman", 1.0), ("tiger", "cat", 9.0)]
    told = evaluate_word_pairs(words, pairs)
    assert told["spearman"] == pytest.approx(1) and (told["known"], told["pairs"]) == (3, 4)
    assert told["spearman_all"] < 1


@pytest.mark.parametrize("name", ["w.npz", "w.txt", "w.txt.gz", "glove.txt"])
def test_files_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    words, path = small(), tmp_path / name
    if name == "w.npz":
        words.save(path)
    else:
        words.save_word2vec(path)
        text = path.read_bytes()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else
                         text.split(b"\n", 1)[1] if name == "glove.txt" else text)
    back = WordVectors.load(path)
    assert back.words == words.words and np.array_equal(back.vectors, words.vectors)
    assert (back.counts is not None) == (name == "w.npz")


def test_spoilt_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w"
    small().save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CorruptFile, match="cannot be decompressed"):
        WordVectors.load(path)
    for text, what in (("2 2\na 1 2\n", "tells 2 words, there are 1"),
                       ("2 2\na 1 2\nb 1 x\n", "line 3 wants"), ("1 2\na nan 1\n", "NaN"),
                       ("a 1 2\nb 1\n", "line 2 wants a word and 2 numbers, got 1"), ("", "no word vectors"),
                       ("1 2\na 0 0\n", "zero"), ("a 1 2\na 3 4\n", "there twice")):
        path.write_text(text)
        with pytest.raises(CorruptFile, match=what):
            WordVectors.load(path)
    with pytest.raises(ValueError, match="one piece, 'new york' is not"):
        WordVectors(["new york"], [[1.0]]).save_word2vec(path)
    assert path.read_text() == "a 1 2\na 3 4\n"


def test_bad_input_is_named() -> None:
    with pytest.raises(KeyError, match="no vector for 'kingg'; for king"):
        small().most_similar("kingg")
    with pytest.raises(ValueError, match="at least one word"):
        small().most_similar([])
    with pytest.raises(ValueError, match="none of the texts' 1 words occurs 5 times"):
        WordVectors.train("word")
    with pytest.raises(ValueError, match="none of the texts' 0 words"):
        WordVectors.train([""])
    with pytest.raises(TypeError, match="text 1 is a int"):
        WordVectors.train(["a", 3])                              # type: ignore[list-item]
    with pytest.raises(ValueError, match="'word2vec', wants one of skip-gram"):
        WordVectors.train("a b", "word2vec", min_count=1)
    with pytest.raises(ValueError, match="window must be an integer of at least 1, got 0"):
        HowToTrain(window=0)
    with pytest.raises(ValueError, match="lr must be above 0"):
        HowToTrain(lr=0)
    with pytest.raises(ValueError, match="teaches nothing"):
        WordVectors.train("a a a", min_count=1)
    with pytest.raises(ValueError, match="no two words"):
        WordVectors.train("a\n\nb", "glove", min_count=1)
    with pytest.raises(ValueError, match="1 of 2 pairs|0 are known|1 are known"):
        evaluate_word_pairs(small(), [("king", "man", 1.0), ("x", "y", 2.0)])


def test_an_encoder_of_words() -> None:
    encoder = small().encoder()
    vectors = encoder.encode(["the KING", "king", "nothing known"])
    assert np.allclose(vectors[0], vectors[1], atol=1e-6) and not vectors[2].any()
    with pytest.raises(ValueError, match="smooth"):
        small().encoder(smooth=0)
