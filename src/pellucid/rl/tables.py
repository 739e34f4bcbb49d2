"""Tables: what learners share that keep a number for every state and action, and need no network.

    q (S, A): what is expected from doing a in s on, of numbered states and actions
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..tensor import OpError
from .adapting import n_actions
from .environment import VectorEnv

__all__ = ["Learned", "Rule"]

Rule = float | Callable[[int], float]                            # a number, or one for each count 1, 2, ...


@dataclass
class Learned:
    """A table q (S, A), how often each of its entries was learned, and what came of each episode."""

    q: np.ndarray
    counts: np.ndarray
    returns: list[float] = field(default_factory=list)           # undiscounted
    lengths: list[int] = field(default_factory=list)

    @property
    def policy(self) -> np.ndarray:
        """What it does when it explores no more, (S,)."""
        return self.q.argmax(1)

    def act(self, observations: np.ndarray) -> np.ndarray:
        """The same as an agent's: one action for each observation (B,)."""
        return self.policy[observations]


class Life:
    """Episodes in one environment, with chance in what is done: what the learners' loops have in common.

    Raises:  OpError naming the learner for an environment whose states or actions are not numbered, a vector
             of environments, settings that are out of range, and rewards that are no numbers.
    """

    def __init__(self, name: str, env: Any, episodes: int, gamma: float, epsilon: Rule, seed: int,
                 begin: Learned | None) -> None:
        if isinstance(env, VectorEnv) or hasattr(env, "num_envs"):
            raise OpError(f"{name}: learns in one environment, got a vector of several")
        space, actions = env.observation_space, n_actions(env, name)
        if type(space).__name__ != "Discrete" or getattr(space, "start", 0) != 0:
            raise OpError(f"{name}: keeps a table of states that are numbered from 0 (Discrete), the "
                          f"environment's observation_space is {space}")
        if episodes < 1:
            raise OpError(f"{name}: episodes must be at least 1, got {episodes}")
        if not 0 <= gamma <= 1:
            raise OpError(f"{name}: gamma must lie between 0 and 1, got {gamma}")
        self.name, self.env, self.epsilon = name, env, epsilon
        self.rng = np.random.default_rng(seed)
        shape = int(space.n), actions
        self.learned = begin or Learned(np.zeros(shape), np.zeros(shape, np.int64))
        if self.learned.q.shape != shape:
            raise OpError(f"{name}: begin holds a table of {self.learned.q.shape}, the environment wants "
                          f"{shape}")
        self.is_seeded, self.seed = False, seed

    def begin(self) -> int:
        """The first state of a new episode."""
        seen, _ = self.env.reset(**({} if self.is_seeded else {"seed": self.seed}))
        self.is_seeded, self.explores = True, self.rule("epsilon", self.epsilon, self.n_episodes + 1)
        self.total, self.steps = 0.0, 0
        return int(seen)

    @property
    def n_episodes(self) -> int:
        """How many have ended."""
        return len(self.learned.returns)

    def rule(self, what: str, rule: Rule, n: int) -> float:
        """A setting's value at count n."""
        value = rule(n) if callable(rule) else rule
        if not 0 <= value <= 1:
            raise OpError(f"{self.name}: {what} must lie between 0 and 1, got {value}"
                          + (f" at count {n}" if callable(rule) else ""))
        return value

    def choose(self, state: int) -> int:
        """The best action by the table, one of them if there are several; a blind one with chance epsilon."""
        row = self.learned.q[state]
        if self.rng.random() < self.explores:
            return int(self.rng.integers(len(row)))
        best = np.flatnonzero(row == row.max())
        return int(best[self.rng.integers(len(best))]) if len(best) > 1 else int(best[0])

    def chances(self, state: int) -> np.ndarray:
        """How likely `choose` takes each action, (A,)."""
        row = self.learned.q[state]
        is_best = row == row.max()
        return self.explores / len(row) + (1 - self.explores) * is_best / is_best.sum()

    def live(self, action: int) -> tuple[int, float, bool, bool]:
        """Act: the state after, the reward, terminated, truncated."""
        seen, reward, terminated, truncated, _ = self.env.step(action)
        if not np.isfinite(reward):
            raise OpError(f"{self.name}: the environment gave the reward {reward} for action {action} in "
                          f"episode {self.n_episodes + 1}: rewards must be finite numbers")
        self.total += float(reward)
        self.steps += 1
        if terminated or truncated:
            self.learned.returns.append(self.total)
            self.learned.lengths.append(self.steps)
        return int(seen), float(reward), bool(terminated), bool(truncated)

    def learn(self, state: int, action: int, target: float, lr: Rule) -> None:
        """Go a part of the way to a target:  q(s, a) <- q(s, a) + lr (target - q(s, a))."""
        q, counts = self.learned.q, self.learned.counts
        counts[state, action] += 1
        q[state, action] += self.rule("lr", lr, int(counts[state, action])) * (target - q[state, action])
