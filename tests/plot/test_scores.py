"""Right and wrong answers: counts, order of mistakes, and inputs that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from pellucid.plot import scores


def test_confusion_counts_are_those_of_scikit_learn(rng):
    true, taken = rng.randint(0, 6, 300), rng.randint(0, 6, 300)
    np.testing.assert_array_equal(scores.confusion_counts(true, taken), confusion_matrix(true, taken))
    assert scores.confusion_counts([0], [0], n_classes=3).shape == (3, 3)
    assert scores.confusion_counts([], []).shape == (0, 0)


def test_mistakes_come_most_confident_first():
    p = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]]
    np.testing.assert_array_equal(scores.mistakes(p, [0, 0, 0, 1]), [2, 1])
    np.testing.assert_array_equal(scores.least_sure(p), [1, 3, 2, 0])


@pytest.mark.parametrize("targets", [[0, -1], [0.5, 1.0], [[0, 1], [1, 0]]])
def test_labels_that_are_no_classes_are_named(targets):
    with pytest.raises(ValueError, match="targets: expected"):
        scores.class_labels(targets)


def test_lengths_that_differ_are_both_named():
    with pytest.raises(ValueError, match="3 targets, 2 predictions"):
        scores.confusion_counts([0, 1, 2], [0, 1])


@pytest.mark.parametrize("shape, given, expected", [
    ((2, 3), (5, 6), (5, 2, 3)), ((1, 2, 3), (5, 6), (5, 2, 3)), ((2, 3, 1), (5, 2, 3, 1), (5, 2, 3)),
    ((3, 4, 5), (5, 60), (5, 4, 5, 3)), ((4, 5, 3), (5, 60), (5, 4, 5, 3)), ((3, 3), (0, 9), (0, 3, 3))])
def test_pictures_have_their_channels_last_and_values_from_0_to_1(rng, shape, given, expected):
    pictures = scores.as_pictures(rng.standard_normal(given), shape)
    assert pictures.shape == expected
    assert not pictures.size or (pictures.min() == 0 and pictures.max() == 1)


def test_channels_move_with_their_values():
    x = np.stack([np.zeros((4, 5)), np.ones((4, 5)), np.full((4, 5), 0.5)])[None]
    assert scores.as_pictures(x, (3, 4, 5))[0, 2, 2].tolist() == [0.0, 1.0, 0.5]


@pytest.mark.parametrize("shape", [(2, 2), (7,), (2, 3, 1, 1)])
def test_a_shape_that_does_not_fit_is_named(shape):
    with pytest.raises(ValueError, match="image_shape"):
        scores.as_pictures(np.zeros((5, 6)), shape)
