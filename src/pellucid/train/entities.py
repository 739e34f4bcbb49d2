"""Entity F1: how many names of a text were found whole, and as what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """A name: its kind, its first word, and the word after its last."""

    kind: str
    start: int
    stop: int


class EntityScore(NamedTuple):
    """Shares from 0 to 1, and how many names there are in truth."""

    f1: float
    precision: float
    recall: float
    names: int


def spans(tags: Sequence[str]) -> list[Span]:
    """The names that tags mark: B-kind begins one, I-kind goes on with one of the same kind, O is none.

    An I-kind that follows no name of its kind begins one, as conlleval and seqeval have it.

    >>> [tuple(span) for span in spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-ORG"])]
    [('PER', 0, 2), ('LOC', 3, 4), ('LOC', 4, 5), ('ORG', 5, 6)]

    Raises:  ValueError for a tag that is neither O nor B-kind nor I-kind.
    """
    found, start, kind = [], 0, ""
    for place, tag in enumerate([*tags, "O"]):
        letter, _, name = tag.partition("-")
        if letter not in ("O", "B", "I") or (letter == "O") == bool(name):
            raise ValueError(f"spans: a tag must be O, B-kind or I-kind, got {tag!r} at {place}")
        if letter == "I" and name == kind:
            continue
        if kind:
            found.append(Span(kind, start, place))
        start, kind = place, name
    return found


def entity_f1(predicted: Sequence[Sequence[str]], truth: Sequence[Sequence[str]],
              kind: str | None = None) -> EntityScore:
    """How well the names of sentences were found: only all words and the kind right count; all kinds or one.

        precision = right / predicted        recall = right / true        y = 2 right / (predicted + true)
    Without names, predicted or true, what would be 0 / 0 is 0.

    Source:  Tjong Kim Sang & De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task",
             arXiv:cs/0306050.
    Raises:  ValueError for sentences whose numbers of tags differ.
    >>> entity_f1([["B-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "B-LOC"]])
    EntityScore(f1=0.5, precision=0.5, recall=0.5, names=2)
    """
    if len(predicted) != len(truth):
        raise ValueError(f"entity_f1: {len(predicted)} sentences are predicted, there are {len(truth)}")
    counts: Counter[str] = Counter()
    for number, (guess, tags) in enumerate(zip(predicted, truth, strict=True)):
        if len(guess) != len(tags):
            raise ValueError(f"entity_f1: sentence {number} has {len(tags)} tags, predicted are {len(guess)}")
        found, true = ({span for span in spans(each) if kind in (None, span.kind)} for each in (guess, tags))
        counts.update(found=len(found), true=len(true), right=len(found & true))
    right, found_names, true_names = counts["right"], counts["found"], counts["true"]
    return EntityScore(2 * right / max(1, found_names + true_names), right / max(1, found_names),
                       right / max(1, true_names), true_names)
