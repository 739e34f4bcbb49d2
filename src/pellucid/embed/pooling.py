"""From the vectors of a text's tokens to one vector: pooling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def mean(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean over the tokens that are none of padding.

        y = sum m x / sum m
    Shapes:  x (B, T, C), mask (B, T) of 0 and 1 -> (B, C)
    """
    weights = mask / np.maximum(mask.sum(1, keepdims=True), 1e-9)
    return np.matmul(weights[:, None].astype(x.dtype), x)[:, 0]


def mean_sqrt_len(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The sum over the tokens by the root of their number: y = sum m x / sqrt(sum m)."""
    weights = mask / np.sqrt(np.maximum(mask.sum(1, keepdims=True), 1e-9))
    return np.matmul(weights[:, None].astype(x.dtype), x)[:, 0]


def largest(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The largest value of each component over the tokens."""
    return np.where(mask[..., None] > 0, x, x.dtype.type(-np.inf)).max(1)


def first(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The vector of the first token, [CLS]."""
    return x[:, 0].copy()


POOLINGS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "mean": mean, "cls": first, "max": largest, "mean_sqrt_len_tokens": mean_sqrt_len}
