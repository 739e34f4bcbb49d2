"""How like real samples made ones are, by what a classifier finds in both."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor


def frechet_distance(features_a: Any, features_b: Any) -> float:
    """How far apart two clouds of features lie, each taken for a normal distribution.

        y = |m_a - m_b|^2 + trace(C_a + C_b - 2 (C_a C_b)^(1/2))          m mean, C covariance

    It is 0 for equal means and covariances. Between features of a classifier of photographs it is known as
    FID. With fewer samples than about ten for each feature it comes out too large.

    Shapes:  features_a (N, D), features_b (M, D), N and M at least 2 -> a number of at least 0
    Source:  Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
             Equilibrium", arXiv:1706.08500, eq. 6; Dowson & Landau 1982, "The Frechet distance between
             multivariate normal distributions".
    Raises:  ValueError for other shapes, and for NaN or infinity.
    >>> a = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> round(frechet_distance(a, a + [3, 4]), 6)
    25.0
    """
    a, b = _features(features_a, "features_a"), _features(features_b, "features_b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"frechet_distance: features_a has {a.shape[1]} features, features_b {b.shape[1]}; "
                         "wants as many")
    apart = a.mean(0) - b.mean(0)
    of_a, of_b = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (a, b))
    # (C_a C_b)^(1/2) has the eigenvalues of (C_a^(1/2) C_b C_a^(1/2))^(1/2), which is symmetric.
    half = _root(of_a)
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ of_b @ half), 0)).sum()
    return max(0.0, float(apart @ apart + np.trace(of_a) + np.trace(of_b) - 2 * shared))


def classifier_score(probabilities: Any) -> float:
    """How sure a classifier is of each sample, and how evenly the samples fall on the classes.

        y = exp mean_n sum_k p[n, k] log(p[n, k] / q[k])                  q = mean_n p[n]

    It goes from 1, where all samples look alike to it, to K: each of one class for sure, all classes
    as often.

    Shapes:  probabilities (N, K), each row with the sum 1 -> a number from 1 to K
    Source:  Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 4.
    Raises:  ValueError for other shapes, and for rows that are no probabilities.
    >>> round(classifier_score(np.eye(10)), 6), classifier_score(np.full((3, 2), 0.5))
    (10.0, 1.0)
    """
    p = _features(probabilities, "probabilities", "classifier_score", least=1)
    sums = p.sum(1)
    if p.min() < 0 or not np.allclose(sums, 1, atol=1e-3):
        raise ValueError("classifier_score: probabilities must be at least 0 and each row's sum 1, got "
                         f"values from {p.min():.4g} and sums from {sums.min():.4g} to {sums.max():.4g}")
    q = p.mean(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)
    return float(np.exp(terms.sum(1).mean()))


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root of a covariance."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _features(value: Any, name: str, caller: str = "frechet_distance", least: int = 2) -> np.ndarray:
    """Rows of numbers in double precision."""
    found = np.asarray(value.detach().numpy() if isinstance(value, Tensor) else value, np.float64)
    if found.ndim != 2 or len(found) < least or not found.shape[1]:
        raise ValueError(f"{caller}: {name} must have shape (N, D) with N of at least {least}, got "
                         f"{found.shape}")
    if not np.isfinite(found).all():
        raise ValueError(f"{caller}: {name} holds NaN or infinity, first in row "
                         f"{int(np.argwhere(~np.isfinite(found))[0, 0])}")
    return found
