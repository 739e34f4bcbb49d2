"""Vectors in fewer bits: what is searched first, before the vectors themselves decide.

    int8     c = round(v / s), s = max |v| / 127 of each vector     a quarter of the bytes
    binary   c = v > 0, packed                                      a thirty-second
"""

from __future__ import annotations

import numpy as np

KINDS = (None, "int8", "binary")
ONES = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)


def code_bytes(kind: str | None, dim: int) -> int:
    """Bytes of a vector's code; those of int8 end in the scale, those of binary fill whole words."""
    return {None: 0, "int8": dim + 4, "binary": (dim + 63) // 64 * 8}[kind]


def int8(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers from -127 to 127, and what they count in each row.

        c = round(v / s)        s = max |v| / 127
    Shapes:  (N, D) float32 -> c (N, D) int8, s (N, 1) float32
    >>> numbers, scales = int8(np.array([[1.0, -0.5], [0.0, 0.0]], np.float32))
    >>> numbers.tolist(), (numbers * scales).round(2).tolist()
    ([[127, -64], [0, 0]], [[1.0, -0.5], [0.0, 0.0]])
    """
    scales = np.abs(rows).max(1, initial=0, keepdims=True) / np.float32(127)
    return np.rint(rows / np.where(scales > 0, scales, 1)).astype(np.int8), scales


def encoded(rows: np.ndarray, kind: str | None) -> np.ndarray:
    """The codes of vectors.

    Shapes:  (N, D) float32 -> (N, code_bytes) uint8
    """
    if kind == "int8":
        numbers, scales = int8(rows)
        return np.hstack([numbers.view(np.uint8), scales.astype("<f4").view(np.uint8)])
    codes = np.zeros((len(rows), code_bytes(kind, rows.shape[1])), np.uint8)
    if kind == "binary":
        packed = np.packbits(rows > 0, axis=1)
        codes[:, :packed.shape[1]] = packed
    return codes


def near(queries: np.ndarray, codes: np.ndarray, kind: str) -> np.ndarray:
    """Roughly how near each query is to each coded vector; larger is nearer.

        int8    q c s                       binary  D - 2 (bits that differ)
    Shapes:  queries (Q, D), codes (N, code_bytes) -> (Q, N) float32
    """
    if kind == "int8":
        numbers = codes[:, :-4].view(np.int8).astype(np.float32)
        scales = np.ascontiguousarray(codes[:, -4:]).view("<f4")[:, 0]
        return (queries @ numbers.T) * scales
    asked = encoded(queries, "binary")
    differing = np.zeros((len(queries), len(codes)), np.uint16)
    words = hasattr(np, "bitwise_count")                          # NumPy 2 counts the bits of 64-bit words
    units = np.uint64 if words else np.uint8
    columns = np.ascontiguousarray(np.ascontiguousarray(codes).view(units).T)
    for row, query in zip(differing, np.ascontiguousarray(asked).view(units), strict=True):
        for column, word in zip(columns, query, strict=True):
            changed = column ^ word
            row += np.bitwise_count(changed) if words else ONES[changed]
    return (queries.shape[1] - 2 * differing.astype(np.float32)).astype(np.float32)
