"""Metrics: functions of predictions and targets that give one number, a mean over the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError, Tensor


def _array(value: Any) -> np.ndarray:
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)


def accuracy(prediction: Any, target: Any) -> float:
    """The share of samples whose largest score is at their label.

        y = mean[ argmax_k prediction[n, k] = target[n] ]

    Shapes: prediction (N, K), target (N) integers (or (N, K) class probabilities) -> a number in [0, 1]
    """
    scores, labels = _array(prediction), _array(target)
    if labels.ndim == scores.ndim and labels.ndim > 1:
        labels = labels.argmax(1)
    if scores.ndim < 2 or scores.shape[0] != labels.shape[0]:
        raise OpError(f"accuracy: prediction has shape {scores.shape}, target {labels.shape}; "
                      "expected (N, K) and (N,)")
    return float((scores.argmax(1) == labels).mean()) if labels.size else float("nan")


def binary_accuracy(prediction: Any, target: Any, threshold: float = 0.0) -> float:
    """The share of samples on the right side of the threshold: 0 for logits, 0.5 for probabilities.

        y = mean[ (prediction > threshold) = (target > 0.5) ]

    Shapes: prediction and target of one shape -> a number in [0, 1]
    """
    scores, labels = _array(prediction), _array(target)
    if scores.shape != labels.shape:
        raise OpError(f"binary_accuracy: prediction has shape {scores.shape}, target {labels.shape}; "
                      "expected the same")
    return float(((scores > threshold) == (labels > 0.5)).mean()) if labels.size else float("nan")


def mse(prediction: Any, target: Any) -> float:
    """The mean squared difference, in the target's units squared.

        y = mean (prediction - target)^2
    """
    return float(np.mean((_array(prediction) - _array(target)) ** 2))


def mae(prediction: Any, target: Any) -> float:
    """The mean absolute difference, in the target's units.

        y = mean |prediction - target|
    """
    return float(np.mean(np.abs(_array(prediction) - _array(target))))


def confusion(prediction: Any, target: Any, n_classes: int | None = None) -> np.ndarray:
    """How often each label (row) was taken for each class (column).

        y[i, j] = number of samples with label i and prediction j

    Shapes: prediction (N, K) scores or (N) classes, target (N) -> (K, K)
    """
    found, labels = _array(prediction), _array(target).astype(np.int64)
    if found.ndim == 2:
        n_classes = n_classes or found.shape[1]
        found = found.argmax(1)
    found = found.astype(np.int64)
    n = n_classes or int(max(found.max(initial=0), labels.max(initial=0))) + 1
    return np.bincount(labels * n + found, minlength=n * n).reshape(n, n)


NAMED = {"accuracy": accuracy, "binary_accuracy": binary_accuracy, "mse": mse, "mae": mae}
