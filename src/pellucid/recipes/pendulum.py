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

import numpy as np

from ..rl import SAC, Agent, SACConfig
from .acting import planes, practised, world
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
    agent = SAC(world("Pendulum", s), config, s.seed)
    metrics = practised(job, agent)
    draw(job, agent)
    return metrics


def draw(job: Job, agent: Agent) -> None:
    """What each angle and speed is worth, and the torque that is chosen there."""
    from .. import plot

    def at(angle: np.ndarray, speed: np.ndarray) -> np.ndarray:
        return np.stack([np.cos(angle), np.sin(angle), speed], 1)

    angle, speed, values, torque = planes(agent, (-np.pi, -8.0), (np.pi, 8.0), at)
    job.figure("What every state is worth", lambda: plot.contours(angle, speed, values),
               "The smaller critic's worth of the action that is chosen, by the angle (rad, 0 is upright) "
               "and the speed (rad/s).")
    job.figure("The torque that is chosen", lambda: plot.surface(angle, speed, torque),
               "From -2 to 2 N m, by angle (rad) and speed (rad/s).")
