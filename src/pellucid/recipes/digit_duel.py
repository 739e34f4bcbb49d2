"""What the recipes of duels over digits share: data, course, the judge of what is made, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, datasets, manual_seed, nn, randint, randn, tensor
from ..models.dcgan import from_ink, to_ink
from ..nn.undisturbed import undisturbed
from ..train.duel import Duel, Rules
from .adversarial import Course, adam, course_film, curves, finish, play
from .job import Job
from .judge import Judge, judge_of

SIDE, CLASSES = 28, 10
BATCH, SEEN, SHOWN = 500, 1000, 80                               # made at once; judged and shown each epoch


@dataclass(frozen=True)
class DuelSettings:
    """What each of these recipes can be told; each has defaults of its own."""

    seed: int = 0
    epochs: int = 20
    steps: int = 200            # of the generator in an epoch
    batch_size: int = 64
    code: int = 64              # numbers that a digit is made of
    width: int = 32             # maps of 14 x 14; twice as many of 7 x 7
    lr: float = 5e-4            # falls evenly to 0
    average: float = 0.995      # how much of the mean of the generator's weights each step leaves
    made: int = 10000           # digits that the judge sees in the end
    judge_epochs: int = 3


@dataclass
class Outcome:
    """A duel that is over, its judge, and what the judge saw: made digits, and what each was asked to be."""

    duel: Duel
    judge: Judge
    pictures: np.ndarray                                         # (made, 28, 28)
    labels: np.ndarray
    metrics: dict[str, Any]


def duel_over(nets: tuple[nn.Module, nn.Module], rules: Rules, s: Any,
               betas: tuple[float, float] = (0.5, 0.999), slower: float = 1.0) -> Duel:
    """A duel of networks whose rates fall to 0 at the end of the settings' epochs.

    slower   what share of the generator's rate the discriminator gets
    """
    optimizers, schedulers = adam(nets, (s.lr, slower * s.lr), betas, s.epochs * s.steps)
    return Duel(*nets, optimizers, rules, lambda n: randn(n, s.code), average=s.average,
                schedulers=schedulers)


def held(job: Job, name: str, duel: Duel, *, is_told: bool = False) -> Outcome:
    """Hold a duel to its end, judge what came of it, and draw the figures that all of them have.

    is_told   are the networks told what each digit shows?
    """
    judge = judge_of(job, job.settings.judge_epochs)
    course = learned(job, name, duel, judge, is_told=is_told)
    pictures, labels = drawn(duel, job.settings, job.settings.made, is_told)
    metrics: dict[str, Any] = judge.marks(pictures)
    if is_told:
        metrics["agreement"] = judge.agreement(pictures, labels)
    draw_course(job, name, course, pictures)
    draw_made(job, duel, pictures, is_told)
    finish(job, {name: course}, {name: duel})
    return Outcome(duel, judge, pictures, labels, metrics)


def learned(job: Any, name: str, duel: Duel, judge: Judge, *, is_told: bool = False) -> Course:
    """Train on MNIST's training part, with its labels where the networks are told them.

    Raises:  ValueError for pictures outside [0, 1] and labels other than 0 to 9.
    """
    s, data = job.settings, datasets.mnist("train")
    x, y = from_ink(tensor(data.x)).reshape(-1, 1, SIDE, SIDE), tensor(known(data.y))

    def some() -> tuple[Tensor, ...]:
        chosen = randint(len(x), (s.batch_size,))
        return (x[chosen], y[chosen]) if is_told else (x[chosen],)

    def look(duel: Duel) -> tuple[dict[str, float], dict[str, np.ndarray]]:
        pictures, _ = drawn(duel, s, min(SEEN, s.made), is_told)
        return judge.marks(pictures), {"samples": pictures[:SHOWN]}

    return play(duel, job.part(name), some, look, epochs=s.epochs, steps=s.steps, say=job.say)


def known(labels: np.ndarray) -> np.ndarray:
    """The labels as they are.

    Raises:  ValueError for labels other than 0 to 9, naming the first.
    """
    strange = (labels < 0) | (labels >= CLASSES)
    if strange.any():
        at = int(strange.argmax())
        raise ValueError(f"digits: labels must be from 0 to {CLASSES - 1}, sample {at} has {labels[at]}")
    return labels


def drawn(duel: Duel, s: Any, n: int, is_told: bool) -> tuple[np.ndarray, np.ndarray]:
    """n made digits from noise that belongs to the seed, always the same, and their labels in turn.

    Shapes:  (n, 28, 28) from 0 to 1, (n,)
    """
    labels = np.arange(n) % CLASSES
    with undisturbed():
        manual_seed(s.seed + 1)
        made = [ink(duel.sample(len(part), *((tensor(part),) if is_told else ())))
                for part in np.split(labels, range(BATCH, n, BATCH))]
    return np.concatenate(made), labels


def ink(pictures: Tensor) -> np.ndarray:
    """Pictures as (N, 28, 28) from 0 to 1."""
    return np.clip(to_ink(pictures).numpy(), 0, 1).reshape(-1, SIDE, SIDE)


def on_the_way(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Noise from a to b in steps of equal angles, on which it stays as long as noise is.

        y = (sin((1 - t) w) a + sin(t w) b) / sin w               w the angle between a and b, t from 0 to 1

    A straight line would lead through the middle, where next to no noise lies.

    Shapes:  a, b (N, C) -> (N, count, C)
    """
    cosine = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    w, t = np.arccos(np.clip(cosine, -1, 1))[:, None, None], np.linspace(0, 1, count)[None, :, None]
    return (np.sin((1 - t) * w) * a[:, None] + np.sin(t * w) * b[:, None]) / np.sin(w)


