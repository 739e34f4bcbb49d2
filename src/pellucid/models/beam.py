"""Beam search: write the likeliest text, not the one whose every next token is the likeliest.

References
    Sutskever, Vinyals & Le 2014, "Sequence to Sequence Learning with Neural Networks", arXiv:1409.3215
    Wu et al. 2016, "Google's Neural Machine Translation System", arXiv:1609.08144, eq. 14: the penalty

A text's score is ln p(text) / ((5 + length) / 6)^alpha. ln p falls with every token, so without the penalty
(alpha = 0) short texts win.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def beam_search(advance: Callable[[np.ndarray, np.ndarray], np.ndarray], n: int, *, start: int, end: int,
                most: int, beam: int = 5, alpha: float = 0.6) -> list[list[int]]:
    """The best text that each of n searches finds, without start and end.

    Each keeps the `beam` likeliest beginnings, writes every token after every one of them, keeps the `beam`
    likeliest of all these, and so on. A beginning that writes `end` is a text; a search is over once it has
    found `beam` texts, or after `most` tokens, when its beginnings count as texts too.

    advance(tokens, parents): what to write on after. tokens (n, beam) are the newest tokens, parents
    (n, beam) the rows of each search that they follow; it returns ln p of each next token (n, beam, V).

    Source:  Sutskever et al. 2014, section 3.2; Wu et al. 2016, section 7.
    Raises:  ValueError for a beam or a length below 1.
    >>> likes = np.log(np.array([[0.0, 0.6, 0.4], [0.5, 0.25, 0.25], [0.9, 0.05, 0.05]]).clip(1e-9))
    >>> [beam_search(lambda tokens, _: likes[tokens], 1, start=0, end=0, most=3, beam=k, alpha=0)
    ...  for k in (1, 2)]                       # 0.6 is the best beginning, 0.4 x 0.9 the best text
    [[[1]], [[2]]]
    """
    if beam < 1 or most < 1:
        raise ValueError(f"beam_search: beam and most must be at least 1, got {beam} and {most}")
    tokens = np.full((n, beam), start)
    parents = np.tile(np.arange(beam), (n, 1))
    texts = np.zeros((n, beam, 0), np.int64)
    totals = np.full((n, beam), -np.inf)
    totals[:, 0] = 0.0                                           # all rows begin alike: one is enough
    found: list[list[tuple[float, list[int]]]] = [[] for _ in range(n)]
    for length in range(1, most + 1):
        penalty = ((5 + length) / 6) ** alpha
        places, values, n_tokens = likeliest(totals, advance(tokens, parents), beam)
        rows, written = places // n_tokens, places % n_tokens    # (n, 2 beam), the best first
        _collect(found, texts, rows, written, values, end, beam, penalty)
        keep = np.argsort(written == end, axis=1, kind="stable")[:, :beam]
        parents, tokens, totals = (np.take_along_axis(x, keep, 1) for x in (rows, written, values))
        texts = np.concatenate([np.take_along_axis(texts, parents[..., None], 1), tokens[..., None]], 2)
        if all(len(each) >= beam for each in found):
            break
    for i, each in enumerate(found):
        if len(each) < beam:
            each += [(totals[i, j] / penalty, texts[i, j].tolist()) for j in range(beam)]
    return [max(each, key=lambda pair: pair[0])[1] for each in found]


def likeliest(totals: np.ndarray, steps: np.ndarray, beam: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The 2 beam likeliest continuations of each search: places among beam V, their ln p, and V.

    Of twice as many as are kept, at most one for each beginning ends it; so enough go on.
    """
    n, _, n_tokens = steps.shape
    every = (totals[..., None] + steps).reshape(n, -1)
    count = min(2 * beam, every.shape[1])
    places = np.argpartition(-every, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(every, places, 1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(places, order, 1), np.take_along_axis(values, order, 1), n_tokens


def _collect(found: list, texts: np.ndarray, rows: np.ndarray, written: np.ndarray, values: np.ndarray,
             end: int, beam: int, penalty: float) -> None:
    """Add the texts that end here, if they are among the `beam` likeliest continuations."""
    for i, j in np.argwhere((written[:, :beam] == end) & np.isfinite(values[:, :beam])).tolist():
        if len(found[i]) < beam:
            found[i].append((values[i, j] / penalty, texts[i, rows[i, j]].tolist()))
