"""Batches of texts of unlike lengths: those of like lengths together, filled up at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import randperm


class Ragged:
    """Batches that are cut once, each the numbers of its rows, and taken in a new order in each pass.

    `batch(rows)` gives what a pass yields.
    """

    def __init__(self, batches: list[list[int]], shuffle: bool) -> None:
        self.batches, self.shuffle = batches, shuffle

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        order = randperm(len(self)).numpy() if self.shuffle else np.arange(len(self))
        for number in order.tolist():
            yield self.batch(self.batches[number])

    def batch(self, rows: list[int]) -> Any:
        """The rows of one batch, side by side."""
        raise NotImplementedError


def filled(parts: Sequence[np.ndarray], value: int = 0) -> np.ndarray:
    """Arrays of several lengths as rows of one, filled up at the end.

    >>> filled([np.array([5, 6]), np.array([7])]).tolist()
    [[5, 6], [7, 0]]
    """
    y = np.full((len(parts), max(map(len, parts)), *parts[0].shape[1:]), value, parts[0].dtype)
    for row, part in zip(y, parts, strict=True):
        row[:len(part)] = part
    return y