def nearest(pictures: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Of each picture the one that differs from it least.

    Shapes:  pictures (N, 28, 28), among (M, 784) -> (N, 28, 28)
    """
    x = pictures.reshape(len(pictures), -1)
    far = (among ** 2).sum(1) - 2 * x @ among.T                  # and |x|^2, the same for all
    return among[far.argmin(1)].reshape(-1, SIDE, SIDE)


def draw_course(job: Job, name: str, course: Course, pictures: np.ndarray) -> None:
    """A film of the samples, the last of them, how good they were when, and the numbers of the game."""
    from .. import plot

    course_film(job, "Digits while they are learned", course,
                lambda kept, epoch: plot.mosaic(kept["samples"].numpy(), 10, width=3.6, title=epoch),
                "What the same noise becomes after each epoch. Nothing was selected.")
    job.figure("Samples", lambda: plot.mosaic(pictures[:100]),
               "Digits that nobody wrote, after the last epoch. Nothing was selected.")
    for key, caption in (
            ("score", "How sure the judge is of what each digit is, and how evenly all ten are made: from 1 "
                      "to 10; real digits get 9.7."),
            ("frechet", f"How far the judge's features of {SEEN} made digits are from those of real ones. "
                        "With so few it comes out larger than with all that are made in the end.")):
        job.lines(f"Judged: {key}", {key: course.column(key)}, caption, x_label="epoch", start=1, log=False)
    curves(job, {name: course}, "D, or the critic's score,")


def draw_made(job: Job, duel: Duel, pictures: np.ndarray, is_told: bool) -> None:
    """The way from one noise to another, and the real digits that made ones are nearest to."""
    from .. import plot

    rows, columns = (CLASSES if is_told else 8), 12
    a, b = np.random.RandomState(2).standard_normal((2, rows, job.settings.code))
    way = tensor(on_the_way(a, b, columns).reshape(rows * columns, -1).astype(np.float32))
    given = (tensor(np.repeat(np.arange(rows), columns)),) if is_told else ()
    with undisturbed():
        manual_seed(job.settings.seed)
        between = ink(duel.made(way, *given))
    job.figure("From one noise to another", lambda: plot.mosaic(between, columns),
               "In each row the noise turns evenly from one draw into another. What lies between digits "
               "ought to be digits too: a network that had learned some by heart would jump.")
    shown = pictures[:12]
    both = np.concatenate([shown, nearest(shown, datasets.mnist("train").x)])
    job.figure("Made digits and the nearest real ones", lambda: plot.mosaic(both, len(shown)),
               "Above made digits, below of each the digit of the training part that differs least from it, "
               "pixel by pixel: alike, but not the same.")
