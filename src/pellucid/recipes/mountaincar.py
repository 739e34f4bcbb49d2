"""mountaincar: an engine that is too weak for the hill learns to swing up; DQN.

Reaches   a mean return >= -120 in 100 test episodes
Protocol  MountainCar-v0, -1 for each step until the flag, 200 at most; 16 copies, 120,000 steps in all; after
          every 10,000 steps 20 episodes without exploring, from starts of their own; the weights that did
          best there (of equals the last) are tested once, in 100 episodes from other starts; seed 0
Seconds   90 on 2 cores
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rl import DQN, Agent, DQNConfig
from .acting import planes, practised, world
from .job import Job

EXPECTED = {"test_return": -120.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 12
    steps: int = 10_000         # of each epoch, summed over the copies
    copies: int = 16
    memory: int = 20_000        # transitions
    before: int = 2_000         # steps of random actions before it begins to learn
    every: int = 16             # steps between two rounds of updates
    updates: int = 2            # in a round
    batch_size: int = 128
    target: int = 40            # rounds between two copies of the network for the targets
    lr: float = 3e-3            # falls to a tenth
    gamma: float = 0.98
    hidden: int = 64
    episodes: int = 20
    test_episodes: int = 100
    film_every: int = 1         # steps between two pictures


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    config = DQNConfig(budget=s.epochs * s.steps, memory=s.memory, before=s.before, every=s.every,
                       updates=s.updates, batch_size=s.batch_size, target=s.target, lr=s.lr, gamma=s.gamma,
                       hidden=(s.hidden, s.hidden), is_scaled=True)
    agent = DQN(world("MountainCar", s), config, s.seed)
    metrics = practised(job, agent, watch=functools.partial(worth, job))
    draw(job, agent)
    return metrics


def worth(job: Job, agent: Agent, row: dict[str, Any]) -> None:
    """Keep the value surface of an epoch, for the film of how it grew."""
    _, _, values, _ = surface(agent, 31)
    job.run.observe(**{f"worth_{row['epoch']}": values})


def surface(agent: Agent, points: int = 61) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What each place (m) and speed (m per step) is worth, and what is done there."""
    return planes(agent, (-1.2, -0.07), (0.6, 0.07), lambda x, v: np.stack([x, v], 1), points)


def draw(job: Job, agent: Agent) -> None:
    """The value function as contours and as a surface; the policy; the surface while it was learned."""
    from .. import plot
    from .acting import of_the_policy

    x, v, values, actions = surface(agent)
    job.figure("What every state is worth", lambda: plot.surface(x, v, values),
               "The largest worth of an action, by the car's place and speed: the discounted steps that are "
               "still to come, with a minus. The ridge is the swing up.")
    names = ("back", "nothing", "ahead")
    job.figure("What is done where", lambda: of_the_policy(x, v, actions, names, "place", "speed"),
               "The action that is worth most, by place and speed: mostly the engine pushes the way that the "
               "car rolls already.")
