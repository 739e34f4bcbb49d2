"""How arrays lie in memory: what loops over memory must know before they take several at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from .conv_columns import channels_last, channels_second


def flat(*arrays: np.ndarray) -> list[np.ndarray] | None:
    """Each as one run of memory, if their elements lie in the same order without gaps; else None."""
    first = arrays[0]
    if all(x.flags.c_contiguous for x in arrays) and all(x.size == first.size for x in arrays):
        return [x.reshape(-1) for x in arrays]
    if any(x.shape != first.shape for x in arrays):
        return None
    order = sorted(range(first.ndim), key=lambda axis: -first.strides[axis])
    turned = [x.transpose(order) for x in arrays]
    return [x.reshape(-1) for x in turned] if all(x.flags.c_contiguous for x in turned) else None


def lie_alike(*arrays: Any) -> bool:
    """Is there a run of memory of each, with the same elements at the same places?"""
    return all(x.shape == arrays[0].shape for x in arrays) and flat(*arrays) is not None


def channel_rows(x: np.ndarray) -> np.ndarray | None:
    """x (N, C, ...) as rows (places, C), if channels lie innermost in memory; else None."""
    turned = x.transpose(0, *range(2, x.ndim), 1)
    return turned.reshape(-1, x.shape[1]) if turned.flags.c_contiguous else None


def laid_as(x: np.ndarray, other: np.ndarray) -> np.ndarray:
    """x, or a copy of it whose elements lie in memory in the order of the other's, of the same shape."""
    if lie_alike(x, other):
        return x
    if channel_rows(other) is not None and x.ndim > 2:
        return channels_second(channels_last(x))                 # which knows how to turn quickly
    y = np.empty_like(other, dtype=x.dtype)
    y[...] = x
    return y


def dense(x: np.ndarray) -> bool:
    """Do x's elements fill one run of memory, in some order of the axes?"""
    return x.flags.c_contiguous or flat(x) is not None
