"""Counting the words of texts and files, in memory for the different words and not for the text."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from .progress import Progress
from .units import Units

BLOCK = 1 << 20                                                  # bytes of a file in memory at a time


def count_words(source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], units: Units,
                verbose: int = 0) -> Counter[str]:
    """How often each word occurs.

    A string is a text; a Path is a file, plain or .gz, in UTF-8, read line by line; anything else is a
    series of both.
    """
    counts: Counter[str] = Counter()
    sources: Iterable[str | os.PathLike[str]] = (
        [source] if isinstance(source, (str, os.PathLike)) else source)
    total = sum(map(size_of, sources)) if isinstance(sources, list) else 0
    progress = Progress("reading", total // 1000, " kB", shown=bool(verbose))
    done = 0
    for each in sources:
        for text, size in pieces(each):
            counts.update(units.counted(text))
            done += size
            progress.to(done // 1000)
    words: Counter[str] = Counter()
    for unit, count in counts.items():
        for word in units.words_of(unit):
            words[word] += count
    progress.end(f"{done / 1e6:.1f} MB, {len(words):,} different words")
    return words


def size_of(source: str | os.PathLike[str]) -> int:
    """Bytes of a text, or of a file as it lies on the disk if it is not packed."""
    if isinstance(source, str):
        return len(source)
    return 0 if str(source).endswith(".gz") else Path(source).stat().st_size


def pieces(source: str | os.PathLike[str]) -> Iterator[tuple[str, int]]:
    """A text as it is, or the lines of a file; each with the number of its bytes or characters."""
    if isinstance(source, str):
        yield source, len(source)
    else:
        yield from lines(Path(source))


def lines(path: Path) -> Iterator[tuple[str, int]]:
    """The lines of a file with their ends; one longer than a block comes in parts.

    Raises:  ValueError naming the first byte that is not UTF-8.
    """
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")
    with cast(BinaryIO, opened) as file:
        done, rest = 0, b""
        while block := file.read(BLOCK):
            block = rest + block
            end = block.rfind(b"\n") + 1 or (block.rfind(b" ") if len(block) >= BLOCK else 0)
            if end <= 0:
                end = boundary(block) if len(block) >= BLOCK else 0
            rest = block[end:]
            yield from decoded(path, block[:end], done)
            done += end
        yield from decoded(path, rest, done)


def boundary(block: bytes) -> int:
    """The last place in a block where a character of UTF-8 begins."""
    for end in range(len(block) - 1, max(len(block) - 5, 0), -1):
        if block[end] & 0xC0 != 0x80:
            return end
    return len(block)


def decoded(path: Path, block: bytes, place: int) -> Iterator[tuple[str, int]]:
    """The lines of a block that begins at a place of a file."""
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: byte 0x{block[error.start]:02x} at position {place + error.start} is not "
                         f"UTF-8 ({error.reason})") from None
    for line in cut(text):
        yield line, len(line)


def cut(text: str) -> Iterator[str]:
    """A text at its newlines alone; `str.splitlines` knows other ends of lines."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
