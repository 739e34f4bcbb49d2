"""Vectors among themselves: how near, which first, which groups, which twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

SCORES = ("cosine", "dot", "euclidean", "manhattan")
CELLS = 1 << 24                                                   # numbers of a block of scores: 64 MiB


class Ranked(NamedTuple):
    """The nearest of each query: their places and scores, the nearest first."""

    ids: np.ndarray
    scores: np.ndarray


def matrix(x: Any, what: str) -> np.ndarray:
    """Vectors as rows of float32.

    Raises:  ValueError for other shapes and for NaN and infinity, naming the first row.
    """
    rows = np.asarray(x.detach().numpy() if hasattr(x, "detach") else x)
    if rows.ndim == 1 and rows.size:
        rows = rows[None]
    if rows.ndim != 2 or rows.dtype.kind not in "fiu":
        raise ValueError(f"{what}: vectors want shape (N, D) or (D,) and numbers, got {rows.shape} "
                         f"{rows.dtype}")
    rows = np.asarray(rows, np.float32)
    bad = ~np.isfinite(rows).all(1)
    if bad.any():
        raise ValueError(f"{what}: {bad.sum()} of {len(rows)} vectors hold NaN or infinity, the first is "
                         f"number {int(bad.argmax())}")
    return rows


def unit(rows: np.ndarray, what: str) -> np.ndarray:
    """Rows of length 1.

    Raises:  ValueError naming the first row of zeros, which has no direction.
    """
    largest = np.abs(rows).max(1, initial=0, keepdims=True)       # squares of tiny numbers would vanish
    zero = largest[:, 0] == 0
    if zero.any():
        raise ValueError(f"{what}: {zero.sum()} of {len(rows)} vectors are zero and have no direction, the "
                         f"first is number {int(zero.argmax())}")
    scaled = rows / largest
    return scaled / np.linalg.norm(scaled, axis=1, keepdims=True)


def pair(x: Any, y: Any, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of vectors of one width."""
    a, b = matrix(x, what), matrix(y, what)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{what}: the first vectors have {a.shape[1]} components, the others {b.shape[1]}")
    return a, b


