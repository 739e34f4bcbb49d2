"""Layouts in two and three dimensions, and how far groups lie apart."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from pellucid.embed import project, silhouette
from pellucid.embed.projections import best_method, pca
from pellucid.extras import MissingExtra


def groups(count: int = 20, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Three groups of vectors that lie apart."""
    rng = np.random.default_rng(0)
    centres, which = 4 * rng.standard_normal((3, size)), np.arange(3 * count) % 3
    return (centres[which] + rng.standard_normal((3 * count, size))).astype(np.float32), which


def test_pca_keeps_the_directions_of_most_variance() -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((50, 5)) * [1, 9, 0.1, 3, 1]
    found = pca(rows, 3)
    _, values, directions = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    wanted = (rows - rows.mean(0)) @ directions[:3].T
    np.testing.assert_allclose(np.abs(found), np.abs(wanted), rtol=1e-4, atol=1e-5)
    assert (found[np.abs(found).argmax(0), range(3)] > 0).all() and found.dtype == np.float32
    assert pca(np.ones((4, 1)), 3).tolist() == np.zeros((4, 3)).tolist()


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("size", [2, 3])
def test_groups_stay_apart(method: str, size: int) -> None:
    if method == "tsne":
        pytest.importorskip("sklearn")
    rows, which = groups()
    points = project(rows, method, size, perplexity=8)
    assert points.shape == (60, size) and points.dtype == np.float32 and np.isfinite(points).all()
    assert silhouette(points, which) > (0.2 if method == "tsne" and size == 3 else 0.4)
    assert np.abs(points.mean(0)).max() < 1e-3 * np.abs(points).max()
    assert np.array_equal(points, project(rows, method, size, perplexity=8))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_few_vectors_and_a_larger_perplexity_are_laid_out_too(count: int) -> None:
    rows = groups(3)[0][:count]
    points = project(rows, "auto", perplexity=30)
    assert points.shape == (count, 2) and np.isfinite(points).all()
    assert np.isfinite(project(np.ones((count, 3)), "auto")).all()            # all the same
    assert np.isfinite(project(rows[:, :1] + 9, "auto", 3)).all()             # fewer components than wanted


def test_bad_vectors_and_options_are_named() -> None:
    rows = groups()[0]
    zero, lost = (np.where(np.arange(60)[:, None] == 3, spoilt, rows) for spoilt in (0, np.nan))
    for spoilt, what in ((np.zeros((0, 4)), "no vector"), (zero, "1 of 60 vectors are zero.*number 3"),
                         (lost, "1 of 60 vectors hold NaN or infinity, the first is number 3")):
        with pytest.raises(ValueError, match=what):
            project(spoilt)
    assert np.isfinite(project(zero, "pca", metric="euclidean")).all()
    for options, what in (({"method": "lda"}, "'lda', wants one of auto"),
                          ({"n_components": 4}, "2 or 3, got 4"),
                          ({"perplexity": 0}, "above 0"), ({"metric": "l1"}, "'l1'")):
        with pytest.raises(ValueError, match=what):
            project(rows, **options)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtra, match=r'pip install "pellucid\[map\]"'):
        project(groups()[0], "umap")
    assert best_method() in ("pca", "tsne", "umap")


def test_umap_where_it_is_installed() -> None:
    pytest.importorskip("umap")
    rows, which = groups()
    assert silhouette(project(rows, "umap", perplexity=10), which) > 0.4


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_silhouette_is_scikit_learns(metric: str) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rows, which = groups()
    rows, which = np.vstack([rows, rows[:1] + 1]), np.append(which, 3)        # one that is alone
    assert silhouette(rows, which, metric=metric) == pytest.approx(
        metrics.silhouette_score(rows, which, metric=metric), abs=1e-5)
    for wrong in (np.zeros(61), np.arange(61), which[:5]):
        with pytest.raises(ValueError, match="silhouette"):
            silhouette(rows, wrong)
