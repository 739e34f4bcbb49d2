"""The course of one training: what was seen of each step of one optimiser."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from ...nn import Module
from .figures import Look, layers_of, size_of, slopes_of
from .finding import Finding
from .latent import codes_of, embeddings_of
from .losses import Loss, losses_in
from .recording import Graph
from .wiring import findings as wiring_findings
from .wiring import modes, parameters_left_out

KEPT = 12                                                        # looks at the end that are judged together
SAMPLED = 4096                                                   # numbers of a gradient that are compared
WIRED = 3                                                        # steps whose wiring is looked at


class Course:
    """What is known of the steps of one optimiser."""

    def __init__(self, optimizer: Any, name: str = "") -> None:
        self.optimizer, self.name = optimizer, name
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.names: dict[int, str] = {}
        self.model: Module | None = None                         # the module that holds its parameters
        self.losses: list[float] = []                            # one per step
        self.lines: dict[str, int] = {}                          # where the loss was computed, and how often
        self.rates: list[float] = []                             # the learning rate at each look
        self.looks: list[Look] = []                              # the first ones, and the last KEPT
        self.found: list[Finding] = []                           # at the moment when it was seen
        self.rows: list[dict[str, Any]] = []                     # of epochs, from fit
        self.answers: deque = deque(maxlen=KEPT)                 # (labels, classes, number of classes)
        self.chance: float | None = None
        self.is_unweighted = True
        self.codes: list[np.ndarray] = []                        # of a VAE: nats per dimension of the code
        self.vectors: list[tuple] = []                           # (how alike, inputs alike, layer, line)
        self.not_cleared = 0
        self.used: list[tuple] = []                           # parameters with the gradients of the last step
        self.steps = 0
        self.turns = 0                                           # steps right after one of another learner
        self.stops_early = False
        self.held = {id(p) for p in self.parameters}

    @property
    def kind(self) -> str:
        """The class of the model."""
        return type(self.model).__name__ if self.model is not None else ""

    @property
    def first_line(self) -> str:
        """The line on which most losses were computed."""
        return max(self.lines, key=lambda line: self.lines[line], default="")

    def meet(self, root: Module) -> None:
        """Learn the parameters' names from a module that was called."""
        own = {id(p): name for name, p in root.named_parameters() if id(p) in self.held}
        if len(own) > len(self.names) or self.model is None and own:
            self.names, self.model = own, root

    def read(self, graphs: list[Graph]) -> None:
        """Look at the recorded graphs of one step, before it is taken."""
        rank = self.steps < 2 or self.steps % 40 < 20
        look = Look(self.steps, self.losses[-1] if self.losses else float("nan"))
        for graph in graphs:
            for root in {id(call.modules[0]): call.modules[0] for call in graph if call.modules}.values():
                self.meet(root)
            look.layers.update(layers_of(graph, rank))
            self._note_losses(graph)
            self.codes = codes_of(graph, self.codes)
            self.vectors += embeddings_of(graph, self.steps)
        look.slopes = slopes_of(graphs[-1], self.names, self.parameters)
        self.looks.append(look)
        self.rates.append(float(self.optimizer.param_groups[0]["lr"]))
        if len(self.looks) > 3 * KEPT:                           # the beginning, and the end
            del self.looks[KEPT]

    def _note_losses(self, graph: Graph) -> None:
        chances = []
        for loss in losses_in(graph):
            self.lines[loss.call.line] = self.lines.get(loss.call.line, 0) + 1
            chances.append(loss.chance)
            known = loss.classes()
            if known is not None:
                self.answers.append(known)
                weighed = any(call.op in ("mul", "pow") and graph.source(call,
                                                                         0) is loss.call for call in graph)
                self.is_unweighted = self.is_unweighted and not weighed
        if len(chances) == 1 and chances[0] is not None and not self.steps:
            of_one = float(np.mean(loss.call.y))                 # the whole may be a sum over many
            self.chance = chances[0] * (graph.loss / of_one if of_one > 0 else 1.0)
        if not chances:
            self.lines.setdefault(next((call.line for call in reversed(graph.calls)), ""), 1)

    def wired(self, graphs: list[Graph], batch: int | None = None) -> None:
        """Look at the wiring of one of the first steps, after backward."""
        for graph in graphs:
            self.found += wiring_findings(graph, batch)
            if self.steps == 0 and graph.loss == graph.loss:
                self._start(graph)
        roots = {id(c.modules[0]): c.modules[0] for g in graphs for c in g if c.modules}
        for root in roots.values():
            self.found += modes(root, next((c.line for g in graphs for c in g if c.modules), ""))
        if len(roots) == 1 and self.model is not None and not any(graph.unknown for graph in graphs) \
                and self.steps == WIRED - 1 and all(id(p) in self.held for p in self.model.parameters()):
            self.found += parameters_left_out(graphs, self.model, self.held)

    def _start(self, graph: Graph) -> None:
        losses = list(losses_in(graph))
        if len(losses) == 1 and losses[0].chance is not None and losses[0].is_of_samples:
            self.found += first_loss(losses[0])

    def stepped(self, before: list[np.ndarray] | None) -> None:
        """Note how far the step moved each weight."""
        if before is not None and self.looks:
            changes = {self.names.get(id(p), f"parameter {i}"): size_of(p._data - old) for i, (p, old)
                       in enumerate(zip(self.parameters, before, strict=True))}
            for slope in self.looks[-1].slopes:
                slope.change = changes.get(slope.name, 0.0)
        self.steps += 1
        self.used = [(p, p._grad) for p in self.parameters[:8]]

    def old_gradients(self) -> list[tuple]:
        """The gradients that the last step has used and that are still there, with some of their numbers."""
        return [(p, grad, np.array(grad._data.reshape(-1)[:SAMPLED])) for p, grad in self.used
                if grad is not None and p._grad is grad and grad._data.any()]

    def added_to(self, old: list[tuple]) -> bool:
        """Has a backward pass added to gradients that were there before it?

        A gradient that a loop assigns anew before each step is there too, and is none of these.
        """
        return any(p._grad is not grad or not np.array_equal(grad._data.reshape(-1)[:SAMPLED], numbers)
                   for p, grad, numbers in old if p._grad is not None)


def first_loss(loss: Loss) -> list[Finding]:
    """The first loss, much above what a guess costs.

    In the recipes the first loss lies between 0.99 and 1.3 times ln K; a last layer sixty times too large
    gives more than 4 times.
    """
    chance, value = loss.chance, float(np.mean(loss.call.y))
    if not chance or value < 2 * chance + 0.3:
        return []
    layer, line = (loss.given.layer, loss.given.line) if loss.given is not None else ("", "")
    return [Finding("initial loss", f"the first loss is {value:.4g}; a guess costs ln K = {chance:.4g}. The "
                    f"scores have a deviation of {loss.answers.std():.3g}.", layer, line,
                    min(0.95, 0.6 + 0.1 * value / chance), {"loss": value, "chance": chance})]
