"""From the vectors of a text's tokens to one vector: pooling."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import Tensor, from_numpy


def weighted(x: Tensor, weights: np.ndarray) -> Tensor:
    """The sum over the tokens of weight times vector: x (B, T, C), weights (B, T) -> (B, C)."""
    return (from_numpy(weights[:, None].astype(x._data.dtype)) @ x).squeeze(1)


def mean(x: Tensor, mask: np.ndarray) -> Tensor:
    """The mean over the tokens that are none of padding.

        y = sum m x / sum m
    Shapes:  x (B, T, C), mask (B, T) of 0 and 1 -> (B, C)
    """
    return weighted(x, mask / np.maximum(mask.sum(1, keepdims=True), 1e-9))


def mean_sqrt_len(x: Tensor, mask: np.ndarray) -> Tensor:
    """The sum over the tokens by the root of their number: y = sum m x / sqrt(sum m)."""
    return weighted(x, mask / np.sqrt(np.maximum(mask.sum(1, keepdims=True), 1e-9)))


def largest(x: Tensor, mask: np.ndarray) -> Tensor:
    """The largest value of each component over the tokens."""
    return x.masked_fill(from_numpy(mask[..., None] == 0), -math.inf).max(1).values


def first(x: Tensor, mask: np.ndarray) -> Tensor:
    """The vector of the first token, [CLS]."""
    return x[:, 0]


POOLINGS: dict[str, Callable[[Tensor, np.ndarray], Tensor]] = {
    "mean": mean, "cls": first, "max": largest, "mean_sqrt_len_tokens": mean_sqrt_len}
