"""How good word vectors are: pairs that people found alike, and questions about relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .evaluate import spearman
from .vectors import CELLS
from .words import WordVectors


def evaluate_word_pairs(words: WordVectors, pairs: Iterable[tuple[str, str, float]]) -> dict[str, Any]:
    """Do cosines order pairs of words as people did?

        spearman      corr(ranks(cos(u_i, v_i)), ranks(score_i)) over the pairs of which both words are known
        spearman_all  the same over all pairs, an unknown one taken for as alike as the known on average
        pairs, known  how many there are, and how many both words of which have a vector

    Source:  Finkelstein et al. 2001 (WordSim-353); Hill, Reichart & Korhonen 2015 (SimLex-999).
    Raises:  ValueError if fewer than two pairs are known.
    """
    listed = list(pairs)
    scores = np.array([score for _, _, score in listed])
    is_known = np.array([a in words and b in words for a, b, _ in listed], bool)
    if is_known.sum() < 2:
        raise ValueError(f"evaluate_word_pairs: of {len(listed)} pairs {is_known.sum()} are known, wants 2")
    cosines = np.zeros(len(listed))
    cosines[is_known] = [words.similarity(a, b) for (a, b, _), known in zip(listed, is_known, strict=True)
                         if known]
    cosines[~is_known] = cosines[is_known].mean()
    return {"spearman": spearman(cosines[is_known], scores[is_known]),
            "spearman_all": spearman(cosines, scores), "pairs": len(listed), "known": int(is_known.sum())}


def evaluate_analogies(words: WordVectors, sections: Mapping[str, Sequence[tuple[str, ...]]], *,
                       most_frequent: int = 30_000) -> dict[str, Any]:
    """How many questions "a is to b as c is to ?" are answered right: by the nearest to b - a + c.

        answer = argmax over w but a, b, c of cos(w, b - a + c)      of vectors of length 1
    Answers come from the `most_frequent` words. Questions with a word beyond them are passed over; the result
    says how many were asked.

    Source:  Mikolov, Chen, Corrado & Dean 2013, arXiv:1301.3781, section 4.1.
    """
    found: dict[str, Any] = {}
    table = words.directions[:most_frequent]
    for name, questions in sections.items():
        asked = [[words.place(word) for word in question] for question in questions
                 if all(word in words for word in question)]
        places = np.array([one for one in asked if max(one) < len(table)], np.int64).reshape(-1, 4)
        right, step = 0, max(1, CELLS // max(len(table), 1))
        for start in range(0, len(places), step):
            a, b, c, d = places[start:start + step].T
            scores = (table[b] - table[a] + table[c]) @ table.T
            for given in (a, b, c):
                scores[np.arange(len(given)), given] = -np.inf
            right += int((scores.argmax(1) == d).sum())
        found[name] = {"asked": len(places), "right": right}
    asked_all, right_all = (sum(one[key] for one in found.values()) for key in ("asked", "right"))
    return {"accuracy": right_all / asked_all if asked_all else float("nan"), "asked": asked_all,
            "questions": sum(map(len, sections.values())), "right": right_all, "sections": found}
