"""mountaincar: an engine that is too weak for the hill learns to swing up; DQN.

Reaches   a mean return >= -120 in 100 test episodes
Protocol  MountainCar-v0, -1 for each step until the flag, 200 at most, nothing else is rewarded; random
          actions come in runs of 10 steps in the mean, since single ones never lead to the flag; 16 copies,
          180,000 steps in all; after every 5,000 steps 50 episodes without exploring, from starts of their
          own; the weights that did best there (of equals the last) are tested once, in 100 episodes from
          other starts; seed 0
Seconds   50 on 2 cores
Seeds     3 of the seeds 0 to 4 reach it (-111.9, -110.1, -119.5), the other two do not (-131.6, -130.3)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .acting import dqn, practised
from .job import Job

EXPECTED = {"test_return": -120.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 36
    steps: int = 5_000          # of each epoch, summed over the copies
    copies: int = 16
    memory: int = 180_000       # transitions: all of them
    before: int = 2_000         # steps of random actions before it begins to learn
    every: int = 64             # steps between two rounds of updates
    updates: int = 8            # in a round
    batch_size: int = 256
    target: int = 2             # rounds between two copies of the network for the targets
    lr: float = 1e-3            # falls to a tenth
    gamma: float = 0.99
    n_steps: int = 2            # rewards that are added up before a target trusts the older network
    exploring: float = 0.9      # share of the steps over which random actions become rare
    rest: float = 0.1           # share of random actions that stays
    sticky: float = 0.9         # how likely a random action is done once more: single ones lead nowhere here
    hidden: int = 128
    episodes: int = 50
    test_episodes: int = 100
    film_every: int = 1         # steps between two pictures


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    return practised(job, dqn("MountainCar", s, rest=s.rest, sticky=s.sticky, is_scaled=True))
