"""Acrobot: swing two hinged links up by a motor between them."""

from __future__ import annotations

import numpy as np

from .drawing import Drawing
from .environment import World
from .spaces import Box, Discrete, box

__all__ = ["AcrobotWorld"]

ONE, TWO = 4 * np.pi, 9 * np.pi                                  # the largest speeds of the links (rad/s)


class AcrobotWorld(World):
    """Two links of 1 m and 1 kg hang from a hinge; a motor at the middle hinge turns with -1, 0 or 1 N m.

        b'' = (torque + d2/d1 phi1 - l lc a'^2 sin b - phi2) / (lc^2 + 1 - d2^2/d1)
        a'' = -(d2 b'' + phi1) / d1
    with a the upper link's angle from hanging, b the lower one's against it, l = 1, lc = 0.5; a step is
    0.2 s by one step of the Runge-Kutta method of order 4. Observation: cosine and sine of both, both speeds.
    The reward is -1 for each step, 0 for the last; it is over when the tip is 1 m above the hinge.
    Source:  Sutton 1996, "Generalization in reinforcement learning"; Gymnasium's Acrobot-v1.
    """

    name, limit = "Acrobot", 500
    observation_space: Box | Discrete = box(1, 1, 1, 1, ONE, TWO)
    action_space: Box | Discrete = Discrete(3)

    def start(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.uniform(-0.1, 0.1, (n, 4)).astype(np.float32).astype(np.float64)

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        torque, dt = actions - 1.0, 0.2
        k1 = slopes(states, torque)
        k2 = slopes(states + dt / 2 * k1, torque)
        k3 = slopes(states + dt / 2 * k2, torque)
        k4 = slopes(states + dt * k3, torque)
        a, b, u, v = (states + dt / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)).T
        after = np.stack([wrapped(a), wrapped(b), np.clip(u, -ONE, ONE), np.clip(v, -TWO, TWO)], axis=1)
        over = -np.cos(after[:, 0]) - np.cos(after[:, 1] + after[:, 0]) > 1.0
        return after, np.where(over, 0.0, -1.0), over

    def observe(self, states: np.ndarray) -> np.ndarray:
        a, b, u, v = states.T
        return np.stack([np.cos(a), np.sin(a), np.cos(b), np.sin(b), u, v], axis=1).astype(np.float32)

    def draw(self, state: np.ndarray) -> Drawing:
        a, b = float(state[0]), float(state[1])
        middle = (np.sin(a), -np.cos(a))
        tip = (middle[0] + np.sin(a + b), middle[1] - np.cos(a + b))
        return (Drawing(-2.2, -2.2, 2.2, 2.2).line([(-2.2, 1), (2.2, 1)], "#b8bec6", 1)
                .line([(0, 0), middle], "#3a7cc4", 9).line([middle, tip], "#de781f", 9)
                .circle((0, 0), 0.09, "#333333").circle(middle, 0.09, "#333333"))


def slopes(states: np.ndarray, torque: np.ndarray) -> np.ndarray:
    """How fast angles and speeds change."""
    a, b, u, v = states.T
    d1 = 0.25 + (1.0 + 0.25 + np.cos(b)) + 2.0
    d2 = 0.25 + 0.5 * np.cos(b) + 1.0
    phi2 = 0.5 * 9.8 * np.cos(a + b - np.pi / 2)
    phi1 = (-0.5 * v**2 * np.sin(b) - 1.0 * v * u * np.sin(b) + 1.5 * 9.8 * np.cos(a - np.pi / 2) + phi2)
    second = (torque + d2 / d1 * phi1 - 0.5 * u**2 * np.sin(b) - phi2) / (0.25 + 1.0 - d2**2 / d1)
    return np.stack([u, v, -(d2 * second + phi1) / d1, second], axis=1)


def wrapped(angle: np.ndarray) -> np.ndarray:
    """The angle between -pi and pi."""
    turns = np.where(angle > np.pi, np.ceil((angle - np.pi) / (2 * np.pi)),
                     np.where(angle < -np.pi, -np.ceil((-np.pi - angle) / (2 * np.pi)), 0.0))
    return angle - turns * 2 * np.pi
