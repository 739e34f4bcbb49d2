"""Right and wrong answers of a classifier, counted and ordered, in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.plot.records import plain_array


def class_probabilities(probabilities: Any) -> np.ndarray:
    """Return probabilities with one column per class; a single column p becomes (1 - p, p).

    Shapes:  (N,) or (N, 1) or (N, K) -> (N, 2) or (N, K)
    Raises:  ValueError for any other shape.
    >>> class_probabilities([0.25, 1.0])
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    p = plain_array(probabilities).astype(np.float64)
    if p.ndim == 2 and p.shape[1] == 1:
        p = p[:, 0]
    if p.ndim == 1:
        p = np.stack([1 - p, p], axis=1)
    if p.ndim != 2:
        raise ValueError(f"probabilities: expected shape (N,) or (N, K), got {p.shape}")
    return p


def class_labels(labels: Any, argument: str = "targets") -> np.ndarray:
    """Return class labels as int64 (N,), from integers, integral floats, (N, 1) columns or booleans.

    Raises:  ValueError naming `argument` where the labels are not whole numbers from 0 up.
    """
    values = plain_array(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(f"{argument}: expected one label per sample, shape (N,), got {values.shape}")
    whole = values.astype(np.int64)
    if whole.size and (np.any(whole != values) or whole.min() < 0):
        odd = values[(whole != values) | (whole < 0)][0]
        raise ValueError(f"{argument}: expected classes 0, 1, 2, ..., got {odd}")
    return whole


def confusion_counts(targets: Any, predictions: Any, n_classes: int | None = None) -> np.ndarray:
    """Count how often each class was taken for each.

        counts[i, j] = number of samples of class i that were taken for class j

    Shapes:  targets (N,), predictions (N,) -> (K, K) int64
    Raises:  ValueError if the lengths differ.
    >>> confusion_counts([0, 1, 1], [0, 1, 0])
    array([[1, 0],
           [1, 1]])
    """
    true, taken = class_labels(targets), class_labels(predictions, "predictions")
    if len(true) != len(taken):
        raise ValueError(f"confusion_counts: {len(true)} targets, {len(taken)} predictions")
    present = int(max(true.max(initial=-1), taken.max(initial=-1))) + 1
    k = max(present, n_classes or 0)
    return np.bincount(true * k + taken, minlength=k * k).reshape(k, k)


def mistakes(probabilities: Any, targets: Any) -> np.ndarray:
    """Return the indices of the wrong answers, the most confident one first.

    Shapes:  probabilities (N, K), targets (N,) -> (number of mistakes,) int64
    """
    p, true = class_probabilities(probabilities), class_labels(targets)
    taken = p.argmax(axis=1)
    wrong = np.flatnonzero(taken != true)
    return wrong[np.argsort(-p[wrong, taken[wrong]], kind="stable")]


def least_sure(probabilities: Any) -> np.ndarray:
    """Return all indices, the answer with the smallest greatest probability first."""
    return np.argsort(class_probabilities(probabilities).max(axis=1), kind="stable")


def names_of_classes(class_names: Sequence[Any] | np.ndarray | None, n_classes: int) -> list[str]:
    """Return one name per class as text; where names are missing, the class's number.

    >>> names_of_classes(["cat"], 2)
    ['cat', '1']
    """
    given = [] if class_names is None else [str(name) for name in np.asarray(class_names).ravel().tolist()]
    return given[:n_classes] + [str(i) for i in range(len(given), n_classes)]


def as_pictures(x: Any, image_shape: Any) -> np.ndarray:
    """Return samples as pictures with values in [0, 1], scaled by the smallest and largest value of all.

    `image_shape` is (H, W), (C, H, W) or (H, W, C) with C = 1 or 3; where both fit, channels come first.

    Shapes:  x (N, ...) -> (N, H, W) grey or (N, H, W, 3)
    Raises:  ValueError if the sizes do not fit or C is neither 1 nor 3.
    """
    values = plain_array(x).astype(np.float64)
    shape = tuple(int(size) for size in np.asarray(image_shape).ravel())
    if len(shape) not in (2, 3) or values[:1].size != np.prod(shape) * min(len(values), 1):
        raise ValueError(f"image_shape: {shape} does not fit samples of shape {values.shape[1:]}")
    values = values.reshape(-1, *shape)
    if len(shape) == 3 and shape[0] in (1, 3):
        values = np.moveaxis(values, 1, -1)
    if len(shape) == 3:
        if values.shape[-1] not in (1, 3):
            raise ValueError(f"image_shape: {shape} has no axis of 1 or 3 channels")
        values = values[..., 0] if values.shape[-1] == 1 else values
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0.0, 1.0)
    return np.clip(np.nan_to_num((values - low) / ((high - low) or 1.0)), 0, 1)
