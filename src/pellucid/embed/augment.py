"""Other forms of a text that mean nearly the same: what an encoder can be trained on without any pairs.

An augmenter is called with the texts of a batch, each as the word that each of its tokens belongs to (-1 for
special tokens), and gives for each the places of the tokens that the new form consists of. Tokens of one word
stay together, special tokens stay where they are. The draws are Pellucid's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..ops import rand

Augmenter = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


def _share(name: str, value: float) -> None:
    if not (isinstance(value, (int, float)) and 0 <= value <= 1):
        raise ValueError(f"{name}: wants a share from 0 to 1, got {value!r}")


def _draws(counts: Sequence[int]) -> list[np.ndarray]:
    """Numbers from 0 to 1, as many for each text as it says; one call of the stream for all texts."""
    numbers = rand(int(sum(counts))).numpy()
    return np.split(numbers, np.cumsum(counts)[:-1])


def _words(texts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The numbers of each text's words, in order, each once."""
    return [np.unique(words[words >= 0]) for words in texts]


@dataclass(frozen=True)
class WordDropout:
    """Leave out each word with probability p; one word at least stays.

    >>> [places.tolist() for places in WordDropout(1.0)([np.array([-1, 0, 0, -1])])]
    [[0, 1, 2, 3]]
    """

    p: float = 0.1

    def __post_init__(self) -> None:
        _share("WordDropout", self.p)

    def __call__(self, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
        found = _words(texts)
        result = []
        for words, present, draws in zip(texts, found, _draws([len(each) for each in found]), strict=True):
            stays = draws >= self.p
            if len(stays) and not stays.any():
                stays[draws.argmax()] = True
            result.append(np.flatnonzero(np.isin(words, present[stays]) | (words < 0)))
        return result


@dataclass(frozen=True)
class WordSwap:
    """Let a share of the words change places with their right neighbours.

    >>> [places.tolist() for places in WordSwap(1.0)([np.array([-1, 0, 0, 1, 2, -1])])]
    [[0, 3, 1, 2, 4, 5]]
    """

    p: float = 0.1

    def __post_init__(self) -> None:
        _share("WordSwap", self.p)

    def __call__(self, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
        found = _words(texts)
        result = []
        for words, present, draws in zip(texts, found, _draws([len(each) for each in found]), strict=True):
            order, place = present.copy(), 0
            while place + 1 < len(order):
                if draws[place] < self.p:
                    order[[place, place + 1]] = order[[place + 1, place]]
                    place += 1                                    # what has moved stays
                place += 1
            inner = [place for word in order for place in np.flatnonzero(words == word)]
            new = np.arange(len(words))
            new[words >= 0] = inner
            result.append(new)
        return result


@dataclass(frozen=True)
class SpanCrop:
    """Keep a run of words that is at least `shortest` of the text long, from anywhere in it.

    >>> [places.tolist() for places in SpanCrop(1.0)([np.array([-1, 0, 1, 2, -1])])]
    [[0, 1, 2, 3, 4]]
    """

    shortest: float = 0.5

    def __post_init__(self) -> None:
        _share("SpanCrop", self.shortest)

    def __call__(self, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
        result = []
        for words, present, (length, start) in zip(texts, _words(texts), _draws([2] * len(texts)),
                                                   strict=True):
            least = max(1, round(self.shortest * len(present)))
            size = least + int(length * (len(present) - least + 1))
            first = int(start * (len(present) - size + 1))
            kept = present[first:first + size]
            result.append(np.flatnonzero(np.isin(words, kept) | (words < 0)))
        return result


@dataclass(frozen=True)
class DropoutOnly:
    """The text as it is: that the model's own dropout differs from one time to the other is all (SimCSE).

    Source:  Gao, Yao & Chen 2021, "SimCSE", arXiv:2104.08821.
    """

    def __call__(self, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.arange(len(words)) for words in texts]


@dataclass(frozen=True)
class OneOf:
    """For each batch one of several augmenters, drawn anew."""

    augmenters: tuple[Augmenter, ...]

    def __call__(self, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
        return self.augmenters[int(rand(1).item() * len(self.augmenters))](texts)
