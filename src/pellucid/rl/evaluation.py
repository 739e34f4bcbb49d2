"""How well an agent acts: whole episodes without exploration, apart from its training."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError
from .adapting import copies, vectorised
from .drawing import Drawing
from .environment import VectorEnv

__all__ = ["evaluate", "film"]


def evaluate(agent: Any, env: Any = None, episodes: int = 20, seed: int = 10_000) -> np.ndarray:
    """The return of each of several episodes, in an environment of its own with its own seeds.

    env  as of `vectorised`; the agent's by default. Built-in environments run all episodes at once; others
         one after the other, and they are left at the end of the last.
    Raises:  OpError for the agent's own environment where that cannot be copied, and for no episodes.
    """
    if episodes < 1:
        raise OpError(f"evaluate: episodes must be at least 1, got {episodes}")
    world = copies(agent.env if env is None else vectorised(env), episodes, seed)
    if world is agent.env:
        raise OpError("evaluate: the environment in which the agent learns cannot be copied; give another "
                      "one as env")
    if not isinstance(world, VectorEnv):
        return np.array([episode(agent, world.envs[0], seed + i) for i in range(episodes)])
    seen, _ = world.reset(seed=seed)
    found, running = np.zeros(episodes), np.ones(episodes, bool)
    while running.any():
        seen, rewards, terminated, truncated, _ = world.step(agent.act(seen))
        found += np.where(running, rewards, 0)
        running &= ~(terminated | truncated)
    return found


def episode(agent: Any, env: Any, seed: int) -> float:
    """The return of one episode in a single environment."""
    seen, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        action = agent.act(np.asarray(seen, np.float32)[None])[0]
        seen, reward, terminated, truncated, _ = env.step(action.item() if np.ndim(action) == 0 else action)
        total, over = total + float(reward), bool(terminated or truncated)
    return total


def film(agent: Any, seed: int = 10_000, every: int = 2) -> list[Drawing]:
    """Pictures of one episode in a built-in environment, of every second step, for `write_gif`.

    Raises:  OpError for an environment that cannot be drawn.
    """
    world = copies(agent.env, 1, seed)
    if not isinstance(world, VectorEnv):
        raise OpError("film: only the built-in environments can be drawn")
    seen, _ = world.reset(seed=seed)
    drawings, over, step = [world.world.draw(world.states[0])], False, 0
    while not over:
        before = world.states[0]
        seen, _, terminated, truncated, _ = world.step(agent.act(seen))
        over, step = bool(terminated[0] or truncated[0]), step + 1
        if step % every == 0 or over:
            drawings.append(world.world.draw(before if over else world.states[0]))
    return drawings
