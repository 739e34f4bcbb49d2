"""Augmenters: what stays of a text, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.embed.augment import DropoutOnly, OneOf, SpanCrop, WordDropout, WordSwap

TEXT = np.array([-1, 0, 0, 1, 2, 2, 2, 3, -1])                    # words of two, one, three tokens and one
NOTHING = np.array([-1, -1])
ALL = [WordDropout(0.5), WordSwap(0.5), SpanCrop(0.3), DropoutOnly(), OneOf((WordDropout(), SpanCrop()))]


@pytest.fixture(autouse=True)
def seeded() -> None:
    pellucid.manual_seed(0)


@pytest.mark.parametrize("augment", ALL, ids=lambda augment: type(augment).__name__)
def test_special_tokens_stay_and_words_stay_whole(augment: Any) -> None:
    for _ in range(50):
        kept, nothing, empty = augment([TEXT, NOTHING, np.zeros(0, int)])
        words = TEXT[kept]
        assert words[0] == words[-1] == -1 and len(set(kept.tolist())) == len(kept)
        for word in set(words[words >= 0].tolist()):
            places = kept[words == word]
            assert len(places) == (TEXT == word).sum() and (np.diff(places) == 1).all()
            assert (np.diff(np.flatnonzero(words == word)) == 1).all()
        assert len(words) > 2                                     # a word at least
        assert nothing.tolist() == [0, 1] and len(empty) == 0


def test_word_dropout_leaves_out_its_share() -> None:
    text = np.arange(1000)
    assert abs(len(WordDropout(0.3)([text])[0]) - 700) < 60
    assert len(WordDropout(0.0)([text])[0]) == 1000 and len(WordDropout(1.0)([text])[0]) == 1


def test_word_swap_moves_each_word_by_one_place_at_most() -> None:
    swapped = WordSwap(0.5)([np.arange(200)])[0]
    assert sorted(swapped.tolist()) == list(range(200))
    moved = np.abs(swapped - np.arange(200))
    assert moved.max() == 1 and 60 < (moved > 0).sum() < 190
    assert WordSwap(0.0)([np.arange(9)])[0].tolist() == list(range(9))


def test_span_crop_keeps_a_run() -> None:
    lengths, starts = set(), set()
    for _ in range(300):
        kept = SpanCrop(0.5)([np.arange(10)])[0]
        assert (np.diff(kept) == 1).all()
        lengths.add(len(kept))
        starts.add(int(kept[0]))
    assert lengths == {5, 6, 7, 8, 9, 10} and starts == {0, 1, 2, 3, 4, 5}


def test_bad_shares() -> None:
    for kind in (WordDropout, WordSwap, SpanCrop):
        with pytest.raises(ValueError, match=f"{kind.__name__}: wants a share from 0 to 1, got 1.5"):
            kind(1.5)
