"""CartPole: keep a pole upright on a cart by pushing the cart left or right."""

from __future__ import annotations

import numpy as np

from .drawing import Drawing
from .environment import World
from .spaces import Box, Discrete, box

__all__ = ["CartPoleWorld"]

CART = ((-0.25, -0.12), (0.25, -0.12), (0.25, 0.15), (-0.25, 0.15))   # its corners, in a picture


class CartPoleWorld(World):
    """A cart of 1 kg on a rail, a pole of 0.1 kg and 1 m hinged on it, pushed with 10 N for 0.02 s at a time.

        p  = (F + m l w^2 sin a) / M                             M: both masses; l: half the pole
        a'' = (g sin a - p cos a) / (l (4/3 - m cos^2 a / M))     x'' = p - m l a'' cos a / M
    State and observation: x (m), its speed (m/s), the pole's angle a from upright (rad), its speed w (rad/s).
    Actions: 0 pushes left, 1 right. The reward is 1 for each step; it is over beyond 2.4 m or 12 degrees.
    Source:  Barto, Sutton & Anderson 1983, "Neuronlike adaptive elements"; Gymnasium's CartPole-v1.
    """

    name, limit = "CartPole", 500
    observation_space: Box | Discrete = box(4.8, np.inf, 24 * np.pi / 180, np.inf)
    action_space: Box | Discrete = Discrete(2)
    gravity, pole, both, half, push, seconds = 9.8, 0.1, 1.1, 0.5, 10.0, 0.02
    widest, steepest = 2.4, 12 * 2 * np.pi / 360

    def start(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.uniform(-0.05, 0.05, (n, 4))

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, speed, angle, turn = states.T
        sine, cosine = np.sin(angle), np.cos(angle)
        force = np.where(actions == 1, self.push, -self.push)
        moment = self.pole * self.half
        p = (force + moment * np.square(turn) * sine) / self.both
        bend = (self.gravity * sine - cosine * p) / (
            self.half * (4.0 / 3.0 - self.pole * np.square(cosine) / self.both))
        slide = p - moment * bend * cosine / self.both
        after = np.stack([x + self.seconds * speed, speed + self.seconds * slide,
                          angle + self.seconds * turn, turn + self.seconds * bend], axis=1)
        over = (np.abs(after[:, 0]) > self.widest) | (np.abs(after[:, 2]) > self.steepest)
        return after, np.ones(len(states)), over

    def draw(self, state: np.ndarray) -> Drawing:
        x, angle = float(state[0]), float(state[2])
        tip = (x + np.sin(angle), 0.15 + np.cos(angle))
        return (Drawing(-2.6, -0.3, 2.6, 1.5).line([(-2.6, 0), (2.6, 0)])
                .polygon([(x + side, y) for side, y in CART], "#3a7cc4")
                .line([(x, 0.15), tip], "#de781f", 7).circle((x, 0.15), 0.04, "#333333"))
