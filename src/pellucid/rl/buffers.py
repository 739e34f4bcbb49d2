"""What was lived through, kept to learn from: a ring of transitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError

__all__ = ["ReplayBuffer"]


class ReplayBuffer:
    """The last transitions (s, a, r, s', terminated), from which batches are drawn at random.

    `add` takes the transitions of n environments at once; `sample` draws with replacement. A cut episode
    (truncated) is no end: its s' is what was seen last, and terminated is False.
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
            "terminated": np.zeros(capacity, np.float32)}

    def __len__(self) -> int:
        return self.size

    def add(self, observations: Any, actions: Any, rewards: Any, next_observations: Any,
            terminated: Any) -> None:
        """Keep n transitions; the oldest give way."""
        values = observations, actions, rewards, next_observations, terminated
        n = len(np.asarray(rewards))
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
