"""Sets of pairs, files of them, and batches in which no text comes twice."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.embed import PairSet, StaticEncoder, read_pairs
from pellucid.embed.augment import WordDropout
from pellucid.embed.pairs import PairBatches, without_repeats
from pellucid.text import Tokenizer

WORDS = "the man dog eats sees runs river bank money guitar".split()


@pytest.fixture
def encoder() -> StaticEncoder:
    pellucid.manual_seed(0)
    return StaticEncoder.random(Tokenizer.train(" ".join(WORDS), 11, "words"), 4)


def some(count: int, seed: int = 0) -> PairSet:
    rng = np.random.default_rng(seed)
    columns = [[" ".join(rng.choice(WORDS, rng.integers(1, 6))) for _ in range(count)] for _ in range(2)]
    return PairSet(tuple(map(tuple, columns)))


def test_read_pairs(tmp_path: Path) -> None:
    file = tmp_path / "p.tsv"
    file.write_text("\ufeffa cat\ta pet\r\n\na dog\ta hound\n", encoding="utf-8")
    assert read_pairs(file).columns == (("a cat", "a dog"), ("a pet", "a hound"))
    (tmp_path / "p.tsv.gz").write_bytes(gzip.compress(b"a\tb\t2.5\nc\td\t5\n"))
    scored = read_pairs(tmp_path / "p.tsv.gz")
    assert scored.scores is not None and scored.scores.tolist() == [0.5, 1.0] and len(scored.columns) == 2
    file.write_text("a\tb\tc\nd\te\tf\n", encoding="utf-8")
    assert read_pairs(file).columns[2] == ("c", "f") and read_pairs(file).scores is None


@pytest.mark.parametrize(("content", "message"), [
    (b"", "there is no pair in it"),
    (b"alone\n", "line 1 wants 2 or 3 parts"),
    (b"a\tb\nc\n", "line 2 wants 2 parts, as line 1"),
    (b"a\tb\nc\t \n", "line 2 wants 2 parts"),
    (b"a\tb\t1\nc\td\te\n", "line 2 wants a number in its third part"),
    (b"a\tb\t1\nc\td\tnan\n", "line 2 wants a number in its third part"),
    (b"a\tb\n\xff\n", "byte 0xff at position 4 is not UTF-8")])
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "p.tsv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_pairs(tmp_path / "p.tsv")


def test_bad_sets(encoder: StaticEncoder) -> None:
    with pytest.raises(ValueError, match=r"columns of one length, got lengths \[1, 2\]"):
        PairSet((["a"], ["b", "c"]))
    with pytest.raises(ValueError, match="do not go with 3 columns"):
        PairSet((["a"], ["b"], ["c"]), np.ones(1))
    with pytest.raises(ValueError, match="the score of pair 1 is nan"):
        PairSet((["a", "b"], ["b", "c"]), np.array([1, np.nan]))
    with pytest.raises(ValueError, match="there is no pair to train on"):
        PairBatches(encoder, [PairSet(((), ()))], 4)
    with pytest.raises(ValueError, match="want `augment`"):
        PairBatches(encoder, [PairSet((("a", "b"),))], 4)
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 2, got 1"):
        PairBatches(encoder, [some(4)], 1)


def test_no_text_comes_twice_in_a_batch_and_none_is_lost() -> None:
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, 60, (2, 200))
    found = without_repeats(rng.permutation(200), pairs, 8)
    for rows in found:
        texts = pairs[:, rows].ravel()
        assert len(rows) <= 8 and len(set(texts.tolist())) == len(texts)
    kept = np.concatenate(found)
    assert sorted(kept.tolist()) == np.flatnonzero(pairs[0] != pairs[1]).tolist()
    always = without_repeats(np.arange(30), np.stack([np.zeros(30, int), np.arange(1, 31)]), 8)
    assert [rows.tolist() for rows in always] == [[n] for n in range(30)]


def test_batches_hold_every_pair_once_and_texts_of_like_length(encoder: StaticEncoder) -> None:
    pairs = some(300)
    scored = PairSet(pairs.columns, np.linspace(0, 1, 300, dtype=np.float32))
    batches = PairBatches(encoder, [scored], 10)
    seen, padded = [], []
    for (starts, row), wanted in batches:
        assert wanted.columns == 2 and len(starts) == 2 * len(wanted.scores)
        seen += wanted.scores.tolist()
        lengths = np.diff(np.append(starts.numpy(), len(row)))
        padded.append(lengths.max() * len(lengths) / lengths.sum())
    assert len(batches) == 30 and seen != sorted(seen)
    assert sorted(seen) == np.linspace(0, 1, 300, dtype=np.float32).tolist()
    assert np.mean(padded) < 1.7                                  # 5 words at most, 3 in the mean
    assert [w.scores.tolist()[0] for _, w in PairBatches(encoder, [scored], 10, shuffle=False)][:1] == [0.0]


def test_augmented_texts_are_shorter_and_scores_are_left_alone(encoder: StaticEncoder) -> None:
    pairs = some(50)
    plain = sum(len(x[1]) for x, _ in PairBatches(encoder, [pairs], 10))
    fewer = sum(len(x[1]) for x, _ in PairBatches(encoder, [pairs], 10, augment=WordDropout(0.5)))
    assert fewer < 0.8 * plain
    scored = PairSet(pairs.columns, np.ones(50, np.float32))
    assert sum(len(x[1]) for x, _ in PairBatches(encoder, [scored], 10, augment=WordDropout(0.5))) == plain
    alone = PairBatches(encoder, [PairSet((pairs.columns[0],))], 10, augment=WordDropout(0.5))
    assert all(wanted.columns == 2 and wanted.scores is None for _, wanted in alone)
