"""PPO: policy gradients that may take several passes over what was lived through, in small steps.

    r_t = pi(a_t | s_t) / pi_old(a_t | s_t)
    L   = mean max(-A_t r_t, -A_t clip(r_t, 1 - clip, 1 + clip))           the policy
          + value/2 mean (V(s_t) - G_t)^2 - entropy mean H(pi(. | s_t))    the value function, and curiosity
A and G come from generalised advantage estimation (`gae`). Where an action has become more likely by more
than `clip` already, its gradient is cut: the old experience does not tell about policies that are far away.
The value function may be held back alike (`value_clip`): of (V - G)^2 and the square with V_old + clip(V -
V_old) in V's place the larger counts.

Source: Schulman, Wolski, Dhariwal, Radford & Klimov 2017, "Proximal policy optimization algorithms",
        arXiv:1707.06347; Huang et al. 2022, "The 37 implementation details of proximal policy optimization".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..ops import clamp, exp, gather, maximum
from ..tensor import OpError, Tensor, wrap
from .adapting import n_actions
from .agent import Agent, answers
from .networks import Learner, perceptron
from .returns import gae

__all__ = ["PPO", "PPOConfig"]


@dataclass(frozen=True)
class PPOConfig:
    budget: int = 100_000       # steps over which the learning rate falls to 0
    rollout: int = 32           # steps of each environment between two updates
    passes: int = 10            # over what was lived through since the last update
    batch_size: int = 256
    lr: float = 1e-3
    gamma: float = 0.98
    lam: float = 0.8            # of gae: 1 trusts the rewards alone, 0 the value function
    clip: float = 0.2           # how far the policy may move in one update
    entropy: float = 0.0        # what undecidedness is worth
    value: float = 0.5          # what the value function's error weighs
    value_clip: float | None = None     # how far the value function may move in one update; None: anywhere
    max_norm: float = 0.5       # of the gradient
    hidden: tuple[int, ...] = (64, 64)


class PPO(Agent):
    """Proximal policy optimisation for numbered actions: see this file's head.

    >>> from pellucid.rl import make_vector
    >>> agent = PPO(make_vector("CartPole", 8), PPOConfig(budget=1024), seed=0)
    >>> told = agent.learn(1024)
    >>> agent.steps, sorted(told)
    (1024, ['entropy', 'gradient', 'policy_loss', 'value_loss'])
    """

    def __init__(self, env: Any, config: PPOConfig | None = None, seed: int = 0) -> None:
        super().__init__(env, config or PPOConfig(), seed)
        c: PPOConfig = self.config
        if c.value_clip is not None and not c.value_clip > 0:
            raise OpError(f"PPO: value_clip must be above 0, or None, got {c.value_clip}")
        chosen = n_actions(self.env, self.name)
        self.policy = perceptron([self.n_seen, *c.hidden, chosen], nn.Tanh, self.rng, 0.01)
        self.critic = perceptron([self.n_seen, *c.hidden, 1], nn.Tanh, self.rng, 1.0)
        self.networks = {"policy": self.policy, "critic": self.critic}
        self.learner = Learner([self.policy, self.critic], c.lr, c.max_norm, eps=1e-5)
        self.learners = {"both": self.learner}

    def act(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.policy, observations).argmax(1)

    def value(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.critic, observations)[:, 0]

    def learn(self, steps: int) -> dict[str, float]:
        end, watched = self.steps + steps, []
        while self.steps < end:
            lr = self.config.lr * max(1 - self.steps / self.config.budget, 0.0)
            watched.append(self.update(self.rollout(), lr))
        return {name: float(np.mean([each[name] for each in watched])) for name in watched[0]}

    def rollout(self) -> dict[str, np.ndarray]:
        """Live for some steps; what was seen and done, how likely that was, and what it was worth."""
        c, lived = self.config, []
        for _ in range(c.rollout):
            seen = self.seen
            logits = answers(self.policy, seen)                                  # (n, actions)
            actions, likely = drawn(logits, self.rng)
            lived.append((seen, actions, likely, *self.live(actions)))
        seen, actions, likely, rewards, after, terminated, truncated = map(np.stack, zip(*lived, strict=True))
        values = self.value(np.concatenate([seen, after]).reshape(-1, self.n_seen))
        before, later = values.reshape(2, *rewards.shape)
        advantages, targets = gae(rewards, before, later, terminated, truncated, c.gamma, c.lam)
        return {"seen": seen.reshape(-1, self.n_seen), "actions": actions.ravel(), "likely": likely.ravel(),
                "expected": before.ravel(), "advantages": advantages.ravel(), "targets": targets.ravel()}

    def update(self, lived: dict[str, np.ndarray], lr: float) -> dict[str, float]:
        """Several passes over what was lived through; the mean of each loss."""
        c, count, told = self.config, len(lived["actions"]), []
        for _ in range(c.passes):
            order = self.rng.permutation(count)
            for start in range(0, count, c.batch_size):
                chosen = order[start:start + c.batch_size]
                told.append(self.descend({name: part[chosen] for name, part in lived.items()}, lr))
        names = ("policy_loss", "value_loss", "entropy", "gradient")
        return dict(zip(names, np.mean(told, axis=0).tolist(), strict=True))

    def descend(self, batch: dict[str, np.ndarray], lr: float) -> tuple[float, float, float, float]:
        """One step down the loss of a batch."""
        c, seen, better = self.config, wrap(batch["seen"]), batch["advantages"]
        a = wrap(((better - better.mean()) / (better.std() + 1e-8)).astype(np.float32))
        logs = F.log_softmax(self.policy(seen), 1)                               # (B, actions)
        chosen = gather(logs, 1, wrap(batch["actions"][:, None]))[:, 0]
        ratio = exp(chosen - wrap(batch["likely"]))
        policy = maximum(-a * ratio, -a * clamp(ratio, 1 - c.clip, 1 + c.clip)).mean()
        value = 0.5 * self.errors(self.critic(seen)[:, 0], batch).mean()
        entropy = -(exp(logs) * logs).sum(1).mean()
        norm = self.learner.step(policy + c.value * value - c.entropy * entropy, lr)
        return policy.item(), value.item(), entropy.item(), norm

    def errors(self, values: Tensor, batch: dict[str, np.ndarray]) -> Tensor:
        """The squared errors of the value function, (B,)."""
        error, limit = values - wrap(batch["targets"].astype(np.float32)), self.config.value_clip
        if limit is None:
            return error * error
        moved = values - wrap(batch["expected"])
        held = error + (clamp(moved, -limit, limit) - moved)     # the error of V_old + clip(V - V_old)
        return maximum(error * error, held * held)


def drawn(logits: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One action for each row of logits (n, A), and the logarithm of its probability."""
    shifted = logits - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    actions = (np.exp(logs).cumsum(1) < rng.random((len(logs), 1))).sum(1).clip(max=logits.shape[1] - 1)
    return actions, logs[np.arange(len(logs)), actions].astype(np.float32)
