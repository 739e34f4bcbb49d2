"""acrobot: two links, a motor at the elbow alone, swing their tip up; PPO.

Reaches   a mean return >= -90 in 100 test episodes
Protocol  Acrobot-v1, -1 for each step until the tip is a link's length above the hinge, 500 at most; 16
          copies, 300,000 steps in all; after every 30,000 steps 20 episodes without exploring, from starts of
          their own; the weights that did best there (of equals the last) are tested once, in 100 episodes
          from other starts; seed 0
Seconds   30 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .acting import ppo, practised
from .job import Job

EXPECTED = {"test_return": -90.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10
    steps: int = 30_000         # of each epoch, summed over the copies
    copies: int = 16
    rollout: int = 128          # steps of each copy between two updates
    passes: int = 8
    batch_size: int = 256
    lr: float = 1e-3            # falls to 0
    gamma: float = 0.99
    lam: float = 0.94
    clip: float = 0.2
    hidden: int = 64
    episodes: int = 20
    test_episodes: int = 100
    film_every: int = 1         # steps between two pictures


def main(job: Job) -> dict[str, Any]:
    return practised(job, ppo("Acrobot", job.settings))
