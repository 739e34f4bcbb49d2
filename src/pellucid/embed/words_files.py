"""Word vectors in files: .npz, and word2vec's text format, which every other program reads."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..io import CorruptFile, open_atomic
from .words import WordVectors


def save(words: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write a .npz file: words as UTF-8 with line ends between them, vectors, counts."""
    broken = next((word for word in words.words if "\n" in word or not word), None)
    if broken is not None:
        raise ValueError(f"save: the word {broken!r} is empty or has a line end in it")
    arrays = {"words": np.frombuffer("\n".join(words.words).encode(), np.uint8), "vectors": words.vectors}
    if words.counts is not None:
        arrays["counts"] = words.counts
    with open_atomic(path) as file:
        np.savez(file, **arrays)                                  # type: ignore[arg-type]


def load(path: str | os.PathLike[str]) -> WordVectors:
    """Read a file of either kind."""
    source = Path(path)
    data = source.read_bytes()
    try:
        if data.startswith(b"PK"):
            return _read_npz(data)
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return _read_text(data.decode("utf-8"), source)
    except (EOFError, zipfile.BadZipFile, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptFile(source, f"it cannot be decompressed: {error}") from None
    except CorruptFile:
        raise
    except (ValueError, KeyError) as error:
        raise CorruptFile(source, f"it holds no word vectors: {error}") from None


def _read_npz(data: bytes) -> WordVectors:
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        counts = found["counts"] if "counts" in found.files else None
        return WordVectors(found["words"].tobytes().decode("utf-8").split("\n"), found["vectors"], counts)


def save_word2vec(words: WordVectors, path: str | os.PathLike[str]) -> None:
    """Write word2vec's text format; numbers are written so that they are read as they were."""
    broken = next((word for word in words.words if len(word.split()) != 1), None)
    if broken is not None:
        raise ValueError(f"save_word2vec: a word of the format is in one piece, {broken!r} is not")
    with open_atomic(path, "w") as file:
        file.write(f"{len(words)} {words.dimension}\n")
        for word, vector in zip(words.words, words.vectors, strict=True):
            file.write(f"{word} {' '.join(map(str, vector.tolist()))}\n")


def _read_text(text: str, path: Path) -> WordVectors:
    """The text format, with the line "V D" (word2vec) or without it (GloVe)."""
    lines = [line for line in text.split("\n") if line.strip()]
    head = lines[0].split() if lines else []
    size, count = 0, None
    if len(head) == 2 and all(part.isdigit() for part in head):
        count, size = int(head[0]), int(head[1])
        lines = lines[1:]
    elif len(head) > 2:
        size = len(head) - 1
    if size == 0:
        raise CorruptFile(path, "it holds no word vectors: the first line is neither \"V D\" nor a word and "
                                "its numbers")
    if count is not None and count != len(lines):
        raise CorruptFile(path, f"its first line tells {count} words, there are {len(lines)}")
    names, rows = [], np.empty((len(lines), size), np.float32)
    for number, line in enumerate(lines):
        name, *values = line.rstrip().split(" ")
        where = number + (1 if count is None else 2)
        try:
            rows[number] = np.array(values, np.float32)
        except ValueError:
            raise CorruptFile(path, f"line {where} wants a word and {size} numbers, got "
                                    f"{line[:60]!r}") from None
        if len(values) != size:
            raise CorruptFile(path, f"line {where} wants a word and {size} numbers, got {len(values)}")
        names.append(name)
    return WordVectors(names, rows)
