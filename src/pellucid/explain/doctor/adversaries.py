"""Two networks against each other: found by one's output being the other's input, judged by what both do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .finding import Finding
from .losses import OF_YES_AND_NO, losses_in
from .recording import Graph

FEWEST = 10                                                      # looks before anything is said


@dataclass(frozen=True)
class Round:
    """What one step of the discriminator showed."""

    spread: float                                               # of generated samples, over that of real ones
    covered: float                                       # the share of real samples with a near generated one
    real: float                                                  # mean probability that real samples got
    fake: float                                                  # and generated ones


class Adversaries:
    """Generators and discriminators among the modules that are called, and how they do."""

    def __init__(self) -> None:
        self.rounds: list[Round] = []
        self.place: tuple[str, str, str] = "", "", ""            # classes of the two, line of the generator

    def read(self, graph: Graph) -> None:
        """Look at the calls of modules so far in this step."""
        yes_no = [loss for loss in losses_in(graph) if loss.op in OF_YES_AND_NO]
        if not yes_no:
            return
        for maker, _, made in graph.outputs:
            for judge, inputs, verdict in graph.outputs:
                if judge is maker or not inputs or not _same(inputs[0], made):
                    continue
                others = [(i[0]._data, v._data) for j, i, v in graph.outputs if j is judge and i is not inputs
                          and i and not _same(i[0], made) and i[0]._data.shape[1:] == made._data.shape[1:]]
                if others and len(made._data) > 3:
                    logits = yes_no[0].op != "bernoulli_nll"
                    self.rounds.append(judged(made._data, verdict._data, *others[0], logits))
                    call = graph.known.get(getattr(made._node, "number", -1))
                    line = call.line if call else self.place[2]
                    self.place = type(maker).__name__, type(judge).__name__, line
                    return

    def findings(self) -> Iterator[Finding]:
        """Mode collapse and dominance, in the last quarter of what was seen."""
        if len(self.rounds) < FEWEST:
            return
        last = self.rounds[-max(FEWEST // 2, len(self.rounds) // 4):]
        spread, covered, real, fake = (float(np.median([getattr(r, name) for r in last]))
                                       for name in ("spread", "covered", "real", "fake"))
        # A small GAN on a ring of eight spots has a spread of 1.5 to 3.1 while it learns, and gives both
        # kinds of samples 0.48 to 0.58; one whose noise has no way in has a spread of 0.00.
        if spread < 0.15:
            yield Finding("mode collapse", f"generated samples vary {spread:.3f} times as much as real ones, "
                          f"and {covered:.0%} of the real ones have a generated one near.", self.place[0],
                          self.place[2],
                          0.92 if spread < 0.05 else 0.75, {"spread": spread, "covered": covered})
        if real > 0.97 and fake < 0.03:
            yield Finding("discriminator dominance", f"the discriminator gives real samples {real:.3f} and "
                          f"generated ones {fake:.2g} on average.", self.place[1], self.place[2],
                          0.9 if real > 0.99 and fake < 0.01 else 0.75, {"real": real, "fake": fake})


def judged(fake: np.ndarray, of_fake: np.ndarray, real: np.ndarray, of_real: np.ndarray,
           logits: bool) -> Round:
    """How varied generated samples are, and how sure the discriminator is."""
    a, b = (part.reshape(len(part), -1).astype(np.float64) for part in (fake, real))
    spread = float(a.var(0).sum() / max(b.var(0).sum(), 1e-12))
    small = a.shape[1] * max(len(a), len(b)) * len(b) < 2 ** 22
    near = ((b[:, None] - a[None]) ** 2).sum(-1).min(1) if small else np.zeros(1)
    own = ((b[:, None] - b[None]) ** 2).sum(-1) if small else np.ones((1, 1))
    fifth = np.sort(own, 1)[:, min(5, own.shape[1] - 1)]
    probabilities = [1 / (1 + np.exp(-np.clip(v, -50, 50))) if logits else v for v in (of_real, of_fake)]
    return Round(spread, float((near <= fifth).mean()), *(float(p.mean()) for p in probabilities))


def _same(tensor: Any, other: Any) -> bool:
    """Do two tensors hold the very same numbers, though one may be detached?"""
    return hasattr(tensor, "_data") and tensor._data.size == other._data.size and \
        np.may_share_memory(tensor._data, other._data)
