"""perceptron: Rosenblatt's rule, and one neuron by gradient descent, learn AND and OR, and cannot learn XOR.

Reaches   4 of 4 rows right for AND and OR by both; for XOR at most 3 of 4, by both, in every epoch
Protocol  the four rows of each truth table are all there is: no test set; both start from small weights drawn
          at random, seed 0; 300 steps of gradient descent at rate 1, at most 100 epochs of Rosenblatt's rule
Seconds   1 on 2 cores

Rosenblatt's rule changes the weights only after a mistake, by the mistake itself:

    p = [w x + b > 0];   w = w + lr (y - p) x;   b = b + lr (y - p)

Source: Rosenblatt 1958, "The perceptron"; Minsky & Papert 1969, "Perceptrons" (why XOR is out of reach).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, nn, no_grad, optim, rand, tensor
from ..nn import functional as F
from .job import Job

EXPECTED = {"and_correct": 4, "or_correct": 4, "and_neuron_correct": 4, "or_neuron_correct": 4,
            "xor_best_at_most": 3, "xor_neuron_best_at_most": 3}
GATES = ("and", "or", "xor")


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 100           # Rosenblatt's rule needs fewer than 20 for AND and OR; XOR goes in circles
    steps: int = 300            # of gradient descent
    lr: float = 1.0


def rosenblatt(x: np.ndarray, y: np.ndarray, epochs: int,
               lr: float) -> tuple[np.ndarray, float, list[int], int]:
    """Weights, bias, the mistakes of each epoch, and the most rows right after any; stops when all are."""
    w, b = (rand(2) - 0.5).numpy(), float(rand(1)) - 0.5
    mistakes: list[int] = []
    best = 0
    for _ in range(epochs):
        wrong = 0
        for row, label in zip(x, y, strict=True):
            error = int(label) - int(w @ row + b > 0)
            w, b, wrong = w + lr * error * row, b + lr * error, wrong + abs(error)
        mistakes.append(wrong)
        best = max(best, int(((x @ w + b > 0) == y).sum()))
        if wrong == 0:
            break
    return w, b, mistakes, best


def neuron(x: np.ndarray, y: np.ndarray, steps: int, lr: float) -> tuple[nn.Linear, list[float], int]:
    """A linear unit under the logistic loss by gradient descent, the losses, and the most rows right."""
    unit = nn.Linear(2, 1)
    optimizer = optim.SGD(unit.parameters(), lr=lr)
    inputs, targets = tensor(x), tensor(y.astype(np.float32)).unsqueeze(1)
    losses: list[float] = []
    best = 0
    for _ in range(steps):
        optimizer.zero_grad()
        score = unit(inputs)
        loss = F.binary_cross_entropy_with_logits(score, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        best = max(best, right(score, y))
    return unit, losses, best


def right(score: Any, y: np.ndarray) -> int:
    """How many rows are on their side of 0."""
    return int(((score.detach().numpy()[:, 0] > 0) == y).sum())


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    metrics: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    mistakes, losses = {}, {}
    for gate in GATES:
        table = datasets.truth_table(gate)
        w, b, mistakes[gate], best = rosenblatt(table.x, table.y, s.epochs, s.lr)
        unit, losses[gate], neuron_best = neuron(table.x, table.y, s.steps, s.lr)
        with no_grad():
            metrics[f"{gate}_neuron_correct"] = right(unit(tensor(table.x)), table.y)
        metrics[f"{gate}_correct"] = int(((table.x @ w + b > 0) == table.y).sum())
        metrics[f"{gate}_epochs"] = len(mistakes[gate])
        weights.update({f"{gate}.weight": tensor(w), f"{gate}.bias": tensor([b]),
                        f"{gate}.neuron.weight": unit.weight, f"{gate}.neuron.bias": unit.bias})
        job.say(f"{gate:>4}: {metrics[f'{gate}_correct']} of 4 by Rosenblatt's rule, {len(mistakes[gate])} "
                f"epochs, {metrics[f'{gate}_neuron_correct']} of 4 by gradient descent (loss "
                f"{losses[gate][-1]:.4f})")
        draw(job, gate, table, w, b)
    metrics.update(xor_best=best, xor_neuron_best=neuron_best)   # the last gate is XOR
    job.keep(weights)
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"mistakes_{gate}": each[i] for gate, each in mistakes.items() if i < len(each)}}
        for i in range(max(map(len, mistakes.values())))])
    job.lines("The neuron's loss", {gate.upper(): values for gate, values in losses.items()},
              "The logistic loss of one neuron by step of gradient descent. For XOR it settles at ln 2 = "
              "0.693: no line does better there than to answer 1/2 to all four rows.")
    return metrics


def draw(job: Job, gate: str, table: Any, w: np.ndarray, b: float) -> None:
    """The line that Rosenblatt's rule ended with, among the four rows."""
    from .. import plot

    axis = np.linspace(-0.5, 1.5, 200)
    gx, gy = np.meshgrid(axis, axis)
    steep = 40 * (gx * w[0] + gy * w[1] + b) / np.hypot(w[0], w[1])    # the answer is 0 or 1, nothing between
    p = 1 / (1 + np.exp(-np.clip(steep, -30, 30)))
    job.figure(f"{gate} by the perceptron",
               lambda: plot.decision_boundary(table.x, table.y, gx, gy, p, table.class_names),
               f"Where the perceptron ended to answer true for {gate.upper()}, and the four rows of its "
               "truth table. " + ("No straight line has both true rows on one side and both false rows on "
                                  "the other: the rule goes round in circles." if gate == "xor"
                                  else "One line parts them, and the rule finds it."))
