"""Batches of texts with what their vectors, or a head on them, should give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import Tensor, from_numpy
from ..ops import randperm
from .texts import TextEncoder

POOL = 32                                                         # batches that are sorted by length together


class TokenBatches:
    """For `fit`: (inputs of encoder.embed, rows of `wanted`), texts of like length together.

    tokens    the numbers of each text's tokens, as `encoder.tokens` gives them
    wanted    a row for each text: a vector, or the number of its class
    shuffle   whether the texts are drawn in another order in each pass; if not, they come in their own

    Raises:  ValueError for unlike numbers of texts and rows, none at all, and a bad batch_size.
    """

    def __init__(self, encoder: TextEncoder, tokens: Sequence[np.ndarray], wanted: np.ndarray,
                 batch_size: int, shuffle: bool = True) -> None:
        if len(tokens) != len(wanted) or not len(tokens):
            raise ValueError(f"TokenBatches: wants as many texts as rows, and some; got {len(tokens)} and "
                             f"{len(wanted)}")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"TokenBatches: batch_size must be an integer of at least 1, got {batch_size!r}")
        self.encoder, self.tokens, self.wanted = encoder, tokens, wanted
        self.batch_size, self.shuffle = batch_size, shuffle
        self._lengths = np.array([len(ids) for ids in tokens])

    def __len__(self) -> int:
        return -(-len(self.tokens) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, Tensor]]:
        for places in self._places():
            inputs = self.encoder.collate([self.tokens[place] for place in places])
            yield inputs, from_numpy(self.wanted[places])

    def _places(self) -> list[np.ndarray]:
        """The texts of each batch."""
        count, size = len(self.tokens), self.batch_size
        cuts = range(size, count, size)
        if not self.shuffle:
            return np.split(np.arange(count), cuts)
        order = randperm(count).numpy()
        pools = np.split(order, range(POOL * size, count, POOL * size))
        order = np.concatenate([pool[np.argsort(self._lengths[pool], kind="stable")] for pool in pools])
        batches = np.split(order, cuts)
        return [batches[place] for place in randperm(len(batches)).tolist()]
