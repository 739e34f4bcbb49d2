"""The Frechet distance and the classifier's score, by numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.train import classifier_score, frechet_distance


def test_distance_on_a_line_by_hand() -> None:
    a = np.array([[-1.0], [0.0], [1.0]])                     # mean 0, variance 1
    b = np.array([[1.0], [3.0], [5.0]])                      # mean 3, variance 4
    assert frechet_distance(a, b) == pytest.approx(3 ** 2 + (1 - 2) ** 2)
    assert frechet_distance(b, a) == pytest.approx(10)


def test_distance_where_the_covariances_do_not_commute_by_hand() -> None:
    corners = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * np.sqrt(1.5)     # covariance I
    a = corners @ np.diag([2.0, 1.0])                        # covariance diag(4, 1)
    mixed = np.array([[5.0, 3.0], [3.0, 5.0]])               # eigenvalues 8 and 2
    b = corners @ np.linalg.cholesky(mixed).T + [1.0, 2.0]
    # C_a C_b has trace 20 + 5 and determinant 4 * 16, so its root has trace sqrt(25 + 2 sqrt 64).
    assert frechet_distance(a, b) == pytest.approx(5 + 5 + 10 - 2 * np.sqrt(25 + 16))
    assert frechet_distance(b, a) == pytest.approx(20 - 2 * np.sqrt(41))


def test_distance_of_fewer_samples_than_features_is_no_less_than_0() -> None:
    a = np.random.RandomState(0).randn(5, 20)
    assert 0 <= frechet_distance(a, a) < 1e-5                 # roots of rounding errors remain


def test_score_by_hand() -> None:
    sure = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert classifier_score(sure) == pytest.approx(2)
    lopsided = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert classifier_score(lopsided) == pytest.approx(np.exp(0.75 * np.log(4 / 3) + 0.25 * np.log(4)))
    assert classifier_score(np.full((7, 4), 0.25)) == pytest.approx(1)


def test_bad_input_is_named() -> None:
    good = np.zeros((4, 3))
    with pytest.raises(ValueError, match=r"features_b must have shape \(N, D\) with N of at least 2, got"):
        frechet_distance(good, good[:1])
    with pytest.raises(ValueError, match="features_a has 3 features, features_b 2"):
        frechet_distance(good, good[:, :2])
    spoilt = good.copy()
    spoilt[2, 1] = np.nan
    with pytest.raises(ValueError, match="features_a holds NaN or infinity, first in row 2"):
        frechet_distance(spoilt, good)
    with pytest.raises(ValueError, match="each row's sum 1"):
        classifier_score(good)
