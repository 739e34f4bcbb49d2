"""Loss functions as they stand in a recorded graph: what they were given, and what a guess would cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .recording import VIEWS, Call, Graph

OF_LABELS = {"cross_entropy_of_labels", "nll_of_labels"}
OF_PROBABILITIES = {"cross_entropy_of_probabilities"}
OF_YES_AND_NO = {"bernoulli_nll_of_logits", "bernoulli_nll"}
OF_NUMBERS = {"squared_error", "absolute_error", "huber_error"}
LOSSES = OF_LABELS | OF_PROBABILITIES | OF_YES_AND_NO | OF_NUMBERS
MOST_CLASSES = 100                                               # more are words or letters: a text


@dataclass(frozen=True)
class Loss:
    """One call of a loss function."""

    call: Call
    given: Call | None                                          # what made its scores, past views and dropout
    answers: np.ndarray
    targets: np.ndarray | None

    @property
    def op(self) -> str:
        return self.call.op

    @property
    def chance(self) -> float | None:
        """The loss of one who knows nothing: ln K for K classes; None where that is not known."""
        if self.op in OF_LABELS | OF_PROBABILITIES:
            return float(np.log(self.answers.shape[1]))
        return float(np.log(2)) if self.op in OF_YES_AND_NO else None

    @property
    def is_of_samples(self) -> bool:
        """One label per sample, of a few classes: not one per letter of a text."""
        made = self.given.y if self.given is not None else self.answers
        return np.ndim(made) == 2 and len(made) == len(self.answers) and self.answers.ndim == 2 \
            and self.answers.shape[1] <= MOST_CLASSES

    def classes(self) -> tuple[np.ndarray, np.ndarray, int] | None:
        """(label of each sample, class that it got, number of classes), where there are such."""
        if self.targets is None or not len(self.answers):
            return None
        if self.op in OF_LABELS and self.is_of_samples:
            return self.targets.astype(np.int64), self.answers.argmax(1), self.answers.shape[1]
        if self.op in OF_YES_AND_NO and self.answers.size == len(self.answers) and \
                np.isin(self.targets, (0, 1)).all():
            split = 0.5 if self.op == "bernoulli_nll" else 0.0
            return self.targets.ravel().astype(np.int64), (self.answers.ravel() > split).astype(np.int64), 2
        return None


def losses_in(graph: Graph) -> Iterator[Loss]:
    """The calls of loss functions in a graph, in their order."""
    for call in graph:
        if call.op in LOSSES:
            answers, targets = (array_of(value) for value in call.arrays[:2])
            if answers is not None:
                yield Loss(call, graph.source(call, 0, VIEWS), answers, targets)


def array_of(value: Any) -> np.ndarray | None:
    """An array, or None for what is none."""
    return value if isinstance(value, np.ndarray) else None
