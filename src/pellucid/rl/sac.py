"""SAC: continuous actions, chosen at random on purpose: as much reward as possible, as undecided as possible.

    a = centre + half tanh(m + s z)         z ~ N(0, 1), m and log s from the policy's network
    log pi(a | s) = sum_i log N(z_i) - log s_i - log(1 - tanh^2) - log half_i
    y = r + gamma (1 - terminated) (min_k Q'_k(s', a') - alpha log pi(a' | s'))          a' ~ pi(. | s')
    L_Q  = mean (Q_1(s, a) - y)^2 + mean (Q_2(s, a) - y)^2
    L_pi = mean (alpha log pi(a | s) - min_k Q_k(s, a))
    L_alpha = -log alpha mean (log pi(a | s) + target)             target: -(numbers of an action)
Q'_k follows Q_k slowly: Q' = (1 - tau) Q' + tau Q. The smaller of two critics is believed, since a policy
finds every place where a critic errs upwards.

Source: Haarnoja, Zhou, Hartikainen et al. 2018, "Soft actor-critic algorithms and applications",
        arXiv:1812.05905; Fujimoto et al. 2018, arXiv:1802.09477 (two critics).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..ops import cat, clamp, exp, minimum, tanh
from ..tensor import OpError, Tensor, wrap
from .agent import Agent, answers
from .buffers import ReplayBuffer
from .networks import Learner, perceptron

__all__ = ["SAC", "SACConfig"]

LOWEST, HIGHEST = -5.0, 2.0                                      # of the logarithm of the deviation


@dataclass(frozen=True)
class SACConfig:
    memory: int = 50_000        # transitions
    before: int = 500           # steps of random actions before it begins to learn
    updates: int = 1            # for every step of all copies together
    batch_size: int = 128
    lr: float = 1e-3
    gamma: float = 0.99
    tau: float = 0.01           # how fast the targets follow
    hidden: tuple[int, ...] = (64, 64)


class SAC(Agent):
    """Soft actor-critic for actions in a bounded Box: see this file's head.

    Raises:  OpError for actions of another kind, and for a memory that is smaller than a batch.
    """

    def __init__(self, env: Any, config: SACConfig | None = None, seed: int = 0) -> None:
        super().__init__(env, config or SACConfig(), seed)
        c: SACConfig = self.config
        self.check_memory()
        low, high = bounds(self.env, self.name)
        self.centre, self.half, self.n_numbers = (high + low) / 2, (high - low) / 2, len(low)
        self.policy = perceptron([self.n_seen, *c.hidden, 2 * self.n_numbers], nn.ReLU, self.rng, 0.1)
        self.critics, self.slow = (Critics(self.n_seen + self.n_numbers, c.hidden, self.rng)
                                   for _ in range(2))
        self.slow.load_state_dict(self.critics.state_dict())
        self.warmth = Warmth()
        self.networks = {"policy": self.policy, "critics": self.critics, "slow": self.slow,
                         "warmth": self.warmth}
        self.learners = {name: Learner([self.networks[name]], c.lr)
                         for name in ("policy", "critics", "warmth")}
        self.following = Learner([self.slow], c.lr)              # takes no steps: its weights as one array
        self.learners["slow"] = self.following
        self.memory = ReplayBuffer(c.memory, self.seen[0], np.zeros(self.n_numbers, np.float32), seed)

    def act(self, observations: np.ndarray) -> np.ndarray:
        means = answers(self.policy, observations)[:, :self.n_numbers]
        return (self.centre + self.half * np.tanh(means)).astype(np.float32)

    def value(self, observations: np.ndarray) -> np.ndarray:
        unit = np.tanh(answers(self.policy, observations)[:, :self.n_numbers])
        return answers(self.critics, np.concatenate([observations, unit], 1)).min(1)

    def learn(self, steps: int) -> dict[str, float]:
        c, end, told = self.config, self.steps + steps, []
        while self.steps < end:
            seen = self.seen
            unit = (self.rng.uniform(-1, 1, (self.n, self.n_numbers)).astype(np.float32)
                    if self.steps < c.before else self.draw(wrap(seen))[0]._data)
            rewards, after, terminated, _ = self.live(self.centre + self.half * unit)
            self.memory.add(seen, unit, rewards, after, terminated)
            if self.steps >= c.before:
                told += [self.update() for _ in range(c.updates * self.n)]
        names = ("value_loss", "policy_loss", "entropy", "alpha")
        return dict(zip(names, np.mean(told, axis=0).tolist(), strict=True)) if told else {}

    def draw(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Actions between -1 and 1, (B, k), and the logarithm of their density, (B,)."""
        out = self.policy(seen)
        means, logs = out[:, :self.n_numbers], clamp(out[:, self.n_numbers:], LOWEST, HIGHEST)
        z = self.rng.standard_normal(means.shape).astype(np.float32)
        u = means + exp(logs) * wrap(z)
        flat = 2 * (math.log(2) - u - F.softplus(-2 * u))              # log(1 - tanh^2 u)
        normal = wrap(-0.5 * (z * z + math.log(2 * math.pi)))
        return tanh(u), (normal - logs - flat).sum(1)

    def update(self) -> tuple[float, float, float, float]:
        """A step of the critics, of the policy and of alpha, from one batch of memories."""
        c, batch = self.config, self.memory.sample(self.config.batch_size)
        seen, after, alpha = wrap(batch["observations"]), batch["next_observations"], self.warmth.alpha
        acted, density = self.draw(wrap(after))
        later = answers(self.slow, np.concatenate([after, acted._data], 1)).min(1) - alpha * density._data
        goal = (batch["rewards"] + c.gamma * (1 - batch["terminated"]) * later).astype(np.float32)
        error = self.critics(cat([seen, wrap(batch["actions"])], 1)) - wrap(goal[:, None])
        value = (error * error).sum(1).mean()
        self.learners["critics"].step(value)

        acted, density = self.draw(seen)
        worths = self.critics(cat([seen, acted], 1))                             # (B, 2)
        policy = (alpha * density - minimum(worths[:, 0], worths[:, 1])).mean()
        self.learners["policy"].step(policy)
        surplus = float(density._data.mean()) - self.n_numbers
        self.learners["warmth"].step(-self.warmth.log_alpha.sum() * surplus)
        slow, fast = self.following.flat._data, self.learners["critics"].flat._data
        slow += c.tau * (fast - slow)
        return value.item(), policy.item(), -float(density._data.mean()), alpha

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "memory": self.memory.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.memory.load_state_dict(state["memory"])


