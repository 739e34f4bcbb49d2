"""cartpole-ppo: a policy that moves in small steps learns to balance a pole for as long as one watches.

Reaches   a mean return >= 490 of 500 in 100 test episodes, on 4 of 5 seeds
Protocol  CartPole-v1; 8 copies, 100,000 steps in all; after every 10,000 steps 20 episodes without exploring,
          from starts of their own; the weights that did best there (of equals the last) are tested once, in
          100 episodes from other starts; seed 0
Seconds   15 on 2 cores
Beside    CleanRL's ppo.py (commit fe8d8a0, its own settings: 4 copies, 500,000 steps, seed 1; PyTorch 2.13,
          Gymnasium 0.29.1, NumPy 1.26), on the same machine, one thread, seconds of the processor: 123 s, 246
          us a step; the mean of 100 training episodes reaches 475 after 217,000 steps (53 s), 490 after
          221,000, and is 485 in the end. PPO here with the same settings and steps (value_clip 0.2): 32 s, 64
          us a step, 500 in the end with each of the seeds 1 to 5; without the value function's clip 388, 367,
          500, 478 and 500. This recipe's own settings reach 500 within 100,000 steps
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
