"""MountainCar: swing an engine that is too weak up a hill."""

from __future__ import annotations

import numpy as np

from .drawing import Drawing
from .environment import World
from .spaces import Box, Discrete

__all__ = ["MountainCarWorld"]


class MountainCarWorld(World):
    """A car in a valley of height sin 3x, whose engine is weaker than gravity on the slope.

        v = v + 0.001 (action - 1) - 0.0025 cos 3x, at most 0.07 either way        x = x + v
    State and observation: x from -1.2, where a wall stops it, to 0.6, and v. Actions: 0 back, 1 nothing, 2
    ahead.
    The reward is -1 for each step; it is over at x >= 0.5.
    Source:  Moore 1990, "Efficient memory-based learning for robot control"; Gymnasium's MountainCar-v0.
    """

    name, limit = "MountainCar", 200
    observation_space: Box | Discrete = Box(np.array([-1.2, -0.07], np.float32),
                                              np.array([0.6, 0.07], np.float32))
    action_space: Box | Discrete = Discrete(3)

    def start(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return np.stack([rng.uniform(-0.6, -0.4, n), np.zeros(n)], axis=1)

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, v = states.T
        v = np.clip(v + ((actions - 1) * 0.001 + np.cos(3 * x) * -0.0025), -0.07, 0.07)
        x = np.clip(x + v, -1.2, 0.6)
        v = np.where((x == -1.2) & (v < 0), 0.0, v)
        return np.stack([x, v], axis=1), np.full(len(states), -1.0), (x >= 0.5) & (v >= 0)

    def draw(self, state: np.ndarray) -> Drawing:
        hill = np.linspace(-1.2, 0.6, 80)
        x, flag = float(state[0]), (0.5, float(np.sin(1.5)))
        made = Drawing(-1.25, -1.15, 0.65, 1.35).polygon(
            [(-1.2, -1.15), *zip(hill, np.sin(3 * hill), strict=True), (0.6, -1.15)], "#d8dde3")
        return (made.line([flag, (flag[0], flag[1] + 0.25)])
                .polygon([(0.5, flag[1] + 0.25), (0.58, flag[1] + 0.2), (0.5, flag[1] + 0.15)], "#d0503a")
                .circle((x, float(np.sin(3 * x)) + 0.06), 0.06, "#3a7cc4"))