class Critics(nn.Module):
    """Two perceptrons that value an action in a state, apart from each other.

    Shapes:  x (B, n_seen + k), the action behind what is seen -> (B, 2)
    """

    def __init__(self, inside: int, hidden: tuple[int, ...], rng: np.random.Generator) -> None:
        super().__init__()
        self.first, self.second = (perceptron([inside, *hidden, 1], nn.ReLU, rng) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return cat([self.first(x), self.second(x)], 1)


class Warmth(nn.Module):
    """alpha, how much undecidedness is worth against reward, by its logarithm."""

    def __init__(self) -> None:
        super().__init__()
        self.log_alpha = nn.Parameter(wrap(np.zeros(1, np.float32)))

    @property
    def alpha(self) -> float:
        return float(np.exp(self.log_alpha._data[0]))


def bounds(env: Any, agent: str) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of actions.

    Raises:  OpError naming the agent and the space, unless that is a bounded Box of one axis.
    """
    space = env.action_space
    if type(space).__name__ != "Box" or len(space.shape) != 1:
        raise OpError(f"{agent}: acts in a Box of one axis, the environment's action_space is {space}"
                      + ("; PPO, DQN, A2C and Reinforce choose among numbered actions"
                         if type(space).__name__ == "Discrete" else ""))
    low, high = (np.asarray(bound, np.float32) for bound in (space.low, space.high))
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise OpError(f"{agent}: actions must be bounded, the environment's lie between {low.tolist()} and "
                      f"{high.tolist()}")
    return low, high
