"""Texts to train encoders on: sets of pairs, and batches of them."""

from __future__ import annotations

import gzip
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import from_numpy
from ..ops import randperm
from .augment import Augmenter
from .texts import TextEncoder

BUCKETS = 16                                                      # batches within which texts are sorted
LOOKED_AT = 8                                                     # batches' rows that may have to wait


@dataclass(frozen=True)
class PairSet:
    """Texts that belong together, in columns of one length.

    columns   two of them; a third holds texts that do not belong to those of the first. A single one trains
              without pairs: each text belongs to another form of itself (see `augment`)
    scores    how much the texts of each pair are alike; without them all pairs belong together

    Raises:  ValueError for columns of unlike lengths, or another number of them, or scores that are not
             finite.
    >>> len(PairSet((["a cat", "a dog"], ["a pet", "a hound"])))
    2
    """

    columns: tuple[Sequence[str], ...]
    scores: np.ndarray | None = None

    def __post_init__(self) -> None:
        lengths = [len(column) for column in self.columns]
        if not 1 <= len(lengths) <= 3 or len(set(lengths)) > 1:
            raise ValueError(f"PairSet: wants one to three columns of one length, got lengths {lengths}")
        if self.scores is not None:
            if np.shape(self.scores) != (lengths[0],) or len(lengths) != 2:
                raise ValueError(f"PairSet: scores of shape {np.shape(self.scores)} do not go with "
                                 f"{len(lengths)} columns of {lengths[0]} texts")
            if not np.isfinite(self.scores).all():
                place = int(np.argmin(np.isfinite(self.scores)))
                raise ValueError(f"PairSet: the score of pair {place} is {self.scores[place]}")

    def __len__(self) -> int:
        return len(self.columns[0])

    def at(self, places: Any) -> PairSet:
        """The pairs at some places."""
        chosen = np.arange(len(self))[places].tolist()
        return PairSet(tuple([column[place] for place in chosen] for column in self.columns),
                       None if self.scores is None else self.scores[chosen])

    def held_out(self, count: int) -> tuple[PairSet, PairSet]:
        """All but `count` pairs that are drawn at random, and those."""
        order = randperm(len(self)).numpy()
        return self.at(np.sort(order[count:])), self.at(np.sort(order[:count]))


