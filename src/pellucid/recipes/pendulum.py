"""pendulum: a motor that is too weak to lift a rod swings it up and holds it there; SAC.

Reaches   a mean return >= -200 in 100 test episodes
Protocol  Pendulum-v1, 200 steps an episode; 6,000 steps in all; after every 1,000 steps 20 episodes without
          exploring, from starts of their own; the weights that did best there (of equals the last) are tested
          once, in 100 episodes from other starts; seed 0
Seconds   30 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..rl import SAC, SACConfig, make_vector
from .acting import practised
from .job import Job

EXPECTED = {"test_return": -200.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 6
    steps: int = 1_000          # of each epoch
    copies: int = 1
    memory: int = 10_000        # transitions
    before: int = 500           # steps of random actions before it begins to learn
    batch_size: int = 128
    lr: float = 1e-3
    gamma: float = 0.98
    tau: float = 0.01           # how fast the targets follow
    hidden: int = 64
    episodes: int = 20
    test_episodes: int = 100
    film_every: int = 2         # steps between two pictures


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    config = SACConfig(memory=s.memory, before=s.before, batch_size=s.batch_size, lr=s.lr, gamma=s.gamma,
                       tau=s.tau, hidden=(s.hidden, s.hidden))
    return practised(job, SAC(make_vector("Pendulum", s.copies), config, s.seed))
