"""gan-modes: eight spots on a ring, 25 on a grid: a plain GAN collapses, two remedies find them all.

Reaches   WGAN-GP and minibatch discrimination: 8 of 8 and at least 24 of 25 spots, at least 90 % of samples
          within 4 deviations of one; the plain GAN covers at most 4 of 8 and 12 of 25 on average over its
          epochs, and in the end less than half of its samples lie in a spot
Protocol  8 normal spots of deviation 0.1 on a circle of radius 2, 25 of deviation 0.07 on a grid with
          spacing 1, drawn anew for each batch, seed 0; a spot counts if at least a fifth of its share of
          10,000 samples lies within 4 deviations of it; all three have the same networks of three hidden
          layers of 128 and as many steps, 3,000 on 8 spots, 6,000 on 25; the plain GAN is one as it is first
          written down: layers as they start by default, Adam with its usual betas and rate, which stays; the
          others start with bends all over the plane, have betas 0.5 and 0.9, a rate that falls to 0, and make
          samples by the mean of the weights over the last steps
Seconds   320 on 2 cores

The generator of a plain GAN need only find one place that the discriminator holds for real. When the
discriminator has learned of it, the generator moves on to the next, and so around the ring for ever. That
is no fate: with the start, the betas and the falling rate of the others it finds more of them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, manual_seed, nn, randint, randn, sigmoid, tensor
from ..models import wgan
from ..models.gan import GANConfig, discriminator, discriminator_loss, generator, non_saturating_loss
from ..models.minibatch_discrimination import batch_discriminator
from ..models.wgan_gp import gradient_penalty
from ..train.duel import Duel, Rules
from .adversarial import Course, adam, curves, finish, on_plane, plane_film, play
from .job import Job

KINDS = {"gan": "plain GAN", "minibatch": "minibatch discrimination", "wgan-gp": "WGAN-GP"}
COUNTS = (8, 25)
DEVIATIONS, LEAST = {8: 0.1, 25: 0.07}, 0.2                      # of a spot; of its share of samples
EXPECTED = {"wgan_gp_8_spots": 8, "wgan_gp_8_within": 0.9, "wgan_gp_25_spots": 24, "wgan_gp_25_within": 0.9,
            "minibatch_8_spots": 8, "minibatch_8_within": 0.9, "minibatch_25_spots": 24,
            "minibatch_25_within": 0.9, "gan_8_average_at_most": 4, "gan_25_average_at_most": 12,
            "gan_8_within_at_most": 0.5, "gan_25_within_at_most": 0.5}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 20
    steps: int = 150            # in an epoch; twice as many on 25 spots
    batch_size: int = 128       # twice as many for WGAN-GP
    units: int = 128
    code: int = 2               # numbers that a sample is made of
    bends: float = 1.0          # see GANConfig: without it 25 spots take several times as long
    lr: float = 2e-3            # with 1e-3 twice as many steps on 25 spots get less far
    plain_lr: float = 1e-3      # of the plain GAN
    weight: float = 0.1         # of the penalty: the paper's 10 makes spots run into each other
    rounds: int = 3             # of WGAN-GP's critic
    average: float = 0.995
    samples: int = 10000


def centres(count: int) -> np.ndarray:
    """Where the spots lie: 8 on a circle of radius 2, or 25 on a grid: (count, 2)."""
    if count == 25:
        axis = np.arange(-2.0, 3.0)
        return np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    angle = 2 * np.pi * np.arange(count) / count
    return (2 * np.stack([np.cos(angle), np.sin(angle)], 1)).astype(np.float32)


def drawn(spots: Tensor, n: int) -> Tensor:
    """Points of spots that are all as likely: (n, 2)."""
    return spots[randint(len(spots), (n,))] + DEVIATIONS[len(spots)] * randn(n, 2)


def measured(x: np.ndarray, spots: np.ndarray) -> dict[str, float]:
    """How many spots samples cover, and how many samples lie in one.

        spots    those with at least a fifth of their share of samples within 4 deviations
        within   share of the samples that lie within 4 deviations of a spot

    Shapes:  x (N, 2), spots (K, 2)
    """
    far = np.linalg.norm(x[:, None] - spots[None], axis=2)                      # (N, K)
    near, is_within = far.argmin(1), far.min(1) <= 4 * DEVIATIONS[len(spots)]
    share = np.bincount(near[is_within], minlength=len(spots)) * len(spots) / len(x)
    return {"spots": int((share >= LEAST).sum()), "within": float(is_within.mean())}


def duel_of(kind: str, steps: int, s: Settings) -> Duel:
    """The networks of one kind with their rules and the start that belongs to the seed."""
    manual_seed(s.seed)
    config = GANConfig(noise=s.code, units=s.units, layers=3,
                       bends=0.0 if kind == "gan" else s.bends)
    judge: nn.Module = batch_discriminator(config, 8, 3) if kind == "minibatch" else discriminator(config)
    nets, is_plain = (generator(config), judge), kind == "gan"
    rules = Rules(discriminator_loss, non_saturating_loss)
    if kind == "wgan-gp":
        rules = Rules(wgan.critic_loss, wgan.generator_loss, is_logit=False, rounds=s.rounds,
                      penalty=functools.partial(gradient_penalty, weight=s.weight))
    lr, betas = (s.plain_lr, (0.9, 0.999)) if is_plain else (s.lr, (0.5, 0.9))
    optimizers, schedulers = adam(nets, (lr, lr), betas, steps)
    return Duel(*nets, optimizers, rules, lambda n: randn(n, s.code), average=0.0 if is_plain else s.average,
                schedulers=() if is_plain else schedulers)


def trained(job: Job, kind: str, count: int) -> tuple[Duel, Course]:
    """One kind on one set of spots."""
    s, spots = job.settings, centres(count)
    n = s.batch_size * (2 if kind == "wgan-gp" else 1)
    shown, fixed = (tensor(np.random.RandomState(seed).standard_normal((size, s.code)).astype(np.float32))
                    for seed, size in ((0, 500), (1, 2000)))

    def look(duel: Duel) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        def seen(x: Tensor) -> Tensor:
            return sigmoid(duel.discriminator(x)) if duel.rules.is_logit else duel.discriminator(x)
        return measured(duel.made(fixed).numpy(), spots), on_plane(duel, shown, reach(spots), seen)

    steps = s.steps * (2 if count == 25 else 1)
    duel, places = duel_of(kind, s.epochs * steps, s), tensor(spots)
    job.say(f"{KINDS[kind]}, {count} spots:")
    return duel, play(duel, job.part(f"{kind}-{count}"), lambda: (drawn(places, n),), look, epochs=s.epochs,
                      steps=steps, say=job.say)


def reach(spots: np.ndarray) -> float:
    """How far pictures of these spots reach from the middle."""
    return 1.3 * float(np.abs(spots).max())


def main(job: Job) -> dict[str, Any]:
    s, duels, courses, metrics = job.settings, {}, {}, {}
    for count in COUNTS:
        for kind in KINDS:
            name = f"{kind}-{count}"
            duels[name], courses[name] = trained(job, kind, count)
    manual_seed(s.seed + 1)
    for count in COUNTS:
        for kind in KINDS:
            found = measured(duels[f"{kind}-{count}"].sample(s.samples).numpy(), centres(count))
            metrics.update({f"{kind.replace('-', '_')}_{count}_{key}": value for key, value in found.items()})
        metrics[f"gan_{count}_average"] = float(np.mean(courses[f"gan-{count}"].column("spots")))
    finish(job, courses, duels)
    draw(job, courses)
    return metrics


def draw(job: Job, courses: dict[str, Course]) -> None:
    """Films, spots covered over time, and the numbers of each game."""
    for count in COUNTS:
        mine = {words: courses[f"{kind}-{count}"] for kind, words in KINDS.items()}
        job.lines(f"Spots covered, of {count}",
                  {name: course.column("spots") for name, course in mine.items()},
                  "Spots that get at least a fifth of their share of samples. A plain GAN moves from one to "
                  "another; the others keep what they have found.", x_label="epoch", start=1, log=False)
        job.lines(f"Samples within a spot, of {count}",
                  {name: course.column("within") for name, course in mine.items()},
                  "The share of samples within 4 deviations of a spot; the rest lies on the bridges between "
                  "them.", x_label="epoch", start=1, log=False)
        real = drawn(tensor(centres(count)), 500).numpy()
        for name, course in mine.items():
            plane_film(job, f"{name}, {count} spots", course, real, reach(centres(count)),
                       "Data in grey, samples in orange; the bluer a place, the more real the discriminator "
                       "or the critic takes what lies there to be.")
        curves(job, {f"{name}, {count} spots": course for name, course in mine.items()},
               "D, or the critic's score,")