def scored(score: str, what: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The function that scores unit rows (cosine) or rows as they are, larger is nearer."""
    if score not in SCORES:
        raise ValueError(f"{what}: score is {score!r}, wants one of {', '.join(SCORES)}")
    return {"cosine": lambda a, b: a @ b.T, "dot": lambda a, b: a @ b.T,
            "euclidean": lambda a, b: -np.sqrt(np.maximum(
                (a * a).sum(1)[:, None] - 2 * (a @ b.T) + (b * b).sum(1), 0)),
            "manhattan": lambda a, b: -np.stack([np.abs(row - b).sum(1) for row in a])
            if len(a) else np.zeros((0, len(b)), np.float32)}[score]


def similarity(x: Any, y: Any, score: str = "cosine") -> np.ndarray:
    """How near each vector of x is to each of y; larger is nearer.

        cosine  x y / (|x| |y|)     dot  x y     euclidean  -|x - y|     manhattan  -sum |x_i - y_i|
    Shapes:  x (N, D), y (M, D) -> (N, M)
    Raises:  ValueError for NaN, infinity, and for a zero vector under the cosine, naming the first.
    >>> similarity([[1, 0], [1, 1]], [[0, 2]]).round(3).tolist()
    [[0.0], [0.7070000171661377]]
    """
    a, b = pair(x, y, "similarity")
    if score == "cosine":
        a, b = unit(a, "similarity"), unit(b, "similarity")
    return scored(score, "similarity")(a, b)


def rank(query: Any, documents: Any, score: str = "cosine") -> Ranked:
    """All documents for one query, the nearest first.

    >>> rank([1.0, 0.0], [[0.0, 1.0], [2.0, 0.0]]).ids.tolist()
    [1, 0]
    """
    a, b = pair(query, documents, "rank")
    if len(a) != 1:
        raise ValueError(f"rank: wants one query, got {len(a)}; topk takes several")
    scores = similarity(a, b, score)[0]
    order = np.argsort(-scores, kind="stable")
    return Ranked(order, scores[order])


def topk(queries: Any, documents: Any, k: int = 10, score: str = "cosine") -> Ranked:
    """The k nearest documents of each query, in bounded memory: block by block.

    Shapes:  queries (Q, D), documents (N, D) -> ids and scores (Q, min(k, N)); equal scores by place
    """
    a, b = pair(queries, documents, "topk")
    if score == "cosine":
        a, b = unit(a, "topk"), unit(b, "topk")
    near, best = scored(score, "topk"), Best(len(a), k)
    step = max(1, CELLS // max(len(a), a.shape[1], 1))
    for start in range(0, len(b), step):
        best.offer(near(a, b[start:start + step]), start)
    return best.ranked()


class Best:
    """The k largest scores of each query so far, and whose they are."""

    def __init__(self, n_queries: int, k: int) -> None:
        if not isinstance(k, (int, np.integer)) or k < 1:
            raise ValueError(f"topk: k must be an integer of at least 1, got {k!r}")
        self.k = int(k)
        self.scores = np.zeros((n_queries, 0), np.float32)
        self.ids = np.zeros((n_queries, 0), np.int64)

    def offer(self, scores: np.ndarray, start: int) -> None:
        """Scores (Q, M) of the documents from `start` on; later ones never win a tie against earlier ones."""
        count, full = scores.shape[1], self.scores.shape[1] == self.k
        if full:                                                  # few are better than the k-th so far
            rows, columns = np.nonzero(scores > self.scores[:, -1:])
            counts = np.bincount(rows, minlength=len(scores))
            turns = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            places = np.zeros((len(scores), counts.max(initial=0)), np.int64)
            better = np.full(places.shape, -np.inf, np.float32)
            places[rows, turns], better[rows, turns] = columns, scores[rows, columns]
            scores = better
        elif count > self.k:
            # All that reach the k-th largest; argpartition alone would choose among equals as it likes.
            floor = -np.partition(-scores, self.k - 1, axis=1)[:, self.k - 1:self.k]
            above, level = scores > floor, scores == floor
            keep = above | level & (np.cumsum(level, 1) <= self.k - above.sum(1, keepdims=True))
            places = np.nonzero(keep)[1].reshape(len(scores), self.k)
            scores = np.take_along_axis(scores, places, 1)
        else:
            places = np.broadcast_to(np.arange(count), scores.shape)
        scores, ids = np.hstack([self.scores, scores]), np.hstack([self.ids, places + start])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :self.k]
        self.scores, self.ids = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)

    def ranked(self) -> Ranked:
        """What was found."""
        return Ranked(self.ids, self.scores)


def deduplicate(vectors: Any, threshold: float = 0.95) -> np.ndarray:
    """Places of vectors that are left when each that is too near to an earlier one is dropped.

        kept, in order: those with cosine < threshold to all that are kept before them
    Raises:  ValueError for a threshold outside (-1, 1], NaN and zero vectors.
    >>> deduplicate([[1, 0], [2, 0.1], [0, 1]]).tolist()
    [0, 2]
    """
    if not -1 < threshold <= 1:
        raise ValueError(f"deduplicate: threshold must be in (-1, 1], got {threshold}")
    rows = unit(matrix(vectors, "deduplicate"), "deduplicate")
    limit = threshold - 1e-6                                      # a cosine with itself may be below 1
    kept: list[int] = []
    step = max(1, min(1024, CELLS // max(len(rows), 1)))
    for start in range(0, len(rows), step):
        block = rows[start:start + step]
        is_new = ~((block @ rows[kept].T) >= limit).any(1) if kept else np.ones(len(block), bool)
        among = block @ block.T >= limit
        for place in np.flatnonzero(is_new):
            if is_new[place]:                                     # not too near to one kept in this block
                kept.append(start + int(place))
                is_new[place + 1:] &= ~among[place, place + 1:]
    return np.array(kept, np.int64)


def cluster(vectors: Any, n_clusters: int, *, seed: int = 0, max_steps: int = 100) -> np.ndarray:
    """The group of each vector: k-means on the sphere, begun by k-means++.

        c_j = mean of the group's unit vectors, to length 1;  group(x) = argmax_j x c_j, until nothing changes
    Shapes:  (N, D) -> (N,) numbers of groups, 0 to n_clusters - 1
    Source:  Arthur & Vassilvitskii 2007, "k-means++"; Dhillon & Modha 2001, "Concept Decompositions".
    Raises:  ValueError for fewer vectors than groups, NaN and zero vectors.
    >>> cluster([[1, 0], [0, 1], [1, 0.1], [0.1, 1]], 2).tolist() in ([0, 1, 0, 1], [1, 0, 1, 0])
    True
    """
    rows = unit(matrix(vectors, "cluster"), "cluster")
    if not 1 <= n_clusters <= len(rows):
        raise ValueError(f"cluster: n_clusters must be between 1 and {len(rows)}, the vectors, got "
                         f"{n_clusters}")
    rng = np.random.default_rng(seed)
    centres = spread(rows, n_clusters, rng)
    groups = np.full(len(rows), -1)
    for _ in range(max_steps):
        scores = rows @ centres.T
        found = scores.argmax(1)
        if (found == groups).all():
            break
        groups, centres = found, np.zeros_like(centres)
        np.add.at(centres, groups, rows)
        lengths = np.linalg.norm(centres, axis=1, keepdims=True)
        for empty in np.flatnonzero(lengths[:, 0] < 1e-6):        # the worst placed vector begins it anew
            worst = int(scores.max(1).argmin())
            centres[empty], lengths[empty], scores[worst] = rows[worst], 1, 2
        centres /= lengths
    return groups


def spread(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """First centres: each next one drawn by its squared distance to the nearest before it."""
    chosen = [int(rng.integers(len(rows)))]
    far = np.maximum(2 - 2 * (rows @ rows[chosen[0]]), 0).astype(np.float64)
    for _ in range(count - 1):
        total = far.sum()
        place = int(rng.choice(len(rows), p=far / total)) if total > 0 else int(rng.integers(len(rows)))
        chosen.append(place)
        far = np.minimum(far, np.maximum(2 - 2 * (rows @ rows[place]), 0))
    return rows[chosen].copy()
