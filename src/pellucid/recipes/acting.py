"""What the recipes of reinforcement learning share: practice, the test, the pictures of what was learned."""

from __future__ import annotations

import functools
from typing import Any

from ..rl import DQN, PPO, Agent, DQNConfig, PPOConfig, evaluate, film, make_vector, practise
from . import value_maps
from .job import Job

VALIDATION, TEST = 20_000, 30_000                                # the seeds of their starts


def practised(job: Job, agent: Agent) -> dict[str, Any]:
    """Let an agent learn as the settings say, and test it: the mean return of episodes it has never seen.

    The best weights by the returns of `episodes` starts are tested once, from `test_episodes` other starts.
    """
    s = job.settings
    networks = {name: repr(network) for name, network in agent.networks.items()}
    job.run.describe(model="\n".join(f"{name}: {text}" for name, text in networks.items()),
                     parameters=sum(p.numel() for each in agent.networks.values() for p in each.parameters()))
    rows = practise(agent, epochs=s.epochs, steps=s.steps, episodes=s.episodes, seed=VALIDATION, run=job.run,
                    resume=job.resume, watch=functools.partial(value_maps.remember, job), verbose=job.verbose)
    returns = evaluate(agent, episodes=s.test_episodes, seed=TEST)
    told = [row["return"] for row in rows if "return" in row]
    if told:
        job.lines("Return by steps", {"training": told, "tested": [row["val_return"] for row in rows]},
                  f"The mean return of the episodes that ended in each epoch of {s.steps:,} steps, "
                  f"explorations included, and of {s.episodes} episodes without any.",
                  x_label="epoch", start=1, log=False)
    show(job, agent)
    value_maps.draw(job, agent, len(rows))
    first = next((row["step"] for row in rows if row["val_return"] >= max(r["val_return"] for r in rows)), 0)
    return {"test_return": float(returns.mean()), "test_return_spread": float(returns.std()),
            "steps": int(rows[-1]["step"]), "steps_to_best": int(first)}


def show(job: Job, agent: Agent) -> None:
    """A moving picture of an episode from a new start."""
    drawings = film(agent, seed=TEST + 1, every=max(1, job.settings.film_every))
    job.film("An episode after training", drawings,
             f"The trained agent acts without exploring; every {job.settings.film_every}. step is shown.")


def dqn(name: str, s: Any, **more: Any) -> DQN:
    """The DQN agent of a recipe's settings, in copies of the environment of that name."""
    config = DQNConfig(budget=s.epochs * s.steps, memory=s.memory, before=s.before, every=s.every,
                       updates=s.updates, batch_size=s.batch_size, target=s.target, lr=s.lr, gamma=s.gamma,
                       n_steps=s.n_steps, exploring=s.exploring, hidden=(s.hidden, s.hidden), **more)
    return DQN(make_vector(name, s.copies), config, s.seed)


def ppo(name: str, s: Any) -> PPO:
    """The PPO agent of a recipe's settings, in copies of the environment of that name."""
    config = PPOConfig(budget=s.epochs * s.steps, rollout=s.rollout, passes=s.passes, batch_size=s.batch_size,
                       lr=s.lr, gamma=s.gamma, lam=s.lam, clip=s.clip, hidden=(s.hidden, s.hidden))
    return PPO(make_vector(name, s.copies), config, s.seed)
