"""vae: a variational autoencoder learns MNIST's digits as 20 numbers, and draws new ones.

Reaches   -ELBO <= 106 nats on the test part
Protocol  the official 60,000 / 10,000 split, pixels from 0 to 1 as chances of ink; the network of PyTorch's
          example: 784-400-20-400-784, relu, Adam at 1e-3, batches of 128, 10 epochs, seed 0; tested once,
          after the last epoch, one draw of the code for each digit; then the same with a code of 2 numbers,
          for a map
Seconds   200 on 2 cores

Source:  Kingma & Welling 2014, "Auto-Encoding Variational Bayes", arXiv:1312.6114.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from .. import cat, datasets, manual_seed, no_grad, optim, randn, tensor
from ..models.vae import VAE, Bound, NegativeElbo, VAEConfig, bound, divergence
from ..train import Callback, Run, Watch, fit
from .filming import filmed
from .job import Job
from .judge import judge_of

EXPECTED = {"test_loss_at_most": 106.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10
    map_epochs: int = 10        # of the network with a code of two numbers
    hidden: int = 400
    latent: int = 20
    beta: float = 1.0           # what a nat of divergence counts
    batch_size: int = 128
    lr: float = 1e-3
    shown: int = 2000           # digits of the test part on the map
    judge_epochs: int = 3
    judged: int = 10000         # samples that the judge sees


def main(job: Job) -> dict[str, Any]:
    from .. import plot

    s = job.settings
    train, test = datasets.mnist("train"), datasets.mnist("test")
    judge = judge_of(job, s.judge_epochs)
    model = VAE(VAEConfig(hidden=s.hidden, latent=s.latent))
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    codes = randn(64, s.latent)
    watching = filmed(job, "Samples while it learns", plot.drawn_samples(lambda: model.pictures(codes)),
                      "The same 64 codes, drawn at random, decoded after each epoch.")
    learn(job, model, train.x, s.epochs, (job.run, job.resume), [Watch(job.run, samples=64), *watching])
    parts = tested(model, test.x)
    marks = judge.marks(model.sample(s.judged).numpy())

    job.say("the same with a code of two numbers:")
    manual_seed(s.seed)
    flat = VAE(VAEConfig(hidden=s.hidden, latent=2))
    few = tensor(test.x[:s.shown])
    spread = filmed(job, "The map while it learns",
                    plot.drawn_codes(lambda x: flat.encode(x)[0], few, test.y[:s.shown], reach=4.0),
                    "Where the encoder puts digits of the test part, whose class it is never told, after "
                    "each epoch of a network whose code has two numbers.")
    learn(job, flat, train.x, s.map_epochs, job.part("map"), spread)
    draw(job, model, flat, test)
    return {"test_loss": parts.total.mean().item(), "reconstruction": parts.reconstruction.mean().item(),
            "divergence": parts.divergence.mean().item(),
            "map_test_loss": tested(flat, test.x).total.mean().item(),
            **{f"samples_{name}": value for name, value in marks.items()}}


def learn(job: Job, model: VAE, x: np.ndarray, epochs: int, part: tuple[Run, bool],
          callbacks: list[Callback]) -> None:
    """Train; a run that was interrupted goes on from its last epoch."""
    s, loss, (run, resume) = job.settings, NegativeElbo(job.settings.beta), part
    fit(model, (x, x), loss=loss, optimizer=optim.Adam(model.parameters(), lr=s.lr), epochs=epochs,
        batch_size=s.batch_size, metrics=loss.metrics, callbacks=callbacks, run=run, resume=resume,
        verbose=job.verbose)


def tested(model: VAE, x: np.ndarray, batch: int = 500) -> Bound:
    """Both parts of -ELBO of each sample, (N,)."""
    with no_grad():
        batches = [tensor(x[i:i + batch]) for i in range(0, len(x), batch)]
        parts = [bound(model(each), each) for each in batches]
    return Bound(*(cat(each) for each in zip(*parts, strict=True)))


def between(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Codes on the straight lines between pairs: two of (N, Z) -> (N steps, Z)."""
    share = np.linspace(0, 1, steps)[None, :, None]
    return ((1 - share) * first[:, None] + share * last[:, None]).reshape(-1, first.shape[1])


def lattice(side: int) -> np.ndarray:
    """Codes of two numbers on a grid on which each cell is as likely as any other: (side side, 2)."""
    ticks = np.array([NormalDist().inv_cdf((i + 0.5) / side) for i in range(side)])
    return np.stack([np.tile(ticks, side), np.repeat(ticks[::-1], side)], 1)


def draw(job: Job, model: VAE, flat: VAE, test: Any) -> None:
    """Samples, digits and what is kept of them, ways between digits, the map, what each number carries."""
    from .. import plot

    chosen = tensor(np.stack([test.x[np.flatnonzero(test.y == k)[0]] for k in range(10)]))
    with no_grad():
        means, log_variance = model.encode(tensor(test.x[:1000]))
        codes = model.encode(chosen)[0].numpy()
    ways = between(codes[:5], codes[[6, 7, 3, 9, 0]], 10)
    shown = {"made": model.sample(100), "kept": model.pictures(tensor(codes)),
             "ways": model.pictures(tensor(ways.astype(np.float32))),
             "grid": flat.pictures(tensor(lattice(20).astype(np.float32)))}
    made = {name: pictures.numpy().reshape(-1, 28, 28) for name, pictures in shown.items()}
    nats = [divergence(means[:, j:j + 1], log_variance[:, j:j + 1]).mean().item()
            for j in range(means.shape[1])]
    job.figure("Samples", lambda: plot.mosaic(made["made"]),
               "A hundred digits that nobody wrote: codes drawn from the standard normal distribution, "
               "decoded. Nothing was selected.")
    job.figure("Digits and what is kept of them",
               lambda: plot.mosaic(np.concatenate([chosen.numpy().reshape(-1, 28, 28), made["kept"]])),
               f"The first digit of each class of the test part, and below it what the decoder makes of the "
               f"mean of its code: {means.shape[1]} numbers for 784.")
    job.figure("From digit to digit", lambda: plot.mosaic(made["ways"]),
               "Each row goes in a straight line from the code of one digit of the test part to that of "
               "another. What lies between looks like handwriting too, for codes that are near each other "
               "mean alike.")
    job.figure("A map of all digits", lambda: plot.mosaic(made["grid"], 20, gap=0),
               "What a code of two numbers means, over the plane: each picture as likely as any other.")
    job.lines("What each number of the code carries", {"divergence": sorted(nats, reverse=True)},
              "Mean divergence of each number of the code from the standard normal distribution, in nats, "
              "the largest first, on 1,000 digits of the test part: near 0, a number is not used.",
              x_label="number of the code", start=1, log=False)
