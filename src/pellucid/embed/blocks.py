"""The file of an index: a head, then blocks that are only ever added at its end.

    head      "PELLVEC1", then a line of JSON, filled up to 256 bytes
    block     "BLK1", vectors, bytes of the texts, CRC-32 of what follows, CRC-32 of these; to 64 bytes
              the vectors, float32, row by row
              their codes
              their texts, a JSON list in UTF-8
              zeros up to a multiple of 64 bytes

A block is forced to the disk before the next one is begun, so that a crash can spoil the last one only; then
its sums do not agree, and the file counts as ending before it.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..io import CorruptFile
from .codes import KINDS, code_bytes, encoded

MAGIC, HEAD, ALIGNED = b"PELLVEC1", 256, 64
BLOCK = struct.Struct("<4sQQII")
PIECE = 1 << 24                                                   # bytes that are summed at once


@dataclass(frozen=True)
class Layout:
    """What is the same for all blocks of an index."""

    dim: int
    metric: str = "cosine"
    quantization: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.dim, (int, np.integer)) or not 1 <= self.dim < 1 << 16:
            raise ValueError(f"Index: dim must be an integer from 1 to 65535, got {self.dim!r}")
        if self.metric not in ("cosine", "dot"):
            raise ValueError(f"Index: metric is {self.metric!r}, wants 'cosine' or 'dot'")
        if self.quantization not in KINDS:
            raise ValueError(f"Index: quantization is {self.quantization!r}, wants None, 'int8' or 'binary'")

    def head(self) -> bytes:
        """The beginning of the file."""
        text = json.dumps({"dim": int(self.dim), "metric": self.metric, "quantization": self.quantization})
        return (MAGIC + text.encode() + b"\n").ljust(HEAD, b"\0")

    @classmethod
    def read(cls, file: IO[bytes], path: Path) -> Layout:
        """From the beginning of a file.

        Raises:  CorruptFile for a file that is no index.
        """
        head = file.read(HEAD)
        if not head.startswith(MAGIC):
            raise CorruptFile(path, "is not an index: it does not begin with PELLVEC1")
        try:
            return cls(**json.loads(head[len(MAGIC):].partition(b"\n")[0]))
        except (ValueError, TypeError) as error:
            raise CorruptFile(path, f"the head of the index is damaged: {error}") from None


class Block:
    """Vectors with their codes and texts, in memory or mapped from a file."""

    def __init__(self, vectors: np.ndarray, codes: np.ndarray, texts: list[str] | np.ndarray) -> None:
        self.vectors, self.codes = vectors, codes
        self._texts = texts

    @property
    def texts(self) -> list[str]:
        """The texts of the vectors; read when they are first asked for."""
        if isinstance(self._texts, np.ndarray):
            self._texts = json.loads(self._texts.tobytes()) if len(self._texts) else [""] * len(self.vectors)
        return self._texts

    @classmethod
    def of(cls, vectors: np.ndarray, texts: list[str] | None, layout: Layout) -> Block:
        """A block from vectors."""
        return cls(vectors, encoded(vectors, layout.quantization),
                   np.zeros(0, np.uint8) if texts is None else texts)

    def write(self, file: IO[bytes]) -> None:
        """Write it where the file stands."""
        told = (self._texts if isinstance(self._texts, np.ndarray) else
                np.frombuffer(json.dumps(self._texts).encode(), np.uint8))
        parts = [self.vectors.astype("<f4", copy=False), self.codes, told]
        total = 0
        for part in parts:
            total = zlib.crc32(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data, total)
        head = BLOCK.pack(b"BLK1", len(self.vectors), len(told), total, 0)[:-4]
        file.write((head + struct.pack("<I", zlib.crc32(head))).ljust(ALIGNED, b"\0"))
        for part in parts:
            file.write(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
        file.write(b"\0" * (-sum(part.nbytes for part in parts) % ALIGNED))


@dataclass(frozen=True)
class Found:
    """Where a block lies in its file."""

    begin: int                                                    # of what follows its head
    rows: int
    text_bytes: int
    total: int                                                    # the CRC-32 that it should have

    def size(self, layout: Layout) -> int:
        """Its bytes without head and filling."""
        return self.rows * (4 * layout.dim + code_bytes(layout.quantization, layout.dim)) + self.text_bytes

    def end(self, layout: Layout) -> int:
        """Where the next one begins."""
        return self.begin + -(-self.size(layout) // ALIGNED) * ALIGNED

    def is_sound(self, file: IO[bytes], layout: Layout) -> bool:
        """Do its bytes have the sum that its head tells?"""
        file.seek(self.begin)
        left, total = self.size(layout), 0
        while left and (piece := file.read(min(left, PIECE))):
            left, total = left - len(piece), zlib.crc32(piece, total)
        return not left and total == self.total

    def block(self, mapped: np.ndarray, layout: Layout) -> Block:
        """The block, without reading its vectors."""
        width = code_bytes(layout.quantization, layout.dim)
        middle = self.begin + 4 * self.rows * layout.dim
        texts = middle + self.rows * width
        return Block(mapped[self.begin:middle].view("<f4").reshape(self.rows, layout.dim),
                     mapped[middle:texts].reshape(self.rows, width),
                     mapped[texts:texts + self.text_bytes])


def scan(file: IO[bytes], layout: Layout, every: bool = False) -> tuple[list[Found], int]:
    """The sound blocks from the beginning on, and where they end; only the last one's sum is formed.

    `every`: form the sums of all.
    """
    size = os.fstat(file.fileno()).st_size
    blocks: list[Found] = []
    at = HEAD
    while at + ALIGNED <= size:
        file.seek(at)
        head = file.read(BLOCK.size)
        magic, rows, text_bytes, total, own = BLOCK.unpack(head)
        found = Found(at + ALIGNED, rows, text_bytes, total)
        if magic != b"BLK1" or zlib.crc32(head[:-4]) != own or found.end(layout) > size:
            break
        if (every or found.end(layout) + ALIGNED > size) and not found.is_sound(file, layout):
            break
        blocks.append(found)
        at = found.end(layout)
    else:
        return blocks, at
    if blocks and not every and not blocks[-1].is_sound(file, layout):
        blocks.pop()
    return blocks, blocks[-1].end(layout) if blocks else HEAD


def append(path: Path, at: int, size: int, blocks: list[Block]) -> int:
    """Write blocks into a file from a place on, each forced to the disk; returns where they end.

    What stood behind the place, the rest of a block that was not finished, is cut off. If writing fails the
    file is cut back to its last whole block.

    Raises:  RuntimeError if the file no longer has the size it had: somebody else has added to it.
    """
    with open(path, "r+b") as file:
        now = os.fstat(file.fileno()).st_size
        if now != size:
            raise RuntimeError(f"add: {path} had {size:,} bytes when it was loaded and has {now:,} now: it "
                               "was changed by somebody else; load it anew")
        file.truncate(at)
        file.seek(at)
        try:
            for block in blocks:
                block.write(file)
                file.flush()
                os.fsync(file.fileno())
                at = file.tell()
        except BaseException:
            file.truncate(at)
            raise
    return at


def mapped(path: Path) -> Any:
    """A file as bytes in memory that the system reads when they are looked at."""
    return np.asarray(np.memmap(path, np.uint8, mode="r"))


def forget(content: np.ndarray | None) -> None:
    """Give back the memory of a mapped file; what is looked at later is read, or found in the cache, anew."""
    base = None if content is None else content.base
    if isinstance(base, np.memmap) and hasattr(mmap, "MADV_DONTNEED"):
        base._mmap.madvise(mmap.MADV_DONTNEED)                    # type: ignore[attr-defined]
