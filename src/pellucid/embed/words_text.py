"""Texts as numbers of words: the vocabulary, how often each word occurs, and what stands near what."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")                    # letters, with apostrophes between them
PARAGRAPH = re.compile(r"\n\s*\n")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; the 's of a possessive is left out.

    >>> words_of("The King’s horse didn't stop_ in 1812.")
    ['the', 'king', 'horse', "didn't", 'stop', 'in']
    """
    found = WORD.findall(text.lower().replace("’", "'"))
    return [word[:-2] if word.endswith("'s") else word for word in found]


def singular(word: str, counts: dict[str, int], least: int) -> str:
    """The word without the ending of a plural, if what is left is a word too; else as it is.

    >>> counts = {"tiger": 9, "tigers": 3, "city": 9, "his": 9, "hi": 1}
    >>> [singular(word, counts, 5) for word in ("tigers", "cities", "his", "glass")]
    ['tiger', 'city', 'his', 'glass']
    """
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    stems = [word[:-1]]
    if word.endswith("ies"):
        stems = [word[:-3] + "y", word[:-1]]
    elif word.endswith(("ses", "xes", "zes", "ches", "shes")):
        stems = [word[:-2], word[:-1]]
    return next((stem for stem in stems if counts.get(stem, 0) >= least), word)


@dataclass(frozen=True)
class Corpus:
    """The words of texts as numbers, the most frequent word is 0; words that are too rare are left out.

    ids and paragraphs go together: the number of a word, and of the paragraph in which it stands.

    Shapes:  counts (V,), ids (T,) int32, paragraphs (T,) int32
    """

    words: tuple[str, ...]
    counts: np.ndarray
    ids: np.ndarray
    paragraphs: np.ndarray

    @classmethod
    def of(cls, texts: str | Iterable[str], *, min_count: int = 5, merge_plurals: bool = False) -> Corpus:
        """Read texts once; an empty line ends a paragraph, and so does the end of a text.

        min_count      words that occur less often are left out
        merge_plurals  count "tigers" as "tiger" where both are words

        Raises:  TypeError naming the first that is no text; ValueError if no word is frequent enough.
        >>> corpus = Corpus.of("the cat sat\\n\\nthe mat", min_count=1)
        >>> corpus.words, corpus.ids.tolist(), corpus.paragraphs.tolist()
        (('the', 'cat', 'sat', 'mat'), [0, 1, 2, 0, 3], [0, 0, 0, 1, 1])
        """
        if not isinstance(min_count, int) or min_count < 1:
            raise ValueError(f"Corpus: min_count must be an integer of at least 1, got {min_count!r}")
        numbers, ids, lengths = _read([texts] if isinstance(texts, str) else texts)
        met = np.bincount(np.frombuffer(ids, np.int32), minlength=len(numbers)) if len(ids) else np.zeros(0)
        names = list(numbers)
        if merge_plurals:
            counts = dict(zip(names, met.tolist(), strict=True))
            names = [singular(name, counts, min_count) for name in names]
        merged: dict[str, int] = {}
        for name, count in zip(names, met.tolist(), strict=True):
            merged[name] = merged.get(name, 0) + int(count)
        kept = sorted((name for name, count in merged.items() if count >= min_count),
                      key=lambda name: -merged[name])
        if not kept:
            raise ValueError(f"Corpus: none of the texts' {len(merged):,} words occurs {min_count} times; "
                             "give more text or a lower min_count")
        place = {name: number for number, name in enumerate(kept)}
        renamed = np.array([place.get(name, -1) for name in names], np.int32)[np.frombuffer(ids, np.int32)]
        paragraphs = np.repeat(np.arange(len(lengths), dtype=np.int32), np.frombuffer(lengths, np.int32))
        there = renamed >= 0
        return cls(tuple(kept), np.array([merged[name] for name in kept]), renamed[there], paragraphs[there])

    def pieces(self, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """ids and paragraphs, `size` words at once."""
        for start in range(0, len(self.ids), size):
            yield self.ids[start:start + size], self.paragraphs[start:start + size]


def _read(texts: Iterable[str]) -> tuple[dict[str, int], array[int], array[int]]:
    """The number of each word by its first occurrence, those of all words, the lengths of paragraphs."""
    numbers: dict[str, int] = {}
    ids, lengths = array("i"), array("i")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"Corpus: text {place} is a {type(text).__name__}, wants a str")
        for paragraph in PARAGRAPH.split(text):
            found = [numbers.setdefault(word, len(numbers)) for word in words_of(paragraph)]
            ids.extend(found)
            lengths.append(len(found))
    return numbers, ids, lengths


def windows(ids: np.ndarray, paragraphs: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The words around each word: up to reach[i] of them on either side, in the same paragraph.

    Shapes:  ids, paragraphs, reach (T,) -> the place of each pair's middle (P,), and of its other word (P,)
    >>> middles, others = windows(np.arange(4), np.array([0, 0, 0, 1]), np.array([1, 1, 2, 1]))
    >>> list(zip(middles.tolist(), others.tolist()))
    [(0, 1), (1, 0), (1, 2), (2, 0), (2, 1)]
    """
    widest, count = int(reach.max(initial=0)), len(ids)
    offsets = np.concatenate([np.arange(-widest, 0), np.arange(1, widest + 1)])
    places = np.arange(count)[:, None] + offsets                               # (T, 2 widest)
    is_near = (places >= 0) & (places < count) & (np.abs(offsets) <= reach[:, None])
    np.clip(places, 0, max(count - 1, 0), out=places)
    is_near &= paragraphs[places] == paragraphs[:, None]
    middles, columns = np.nonzero(is_near)
    return middles, places[middles, columns]


def cooccurrences(corpus: Corpus, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often words stand together: each pair counts 1 / distance, up to `window` words apart.

        x_ij = sum over places of i and j in one paragraph, at most `window` apart, of 1 / distance
    Both orders of a pair are there.

    Shapes:  rows, columns (P,) of words and their x (P,)
    """
    size = len(corpus.words)
    keys: np.ndarray = np.zeros(0, np.int64)
    sums: np.ndarray = np.zeros(0)
    for start in range(0, len(corpus.ids), 1_000_000):                         # memory bounded by the pairs
        ids = corpus.ids[start:start + 1_000_000 + window].astype(np.int64)
        within = corpus.paragraphs[start:start + 1_000_000 + window]
        for distance in range(1, window + 1):
            together = within[distance:] == within[:-distance]
            together[1_000_000:] = False                                       # the next piece counts them
            first, second = ids[:-distance][together], ids[distance:][together]
            found, counts = np.unique(np.concatenate([first * size + second, second * size + first]),
                                      return_counts=True)
            keys, inverse = np.unique(np.concatenate([keys, found]), return_inverse=True)
            sums = np.bincount(inverse.reshape(-1), np.concatenate([sums, counts / distance]), len(keys))
    return keys // size, keys % size, sums
