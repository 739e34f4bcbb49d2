"""optimizers: SGD, momentum, RMSprop, Adam, Adagrad and LBFGS race on Rosenbrock's valley and on a real loss.

Reaches   Adam within 0.1 of the minimum (1, 1) after 2,000 steps, LBFGS after 20
Protocol  (1 - x)^2 + 100 (y - x^2)^2 from (-1.5, 2), each optimiser at a rate that suits it; then logistic
          regression with a hidden layer on scikit-learn's digits, 10 epochs each, the same start (seed 0)
Seconds   15 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, manual_seed, nn, optim, tensor
from ..nn import functional as F
from ..train import fit
from .job import Job

EXPECTED = {"adam_distance_at_most": 0.1, "lbfgs_distance_at_most": 0.1}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    steps: int = 2000           # LBFGS takes 20 steps of up to 20 evaluations
    epochs: int = 10            # on the digits


RACERS = {                                                       # on Rosenbrock's valley; on the digits
    "sgd": (lambda p: optim.SGD(p, lr=5e-4), lambda p: optim.SGD(p, lr=0.1)),
    "momentum": (lambda p: optim.SGD(p, lr=5e-4, momentum=0.9),
                 lambda p: optim.SGD(p, lr=0.02, momentum=0.9)),
    "rmsprop": (lambda p: optim.RMSprop(p, lr=5e-3), lambda p: optim.RMSprop(p, lr=1e-3)),
    "adam": (lambda p: optim.Adam(p, lr=2e-2), lambda p: optim.Adam(p, lr=2e-3)),
    "adagrad": (lambda p: optim.Adagrad(p, lr=0.5), lambda p: optim.Adagrad(p, lr=0.02)),
    "lbfgs": (lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe"), None),
}


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 - x)^2 + 100 (y - x^2)^2: a curved valley whose floor is nearly flat. Source: Rosenbrock 1960."""
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def race(make: Any, steps: int) -> np.ndarray:
    """The path of one optimiser, as (steps + 1, 2)."""
    at = tensor([-1.5, 2.0], requires_grad=True)
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


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    paths, metrics = {}, {}
    for name, (on_valley, _) in RACERS.items():
        paths[name] = race(on_valley, 20 if name == "lbfgs" else s.steps)
        metrics[f"{name}_distance"] = distance = float(np.hypot(*(paths[name][-1] - 1)))
        job.say(f"{name:>9}: {distance:.4f} from (1, 1) after {len(paths[name]) - 1} steps")
    train, test = datasets.digits().split(test_size=0.2, seed=s.seed)
    histories = {}
    for name, (_, on_digits) in RACERS.items():
        if on_digits is None:                                    # LBFGS wants the same loss at every look
            continue
        manual_seed(s.seed)
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        histories[name] = fit(model, (train.x, train.y), validation=(test.x, test.y), loss=F.cross_entropy,
                              optimizer=on_digits(model.parameters()), epochs=s.epochs, metrics="accuracy",
                              verbose=0)
        metrics[f"{name}_digits_loss"] = loss = histories[name]["loss"][-1]
        job.say(f"{name:>9}: loss {loss:.4f} on the digits after {s.epochs} epochs")
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"loss_{name}": history["loss"][i] for name, history in histories.items()}}
        for i in range(s.epochs)])
    draw(job, paths, histories)
    return metrics


def draw(job: Job, paths: dict, histories: dict) -> None:
    """The paths over the valley's contours, and the race on the digits."""
    from .. import plot

    x, y = np.meshgrid(np.linspace(-2, 2, 120), np.linspace(-1, 3, 120))
    job.figure("paths over rosenbrock's valley",
               lambda: plot.contours(x, y, np.log10(rosenbrock(x, y) + 1e-3), paths, minimum=(1.0, 1.0)),
               "Contours of log10 of Rosenbrock's function, the ways of the optimisers and the minimum at "
               "(1, 1).")
    job.figure("the race on real digits", lambda: plot.loss_curves({k: h.rows for k, h in histories.items()}),
               "Training loss on scikit-learn's digits, the same network and the same start for all.")
