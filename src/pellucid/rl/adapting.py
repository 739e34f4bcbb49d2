"""One protocol for all environments: VectorEnv's, for single ones, lists of them and Gymnasium's, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import OpError
from .environment import Env, VectorEnv, World
from .registry import make_vector

__all__ = ["OneByOne", "n_actions", "n_numbers", "vectorised"]


class OneByOne:
    """Single environments, stepped one after the other, by VectorEnv's protocol.

    It takes Gymnasium's environments as well as Env. An environment that has no `state_dict` cannot be put
    back to where it stood: when training is resumed, it begins a new episode.
    """

    def __init__(self, envs: Sequence[Any], seed: int | None = None) -> None:
        if not envs:
            raise OpError("OneByOne: envs is empty, there is nothing to act in")
        self.envs, self.n, self.seed = list(envs), len(envs), seed
        self.observation_space, self.action_space = envs[0].observation_space, envs[0].action_space

    def reset(self, *, seed: int | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin n episodes; the environments are seeded by seed, seed + 1, ..."""
        first = self.seed if seed is None else seed
        seen = [env.reset(seed=None if first is None else first + i)[0] for i, env in enumerate(self.envs)]
        self.seed = None
        return np.stack(seen), {}

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Act in each environment; one whose episode ends begins the next at once."""
        lived = [env.step(action.item() if np.ndim(action) == 0 else action)[:4]
                 for env, action in zip(self.envs, np.asarray(actions), strict=True)]
        after, rewards, terminated, truncated = (np.stack(part) for part in zip(*lived, strict=True))
        truncated = truncated & ~terminated
        final = terminated | truncated
        info, seen = {"final": final}, after
        if final.any():
            info["final_observation"], seen = after, after.copy()
            for i in np.flatnonzero(final):
                seen[i] = self.envs[i].reset()[0]
        return seen, rewards.astype(np.float32), terminated, truncated, info

    def state_dict(self) -> dict[str, Any]:
        """Where each environment stands; None for one that cannot tell."""
        return {"envs": [env.state_dict() if hasattr(env, "state_dict") else None for env in self.envs]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for env, where in zip(self.envs, state["envs"], strict=True):
            if where is not None:
                env.load_state_dict(where)

    @property
    def resumes(self) -> bool:
        """Can it be put back to where it stood?"""
        return all(hasattr(env, "state_dict") for env in self.envs)


def vectorised(env: Any, seed: int | None = None) -> Any:
    """An environment by VectorEnv's protocol.

    env  a name, a World, an Env, a VectorEnv, an environment of Gymnasium, or a list of single ones

    Raises:  OpError for what is none of them, Gymnasium's own vectors included.
    >>> vectorised("CartPole").n
    1
    """
    if isinstance(env, VectorEnv | OneByOne):
        return env
    if isinstance(env, str):
        return make_vector(env, 1, seed)
    if isinstance(env, World):
        return VectorEnv(env, 1, seed)
    if hasattr(env, "num_envs"):
        raise OpError(f"env: {type(env).__name__} is a vector of Gymnasium's, whose episodes end by other "
                      "rules; give a list of single environments, or make_vector(name, n)")
    several = list(env) if isinstance(env, list | tuple) else [env]
    for each in several:
        if not all(hasattr(each, name) for name in ("reset", "step", "action_space", "observation_space")):
            raise OpError(f"env: expected an environment, a list of them or a name, got "
                          f"{type(each).__name__}")
    return OneByOne(several, seed)


def copies(env: Any, n: int, seed: int) -> Any:
    """n fresh copies of a built-in environment, or the environment itself where it is of another kind."""
    if isinstance(env, OneByOne) and isinstance(env.envs[0], Env):
        env = env.envs[0]
    return VectorEnv(env.world, n, seed) if isinstance(env, VectorEnv | Env) else env


def n_actions(env: Any, agent: str) -> int:
    """How many actions there are to choose among.

    Raises:  OpError naming the agent and the space, unless that is Discrete and begins at 0.
    """
    space = env.action_space
    if type(space).__name__ != "Discrete":
        raise OpError(f"{agent}: chooses among numbered actions (Discrete), the environment's "
                      f"action_space is {space}"
                      + ("; SAC acts in a Box" if type(space).__name__ == "Box" else ""))
    if getattr(space, "start", 0) != 0:
        raise OpError(f"{agent}: actions must be numbered from 0, the environment's begin at {space.start}")
    return int(space.n)


def n_numbers(env: Any, agent: str) -> int:
    """How many numbers an observation has.

    Raises:  OpError naming the agent and the space, unless that is a Box of one axis.
    """
    space = env.observation_space
    if type(space).__name__ != "Box" or len(space.shape) != 1:
        raise OpError(f"{agent}: sees vectors of numbers (a Box of one axis), the environment's "
                      f"observation_space is {space}")
    return int(space.shape[0])
