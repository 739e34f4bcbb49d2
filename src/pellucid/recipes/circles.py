"""circles: one circle inside the other: a straight line cannot part them, a hidden layer can.

Reaches   test accuracy of the MLP >= 98 %; of logistic regression at most 60 %
Protocol  1,000 points, noise 0.08, radius 0.5 inside 1, half of them for testing, seed 0; 2-16-16-1, tanh,
          Adam on the logistic loss, 200 epochs; logistic regression with the same optimiser and epochs
Seconds   8 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, nn, no_grad, optim, tensor
from ..nn import functional as F
from ..train import Watch, binary_accuracy, fit
from .job import Job

EXPECTED = {"test_accuracy": 0.98, "linear_accuracy_at_most": 0.6}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    samples: int = 1000
    noise: float = 0.08
    epochs: int = 200
    hidden: int = 16
    lr: float = 0.01
    batch_size: int = 64


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    train, test = datasets.circles(s.samples, s.noise, 0.5, s.seed).split(test_size=0.5, seed=s.seed)
    (x, y), (x_test, y_test) = [(part.x, part.y.astype(np.float32)[:, None]) for part in (train, test)]
    linear = nn.Linear(2, 1)
    model = nn.Sequential(nn.Linear(2, s.hidden), nn.Tanh(), nn.Linear(s.hidden, s.hidden), nn.Tanh(),
                          nn.Linear(s.hidden, 1))
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    common: dict[str, Any] = {"loss": F.binary_cross_entropy_with_logits, "epochs": s.epochs,
                              "metrics": {"accuracy": binary_accuracy}, "batch_size": s.batch_size}
    fit(linear, (x, y), optimizer=optim.Adam(linear.parameters(), lr=s.lr), verbose=0, **common)
    fit(model, (x, y), validation=(x_test, y_test), optimizer=optim.Adam(model.parameters(), lr=s.lr),
        run=job.run, resume=job.resume, callbacks=[Watch(job.run, every=max(1, s.epochs // 20))],
        verbose=job.verbose, **common)
    with no_grad():
        logits, of_line = model(tensor(x_test)), linear(tensor(x_test))
    observe(job, model, linear, test, F.sigmoid(logits).numpy())
    return {"test_accuracy": binary_accuracy(logits, y_test),
            "linear_accuracy": binary_accuracy(of_line, y_test)}


def observe(job: Job, model: nn.Sequential, linear: nn.Linear, test: Any, p: np.ndarray) -> None:
    """Answers over the plane, the hidden units, and the surface of the output."""
    from .. import plot

    axis = np.linspace(-1.5, 1.5, 90)
    gx, gy = np.meshgrid(axis, axis)
    plane = tensor(np.stack([gx.ravel(), gy.ravel()], 1).astype(np.float32))
    with no_grad():
        answers = F.sigmoid(model(plane)).numpy().reshape(gx.shape)
        line = F.sigmoid(linear(plane)).numpy().reshape(gx.shape)
        units = model[:2](plane).numpy().reshape(*gx.shape, -1)
    job.run.observe(boundary_x=gx, boundary_y=gy, boundary_p=answers, points=test.x, point_labels=test.y,
                    class_names=np.array(test.class_names), x_test=test.x, targets=test.y,
                    probabilities=np.hstack([1 - p, p]))
    job.figure("logistic regression", lambda: plot.decision_boundary(test.x, test.y, gx, gy, line),
               "Without a hidden layer the boundary is a straight line: half of the points are wrong "
               "whichever it is.")
    job.figure("hidden units", lambda: plot.hidden_units(gx, gy, units),
               "The units of the first hidden layer over the plane: each is a soft line.")
    job.figure("surface", lambda: plot.surface(gx, gy, answers),
               "The probability of the inner circle as a surface over the plane.")
