"""What was lived through, kept to learn from: a ring of transitions, and several steps joined to one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError

__all__ = ["Joined", "ReplayBuffer"]


class ReplayBuffer:
    """The last transitions (s, a, r, s', terminated), from which batches are drawn at random.

    `add` takes the transitions of n environments at once; `sample` draws with replacement. A cut episode
    (truncated) is no end: its s' is what was seen last, and terminated is False. `steps` tells how many steps
    lie between s and s': 1, or more where they were `Joined`.
    Source:  Lin 1992; Mnih, Kavukcuoglu, Silver et al. 2015, "Human-level control through deep RL".
    Raises:  OpError for rewards that are not finite, and for batches from fewer transitions than wanted.
    """

    def __init__(self, capacity: int, observation: Any, action: Any, seed: int | None = None) -> None:
        if capacity < 1:
            raise OpError(f"ReplayBuffer: capacity must be at least 1 transition, got {capacity}")
        seen, done = np.asarray(observation), np.asarray(action)
        self.capacity, self.size, self.place = capacity, 0, 0
        self.rng = np.random.default_rng(seed)
        kind = np.int64 if done.dtype.kind in "iu" else np.float32
        self.parts: dict[str, np.ndarray] = {
            "observations": np.zeros((capacity, *seen.shape), seen.dtype),
            "actions": np.zeros((capacity, *done.shape), kind),
            "rewards": np.zeros(capacity, np.float32),
            "next_observations": np.zeros((capacity, *seen.shape), seen.dtype),
            "terminated": np.zeros(capacity, np.float32),
            "steps": np.ones(capacity, np.float32)}

    def __len__(self) -> int:
        return self.size

    def add(self, observations: Any, actions: Any, rewards: Any, next_observations: Any,
            terminated: Any, steps: Any = None) -> None:
        """Keep n transitions; the oldest give way."""
        n = len(np.asarray(rewards))
        values = (observations, actions, rewards, next_observations, terminated,
                  np.ones(n, np.float32) if steps is None else steps)
        if not np.isfinite(np.asarray(rewards, np.float64)).all():
            raise OpError(f"ReplayBuffer: rewards must be finite, got {np.asarray(rewards).tolist()}")
        if n > self.capacity:
            raise OpError(f"ReplayBuffer: {n} transitions at once do not fit a capacity of {self.capacity}")
        where = (self.place + np.arange(n)) % self.capacity
        for name, array in zip(self.parts, map(np.asarray, values), strict=True):
            if array.shape != (n, *self.parts[name].shape[1:]):
                raise OpError(f"ReplayBuffer: {name} must have shape {(n, *self.parts[name].shape[1:])}, "
                              f"got {array.shape}")
            self.parts[name][where] = array
        self.place, self.size = (self.place + n) % self.capacity, min(self.size + n, self.capacity)

    def sample(self, count: int) -> dict[str, np.ndarray]:
        """count transitions by name, drawn at random."""
        if count > self.size:
            raise OpError(f"ReplayBuffer: holds {self.size} transitions, a batch of {count} was asked for")
        chosen = self.rng.integers(self.size, size=count)
        return {name: values[chosen] for name, values in self.parts.items()}

    def state_dict(self) -> dict[str, Any]:
        """All that decides how things go on, for checkpoints."""
        return {"size": self.size, "place": self.place, "rng": self.rng.bit_generator.state,
                "parts": {name: values[:self.size].copy() for name, values in self.parts.items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.size, self.place = int(state["size"]), int(state["place"])
        self.rng.bit_generator.state = state["rng"]
        for name, values in state["parts"].items():
            self.parts[name][:self.size] = getattr(values, "_data", values)  # a checkpoint gives tensors back


class Joined:
    """Joins n steps in a row to one transition, in each of several environments side by side.

        r = r_t + gamma r_{t+1} + ... + gamma^(m-1) r_{t+m-1}        s' = s_{t+m}
    with m = n, or fewer where the episode ends or is cut before. News of a reward then travels n steps back
    with each update, not one.
    Source:  Sutton & Barto 2018, "Reinforcement learning", eq. 7.1; Hessel et al. 2017, arXiv:1710.02298.
    Raises:  OpError for n below 1.
    """

    def __init__(self, n: int, gamma: float) -> None:
        if n < 1:
            raise OpError(f"Joined: n must be at least 1 step, got {n}")
        self.n, self.gamma = n, gamma
        self.kept: list[list[np.ndarray]] = []                   # the last n - 1 steps

    def add(self, seen: Any, actions: Any, rewards: Any, after: Any, terminated: Any,
            truncated: Any) -> tuple[np.ndarray, ...] | None:
        """Take a step; the transitions that began n steps ago, for `ReplayBuffer.add`, if there are any."""
        step = seen, actions, rewards, after, terminated, truncated
        self.kept.append([np.asarray(each) for each in step])
        if len(self.kept) < self.n:
            return None
        first, actions, total, last, over, cut = self.kept.pop(0)
        steps, goes_on = np.ones(len(total), np.float32), ~(over | cut)
        for k, (_, _, reward, later, ended, was_cut) in enumerate(self.kept, start=1):
            total = total + np.where(goes_on, self.gamma**k * reward, 0).astype(total.dtype)
            last = np.where(goes_on.reshape(-1, *[1] * (last.ndim - 1)), later, last)
            over, steps = np.where(goes_on, ended, over), steps + goes_on
            goes_on = goes_on & ~(ended | was_cut)
        return first, actions, total, last, over, steps.astype(np.float32)

    def state_dict(self) -> dict[str, Any]:
        """All that decides how things go on, for checkpoints."""
        return {"kept": [[values.copy() for values in step] for step in self.kept]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.kept = [[np.array(getattr(values, "_data", values)) for values in step]
                     for step in state["kept"]]
