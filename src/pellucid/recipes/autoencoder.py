"""autoencoder: 20 numbers through 3, then MNIST's 784 through 32: a curved sheet keeps more than PCA's plane.

Reaches   >= 95 % of the variance of 20-dimensional data kept by 3 numbers; on MNIST's test part a squared
          error at most 0.5 of PCA's with as many numbers
Protocol  the first: 4,000 points on a curved sheet of 3 dimensions in 20, 1,000 of them for testing, seed 0,
          20-64-64-3-64-64-20; the second: the official 60,000 / 10,000 split, pixels from 0 to 1, code 32:
          linear layers 784-512-128-32-128-512-784, the same tied, and convolutions of stride 2; squared
          error, Adam, one-cycle schedule; each tested once, after its last epoch, beside PCA, which is
          fitted to the same training part; variance kept = 1 - squared error / variance; then 784-64-784,
          sigmoid units, without a penalty, with the sparse and with the contractive one
Seconds   170 on 2 cores

Source:  Hinton & Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks", Science
         313; the penalties: see models/autoencoder.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, datasets, manual_seed, nn, no_grad, optim, tensor, zeros
from ..models.autoencoder import (
    Autoencoder,
    AutoencoderConfig,
    TiedAutoencoder,
    layer_contraction,
    sparse_penalty,
)
from ..models.conv_autoencoder import ConvAutoencoder, ConvAutoencoderConfig
from ..nn import functional as F
from ..train import Callback, Run, Watch, fit, predict
from .filming import filmed
from .job import Job

EXPECTED = {"sheet_variance_kept": 0.95, "mnist_error_ratio_at_most": 0.5}
HELD = {"free": "Many units answer every digit alike and say nothing.",
        "sparse": "Held to be quiet, each unit waits for a stroke of its own.",
        "contractive": "Held to be still, units answer smooth patterns: a pixel moved changes little."}
SHAPES = {"dense": (-1, 784), "tied": (-1, 784), "convolutional": (-1, 1, 28, 28)}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10            # of the linear layers on MNIST
    tied_epochs: int = 5
    conv_epochs: int = 3        # each takes as long as three of the others
    held_epochs: int = 4        # of those with a penalty
    units: int = 64             # of those with a penalty
    sparse: float = 5e-3        # what the sparse penalty counts beside a pixel's squared error
    contractive: float = 5e-4   # what the contractive one counts
    held_lr: float = 1e-2       # sigmoid units start slowly
    sheet_epochs: int = 60
    code: int = 32              # numbers for a digit
    hidden: tuple[int, ...] = (512, 128)
    sheet_hidden: tuple[int, ...] = (64, 64)
    batch_size: int = 128
    lr: float = 3e-3            # the peak of the cycle
    samples: int = 4000         # points on the sheet


def pca(train: np.ndarray, x: np.ndarray, n: int) -> np.ndarray:
    """x as the n directions of largest variance in `train` say it again: the best that a plane can do.

        y = m + (x - m) V V^T            V (D, n) the first eigenvectors of the covariance, m the mean
    """
    mean = train.mean(0, dtype=np.float64)
    _, vectors = np.linalg.eigh(np.cov(train - mean, rowvar=False))
    plane = vectors[:, -n:]
    return mean + (x - mean) @ plane @ plane.T


def kept(y: np.ndarray, x: np.ndarray) -> float:
    """The share of the variance of x that is in y: 1 - sum (y - x)^2 / sum (x - mean x)^2."""
    return float(1 - ((y - x) ** 2).sum() / ((x - x.mean(0)) ** 2).sum())


class Held(nn.Module):
    """A layer of sigmoid units there and one back, beside a penalty on the code: x -> (x again, penalty)."""

    def __init__(self, units: int, penalty: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.model = Autoencoder(AutoencoderConfig(784, (), units, is_code_bounded=True))
        self.penalty = penalty

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code = self.model.encode(x)
        return self.model.decode(code), self.penalty(code, self.model.encoder[0].weight)

    @staticmethod
    def loss(found: tuple[Tensor, Tensor], x: Tensor) -> Tensor:
        """mean (y - x)^2 + penalty"""
        return F.mse_loss(found[0], x) + found[1]


def learn(job: Job, model: nn.Module, x: np.ndarray, epochs: int, part: tuple[Run, bool],
          callbacks: list[Callback], batch_size: int, loss: Callable = F.mse_loss,
          lr: float | None = None) -> list[float]:
    """Train a network to say its input again, and return the loss of each epoch."""
    (run, resume), lr = part, job.settings.lr if lr is None else lr
    optimizer = optim.Adam(model.parameters(), lr=lr)
    cycle = optim.lr_scheduler.OneCycleLR(optimizer, lr, epochs=epochs,
                                          steps_per_epoch=-(-len(x) // batch_size))
    return fit(model, (x, x), loss=loss, optimizer=optimizer, scheduler=cycle, step_scheduler="batch",
               epochs=epochs, batch_size=batch_size, callbacks=callbacks, run=run, resume=resume,
               verbose=job.verbose)["loss"]


def through_three(job: Job) -> dict[str, Any]:
    """How much of the variance of 20 numbers is kept by 3, the sheet's and the plane's."""
    s = job.settings
    points = datasets.sheet(s.samples, seed=s.seed)
    train, test = points.split(test_size=0.25, seed=s.seed)
    manual_seed(s.seed)
    model = Autoencoder(AutoencoderConfig(20, s.sheet_hidden, 3, is_bounded=False))
    job.say("20 numbers through 3:")
    learn(job, model, train.x, s.sheet_epochs, job.part("sheet"), [], 32)
    return {"sheet_variance_kept": kept(predict(model, test.x).numpy(), test.x),
            "sheet_variance_kept_by_pca": kept(pca(train.x, test.x, 3), test.x)}


def held_to(job: Job, train: np.ndarray, test: np.ndarray) -> dict[str, Any]:
    """What penalties make of the same units: few that speak for each digit, or all that hardly move."""
    from .. import plot

    s = job.settings
    penalties: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "free": lambda code, weight: zeros(()),
        "sparse": lambda code, weight: s.sparse * sparse_penalty(code, 0.05),
        "contractive": lambda code, weight: s.contractive * layer_contraction(code, weight)}
    found: dict[str, Any] = {}
    for name, penalty in penalties.items():
        job.say(f"MNIST, {name}:")
        manual_seed(s.seed)
        held = Held(s.units, penalty)
        learn(job, held, train, s.held_epochs, job.part(name), [], s.batch_size, Held.loss, s.held_lr)
        weight = held.model.encoder[0].weight.detach()
        with no_grad():
            code = held.model.encode(tensor(test))
            told = {"error": F.mse_loss(held.model.decode(code), tensor(test)).item(),
                    "activity": code.mean().item(), "slope": layer_contraction(code, weight).item()}
        found |= {f"{name}_{key}": value for key, value in told.items()}
        job.figure(f"What units see: {name}",
                   functools.partial(plot.filters, weight.numpy().reshape(-1, 1, 28, 28)),
                   f"The weights of {s.units} sigmoid units, {name}: squared error {told['error']:.4f} on "
                   f"the test part, mean activity {told['activity']:.2f}, squared slope of the code "
                   f"{told['slope']:.1f}. {HELD[name]}")
    return found


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    metrics = through_three(job)
    train, test = datasets.mnist("train").x, datasets.mnist("test")
    again = {"PCA": pca(train, test.x, s.code)}
    losses: dict[str, list[float]] = {}
    few = test.take(slice(500))
    config = AutoencoderConfig(784, s.hidden, s.code)
    models = {"dense": (Autoencoder, config, s.epochs), "tied": (TiedAutoencoder, config, s.tied_epochs),
              "convolutional": (ConvAutoencoder, ConvAutoencoderConfig(code=s.code), s.conv_epochs)}
    for name, (kind, how, epochs) in models.items():
        job.say(f"MNIST, {name}:")
        manual_seed(s.seed)
        model, shape, watching = kind(how), SHAPES[name], []
        if name == "dense":
            dense, part = model, (job.run, job.resume)
            job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
            watching = [Watch(job.run, samples=64), *filmed(
                job, "Digits and what is kept while it learns",
                functools.partial(frame, model, few.x[:30]),
                "Digits of the test part, and below each what the network makes of its 32 numbers, after "
                "each epoch.")]
        else:
            part = job.part(name)
        losses[name] = learn(job, model, train.reshape(shape), epochs, part, watching, s.batch_size)
        again[name] = predict(model, test.x.reshape(shape)).numpy().reshape(-1, 784)
    errors = {name: float(((y - test.x) ** 2).mean()) for name, y in again.items()}
    draw(job, dense, test, again, errors, losses)
    metrics |= held_to(job, train, test.x)
    return {**metrics, "mnist_error_ratio": errors["dense"] / errors["PCA"],
            **{f"mnist_error_{name.lower()}": error for name, error in errors.items()},
            "mnist_variance_kept": kept(again["dense"], test.x)}


def frame(model: nn.Module, x: np.ndarray, training: Any) -> Any:
    """A frame: digits and what is kept of them, row by row."""
    from .. import plot

    rows = np.stack([x.reshape(-1, 10, 28, 28), predict(model, x).numpy().reshape(-1, 10, 28, 28)], 1)
    return plot.mosaic(rows.reshape(-1, 28, 28), 10, width=3.6, title=f"epoch {training.epoch}")


def draw(job: Job, model: Autoencoder, test: Any, again: dict[str, np.ndarray], errors: dict[str, float],
         losses: dict[str, list[float]]) -> None:
    """Digits as each method says them again, how often how far off, and ways between codes."""
    from .. import plot

    chosen = [int(np.flatnonzero(test.y == k)[0]) for k in range(10)]
    rows = np.concatenate([test.x[chosen], *(y[chosen] for y in again.values())]).reshape(-1, 28, 28)
    job.figure("Digits through 32 numbers", lambda: plot.mosaic(rows.clip(0, 1)),
               "The first digit of each class of the test part; below it what is left of it by "
               + ", ".join(f"{name} (squared error {error:.4f})" for name, error in errors.items()) + ".")
    job.lines("Loss on MNIST", losses, "Squared error of a pixel on the training part, by epoch.", start=1,
              x_label="epoch")
    a, b = (model.encode(tensor(test.x[at])).detach().numpy() for at in (chosen[:5], chosen[5:]))
    steps = np.linspace(0, 1, 10, dtype=np.float32)[None, :, None]
    ways = ((1 - steps) * a[:, None] + steps * b[:, None]).reshape(100 // 2, -1)
    pictures = model.decode(tensor(ways)).detach().numpy().reshape(-1, 28, 28)
    job.figure("From digit to digit", functools.partial(plot.mosaic, pictures),
               "Each row goes in a straight line from the code of one digit to that of another. Nothing "
               "asked for codes in between to mean anything: some are no digits, which is what a variational "
               "autoencoder mends.")
