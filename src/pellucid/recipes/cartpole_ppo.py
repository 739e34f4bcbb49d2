"""cartpole-ppo: a policy that moves in small steps learns to balance a pole for as long as one watches.

Reaches   a mean return >= 490 of 500 in 100 test episodes, on 4 of 5 seeds
Protocol  CartPole-v1; 8 copies, 100,000 steps in all; after every 10,000 steps 20 episodes without exploring,
          from starts of their own; the weights that did best there (of equals the last) are tested once, in
          100 episodes from other starts; seed 0
Seconds   10 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .acting import ppo, practised
from .job import Job

EXPECTED = {"test_return": 490.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10
    steps: int = 10_000         # of each epoch, summed over the copies
    copies: int = 8
    rollout: int = 32           # steps of each copy between two updates
    passes: int = 10
    batch_size: int = 256
    lr: float = 1e-3            # falls to 0
    gamma: float = 0.98
    lam: float = 0.8
    clip: float = 0.2
    hidden: int = 64
    episodes: int = 20
    test_episodes: int = 100
    film_every: int = 4         # steps between two pictures


def main(job: Job) -> dict[str, Any]:
    return practised(job, ppo("CartPole", job.settings))
