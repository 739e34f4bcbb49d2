"""The IDX format of MNIST, Fashion-MNIST and their relatives.

    2 bytes 0, 1 byte dtype, 1 byte number of axes, the length of each axis (4 bytes each), the numbers
    row by row; everything big-endian
"""

from __future__ import annotations

import io
import math
import os
from typing import IO, Any

import numpy as np

from pellucid.io import CorruptFile

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
GZIP_RATIO = 1032                                        # deflate packs 258 bytes into 2 bits at best
CHUNK = 1 << 20


def read_idx(path: str | os.PathLike[str] | IO[bytes], *, sha256: str | None = None) -> np.ndarray:
    """Read an array from an IDX file, gzipped or not.

    `sha256` is what the uncompressed content must have: two gzips of one content may differ.

    Raises:  CorruptFile, naming the file and what is wrong; OSError when the file cannot be opened.
    """
    if isinstance(path, (str, os.PathLike)):
        with open(path, "rb") as file:
            return _read(file, os.fspath(path), os.fstat(file.fileno()).st_size, sha256)
    content = path.read()
    return _read(io.BytesIO(content), str(getattr(path, "name", "<open file>")), len(content), sha256)


def _read(file: IO[bytes], name: str, size: int, sha256: str | None) -> np.ndarray:
    import gzip
    import zlib

    zipped = file.read(2) == GZIP
    file.seek(0)
    try:
        plain: Any = gzip.GzipFile(fileobj=file) if zipped else file
        head, dtype, shape = _head(plain, name)
        n_bytes = math.prod(shape) * dtype.itemsize
        if n_bytes > size * (GZIP_RATIO if zipped else 1):
            raise CorruptFile(name, f"it claims the shape {shape}, more than its {size} bytes can hold")
        body = _read_up_to(plain, n_bytes + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptFile(name, f"it cannot be decompressed: {error}") from None
    _check_sum(head, body, sha256, name)
    if len(body) != n_bytes:
        kind = "more" if len(body) > n_bytes else f"only {len(body)}"
        raise CorruptFile(name, f"the shape {shape} takes {n_bytes} bytes, the file holds {kind}")
    return np.frombuffer(body, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _head(file: IO[bytes], name: str) -> tuple[bytes, np.dtype, tuple[int, ...]]:
    """The bytes of the header, and the dtype and shape that they state."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES or magic[3] > 32:
        raise CorruptFile(name, f"it begins with {magic!r}, an IDX file with two zeros, a dtype and a rank")
    lengths = file.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise CorruptFile(name, "it ends within its header: truncated")
    shape = tuple(int(n) for n in np.frombuffer(lengths, ">u4"))
    dtype = np.dtype(DTYPES[magic[2]])
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize >= 2**63:
        raise CorruptFile(name, f"it claims the impossible shape {shape}")
    return magic + lengths, dtype, shape


def _read_up_to(file: IO[bytes], n: int) -> bytearray:
    """At most n bytes, in pieces: memory grows with what is there, not with what the header claims."""
    content = bytearray()
    while len(content) < n:
        piece = file.read(min(CHUNK, n - len(content)))
        if not piece:
            break
        content += piece
    return content


def _check_sum(head: bytes, body: bytearray, expected: str | None, name: str) -> None:
    if expected is None:
        return
    import hashlib

    digest = hashlib.sha256(head)
    digest.update(body)
    if digest.hexdigest() != expected:
        raise CorruptFile(name, f"its uncompressed content has the sha256 {digest.hexdigest()}, "
                                f"expected is {expected}")
