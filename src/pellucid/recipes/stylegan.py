"""stylegan: a style says at every layer what a digit shall be like; styles can be mixed and toned down.

Reaches   a classifier's score of at least 5.9 of 10 and a Frechet distance in its features of at most 122.7:
          within a tenth of PyTorch's, which are 6.58 and 111.5 with the same files, steps and seed 1
Protocol  the 60,000 digits of MNIST's training part, seed 0; 64 numbers of noise, the generator has 32 maps
          of 7 x 7 and 16 of 14 x 14 and of 28 x 28, the discriminator 32 of 14 x 14 and 64 of 7 x 7; 2,000
          steps with batches of 32, half of them of two styles each, by Adam with betas 0 and 0.99 and a rate
          that falls to 0; penalty R1 of 0.1; samples come from the mean of the generator's weights over the
          last steps; 10,000 of them, none selected, are compared with the test part by a LeNet that was
          trained on real digits alone (99.2 %); it gives as many digits of the training part a score of 9.7
          and a distance of 1.1; `python -m compatibility.duels stylegan` is PyTorch's side: 116 seconds of
          the processor in the epochs, 143 here; both sides' first losses agree to 7 digits, but a first beta
          of 0 turns roundings into steps: the courses part within ten, and each end is one draw: 6.85 and
          91.6 here, 4.70 and 246 there with seed 0, 6.51 and 119.5 here, 6.58 and 111.5 there with seed 1
Seconds   180 on 2 cores

The generator learns from 1.1 passes over the data, which is little: most of what it makes can be read, some
lies between two digits. Mixed at the first layer, both styles have a say in which digit it is; the last
layer's changes next to nothing. Truncation makes digits more alike, not clearer: with half of a style left
the judge is no surer of them.

Source:  Karras, Laine & Aila 2019, "A Style-Based Generator Architecture for Generative Adversarial
         Networks", arXiv:1812.04948.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, manual_seed, tensor
from ..models import dcgan, stylegan
from ..models.gan import discriminator_loss, non_saturating_loss
from ..nn.undisturbed import undisturbed
from ..train.duel import Duel, Rules
from .digit_duel import SEEN, DuelSettings, duel_over, held, ink
from .job import Job
from .judge import Judge

EXPECTED = {"score": 5.9, "frechet_at_most": 122.7}
PSIS = (0.0, 0.25, 0.5, 0.75, 1.0)                               # how much of a style is left


@dataclass(frozen=True)
class Settings(DuelSettings):
    steps: int = 100
    batch_size: int = 32
    width: int = 16             # the generator's maps of 28 x 28
    lr: float = 2e-3
    critics: int = 32           # the discriminator's maps of 14 x 14
    style: int = 64             # numbers in a style
    mixing: float = 0.5         # share of the batches in which two styles are mixed
    weight: float = 0.1         # of the penalty: with 1 the discriminator can hardly tell both apart


def duel_of(s: Settings) -> Duel:
    """Both networks with the start that belongs to the seed, and their rules."""
    manual_seed(s.seed)
    maker = stylegan.Generator(stylegan.StyleGANConfig(s.code, s.width, style=s.style))
    judge = dcgan.Discriminator(dcgan.DCGANConfig(s.code, s.critics, is_normed=False))
    rules = Rules(discriminator_loss, non_saturating_loss,
                  penalty=functools.partial(stylegan.r1_penalty, weight=s.weight))
    return duel_over((stylegan.MixingGenerator(maker, s.mixing), judge), rules, s, (0.0, 0.99))


def main(job: Job) -> dict[str, Any]:
    outcome = held(job, "stylegan", duel_of(job.settings))
    mean = outcome.duel.mean
    maker = getattr(mean, "module", mean).generator              # without the mixing
    draw_mixing(job, maker)
    return {**outcome.metrics, **draw_truncation(job, maker, outcome.judge)}


def seen(job: Job, make: Callable[..., Tensor], *given: Any) -> np.ndarray:
    """Pictures that `make` makes of what is given, with noise that belongs to the seed."""
    with undisturbed():
        manual_seed(job.settings.seed + 1)
        return ink(make(*given))


def draw_mixing(job: Job, maker: stylegan.Generator) -> None:
    """Coarse from the one digit, fine from the other, for several of both."""
    from .. import plot

    z = np.random.RandomState(3).standard_normal((14, job.settings.code)).astype(np.float32)
    coarse, fine = z[:8], z[8:]
    left = seen(job, maker, tensor(fine))
    for cross, words in ((1, "the maps of 7 x 7"), (2, "the maps of 7 x 7 and 14 x 14")):
        parts = [np.zeros((1, 28, 28)), seen(job, maker, tensor(coarse))]
        for k, one in enumerate(left):
            row = seen(job, maker, tensor(coarse), tensor(np.repeat(fine[k:k + 1], len(coarse), 0)), cross)
            parts += [one[None], row]
        job.figure(f"Styles mixed at layer {cross}",
                   functools.partial(plot.mosaic, np.concatenate(parts), 1 + len(coarse), gap=2),
                   f"The digits above give the style of {words}, those on the left that of the layers after.")


def draw_truncation(job: Job, maker: stylegan.Generator, judge: Judge) -> dict[str, float]:
    """Styles drawn towards their mean, and what that does to likeness and to certainty."""
    from .. import plot
    from ..plot.curves import bands

    s, n = job.settings, min(SEEN, job.settings.made)
    z = tensor(np.random.RandomState(4).standard_normal((n, s.code)).astype(np.float32))
    made = [seen(job, toned, maker, z, psi) for psi in PSIS]
    job.figure("Truncation", lambda: plot.mosaic(np.concatenate([part[:12] for part in made]), min(n, 12)),
               "The same styles in every row. Of what sets each apart from the mean style, "
               f"{', '.join(f'{psi:g}' for psi in PSIS)} is left, from above to below.")
    frechet = np.array([judge.marks(part)["frechet"] for part in made])
    sure = np.array([judge.probabilities(part).max(1).mean() for part in made])
    for what, y, caption in (
            ("distance", frechet, f"How far {n} digits are from real ones, by how much of a style is left: "
                                  "the fewer kinds remain, the farther."),
            ("certainty", sure, "How sure the judge is on average of what a digit is. With nothing left but "
                                "the mean style, all are one digit.")):
        job.figure(f"Truncation: {what}", functools.partial(bands, PSIS, {"made": y[None]}, x_label="psi",
                                                            y_label=what), caption)
    return {"frechet_at_half": float(frechet[PSIS.index(0.5)]), "sure_at_half": float(sure[PSIS.index(0.5)]),
            "sure": float(sure[-1])}


def toned(maker: stylegan.Generator, z: Tensor, psi: float) -> Tensor:
    """Pictures of styles that are drawn towards the mean."""
    w = maker.truncated(maker.mapping(z), psi)
    return maker.synthesis(maker.mixed(w, w, 0))
