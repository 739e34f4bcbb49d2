"""Text files, gzipped or not, that are used only if their content is what it should be."""

from __future__ import annotations

import hashlib
import os
from typing import IO, Any

from pellucid.io import CorruptFile

GZIP = b"\x1f\x8b"
LARGEST_TEXT = 256 << 20                                 # bytes; a small gzip may claim to hold far more


def read_text(path: str | os.PathLike[str] | IO[bytes], *, sha256: str | None = None,
              encoding: str = "utf-8") -> str:
    """Read a text (line ends as they are) from a file, gzipped or not.

    `sha256` is what the uncompressed content must have: two gzips of one content may differ.

    Raises:  CorruptFile, naming the file and what is wrong; OSError when the file cannot be opened.
    >>> from io import BytesIO
    >>> read_text(BytesIO(b"to be, or not"))
    'to be, or not'
    """
    if isinstance(path, (str, os.PathLike)):
        with open(path, "rb") as file:
            return _read(file, os.fspath(path), sha256, encoding)
    return _read(path, str(getattr(path, "name", "<open file>")), sha256, encoding)


def _read(file: IO[bytes], name: str, sha256: str | None, encoding: str) -> str:
    import gzip
    import zlib

    zipped = file.read(2) == GZIP
    file.seek(0)
    plain: Any = gzip.GzipFile(fileobj=file) if zipped else file
    try:
        content = plain.read(LARGEST_TEXT + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptFile(name, f"it cannot be decompressed: {error}") from None
    if len(content) > LARGEST_TEXT:
        raise CorruptFile(name, f"it holds more than {LARGEST_TEXT} bytes")
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise CorruptFile(name, f"its uncompressed content has the sha256 {found}, expected is {sha256}")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorruptFile(name, f"it is no {encoding.upper()} text: {error}") from None
