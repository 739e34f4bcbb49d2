"""perceptron: Rosenblatt's rule, and one neuron by gradient descent, learn AND and OR, and cannot learn XOR.

Reaches   4 of 4 rows right for AND and OR by both; for XOR at most 3 of 4, by both
Protocol  the four rows of each truth table are all there is: no test set; weights start at 0, seed 0
Seconds   1 on 2 cores

Rosenblatt's rule changes the weights only after a mistake, by the mistake itself:

    p = [w x + b > 0];   w = w + lr (y - p) x;   b = b + lr (y - p)

Source: Rosenblatt 1958, "The perceptron"; Minsky & Papert 1969, "Perceptrons" (why XOR is out of reach).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, nn, optim, tensor
from ..nn import functional as F
from .job import Job

EXPECTED = {"and_correct": 4, "or_correct": 4, "and_neuron_correct": 4, "or_neuron_correct": 4,
            "xor_correct_at_most": 3, "xor_neuron_correct_at_most": 3}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 100           # Rosenblatt's rule needs fewer than 10 for AND and OR; XOR goes in circles
    steps: int = 300            # of gradient descent
    lr: float = 1.0


def rosenblatt(x: np.ndarray, y: np.ndarray, epochs: int, lr: float) -> tuple[np.ndarray, float, list[int]]:
    """Weights, bias and the mistakes of each epoch; stops after an epoch without one."""
    w, b, mistakes = np.zeros(x.shape[1], np.float32), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for row, label in zip(x, y, strict=True):
            error = int(label) - int(w @ row + b > 0)
            w, b, wrong = w + lr * error * row, b + lr * error, wrong + abs(error)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, b, mistakes


def neuron(x: np.ndarray, y: np.ndarray, steps: int, lr: float) -> tuple[nn.Linear, list[float]]:
    """One linear unit under the logistic loss, by plain gradient descent."""
    model = nn.Linear(x.shape[1], 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer, losses = optim.SGD(model.parameters(), lr=lr), []
    inputs, targets = tensor(x), tensor(y.astype(np.float32)).unsqueeze(1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    metrics: dict[str, Any] = {}
    rows = []
    for gate in ("and", "or", "xor"):
        table = datasets.truth_table(gate)
        w, b, mistakes = rosenblatt(table.x, table.y, s.epochs, s.lr)
        model, losses = neuron(table.x, table.y, s.steps, s.lr)
        by_rule = (table.x @ w + b > 0).astype(int)
        by_descent = (model(tensor(table.x)).detach().numpy()[:, 0] > 0).astype(int)
        metrics[f"{gate}_correct"] = int((by_rule == table.y).sum())
        metrics[f"{gate}_neuron_correct"] = int((by_descent == table.y).sum())
        metrics[f"{gate}_epochs"] = len(mistakes)
        job.say(f"{gate:>4}: {metrics[f'{gate}_correct']} of 4 by Rosenblatt's rule after {len(mistakes)} epochs, "
                f"{metrics[f'{gate}_neuron_correct']} of 4 by gradient descent (loss {losses[-1]:.4f})")
        rows += [{"epoch": i + 1, f"{gate}_mistakes": wrong} for i, wrong in enumerate(mistakes)]
        draw(job, gate, table, w, b)
    by_epoch: dict[int, dict[str, Any]] = {}
    for row in rows:
        by_epoch.setdefault(row["epoch"], {}).update(row)
    job.run.write_rows("metrics.jsonl", [by_epoch[epoch] for epoch in sorted(by_epoch)])
    return metrics


def draw(job: Job, gate: str, table: Any, w: np.ndarray, b: float) -> None:
    """The line that Rosenblatt's rule ended with, among the four rows."""
    from .. import plot

    axis = np.linspace(-0.5, 1.5, 80)
    gx, gy = np.meshgrid(axis, axis)
    score = gx * w[0] + gy * w[1] + b
    job.figure(f"{gate} by rosenblatt's rule",
               lambda: plot.decision_boundary(table.x, table.y, gx, gy, 1 / (1 + np.exp(-np.clip(4 * score, -30, 30)))),
               f"Where the perceptron answers 1 for {gate.upper()}, and the four rows of the truth table. "
               + ("No straight line has both ones on one side." if gate == "xor" else "One line separates them."))
