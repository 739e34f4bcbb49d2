"""How well scores rank what is looked for above the rest, whatever the threshold."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor


def roc_curve(scores: Any, is_positive: Any) -> tuple[np.ndarray, np.ndarray]:
    """For each threshold: the share of false alarms, and the share of positives that are found.

        fpr(c) = #{negative, score >= c} / #negative         tpr(c) = #{positive, score >= c} / #positive

    Equal scores are one threshold. Both begin at 0, for a threshold above all, and end at 1.

    Shapes:  scores (N,), is_positive (N,) of True and False -> two of at most (N + 1,)
    Raises:  ValueError for other shapes, NaN, and where one of the kinds is missing.
    >>> fpr, tpr = roc_curve([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    >>> fpr.tolist(), tpr.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    s, positive = _array(scores).astype(np.float64), _array(is_positive).astype(bool)
    if s.ndim != 1 or s.shape != positive.shape:
        raise ValueError(f"roc_curve: scores and is_positive must both be (N,), got {s.shape} and "
                         f"{positive.shape}")
    if np.isnan(s).any():
        raise ValueError(f"roc_curve: scores hold NaN, first at {int(np.argmax(np.isnan(s)))}")
    if positive.all() or not positive.any():
        raise ValueError(f"roc_curve: wants positives and negatives, got {int(positive.sum())} positives of "
                         f"{len(positive)}")
    order = np.argsort(-s, kind="stable")
    last = np.append(np.flatnonzero(np.diff(s[order])), len(s) - 1)              # the last of each threshold
    found = np.cumsum(positive[order])[last]
    alarms = last + 1 - found
    return (np.concatenate([[0.0], alarms / (~positive).sum()]),
            np.concatenate([[0.0], found / positive.sum()]))


def roc_auc(scores: Any, is_positive: Any) -> float:
    """The chance that a positive has a higher score than a negative; ties count half.

        y = P[s+ > s-] + P[s+ = s-] / 2 = area below the ROC curve

    Shapes:  scores (N,), is_positive (N,) -> a number in [0, 1]; 0.5 by chance
    Source:  Hanley & McNeil 1982, "The meaning and use of the area under a ROC curve", Radiology 143.
    Raises:  as `roc_curve`.
    >>> roc_auc([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    0.875
    """
    fpr, tpr = roc_curve(scores, is_positive)
    return float((np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2).sum())


def _array(value: Any) -> np.ndarray:
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
