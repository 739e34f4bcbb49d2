"""Entity F1, by cases worked out by hand and beside seqeval where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.train.entities import EntityScore, Span, entity_f1, spans


@pytest.mark.parametrize("tags, found", [
    ("", []),
    ("O O", []),
    ("B-P I-P O B-L", [("P", 0, 2), ("L", 3, 4)]),
    ("B-P B-P", [("P", 0, 1), ("P", 1, 2)]),                      # two names side by side
    ("B-P I-L I-L", [("P", 0, 1), ("L", 1, 3)]),                  # another kind begins another name
    ("I-P I-P O I-P", [("P", 0, 2), ("P", 3, 4)]),                # an I without a B begins one too
    ("O B-creative-work I-creative-work", [("creative-work", 1, 3)]),
])
def test_spans(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert spans(tags.split()) == [Span(*each) for each in found]


@pytest.mark.parametrize("tag", ["X-P", "B", "", "O-P", "b-P"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="a tag must be O, B-kind or I-kind, got .* at 1"):
        spans(["O", tag])


def test_only_whole_names_of_the_right_kind_count() -> None:
    truth = [["B-P", "I-P", "O", "B-L"], ["O", "B-P", "B-L", "I-L"]]
    guess = [["B-P", "I-P", "O", "B-P"],                          # right; the wrong kind
             ["B-P", "O", "B-L", "O"]]                            # where none is; too short; one not found
    assert entity_f1(guess, truth) == EntityScore(2 * 1 / 8, 1 / 4, 1 / 4, 4)
    assert entity_f1(guess, truth, "P") == EntityScore(2 * 1 / 5, 1 / 3, 1 / 2, 2)
    assert entity_f1(truth, truth) == EntityScore(1.0, 1.0, 1.0, 4)
    assert entity_f1([["O"]], [["O"]]) == EntityScore(0.0, 0.0, 0.0, 0)
    assert entity_f1([["O", "O"]], [["B-P", "O"]]) == EntityScore(0.0, 0.0, 0.0, 1)


def test_tags_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="1 sentences are predicted, there are 2"):
        entity_f1([["O"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match="sentence 1 has 2 tags, predicted are 1"):
        entity_f1([["O"], ["O"]], [["O"], ["O", "O"]])


def test_equals_seqeval(rng: np.random.RandomState) -> None:
    metrics = pytest.importorskip("seqeval.metrics")
    tags = np.array(["O", "O", "B-P", "I-P", "B-L", "I-L"])
    for _ in range(20):
        lengths = rng.randint(1, 9, 6)
        truth, guess = ([tags[rng.randint(0, 6, n)].tolist() for n in lengths] for _ in range(2))
        assert entity_f1(guess, truth).f1 == pytest.approx(metrics.f1_score(truth, guess))
        assert entity_f1(guess, truth).recall == pytest.approx(metrics.recall_score(truth, guess))
