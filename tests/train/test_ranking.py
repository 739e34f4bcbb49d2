"""ROC: by hand, and the chance that a positive outranks a negative."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.train import roc_auc, roc_curve


def test_area_is_the_chance_that_a_positive_outranks_a_negative() -> None:
    random = np.random.RandomState(0)
    scores, positive = random.randint(0, 6, 60), random.rand(60) < 0.3         # with many ties
    pairs = scores[positive][:, None] - scores[~positive][None]
    assert roc_auc(scores, positive) == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2)
    assert roc_auc(-scores, positive) == pytest.approx(1 - roc_auc(scores, positive))
    assert roc_auc(np.zeros(4), [1, 0, 1, 0]) == 0.5 and roc_auc([3, 2, 1], [1, 0, 0]) == 1


def test_curve_begins_at_0_ends_at_1_and_knows_equal_scores_as_one() -> None:
    fpr, tpr = roc_curve([1.0, 1.0, 0.5], [True, False, True])
    assert fpr.tolist() == [0, 1, 1] and tpr.tolist() == [0, 0.5, 1]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"is_positive must both be \(N,\), got \(3,\) and \(2,\)"):
        roc_auc([1, 2, 3], [True, False])
    with pytest.raises(ValueError, match="wants positives and negatives, got 2 positives of 2"):
        roc_auc([1, 2], [True, True])
    with pytest.raises(ValueError, match="scores hold NaN, first at 1"):
        roc_auc([1, float("nan")], [True, False])
