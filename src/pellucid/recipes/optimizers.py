"""optimizers: SGD, momentum, RMSprop, Adam, Adagrad and LBFGS race on Rosenbrock's valley and on a real loss.

Reaches   Adam within 0.1 of the minimum (1, 1) after 2,000 steps, LBFGS after 20
Protocol  (1 - x)^2 + 100 (y - x^2)^2 from (-0.5, 2.5), each optimiser at a rate that suits it; then a network
          64-32-10 on four fifths of scikit-learn's digits, 10 epochs each, the same start and batches for
          all (seed 0); LBFGS, which wants the same loss at every look, takes two steps over all samples in
          each epoch
Seconds   3 on 2 cores
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, manual_seed, nn, no_grad, optim, tensor
from ..nn import functional as F
from ..train import fit
from .job import Job

EXPECTED = {"adam_distance_at_most": 0.1, "lbfgs_distance_at_most": 0.1}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    steps: int = 2000           # on the valley
    lbfgs_steps: int = 20       # of up to 20 evaluations each
    epochs: int = 10            # on the digits


START = [-0.5, 2.5]
RACERS: dict[str, tuple[Callable, Callable]] = {                 # on Rosenbrock's valley; on the digits
    "SGD": (lambda p: optim.SGD(p, lr=5e-4), lambda p: optim.SGD(p, lr=0.2)),
    "momentum": (lambda p: optim.SGD(p, lr=3e-4, momentum=0.9),
                 lambda p: optim.SGD(p, lr=0.05, momentum=0.9)),
    "RMSprop": (lambda p: optim.RMSprop(p, lr=1e-2), lambda p: optim.RMSprop(p, lr=2e-3)),
    "Adam": (lambda p: optim.Adam(p, lr=0.2), lambda p: optim.Adam(p, lr=5e-3)),
    "Adagrad": (lambda p: optim.Adagrad(p, lr=0.5), lambda p: optim.Adagrad(p, lr=0.03)),
    "LBFGS": (lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe"),
              lambda p: optim.LBFGS(p, max_iter=2, max_eval=10, line_search_fn="strong_wolfe")),
}


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 - x)^2 + 100 (y - x^2)^2: a curved valley whose floor is nearly flat.

    Source: Rosenbrock 1960, "An automatic method for finding the greatest or least value of a function".
    """
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def race(make: Callable, steps: int) -> np.ndarray:
    """The path of one optimiser, as (steps + 1, 2)."""
    at = tensor(START, requires_grad=True)
    optimizer, path = make([at]), [at.tolist()]

    def closure() -> Any:
        optimizer.zero_grad()
        loss = rosenbrock(at[0], at[1])
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        path.append(at.tolist())
    return np.array(path)


def by_all_samples(model: nn.Module, make: Callable, x: Any, y: Any, epochs: int) -> list[float]:
    """The loss after each step over all samples: how LBFGS trains."""
    optimizer, losses = make(model.parameters()), []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(epochs):
        optimizer.step(closure)
        with no_grad():
            losses.append(F.cross_entropy(model(x), y).item())
    return losses


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    paths, losses, weights, metrics = {}, {}, {}, {}
    for name, (on_valley, _) in RACERS.items():
        paths[name] = race(on_valley, s.lbfgs_steps if name == "LBFGS" else s.steps)
        metrics[f"{name.lower()}_distance"] = distance = float(np.hypot(*(paths[name][-1] - 1)))
        job.say(f"{name:>9}: {distance:.4f} from (1, 1) after {len(paths[name]) - 1} steps")
    train, _ = datasets.digits().split(test_size=0.2, seed=s.seed)
    for name, (_, on_digits) in RACERS.items():
        manual_seed(s.seed)
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        if name == "LBFGS":
            losses[name] = by_all_samples(model, on_digits, tensor(train.x), tensor(train.y), s.epochs)
        else:
            losses[name] = fit(model, (train.x, train.y), loss=F.cross_entropy, verbose=0, epochs=s.epochs,
                               optimizer=on_digits(model.parameters()))["loss"]
        metrics[f"{name.lower()}_digits_loss"] = losses[name][-1]
        weights.update({f"{name.lower()}.{key}": value for key, value in model.state_dict().items()})
        job.say(f"{name:>9}: loss {losses[name][-1]:.4f} on the digits after {s.epochs} epochs")
    job.keep(weights)
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    job.run.write_rows("metrics.jsonl", [{"epoch": i + 1, **{f"loss_{name}": values[i] for name, values in
                                                             losses.items()}} for i in range(s.epochs)])
    draw(job, paths)
    return metrics


def draw(job: Job, paths: dict[str, np.ndarray]) -> None:
    """The paths over the valley's contours, from afar and at the start, and how near each came."""
    from .. import plot

    distances = {name: np.hypot(*(path - 1).T).tolist() for name, path in paths.items()}
    job.lines("Distance to the minimum", distances,
              "Distance to (1, 1) by step, both axes logarithmic. Down into the valley is easy for all; "
              "along its floor the gradient is small, and those that scale their steps or remember their way "
              "are faster.",
              start=1, log=True, log_x=True)
    x, y = np.meshgrid(np.linspace(-2, 2, 160), np.linspace(-1, 3, 160))
    height = np.log10(rosenbrock(x, y) + 1e-3)
    job.figure("Ways along the valley", lambda: plot.contours(x, y, height, paths, minimum=(1.0, 1.0)),
               "Contours of log10 of Rosenbrock's function, every optimiser's whole way from (-0.5, 2.5), "
               "and the minimum at (1, 1). A dot marks where each ended.")
    first = {name: path[:5 if name == "LBFGS" else 61] for name, path in paths.items()}
    job.figure("The first steps", lambda: plot.contours(x, y, height, first, minimum=(1.0, 1.0)),
               "60 steps of each, 4 of LBFGS. SGD drops to the floor and creeps; momentum overshoots and "
               "swings back and forth; those that scale each coordinate go diagonally; LBFGS looks before it "
               "leaps.")
