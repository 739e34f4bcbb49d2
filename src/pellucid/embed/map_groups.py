"""Groups for a map whose points have no labels: clusters, named by the words that are typical of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .vectors import cluster, matrix, unit
from .words_text import words_of


def named_clusters(vectors: Any, texts: Sequence[str], n_clusters: int = 8, *, seed: int = 0) -> list[str]:
    """The name of each vector's cluster: the two words that occur in most of its texts beyond expectation.

        typical(w) = n (log n - log e)        n: texts of the cluster with w, e: as many as chance would give
    Raises:  as `cluster`.
    >>> named_clusters([[1, 0], [1, 0.1], [0, 1]], ["red wine", "wine", "a ship"], 2)
    ['wine, red', 'wine, red', 'ship, a']
    """
    groups = cluster(vectors, n_clusters, seed=seed)
    sets = [set(words_of(text)) for text in texts]
    overall = Counter(word for words in sets for word in words)
    names: dict[int, str] = {}
    if all(len(words) < 2 for words in sets):                     # a map of words: those amid each cluster
        return amid(unit(matrix(vectors, "named_clusters"), "named_clusters"), texts, groups)
    for group in np.unique(groups).tolist():
        members = [sets[place] for place in np.flatnonzero(groups == group)]
        inside = Counter(word for words in members for word in words)
        chance = {word: overall[word] * len(members) / len(sets) for word in inside}
        typical = sorted(inside, key=lambda word: (-inside[word] * np.log(inside[word] / chance[word]),
                                                   -len(word), word))
        name = ", ".join(typical[:2]) or f"group {group + 1}"
        names[group] = name if name not in names.values() else f"{name} ({group + 1})"
    return [names[group] for group in groups.tolist()]


def amid(rows: np.ndarray, texts: Sequence[str], groups: np.ndarray) -> list[str]:
    """Each cluster named by the two texts nearest to its middle."""
    names = {}
    for group in np.unique(groups).tolist():
        members = np.flatnonzero(groups == group)
        nearest = members[np.argsort(-rows[members] @ rows[members].mean(0), kind="stable")[:2]]
        names[group] = ", ".join(texts[place] for place in nearest)
    return [names[group] for group in groups.tolist()]
