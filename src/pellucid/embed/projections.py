"""From many components to two or three that can be drawn: PCA, t-SNE, UMAP; and how far groups lie apart."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np

from ..extras import need
from .vectors import CELLS, matrix, unit

METHODS = ("auto", "pca", "tsne", "umap")
ENOUGH = 50                                                       # components t-SNE and UMAP look at


def project(vectors: Any, method: str = "auto", n_components: int = 2, *, metric: str = "cosine",
            perplexity: float = 30.0, seed: int = 0) -> np.ndarray:
    """Lay vectors out in 2 or 3 dimensions so that near ones stay near.

    method      "pca": the directions in which they differ most, a straight view; "tsne": neighbours stay
                neighbours, distances between groups mean little (scikit-learn); "umap" (umap-learn); "auto":
                the last of these that is installed
    metric      "cosine": vectors are first brought to length 1; "euclidean": taken as they are
    perplexity  how many neighbours each keeps near, for t-SNE and UMAP; at most a third of the vectors

    Fewer than four vectors, or 16 for UMAP, are laid out by PCA, whatever the method.

    Shapes:  (N, D) -> (N, n_components) float32, its centre at 0
    Source:  Pearson 1901 (PCA); van der Maaten & Hinton 2008 (t-SNE); McInnes, Healy & Melville 2018 (UMAP).
    Raises:  ValueError for no vectors, NaN, and for zero vectors under the cosine, naming the first;
             MissingExtra naming what is to be installed.
    >>> project([[1, 0], [3, 0], [8, 0]], "pca", metric="euclidean").tolist()
    [[-3.0, 0.0], [-1.0, 0.0], [4.0, 0.0]]
    """
    if method not in METHODS:
        raise ValueError(f"project: method is {method!r}, wants one of {', '.join(METHODS)}")
    if metric not in ("cosine", "euclidean"):
        raise ValueError(f"project: metric is {metric!r}, wants 'cosine' or 'euclidean'")
    if n_components not in (2, 3):
        raise ValueError(f"project: n_components must be 2 or 3, got {n_components!r}")
    if not perplexity > 0:
        raise ValueError(f"project: perplexity must be above 0, got {perplexity!r}")
    rows = matrix(vectors, "project")
    if not len(rows):
        raise ValueError("project: there is no vector to lay out")
    if metric == "cosine":
        rows = unit(rows, "project")
    chosen = best_method() if method == "auto" else method
    if chosen == "pca" or len(rows) < (16 if chosen == "umap" else 4):
        return pca(rows, n_components)
    layout = _tsne if chosen == "tsne" else _umap
    near = min(perplexity, (len(rows) - 1) / 3)
    found = layout(pca(rows, min(ENOUGH, rows.shape[1])), n_components, near, seed)
    return np.asarray(found - found.mean(0), np.float32)


def best_method() -> str:
    """The method that "auto" stands for here."""
    for module, method in (("umap", "umap"), ("sklearn", "tsne")):
        if importlib.util.find_spec(module) is not None:
            return method
    return "pca"


def pca(rows: np.ndarray, n_components: int) -> np.ndarray:
    """Coordinates along the directions of largest variance, each turned so that its largest is positive.

        y = (x - mean) V[:, :n]           with V the eigenvectors of the covariance, by falling eigenvalue
    Components beyond those of x are 0.

    Shapes:  (N, D) -> (N, n_components) float32
    """
    centred = np.asarray(rows, np.float64) - rows.mean(0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    found = centred @ directions[:, ::-1][:, :n_components]
    far = found[np.abs(found).argmax(0), np.arange(found.shape[1])]
    found = found * np.where(far < 0, -1, 1) + 0.0                # and no -0
    return np.pad(found, ((0, 0), (0, n_components - found.shape[1]))).astype(np.float32)


def _tsne(rows: np.ndarray, n_components: int, perplexity: float, seed: int) -> np.ndarray:
    manifold = need("sklearn.manifold", extra="data")
    start = rows[:, :n_components] / max(float(rows[:, 0].std()), 1e-12) * 1e-4
    if start.shape[1] < n_components:
        start = np.pad(start, ((0, 0), (0, n_components - start.shape[1])))
    # Rows that are all the same would stay on top of each other for ever.
    start = start + np.random.default_rng(seed).normal(0, 1e-6, start.shape).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return manifold.TSNE(n_components, perplexity=perplexity, init=start, random_state=seed,
                             learning_rate="auto").fit_transform(rows)


def _umap(rows: np.ndarray, n_components: int, perplexity: float, seed: int) -> np.ndarray:
    neighbours = int(min(max(2, round(perplexity / 2)), len(rows) - 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        umap = need("umap", extra="map")                          # complains of TensorFlow that is not there
        return umap.UMAP(neighbours, n_components, random_state=seed).fit_transform(rows)


def silhouette(vectors: Any, groups: Any, *, metric: str = "euclidean") -> float:
    """How far groups lie apart, -1 to 1: each vector's nearness to its own group beside the next one's.

        s_i = (b_i - a_i) / max(a_i, b_i)      a: mean distance to its own group, b: to the nearest other
    The mean over all vectors; one that is alone in its group counts 0. Distances: |x - y|, or 1 - cos(x, y).

    Shapes:  vectors (N, D), groups (N,)
    Source:  Rousseeuw 1987, "Silhouettes: a graphical aid to the interpretation and validation of cluster
             analysis".
    Raises:  ValueError for fewer than two groups, or as many groups as vectors.
    >>> round(silhouette([[0, 0], [0, 1], [9, 0], [9, 1]], ["a", "a", "b", "b"]), 3)
    0.889
    """
    rows = matrix(vectors, "silhouette")
    names, places = np.unique(np.asarray(groups), return_inverse=True)
    if len(places) != len(rows):
        raise ValueError(f"silhouette: {len(rows)} vectors want as many groups, got {len(places)}")
    if not 2 <= len(names) < len(rows):
        raise ValueError(f"silhouette: wants 2 to {len(rows) - 1} groups among {len(rows)} vectors, got "
                         f"{len(names)}")
    if metric == "cosine":
        rows = unit(rows, "silhouette")
    elif metric != "euclidean":
        raise ValueError(f"silhouette: metric is {metric!r}, wants 'euclidean' or 'cosine'")
    sizes, found = np.bincount(places), np.zeros(len(rows))
    members = np.eye(len(names))[places]                          # (N, G)
    step = max(1, CELLS // (len(rows) * max(rows.shape[1], 1)))
    for start in range(0, len(rows), step):
        some, own = rows[start:start + step], places[start:start + step]
        far = (1 - some @ rows.T if metric == "cosine" else
               np.linalg.norm(some[:, None] - rows[None], axis=2))
        sums, at = far @ members, np.arange(len(some))            # (n, G)
        inside = sums[at, own] / np.maximum(sizes[own] - 1, 1)
        means = sums / sizes
        means[at, own] = np.inf
        outside = means.min(1)
        largest = np.maximum(np.maximum(inside, outside), 1e-30)
        found[start:start + step] = np.where(sizes[own] > 1, (outside - inside) / largest, 0)
    return float(found.mean())
