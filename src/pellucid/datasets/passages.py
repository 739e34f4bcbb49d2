"""Passages of a long text: windows at places drawn at random to train on, and side by side to test on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.ops import randint
from pellucid.tensor import Tensor, wrap


class RandomPassages:
    """Batches of passages from anywhere in a text, each with the tokens that follow its tokens.

        x[i] = tokens[s[i] : s[i] + length]          y[i] = tokens[s[i] + 1 : s[i] + length + 1]
    with s[i] drawn uniformly from Pellucid's stream. A pass is `batches` batches; the next one draws on.

    Shapes:  tokens (T,) int64 -> x and y (batch_size, length)
    Raises:  ValueError if the text is not longer than a passage.
    >>> batches = RandomPassages(np.arange(100), length=4, batch_size=2, batches=3)
    >>> [(x.shape, bool((y == x + 1).all())) for x, y in batches]
    [(pellucid.Size([2, 4]), True), (pellucid.Size([2, 4]), True), (pellucid.Size([2, 4]), True)]
    """

    def __init__(self, tokens: np.ndarray, length: int, batch_size: int, batches: int) -> None:
        self.tokens, self.length = np.asarray(tokens, np.int64), length
        self.batch_size, self.batches = batch_size, batches
        if len(self.tokens) <= length:
            raise ValueError(f"RandomPassages: passages of {length} tokens and one more want a longer text "
                             f"than {len(self.tokens)}")

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        places = np.arange(self.length + 1)
        for _ in range(self.batches):
            starts: Any = randint(len(self.tokens) - self.length, (self.batch_size, 1)).numpy()
            rows = self.tokens[starts + places]                  # (B, length + 1)
            yield wrap(rows[:, :-1].copy()), wrap(rows[:, 1:].copy())


def passages(tokens: Any, length: int) -> tuple[np.ndarray, np.ndarray]:
    """All passages of a text, side by side, and the tokens that follow their tokens; the rest is left out.

    Shapes:  tokens (T,) -> x and y (N, length) with N = (T - 1) // length
    Raises:  ValueError if the text is not longer than a passage.
    >>> x, y = passages(np.arange(8), 3)
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]])
    """
    tokens = np.asarray(tokens)
    n = (len(tokens) - 1) // length
    if n < 1:
        raise ValueError(f"passages: passages of {length} tokens and one more want a longer text than "
                         f"{len(tokens)}")
    return tokens[:n * length].reshape(n, length), tokens[1:n * length + 1].reshape(n, length)
