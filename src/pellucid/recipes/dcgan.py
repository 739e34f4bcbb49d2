"""dcgan: two networks of convolutions against each other: digits that nobody wrote.

Reaches   a classifier's score of at least 5.8 of 10 and a Frechet distance in its features of at most 94.9:
          within a tenth of PyTorch's, which are 6.45 and 86.3 with the same files, first weights, batches and
          steps
Protocol  the 60,000 digits of MNIST's training part, seed 0; 64 numbers of noise, 24 maps of 14 x 14 in both
          networks and twice as many of 7 x 7; 5,600 steps with batches of 32 by Adam with betas 0.5 and 0.999
          and a rate that falls to 0, the discriminator's 0.3 of the generator's; real digits ought to get
          0.9; samples come from the mean of the generator's weights over the last steps; 10,000 of them, none
          selected, are compared with the test part by a LeNet that was trained on real digits alone (99.2 %);
          it gives as many digits of the training part a score of 9.7 and a distance of 1.1; `python -m
          compatibility.duels dcgan` is PyTorch's side: 149 seconds of the processor in the epochs, 140 here
Seconds   240 on 2 cores

The generator learns from 3 passes over the data, which is little: most of what it makes can be read, some
lies between two digits. That is what keeps the score from the 9.7 of real ones. With labels, which say what
to draw, smaller networks of this kind do far better in as many seconds: see cgan.

Source:  Radford, Metz & Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
         Generative Adversarial Networks", arXiv:1511.06434.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from .. import manual_seed
from ..models import dcgan
from ..models.gan import discriminator_loss, non_saturating_loss
from ..train.duel import Duel, Rules
from .digit_duel import DuelSettings, duel_over, held
from .job import Job

EXPECTED = {"score": 5.8, "frechet_at_most": 94.9}


@dataclass(frozen=True)
class Settings(DuelSettings):
    steps: int = 280
    batch_size: int = 32
    width: int = 24
    lr: float = 1e-3
    slower: float = 0.3         # share of the rate that the discriminator gets: with 1 it grows too sure
    smoothing: float = 0.1      # of the real digits' label


def duel_of(s: Settings) -> Duel:
    """Both networks with the start that belongs to the seed, and their rules."""
    manual_seed(s.seed)
    config = dcgan.DCGANConfig(s.code, s.width)
    rules = Rules(functools.partial(discriminator_loss, smoothing=s.smoothing), non_saturating_loss)
    return duel_over((dcgan.Generator(config), dcgan.Discriminator(config)), rules, s, slower=s.slower)


def main(job: Job) -> dict[str, Any]:
    return held(job, "dcgan", duel_of(job.settings)).metrics
