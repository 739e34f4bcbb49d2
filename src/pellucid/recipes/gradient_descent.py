"""gradient-descent: how far a step goes: learning rates on (w - 3)^2, and batch against single samples.

Reaches   |w - 3| <= 0.001 with the right rates; divergence shown for a rate above 1
Protocol  (w - 3)^2 from w = 0, 100 steps for each rate; then a line fitted to 200 noisy points by whole
          batches, mini-batches of 16 and single samples, 30 epochs each at one rate, seed 0; all by hand: w =
          w - lr dL/dw
Seconds   2 on 2 cores

On (w - 3)^2 a step multiplies the error by 1 - 2 lr, so it shrinks for 0 < lr < 1, at once for lr = 1/2,
swings from side to side for lr > 1/2 and grows for lr > 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, datasets, no_grad, randperm, tensor, zeros
from .job import Job

EXPECTED = {"error_at_right_rate_at_most": 1e-3, "divergence": 1.0, "line_error_at_most": 0.05}
SLOPE, INTERCEPT = 2.0, 1.0
BATCHES = {"whole batches": 200, "mini-batches of 16": 16, "single samples": 1}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    steps: int = 100            # on (w - 3)^2
    rates: tuple = (0.01, 0.1, 0.5, 0.9, 1.05)   # too small, right, at once, swinging, diverging
    epochs: int = 30            # over the line's points
    line_lr: float = 0.05


def gradient(of: Tensor) -> Tensor:
    """What backward left there."""
    assert of.grad is not None
    return of.grad


def descend(rate: float, steps: int) -> list[float]:
    """The path of w on (w - 3)^2, from 0, by the engine's own gradient."""
    w = tensor(0.0, requires_grad=True)
    path = [0.0]
    for _ in range(steps):
        w.grad = None
        loss = (w - 3) ** 2
        loss.backward()
        with no_grad():
            w -= rate * gradient(w)
        path.append(w.item())
    return path


def fit_line(x: Tensor, y: Tensor, batch_size: int, epochs: int, lr: float) -> tuple[list[float], np.ndarray]:
    """The loss over all points after each epoch, and the path of (slope, intercept)."""
    weights = zeros(2, requires_grad=True)
    losses, path = [], [weights.tolist()]
    for _ in range(epochs):
        order = randperm(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start:start + batch_size]
            weights.grad = None
            loss = ((x[rows] * weights[0] + weights[1] - y[rows]) ** 2).mean()
            loss.backward()
            with no_grad():
                weights -= lr * gradient(weights)
            path.append(weights.tolist())
        with no_grad():
            losses.append(((x * weights[0] + weights[1] - y) ** 2).mean().item())
    return losses, np.array(path)


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    paths = {rate: descend(rate, s.steps) for rate in s.rates}
    errors = {rate: abs(path[-1] - 3) for rate, path in paths.items()}
    for rate, error in errors.items():
        job.say(f"lr {rate:<5g} |w - 3| = {error:.3g} after {s.steps} steps")
    data = datasets.line(200, slope=SLOPE, intercept=INTERCEPT, noise=0.1, seed=s.seed)
    x, y = tensor(data.x[:, 0]), tensor(data.y[:, 0])
    lines = {name: fit_line(x, y, size, s.epochs, s.line_lr) for name, size in BATCHES.items()}
    for name, (losses, path) in lines.items():
        job.say(f"{name:>18}: loss {losses[-1]:.4f} after {s.epochs} epochs, "
                f"y = {path[-1][0]:.3f} x + {path[-1][1]:.3f}")
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"loss_{name}".replace(" ", "_"): found[i] for name, (found, _) in lines.items()}}
        for i in range(s.epochs)])
    job.keep({name: tensor(path[-1]) for name, (_, path) in lines.items()})
    draw(job, paths, lines, data)
    metrics = {"error_at_smallest_rate": errors[min(s.rates)], "divergence": errors[max(s.rates)],
               "line_error": float(np.abs(lines["mini-batches of 16"][1][-1] - [SLOPE, INTERCEPT]).max())}
    right = [error for rate, error in errors.items() if 0.1 <= rate <= 0.9]
    return {"error_at_right_rate": max(right), **metrics} if right else metrics


def draw(job: Job, paths: dict, lines: dict, data: Any) -> None:
    """Error by step for each rate; the ways over the line's loss."""
    from .. import plot

    errors = {f"lr {rate:g}": [max(abs(w - 3), 1e-7) for w in path] for rate, path in paths.items()}
    job.lines("Learning rates", errors,
              "|w - 3| by step, drawn at 1e-7 where it is smaller. Each step multiplies it by |1 - 2 lr|: "
              "by 0.8 for 0.1 and for 0.9 alike, though the one comes from one side and the other swings; by "
              "0 for 0.5; by more "
              "than 1, for ever, above 1.", log=True, dashed=["lr 0.9"])
    a, b = np.meshgrid(np.linspace(-0.2, 3, 80), np.linspace(-0.2, 1.8, 80))
    loss = ((a[..., None] * data.x[:, 0] + b[..., None] - data.y[:, 0]) ** 2).mean(-1)
    first = {"single samples": 60, "mini-batches of 16": 200, "whole batches": None}
    job.figure("batch against single samples", lambda: plot.contours(
        a, b, loss, {f"{name}, {len(lines[name][1][:most]) - 1} steps": lines[name][1][:most]
                     for name, most in first.items()}, minimum=(SLOPE, INTERCEPT)),
        "Slope (across) and intercept (up) on their way over the loss, from (0, 0). Whole batches go "
        "straight downhill, and in 30 epochs take only 30 steps; single samples stagger and get there within "
        "the first epoch.")
