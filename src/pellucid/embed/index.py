"""Many vectors, and which of them are nearest: exact search, block by block."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..io import open_atomic
from .backends import Backend
from .blocks import HEAD, Block, Layout, append, forget, mapped, scan
from .codes import near
from .vectors import CELLS, Best, Ranked, matrix, unit

ROWS = 1 << 26                                                    # bytes of the vectors of a block
QUERIES = 256                                                     # that are searched for at once


class RecoveredIndex(UserWarning):
    """The end of an index's file was damaged; what came before it is there."""


class Hits(NamedTuple):
    """The nearest of each query, the nearest first: (Q, k) numbers of vectors, and scores."""

    ids: np.ndarray
    scores: np.ndarray


class Index:
    """Vectors with their texts, and the nearest to a query among all of them.

        score = v q / (|v| |q|)   for metric="cosine";   v q   for "dot"

    The vectors are numbered in the order in which they were added. They are looked at block by block, so
    that memory stays bounded however many there are; those of a file stay on the disk, mapped into memory.

    quantization  None: every vector is compared. "int8" or "binary": codes of a quarter or a thirty-second
                  of the bytes are compared, and the best of them ranked anew by the vectors themselves.

    backend       "faiss" or "hnswlib" (`pip install "pellucid[search]"`): such a library names the
                  candidates instead, quicker than a look at all vectors, and may miss some. Its structure
                  holds a copy of the vectors in memory; `save` writes it into a file beside the index.

    One process may add to a file at a time; others may read what was there when they loaded it.

    >>> index = Index(2)
    >>> index.add([[1, 0], [0, 1], [1, 1]], ["east", "north", "north-east"])
    >>> index.texts(index.search([2, 0.5], k=2).ids[0])
    ['east', 'north-east']
    """

    def __init__(self, dim: int, metric: str = "cosine", quantization: str | None = None,
                 backend: str | None = None) -> None:
        self.layout = Layout(dim, metric, quantization)
        self.path: Path | None = None
        self._backend = None if backend is None else Backend(backend, dim)
        self._blocks: list[Block] = []
        self._sums: list[tuple[int, int]] = []                    # rows and CRC-32 of the blocks of the file
        self._content: np.ndarray | None = None                   # the file, mapped
        self._end = self._size = HEAD                             # of the whole blocks, and of the file

    # Files

    @classmethod
    def load(cls, path: str | os.PathLike[str], verify: bool = False, backend: str | None = None) -> Index:
        """Open a file that `save` wrote; what is added from then on is added to the file too.

        The sum of the last block is checked, or with `verify` of all blocks. `backend`: as above; its own
        file is read if `save` wrote it with the same backend, and brought up to date.

        Warns:   RecoveredIndex where the file ends in the midst of a block: the blocks before it are there,
                 and what follows them is cut off by the next `add`.
        Raises:  CorruptFile for a file that is no index.
        """
        where = Path(path)
        with open(where, "rb") as file:
            layout = Layout.read(file, where)
            found, end = scan(file, layout, verify)
            size = os.fstat(file.fileno()).st_size
        made = cls(layout.dim, layout.metric, layout.quantization, backend)
        made.path, made._end, made._size = where, end, size
        made._content = content = mapped(where)
        made._blocks = [each.block(content, layout) for each in found]
        made._sums = [(each.rows, each.total) for each in found]
        if made._backend is not None:
            made._backend.read(where, made._sums)
        if end != size:
            warnings.warn(RecoveredIndex(
                f"{where}: damaged after byte {end:,}; {len(found)} whole blocks with {len(made):,} vectors "
                f"were recovered, the {size - end:,} bytes behind them are not used"), stacklevel=2)
        return made

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything into a file, whole or not at all; what is added later is added to it too."""
        with open_atomic(path) as file:
            file.write(self.layout.head())
            for block in self._blocks:
                block.write(file)
        self.path = Path(path)
        self._reload()
        if self._backend is not None:
            self._backend.follow(self._blocks)
            self._backend.write(self.path, self._sums)

    def _reload(self) -> None:
        """Take the blocks from the file."""
        opened = Index.load(self.path or "")
        self._blocks, self._end, self._size = opened._blocks, opened._end, opened._size
        self._content, self._sums = opened._content, opened._sums

    def add(self, vectors: Any, texts: Sequence[str] | None = None) -> None:
        """Add vectors (N, dim), with their texts or without; all of them, or with an error none in memory.

        With a file they are on the disk when this returns. A crash in between leaves whole blocks of them.

        Raises:  ValueError for another width, as many texts as not vectors, NaN or infinity, and a zero
                 vector under the cosine, naming the first.
        """
        rows = matrix(vectors, "add")
        if rows.shape[1] != self.layout.dim:
            raise ValueError(f"add: vectors have {rows.shape[1]} components, the index wants "
                             f"{self.layout.dim}")
        if texts is not None and (isinstance(texts, str) or len(texts) != len(rows)):
            raise ValueError(f"add: there are {len(rows)} vectors and "
                             f"{'one str' if isinstance(texts, str) else len(texts)} as texts")
        rows = unit(rows, "add") if self.layout.metric == "cosine" else rows.copy()
        step = max(1, ROWS // (4 * self.layout.dim))
        fresh = [Block.of(rows[start:start + step],
                          None if texts is None else list(texts[start:start + step]), self.layout)
                 for start in range(0, len(rows), step)]
        if self.path is None or not fresh:
            self._blocks += fresh
            return
        try:
            append(self.path, self._end, self._size, fresh)
        except OSError:                                           # a full disk: some blocks may be whole
            self._reload()
            raise
        self._reload()

    # Searching

    def search(self, queries: Any, k: int = 10, *, rescore: int = 10, exact: bool = False) -> Hits:
        """The k nearest vectors of each query.

        rescore  with codes or a backend: k times so many candidates are ranked by their vectors
        exact    compare all vectors themselves

        Shapes:  queries (Q, dim) or (dim,) -> ids and scores (Q, min(k, N)); equal scores in the order added
        Raises:  ValueError for another width, NaN, and a zero query under the cosine.
        """
        asked = matrix(queries, "search")
        if asked.shape[1] != self.layout.dim:
            raise ValueError(f"search: queries have {asked.shape[1]} components, the index has "
                             f"{self.layout.dim}")
        if rescore < 1:
            raise ValueError(f"search: rescore must be at least 1, got {rescore}")
        asked = unit(asked, "search") if self.layout.metric == "cosine" else asked
        parts = [self._search(asked[start:start + QUERIES], k, rescore, exact)
                 for start in range(0, max(len(asked), 1), QUERIES)]
        return Hits(np.concatenate([part.ids for part in parts]),
                    np.concatenate([part.scores for part in parts]))

    def _search(self, asked: np.ndarray, k: int, rescore: int, exact: bool) -> Hits:
        """The same for so many queries as are searched for at once."""
        kind = self.layout.quantization
        if exact or self._backend is None and kind is None:
            return Hits(*self._nearest(asked, k, None))
        if self._backend is None:
            return self._rescored(asked, self._nearest(asked, k * rescore, kind).ids, k)
        Best(0, k)                                                # complains of a bad k
        self._backend.follow(self._blocks)
        few = min(k * rescore, len(self))
        ids = self._backend.structure.candidates(asked, few) if few else np.zeros((len(asked), 0), np.int64)
        if (ids < 0).any():                                       # it found fewer for some query
            return Hits(*self._nearest(asked, k, None))
        return self._rescored(asked, ids, k)

    def _nearest(self, asked: np.ndarray, k: int, kind: str | None) -> Ranked:
        """The k best by the vectors, or by their codes."""
        best = Best(len(asked), k)
        for start, vectors, codes in self._pieces(len(asked)):
            best.offer(asked @ vectors.T if kind is None else near(asked, codes, kind), start)
        return best.ranked()

    def _rescored(self, asked: np.ndarray, ids: np.ndarray, k: int) -> Hits:
        """The k best of each query's candidates, by their vectors."""
        ids = np.sort(ids, axis=1)                                # equal scores in the order added
        scores = np.zeros(ids.shape, np.float32)
        for place, query in enumerate(asked):
            scores[place] = self.vectors(ids[place]) @ query
            forget(self._content)                                 # vectors from all over the file
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Hits(np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1))

    def _pieces(self, n_queries: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Number of the first, vectors and codes of pieces whose scores fit into bounded memory."""
        step, before = max(1, CELLS // max(n_queries, self.layout.dim)), 0
        for block in self._blocks:
            for start in range(0, len(block.vectors), step):
                piece = slice(start, start + step)
                yield before + start, block.vectors[piece], block.codes[piece]
                forget(self._content)
            before += len(block.vectors)

    # What is in it

    def _located(self, ids: Any) -> Iterator[tuple[Block, int]]:
        ends = np.cumsum([len(block.vectors) for block in self._blocks])
        for number in np.asarray(ids, np.int64).reshape(-1):
            if not 0 <= number < len(self):
                raise IndexError(f"Index: there is no vector {number}; there are {len(self)}")
            which = int(np.searchsorted(ends, number, side="right"))
            yield self._blocks[which], int(number - (ends[which - 1] if which else 0))

    def vectors(self, ids: Any) -> np.ndarray:
        """The vectors of these numbers, (n, dim); of length 1 with the cosine."""
        found = [block.vectors[place] for block, place in self._located(ids)]
        return np.stack(found) if found else np.zeros((0, self.layout.dim), np.float32)

    def texts(self, ids: Any) -> list[str]:
        """The texts of these numbers; empty where none was given."""
        return [block.texts[place] for block, place in self._located(ids)]

    def __len__(self) -> int:
        return sum(len(block.vectors) for block in self._blocks)

    def __repr__(self) -> str:
        about = self.layout
        return (f"Index({len(self):,} vectors of {about.dim}, metric={about.metric!r}, "
                f"quantization={about.quantization!r}, "
                f"backend={None if self._backend is None else self._backend.told!r}, "
                f"path={None if self.path is None else str(self.path)!r})")
