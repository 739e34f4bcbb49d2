"""Other libraries' structures for a quick first look: FAISS and hnswlib, behind the index's own methods.

A structure holds a copy of the vectors and names candidates; the index's vectors decide. Its file lies beside
that of the index and is never needed: where it is missing, older than the index or damaged, it is made anew
from the vectors.

    structure.add(rows)              (N, D): remember them, numbered on
    structure.candidates(q, k)       (Q, D) -> (Q, k) numbers, -1 where it finds fewer
    structure.write(path), .read(path)

Source:  Malkov & Yashunin 2016, "Efficient and robust approximate nearest neighbor search using Hierarchical
         Navigable Small World graphs", arXiv:1603.09320; Douze et al. 2024, "The Faiss library",
         arXiv:2401.08281.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..extras import need
from ..io import write_text
from .blocks import Block

LEAST = 1024                                                      # vectors that hnswlib has room for at first


class Structure(Protocol):
    """What an index asks of another library."""

    def __len__(self) -> int: ...

    def add(self, rows: np.ndarray) -> None: ...

    def candidates(self, queries: np.ndarray, k: int) -> np.ndarray: ...

    def write(self, path: Path) -> None: ...

    def read(self, path: Path) -> None: ...


class Faiss:
    """FAISS by one of its factory strings: "Flat" compares all, "HNSW32" follows a graph, "IVF256,Flat" looks
    into the nearest of 256 groups, which it learns from the first vectors that are added.
    """

    def __init__(self, dim: int, setting: str = "") -> None:
        self._faiss = need("faiss", extra="search")
        kind = setting or "HNSW32"
        try:
            self._index = self._faiss.index_factory(dim, kind, self._faiss.METRIC_INNER_PRODUCT)
        except RuntimeError:
            raise ValueError(f"Index: backend 'faiss:{kind}': FAISS knows no {kind!r} for {dim} components"
                             ) from None

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, rows: np.ndarray) -> None:
        """Remember vectors."""
        rows = np.ascontiguousarray(rows, np.float32)
        if not self._index.is_trained:
            self._index.train(rows)
        self._index.add(rows)

    def candidates(self, queries: np.ndarray, k: int) -> np.ndarray:
        """The numbers of vectors that may be the nearest."""
        found: np.ndarray = self._index.search(np.ascontiguousarray(queries), k)[1]
        return found

    def write(self, path: Path) -> None:
        """Into a file."""
        self._faiss.write_index(self._index, str(path))

    def read(self, path: Path) -> None:
        """From a file."""
        self._index = self._faiss.read_index(str(path))


class Hnswlib:
    """hnswlib's graph; the setting is the number of its edges at each vector, 16 where none is given."""

    def __init__(self, dim: int, setting: str = "") -> None:
        if setting and not (setting.isdecimal() and 2 <= int(setting) <= 512):
            raise ValueError(f"Index: backend 'hnswlib:{setting}': the edges of a vector are a number from 2 "
                             "to 512")
        self._index = need("hnswlib", extra="search").Index("ip", dim)
        self._edges, self._room = int(setting or 16), 0

    def __len__(self) -> int:
        return int(self._index.element_count) if self._room else 0

    def add(self, rows: np.ndarray) -> None:
        """Remember vectors; the room for them grows by doubling."""
        wanted = len(self) + len(rows)
        if not self._room:
            self._room = max(LEAST, wanted)
            self._index.init_index(self._room, M=self._edges, ef_construction=200, random_seed=0)
        elif wanted > self._room:
            self._room = max(2 * self._room, wanted)
            self._index.resize_index(self._room)
        self._index.add_items(rows, np.arange(len(self), wanted))

    def candidates(self, queries: np.ndarray, k: int) -> np.ndarray:
        """The numbers of vectors that may be the nearest."""
        self._index.set_ef(max(64, k))
        try:
            return self._index.knn_query(queries, k)[0].astype(np.int64)
        except RuntimeError:                                      # it reached fewer than k
            return np.full((len(queries), k), -1)

    def write(self, path: Path) -> None:
        """Into a file."""
        self._index.save_index(str(path))

    def read(self, path: Path) -> None:
        """From a file."""
        self._index.load_index(str(path))
        self._room = int(self._index.get_max_elements())


KINDS: dict[str, Callable[[int, str], Structure]] = {"faiss": Faiss, "hnswlib": Hnswlib}


class Backend:
    """A structure, and its file beside that of an index: `name.index.faiss` with `name.index.faiss.json`.

    `told` is "faiss", "hnswlib", or one of them with a setting: "faiss:IVF256,Flat", "hnswlib:32".
    """

    def __init__(self, told: str, dim: int) -> None:
        name, _, self._setting = str(told).partition(":")
        if name not in KINDS:
            raise ValueError(f"Index: backend is {told!r}, wants None or one of {', '.join(KINDS)}")
        self.told, self._dim, self._kind = told, dim, name
        self.structure: Structure = self._empty()

    def _empty(self) -> Structure:
        return KINDS[self._kind](self._dim, self._setting)

    def follow(self, blocks: Sequence[Block]) -> None:
        """Add the vectors that the structure lacks."""
        place = 0
        for block in blocks:
            known = min(max(len(self.structure) - place, 0), len(block.vectors))
            if known < len(block.vectors):
                self.structure.add(block.vectors[known:])
            place += len(block.vectors)

    def write(self, path: Path, sums: Sequence[tuple[int, int]]) -> None:
        """Write the structure's file, then which blocks it holds. Cut short, it counts for none."""
        if not len(self.structure):
            return
        file, about = self._files(path)
        about.unlink(missing_ok=True)
        unfinished = file.with_name(file.name + ".part")
        self.structure.write(unfinished)
        os.replace(unfinished, file)
        write_text(about, json.dumps({"backend": self.told, "blocks": len(sums), "sum": summed(sums)}) + "\n")

    def read(self, path: Path, sums: Sequence[tuple[int, int]]) -> None:
        """Take the structure from its file, if that holds the first of these blocks, and nothing else."""
        file, about = self._files(path)
        try:
            told: Any = json.loads(about.read_text(encoding="utf-8"))
            some = list(sums)[:told["blocks"]]
            if told != {"backend": self.told, "blocks": len(some), "sum": summed(some)}:
                return
            self.structure.read(file)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError):
            self.structure = self._empty()
            return
        if len(self.structure) != sum(rows for rows, _ in some):
            self.structure = self._empty()

    def _files(self, path: Path) -> tuple[Path, Path]:
        return path.with_name(f"{path.name}.{self._kind}"), path.with_name(f"{path.name}.{self._kind}.json")


def summed(sums: Sequence[tuple[int, int]]) -> int:
    """One number that tells blocks from others: the CRC-32 of their rows and sums."""
    return zlib.crc32(json.dumps(list(map(list, sums))).encode())
