"""Learning the merges of BPE from counted words.

    repeat: count every pair of neighbouring symbols, in each word as often as the word occurs
            join the most frequent pair everywhere; ties go to the pair with the smaller numbers

Counting everything anew for each merge takes minutes. A merge changes only the words that hold its pair, so
three tables are kept up to date: how often each pair occurs, in which words, and a heap of pairs by count. A
heap cannot be changed in the middle: entries whose count is out of date are put back with the right one when
they come up.

Source:  Sennrich, Haddow & Birch 2016, "Neural Machine Translation of Rare Words with Subword Units",
         arXiv:1508.07909, algorithm 1; Gage 1994, "A New Algorithm for Data Compression".
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from .progress import Progress

Pair = tuple[int, int]


class Merging:
    """Words as sequences of symbols, and how often each pair of neighbours occurs in them."""

    def __init__(self, words: list[list[int]], counts: Sequence[int]) -> None:
        self.words, self.counts = words, counts
        self.pairs: defaultdict[Pair, int] = defaultdict(int)
        self.where: defaultdict[Pair, set[int]] = defaultdict(set)
        for place, word in enumerate(words):
            for pair in zip(word, word[1:], strict=False):
                self.pairs[pair] += counts[place]
                self.where[pair].add(place)
        self.heap = [(-count, pair) for pair, count in self.pairs.items()]
        heapq.heapify(self.heap)
        self.joined: dict[Pair, int] = {}

    def best(self) -> tuple[Pair, int] | None:
        """The most frequent pair and its count."""
        while self.heap:
            told, pair = heapq.heappop(self.heap)
            count = self.pairs.get(pair, 0)
            if count == -told or pair in self.joined and count:
                return pair, count
            if 0 < count < -told:
                heapq.heappush(self.heap, (-count, pair))
        return None

    def join(self, pair: Pair, whole: int) -> None:
        """Put `whole` in place of a pair in every word, and bring the counts up to date."""
        self.joined[pair] = whole
        grown: set[Pair] = set()
        for place in self.where.pop(pair, ()):
            self._join_in(place, pair, whole, grown)
        self.pairs.pop(pair, None)
        for new in grown:
            count = self.pairs.get(new, 0)
            if count > 0:
                # A pair that was joined before and formed again is joined at once, as encoding would.
                heapq.heappush(self.heap, (-count if new not in self.joined else -(1 << 62), new))

    def _join_in(self, place: int, pair: Pair, whole: int, grown: set[Pair]) -> None:
        left, right = pair
        word, count, pairs = self.words[place], self.counts[place], self.pairs
        new: list[int] = []
        at, last = 0, len(word) - 1
        while at <= last:
            symbol = word[at]
            if symbol != left or at == last or word[at + 1] != right:
                new.append(symbol)
                at += 1
                continue
            if new:
                pairs[new[-1], left] -= count
                self._add((new[-1], whole), place, count, grown)
            if at + 2 <= last:
                pairs[right, word[at + 2]] -= count
                self._add((whole, word[at + 2]), place, count, grown)
            new.append(whole)
            at += 2
        self.words[place] = new

    def _add(self, pair: Pair, place: int, count: int, grown: set[Pair]) -> None:
        self.pairs[pair] += count
        self.where[pair].add(place)
        grown.add(pair)


def learn(words: list[list[int]], counts: Sequence[int], vocab: dict[str, int], vocab_size: int, *,
          min_frequency: int = 0, text_of: Callable[[str, str], str] = str.__add__,
          progress: Progress | None = None) -> list[tuple[str, str]]:
    """Learn merges until the vocabulary, which grows in place, has the size wanted or no pair is left.

    `words` are lists of numbers from `vocab`, which counts from 0 without gaps, and they change in place.
    `text_of` gives the token that two tokens make. Returns the merges, first to last.

    Differs: counts are Python's integers, which do not overflow; a pair inside aaa counts twice, as in all
    common implementations. With the same vocabulary at the start, the merges are those of Hugging Face.
    >>> vocab = {"l": 0, "o": 1, "w": 2, "e": 3, "r": 4}
    >>> learn([[0, 1, 2], [0, 1, 2, 3, 4]], [5, 2], vocab, 7)
    [('l', 'o'), ('lo', 'w')]
    """
    tokens = list(vocab)
    merging = Merging(words, counts)
    merges: list[tuple[str, str]] = []
    while len(vocab) < vocab_size:
        found = merging.best()
        if found is None or found[1] < max(1, min_frequency):
            break
        left, right = (tokens[number] for number in found[0])
        token = text_of(left, right)
        if token not in vocab:
            vocab[token] = len(tokens)
            tokens.append(token)
        if found[0] not in merging.joined:
            merges.append((left, right))
        merging.join(found[0], vocab[token])
        if progress:
            progress.to(len(vocab))
    return merges


def alphabet(counts: Mapping[str, int], limit: int | None = None, kept: Sequence[str] = ()) -> list[str]:
    """The characters of counted words in the order of Unicode, the most frequent ones if there is a limit.

    `kept` are characters that belong to it in any case.
    """
    seen: dict[str, int] = {}
    for word, count in counts.items():
        for character in word:
            seen[character] = seen.get(character, 0) + count
    seen |= dict.fromkeys(kept, 1 << 62)
    return sorted(sorted(seen, key=lambda character: (-seen[character], character))[:limit])
