"""cartpole-reinforce: whole episodes, each better or worse than expected, balance a pole.

Reaches   a mean return >= 475 of 500 in 100 test episodes
Protocol  CartPole-v1; 8 copies, 200,000 steps in all; after every 20,000 steps 20 episodes without exploring,
          from starts of their own; the weights that did best there (of equals the last) are tested once, in
          100 episodes from other starts; seed 0
Seconds   12 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..rl import Reinforce, ReinforceConfig, make_vector
from .acting import practised
from .job import Job

EXPECTED = {"test_return": 475.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10
    steps: int = 20_000         # of each epoch, summed over the copies
    copies: int = 8
    between: int = 8            # episodes between two updates
    lr: float = 3e-3            # falls to 0
    gamma: float = 0.99
    entropy: float = 0.01
    hidden: int = 64
    episodes: int = 20
    test_episodes: int = 100
    film_every: int = 4         # steps between two pictures


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    config = ReinforceConfig(budget=s.epochs * s.steps, episodes=s.between, lr=s.lr, gamma=s.gamma,
                             entropy=s.entropy, hidden=(s.hidden,))
    return practised(job, Reinforce(make_vector("CartPole", s.copies), config, s.seed))
