"""A2C: an actor that acts, a critic that tells it how much better each action was than expected.

    L = -mean A_t log pi(a_t | s_t) + value/2 mean (V(s_t) - G_t)^2 - entropy mean H(pi(. | s_t))
A and G come from generalised advantage estimation (`gae`) over a few steps of many copies of the environment:
unlike REINFORCE it waits for no episode to end, unlike PPO it looks at each experience once.

Source: Mnih, Badia, Mirza et al. 2016, "Asynchronous methods for deep reinforcement learning",
        arXiv:1602.01783; Schulman et al. 2015, arXiv:1506.02438 (the advantages).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..ops import exp, gather
from ..tensor import wrap
from .adapting import n_actions
from .agent import Agent, answers
from .networks import Learner, perceptron
from .ppo import drawn
from .returns import gae

__all__ = ["A2C", "A2CConfig"]


@dataclass(frozen=True)
class A2CConfig:
    budget: int = 200_000       # steps over which the learning rate falls to 0
    rollout: int = 16           # steps of each environment between two updates
    lr: float = 2e-3
    gamma: float = 0.99
    lam: float = 0.95           # of gae: 1 trusts the rewards alone, 0 the critic
    entropy: float = 0.0        # what undecidedness is worth
    value: float = 0.5          # what the critic's error weighs
    max_norm: float = 0.5       # of the gradient
    hidden: tuple[int, ...] = (64, 64)


class A2C(Agent):
    """Advantage actor-critic for numbered actions: see this file's head."""

    def __init__(self, env: Any, config: A2CConfig | None = None, seed: int = 0) -> None:
        super().__init__(env, config or A2CConfig(), seed)
        c: A2CConfig = self.config
        self.actor = perceptron([self.n_seen, *c.hidden, n_actions(self.env, self.name)], nn.Tanh, self.rng,
                                0.01)
        self.critic = perceptron([self.n_seen, *c.hidden, 1], nn.Tanh, self.rng)
        self.networks = {"actor": self.actor, "critic": self.critic}
        self.learner = Learner([self.actor, self.critic], c.lr, c.max_norm)
        self.learners = {"both": self.learner}

    def act(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.actor, observations).argmax(1)

    def value(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.critic, observations)[:, 0]

    def learn(self, steps: int) -> dict[str, float]:
        c, end, told = self.config, self.steps + steps, []
        while self.steps < end:
            lived = []
            for _ in range(c.rollout):
                seen = self.seen
                actions, _ = drawn(answers(self.actor, seen), self.rng)
                lived.append((seen, actions, *self.live(actions)))
            told.append(self.update([np.stack(part) for part in zip(*lived, strict=True)],
                                    c.lr * max(1 - self.steps / c.budget, 0.0)))
        names = ("policy_loss", "value_loss", "entropy", "gradient")
        return dict(zip(names, np.mean(told, axis=0).tolist(), strict=True))

    def update(self, lived: list[np.ndarray], lr: float) -> tuple[float, float, float, float]:
        """One step with what was lived through, (T, n, ...)."""
        seen, actions, rewards, after, terminated, truncated = lived
        c, flat = self.config, wrap(seen.reshape(-1, self.n_seen))
        values = self.critic(flat)[:, 0]
        later = self.value(after.reshape(-1, self.n_seen)).reshape(rewards.shape)
        better, targets = gae(rewards, values._data.reshape(rewards.shape), later, terminated, truncated,
                              c.gamma, c.lam)
        a = wrap(((better - better.mean()) / (better.std() + 1e-8)).astype(np.float32).ravel())
        logs = F.log_softmax(self.actor(flat), 1)                                # (T n, actions)
        policy = -(a * gather(logs, 1, wrap(actions.reshape(-1, 1)))[:, 0]).mean()
        entropy = -(exp(logs) * logs).sum(1).mean()
        error = values - wrap(targets.astype(np.float32).ravel())
        value = 0.5 * (error * error).mean()
        norm = self.learner.step(policy + c.value * value - c.entropy * entropy, lr)
        return policy.item(), value.item(), entropy.item(), norm
