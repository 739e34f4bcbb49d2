"""BLEU: how many of a translation's words and phrases are also in the right one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..extras import need


class Bleu(NamedTuple):
    """A score from 0 to 100, and how exactly it was measured: without that no two of them compare."""

    score: float
    signature: str


def bleu(written: Sequence[str], references: Sequence[str], lowercase: bool = False) -> Bleu:
    """The BLEU of a corpus, as sacrebleu computes it: one reference for each text, its own tokens (13a).

        y = 100 exp(min(0, 1 - r / c)) (p1 p2 p3 p4)^(1/4)
    p[n]: the share of all written phrases of n words that the reference has too (each as often as there);
    c and r: words written, and words of the references.

    Source:  Papineni, Roukos, Ward & Zhu 2002, "BLEU: a Method for Automatic Evaluation of Machine
             Translation"; Post 2018, "A Call for Clarity in Reporting BLEU Scores", arXiv:1804.08771.
    Raises:  ValueError for another number of references than texts; MissingExtra without sacrebleu.
    """
    if len(written) != len(references) or not written:
        raise ValueError(f"bleu: wants as many references as texts, at least one, got {len(written)} texts "
                         f"and {len(references)} references")
    metric = need("sacrebleu", extra="text").BLEU(lowercase=lowercase)
    score = metric.corpus_score(list(written), [list(references)]).score
    return Bleu(float(score), str(metric.get_signature()))
