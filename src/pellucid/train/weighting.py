"""Weighted losses: some samples or classes count more.

    L = sum_n w[n] l[n] / sum_n w[n]          w[n] = weight of the sample times weight of its class
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.create import as_tensor
from ..tensor import OpError, Tensor


def class_weights(weights: Any) -> np.ndarray:
    """Weights by class number, from a dict or a sequence; they must be finite and at least 0."""
    if isinstance(weights, dict):
        table = np.ones(max(weights) + 1, np.float32)
        for label, weight in weights.items():
            table[label] = weight
    else:
        table = np.asarray(weights, np.float32)
    if table.ndim != 1 or not np.isfinite(table).all() or (table < 0).any():
        raise ValueError("fit: class_weight must be finite numbers of at least 0, one per class, "
                         f"got {weights}")
    return table


def per_sample(loss: Callable, prediction: Any, target: Any) -> Tensor:
    """The loss of each sample: the function with reduction='none', averaged over what is left of a sample."""
    if hasattr(loss, "reduction"):
        before, loss.reduction = loss.reduction, "none"
        try:
            each = loss(prediction, target)
        finally:
            loss.reduction = before
    elif "reduction" in inspect.signature(loss).parameters:
        each = loss(prediction, target, reduction="none")
    else:
        raise TypeError("fit: weights need a loss with an option reduction='none'; "
                        f"{getattr(loss, '__name__', loss)} has none")
    return each.flatten(1).mean(1) if each.ndim > 1 else each


def weighted(loss: Callable, prediction: Any, target: Any, weight: Any, table: np.ndarray | None) -> Tensor:
    """The weighted mean of the samples' losses."""
    each = per_sample(loss, prediction, target)
    w = np.ones(each.shape[0]) if weight is None else weight.detach().numpy()
    w = w.astype(np.float32)
    if w.shape != tuple(each.shape):
        raise OpError(f"fit: weights have shape {w.shape}, the batch has {each.shape[0]} samples")
    if table is not None:
        labels = target._data
        if labels.dtype.kind not in "iub" or labels.ndim != 1:
            raise OpError(f"fit: class_weight needs integer targets (N,), got {labels.dtype} {labels.shape}")
        if labels.max(initial=0) >= len(table):
            raise OpError(f"fit: class_weight has {len(table)} classes, a target is {labels.max()}")
        w = w * table[labels]
    if not w.sum() > 0:
        raise OpError("fit: the weights of a batch add up to 0")
    return (each * as_tensor(w)).sum() / float(w.sum())
