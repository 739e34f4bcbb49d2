"""Pendulum: swing a rod up and keep it there, with a torque that is any number."""

from __future__ import annotations

import numpy as np

from .drawing import Drawing
from .environment import World
from .spaces import Box, Discrete, box

__all__ = ["PendulumWorld"]


class PendulumWorld(World):
    """A rod of 1 m and 1 kg on a hinge with a motor of at most 2 N m, which cannot lift it at once.

        w = w + (15 sin a + 3 u) 0.05, at most 8 either way        a = a + 0.05 w        a = 0: upright
        reward = -(a^2 + 0.1 w^2 + 0.001 u^2)                      of the state before, a from -pi to pi
    Observation: cos a, sin a, w (rad/s). Action: the torque u (1,), cut to -2 ... 2. Only the limit ends it.
    Source:  Gymnasium's Pendulum-v1.
    """

    name, limit = "Pendulum", 200
    observation_space: Box | Discrete = box(1, 1, 8)
    action_space: Box | Discrete = box(2)

    def start(self, rng: np.random.Generator, n: int) -> np.ndarray:
        high = np.array([np.pi, 1.0])
        return rng.uniform(-high, high, (n, 2))

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        angle, turn = states.T
        torque = np.clip(actions[:, 0].astype(np.float64), -2.0, 2.0)
        cost = ((angle + np.pi) % (2 * np.pi) - np.pi) ** 2 + 0.1 * turn**2 + 0.001 * torque**2
        turn = np.clip(turn + (15.0 * np.sin(angle) + 3.0 * torque) * 0.05, -8.0, 8.0)
        return np.stack([angle + turn * 0.05, turn], axis=1), -cost, np.zeros(len(states), bool)

    def observe(self, states: np.ndarray) -> np.ndarray:
        angle, turn = states.T
        return np.stack([np.cos(angle), np.sin(angle), turn], axis=1).astype(np.float32)

    def draw(self, state: np.ndarray) -> Drawing:
        angle = float(state[0])
        return (Drawing(-1.3, -1.3, 1.3, 1.3).line([(0, 0), (-np.sin(angle), np.cos(angle))], "#d0503a", 14)
                .circle((0, 0), 0.05, "#333333"))
