"""How good embeddings are: do texts that people find alike lie near each other?"""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .vectors import CELLS, matrix, unit


def pearson(x: Any, y: Any) -> float:
    """The linear correlation of two series: cov(x, y) / sqrt(var x var y).

    Raises:  ValueError for series of unlike lengths, below 2, with NaN, or of which one is constant.
    >>> round(pearson([1, 2, 3], [2, 4, 6]), 6)
    1.0
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if a.ndim != 1 or a.shape != b.shape or len(a) < 2:
        raise ValueError(f"pearson: wants two series of one length of at least 2, got {a.shape} and "
                         f"{b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("pearson: the series hold NaN or infinity")
    if a.min() == a.max() or b.min() == b.max():
        raise ValueError("pearson: a constant series has no correlation")
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def ranks(x: np.ndarray) -> np.ndarray:
    """The place of each number in order, from 1 on; equal numbers share the mean of their places.

    >>> ranks(np.array([10, 30, 10, 20])).tolist()
    [1.5, 4.0, 1.5, 3.0]
    """
    _, groups, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[groups.reshape(-1)]


def spearman(x: Any, y: Any) -> float:
    """The correlation of two series' ranks; raises as `pearson`.

    >>> round(spearman([1, 2, 3], [1, 10, 1000]), 6)
    1.0
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("spearman: the series hold NaN or infinity")
    return pearson(ranks(a), ranks(b)) if a.shape == b.shape and a.ndim == 1 else pearson(a, b)


def read_sts(file: str | os.PathLike[str]) -> tuple[list[str], list[str], list[float]]:
    """Pairs and their scores from a file of lines `text,text,score`: CSV, or TSV by its name; plain or .gz.

    Raises:  ValueError naming the line without two texts and a number.
    """
    path = Path(file)
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    comma = "\t" if ".tsv" in path.suffixes else ","
    first, second, scores = [], [], []
    for row in (reader := csv.reader(io.StringIO(text, newline=""), delimiter=comma)):
        try:
            left, right, score = row
            scores.append(float(score))
        except ValueError:
            if reader.line_num == 1 and len(row) == 3:            # names of columns
                continue
            raise ValueError(f"{path}: line {reader.line_num} wants two texts and a number, "
                             f"got {row}") from None
        first.append(left)
        second.append(right)
    if not scores:
        raise ValueError(f"{path}: there is no pair in it")
    return first, second, scores


def evaluate_sts(encoder: Any, first: Sequence[str], second: Sequence[str], scores: Sequence[float], *,
                 batch_size: int = 32, show_progress_bar: bool = False, truncate_dim: int | None = None
                 ) -> dict[str, float]:
    """Semantic textual similarity: do cosines of pairs' vectors order them as people did?

        spearman = corr(ranks(cos(u_i, v_i)), ranks(score_i))          pearson = corr(cos(u_i, v_i), score_i)
    `encoder` is anything with `encode` as Encoder has it. Both numbers lie between -1 and 1; papers tell
    them times 100.

    Source:  Cer et al. 2017, "SemEval-2017 Task 1", arXiv:1708.00055 (STS-B).
    Raises:  ValueError for unlike numbers of texts and scores.
    """
    if not len(first) == len(second) == len(scores):
        raise ValueError(f"evaluate_sts: wants as many texts as texts and scores, got {len(first)}, "
                         f"{len(second)} and {len(scores)}")
    both = encoder.encode([*first, *second], batch_size=batch_size, show_progress_bar=show_progress_bar,
                          truncate_dim=truncate_dim)
    vectors = unit(matrix(both, "evaluate_sts"), "evaluate_sts")
    cosines = np.einsum("nd,nd->n", vectors[:len(first)], vectors[len(first):])
    return {"spearman": spearman(cosines, scores), "pearson": pearson(cosines, scores), "pairs": len(scores)}


def evaluate_retrieval(encoder: Any, first: Sequence[str], second: Sequence[str], *, batch_size: int = 32
                       ) -> dict[str, float]:
    """Of all second texts, is a first text's partner the nearest?

        rank_i = 1 + how many j have cos(u_i, v_j) > cos(u_i, v_i)
        accuracy = share of rank_i = 1             mrr = mean of 1 / rank_i

    Raises:  ValueError for unlike numbers of texts, or none.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"evaluate_retrieval: wants as many first as second texts, at least one; got "
                         f"{len(first)} and {len(second)}")
    both = matrix(encoder.encode([*first, *second], batch_size=batch_size), "evaluate_retrieval")
    vectors = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-12)
    u, v = vectors[:len(first)], vectors[len(first):]
    own = np.einsum("nd,nd->n", u, v)[:, None] + 1e-6             # alike but for rounding is no nearer
    size = max(1, CELLS // len(v))
    ranks = np.concatenate([1 + (u[start:start + size] @ v.T > own[start:start + size]).sum(1)
                            for start in range(0, len(u), size)])
    return {"accuracy": float((ranks == 1).mean()), "mrr": float((1 / ranks).mean()), "pairs": len(first)}
