"""gradient-descent: how far a step goes: learning rates on (w - 3)^2, and batch against single samples.

Reaches   |w - 3| <= 0.001 with the right rates; divergence shown for a rate above 1
Protocol  (w - 3)^2 from w = 0, 100 steps for each rate; then a line fitted to 200 noisy points by whole
          batches, mini-batches of 16 and single samples, 30 passes each, seed 0, by hand: w = w - lr dL/dw
Seconds   2 on 2 cores

On (w - 3)^2 a step multiplies the error by 1 - 2 lr, so it shrinks for 0 < lr < 1, at once for lr = 1/2,
swings for lr > 1/2 and grows for lr > 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, no_grad, randperm, tensor, zeros
from .job import Job

EXPECTED = {"error_at_right_rate_at_most": 1e-3, "divergence": 1.0, "line_error_at_most": 0.05}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    steps: int = 100
    rates: tuple = (0.01, 0.1, 0.5, 0.9, 1.05)   # too small, right, at once, swinging, diverging
    passes: int = 30            # over the line's points
    line_lr: float = 0.02


def descend(rate: float, steps: int) -> list[float]:
    """The path of w on (w - 3)^2, from 0, by the engine's own gradient."""
    w: Any = tensor(0.0, requires_grad=True)
    path = [0.0]
    for _ in range(steps):
        w.grad = None
        loss = (w - 3) ** 2
        loss.backward()
        with no_grad():
            w -= rate * w.grad
        path.append(w.item())
    return path


def fit_line(x: Any, y: Any, batch_size: int, passes: int, lr: float) -> tuple[list[float], np.ndarray]:
    """Losses by pass and the path of (slope, intercept) for one batch size."""
    weights: Any = zeros(2, requires_grad=True)
    losses, path = [], [weights.tolist()]
    for _ in range(passes):
        order = randperm(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start:start + batch_size]
            weights.grad = None
            loss = ((x[rows] * weights[0] + weights[1] - y[rows]) ** 2).mean()
            loss.backward()
            with no_grad():
                weights -= lr * weights.grad
            path.append(weights.tolist())
        with no_grad():
            losses.append(((x * weights[0] + weights[1] - y) ** 2).mean().item())
    return losses, np.array(path)


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    paths = {f"lr {rate:g}": descend(rate, s.steps) for rate in s.rates}
    errors = {name: abs(path[-1] - 3) for name, path in paths.items()}
    for name, error in errors.items():
        job.say(f"{name:>8}: |w - 3| = {error:.3g} after {s.steps} steps")
    data = datasets.line(200, slope=2.0, intercept=1.0, noise=0.1, seed=s.seed)
    x, y = (tensor(np.asarray(values, np.float32).reshape(-1)) for values in (data.x, data.y))
    lines = {name: fit_line(x, y, size, s.passes, s.line_lr)
             for name, size in (("batch", 200), ("mini-batch 16", 16), ("single samples", 1))}
    for name, (losses, path) in lines.items():
        slope, intercept = path[-1]
        job.say(f"{name:>15}: loss {losses[-1]:.4f} after {s.passes} passes, "
                f"y = {slope:.3f} x + {intercept:.3f}")
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1,
         **{f"loss_{name.replace(' ', '_')}": losses[i] for name, (losses, _) in lines.items()}}
        for i in range(s.passes)])
    draw(job, paths, lines, x.numpy(), y.numpy())
    best = np.array(lines["mini-batch 16"][1][-1])
    right = [error for name, error in errors.items() if 0.1 <= float(name[3:]) <= 0.9]
    return {"error_at_right_rate": float(max(right)),
            "error_at_small_rate": float(errors[f"lr {s.rates[0]:g}"]),
            "divergence": float(errors[f"lr {s.rates[-1]:g}"]),
            "line_error": float(np.abs(best - [2.0, 1.0]).max())}


def draw(job: Job, paths: dict, lines: dict, x: np.ndarray, y: np.ndarray) -> None:
    """Error by step for each rate; the ways over the line's loss."""
    from .. import plot

    errors = {name: [{"epoch": i, "loss": abs(w - 3)} for i, w in enumerate(path)]
              for name, path in paths.items()}
    job.figure("learning rates", lambda: plot.loss_curves(errors, log=True),
               "|w - 3| by step. Below 1/2 the error shrinks from one side, above it swings, above 1 it "
               "grows.")
    a, b = np.meshgrid(np.linspace(-0.5, 4, 60), np.linspace(-0.5, 2.5, 60))
    loss = ((a[..., None] * x + b[..., None] - y) ** 2).mean(-1)
    job.figure("batch against single samples", lambda: plot.contours(
        a, b, loss, {name: path[:400] for name, (_, path) in lines.items()}, minimum=(2.0, 1.0)),
        "Slope and intercept on their way over the loss: whole batches go straight and slowly, single "
        "samples wander and arrive sooner.")