def read_pairs(file: str | os.PathLike[str]) -> PairSet:
    """Read a table of texts between tabs, in UTF-8, plain or .gz.

    Lines hold a text and one that belongs to it, or besides a score, or besides a text that does not belong
    to the first; empty lines do not count. Scores beyond -1 to 1 are divided by the largest.

    Raises:  ValueError naming the line that is not like the first, or the first byte that is not UTF-8.
    """
    path = Path(file)
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: byte 0x{data[error.start]:02x} at position {error.start} is not UTF-8 "
                         f"({error.reason})") from None
    rows = [(number, line.rstrip("\r").split("\t")) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise ValueError(f"{path}: there is no pair in it")
    width = len(rows[0][1])
    for number, row in rows:
        if len(row) != width or width not in (2, 3) or not all(part.strip() for part in row):
            wanted = f"{width} parts, as line {rows[0][0]}" if width in (2, 3) else "2 or 3 parts"
            raise ValueError(f"{path}: line {number} wants {wanted}, each with something in it, between "
                             f"tabs; got {len(row)}: {row}"[:400])
    columns = tuple(zip(*(row for _, row in rows), strict=True))
    return PairSet(columns) if width == 2 or not _number(columns[2][0]) else _with_scores(path, rows)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with_scores(path: Path, rows: list[tuple[int, list[str]]]) -> PairSet:
    for number, row in rows:
        if not _number(row[2]) or not np.isfinite(float(row[2])):
            raise ValueError(f"{path}: line {number} wants a number in its third part, as the first line "
                             f"has; got {row[2]!r}")
    scores = np.array([float(row[2]) for _, row in rows], np.float32)
    return PairSet((tuple(row[0] for _, row in rows), tuple(row[1] for _, row in rows)),
                   scores / max(1.0, float(np.abs(scores).max())))


class Wanted(NamedTuple):
    """What a batch's vectors are compared with: they come in so many columns, with these scores or none."""

    columns: int
    scores: Any


class PairBatches:
    """Batches of pairs for `fit`, drawn anew in each pass: (inputs of encoder.embed, Wanted).

    Texts of like length come together, so that little is padded. Where all other texts of a batch count as
    not belonging, no text comes twice in it.

    sets         PairSets; each batch comes from one of them
    batch_size   pairs
    augment      a new form of each text of the sets without scores, each time
    shuffle      whether the pairs are drawn in another order in each pass; if not, they come in their own

    Raises:  ValueError where there is no pair, or a set of one column without `augment`.
    """

    def __init__(self, encoder: TextEncoder, sets: Sequence[PairSet], batch_size: int, *,
                 augment: Augmenter | None = None, shuffle: bool = True) -> None:
        if not isinstance(batch_size, int) or batch_size < 2:
            raise ValueError(f"PairBatches: batch_size must be an integer of at least 2, got {batch_size!r}")
        if not sum(len(each) for each in sets):
            raise ValueError("PairBatches: there is no pair to train on")
        if augment is None and any(len(each.columns) == 1 for each in sets):
            raise ValueError("PairBatches: texts without pairs want `augment`, which makes pairs of them")
        self.encoder, self.sets, self.batch_size = encoder, list(sets), batch_size
        self.augment, self.shuffle = augment, shuffle
        texts = list(dict.fromkeys(text for each in sets for column in each.columns for text in column))
        number = {text: place for place, text in enumerate(texts)}
        self._places = [np.array([[number[text] for text in column] for column in each.columns])
                        for each in sets]                         # (columns, N) of each set
        self._tokens, self._words = self._tokenized(texts)
        self._lengths = np.array([len(ids) for ids in self._tokens])

    def _tokenized(self, texts: list[str]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The tokens of each text, and the word that each of them belongs to, if somebody asks for it."""
        if self.augment is None:
            return self.encoder.tokens(texts), []
        found = self.encoder.encodings(texts)
        return ([np.array(each.ids, np.int32) for each in found],
                [np.array([-1 if word is None else word for word in each.word_ids], np.int32)
                 for each in found])

    def __len__(self) -> int:
        return sum(-(-len(each) // self.batch_size) for each in self.sets)

    def __iter__(self) -> Iterator[tuple[Any, Wanted]]:
        batches = [(which, rows) for which in range(len(self.sets)) for rows in self._rows(which)]
        order = randperm(len(batches)).tolist() if self.shuffle else range(len(batches))
        for place in order:
            yield self._batch(*batches[place])

    def _rows(self, which: int) -> list[np.ndarray]:
        """The rows of a set's batches."""
        pairs, size = self._places[which], self.batch_size
        count = pairs.shape[1]
        if not self.shuffle:
            return [np.arange(start, min(start + size, count)) for start in range(0, count, size)]
        order, lengths = randperm(count).numpy(), self._lengths[pairs].max(0)
        order = np.concatenate([chunk[np.argsort(lengths[chunk], kind="stable")]
                                for chunk in np.split(order, range(BUCKETS * size, count, BUCKETS * size))])
        if self.sets[which].scores is not None:
            return np.split(order, range(size, count, size))
        return without_repeats(order, pairs, size)

    def _batch(self, which: int, rows: np.ndarray) -> tuple[Any, Wanted]:
        columns, scores = list(self._places[which][:, rows]), self.sets[which].scores
        if len(columns) == 1:
            columns *= 2
        texts = np.concatenate(columns)
        tokens = [self._tokens[text] for text in texts]
        if self.augment is not None and scores is None:
            kept = self.augment([self._words[text] for text in texts])
            tokens = [ids[places] for ids, places in zip(tokens, kept, strict=True)]
        return self.encoder.collate(tokens), Wanted(
            len(columns), None if scores is None else from_numpy(np.asarray(scores[rows], np.float32)))


def without_repeats(order: np.ndarray, pairs: np.ndarray, size: int) -> list[np.ndarray]:
    """Rows in batches of `size`, none of which holds a text twice; a row that must wait goes into the next.

    A row whose own texts are equal teaches nothing and is left out.

    >>> [rows.tolist() for rows in without_repeats(np.arange(4), np.array([[0, 0, 1, 5], [2, 3, 4, 5]]), 2)]
    [[0, 2], [1]]
    """
    rows = pairs.T.tolist()
    queue = deque(row for row in order.tolist() if len(set(rows[row])) == len(rows[row]))
    batches = []
    while queue:
        taken: list[int] = []
        later: list[int] = []
        seen: set[int] = set()
        while queue and len(taken) < size and len(later) < LOOKED_AT * size:
            row = queue.popleft()
            if seen.isdisjoint(rows[row]):
                taken.append(row)
                seen.update(rows[row])
            else:
                later.append(row)
        queue.extendleft(reversed(later))
        batches.append(np.array(taken))
    return batches
