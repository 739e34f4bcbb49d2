"""REINFORCE: make what went better than expected more likely, once for every episode.

    L = -mean (G_t - V(s_t)) log pi(a_t | s_t) - entropy mean H(pi(. | s_t)) + value/2 mean (V(s_t) - G_t)^2
G_t is the discounted sum of the rewards that followed in the whole episode: no bootstrap, so no bias, but
much noise; the baseline V takes the part of it away that the state alone explains.

Source: Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement
        learning"; Sutton & Barto 2018, section 13.4.
Differs: a cut episode (truncated) counts as if its last state were worth V(s'), as elsewhere here.
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
from .returns import discounted_returns

__all__ = ["Reinforce", "ReinforceConfig"]


@dataclass(frozen=True)
class ReinforceConfig:
    budget: int = 200_000       # steps over which the learning rate falls to 0
    episodes: int = 8           # whole ones between two updates
    lr: float = 3e-3
    gamma: float = 0.99
    entropy: float = 0.01       # what undecidedness is worth
    value: float = 0.5          # what the baseline's error weighs
    has_baseline: bool = True
    max_norm: float = 0.5       # of the gradient
    hidden: tuple[int, ...] = (64,)


class Reinforce(Agent):
    """REINFORCE with a baseline, for numbered actions: see this file's head.

    Each of the environment's copies keeps what it lived through until its episode ends; then it is learned.
    """

    def __init__(self, env: Any, config: ReinforceConfig | None = None, seed: int = 0) -> None:
        super().__init__(env, config or ReinforceConfig(), seed)
        c: ReinforceConfig = self.config
        self.policy = perceptron([self.n_seen, *c.hidden, n_actions(self.env, self.name)], nn.Tanh, self.rng,
                                 0.01)
        self.baseline = perceptron([self.n_seen, *c.hidden, 1], nn.Tanh, self.rng)
        self.networks = {"policy": self.policy, "baseline": self.baseline}
        self.learner = Learner([self.policy, self.baseline], c.lr, c.max_norm)
        self.learners = {"both": self.learner}
        self.open: list[list[tuple]] = [[] for _ in range(self.n)]       # episodes that go on
        self.whole: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # seen, actions, returns of each

    def act(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.policy, observations).argmax(1)

    def value(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.baseline, observations)[:, 0]

    def learn(self, steps: int) -> dict[str, float]:
        c, end, told = self.config, self.steps + steps, []
        while self.steps < end:
            seen = self.seen
            actions, _ = drawn(answers(self.policy, seen), self.rng)
            rewards, after, terminated, truncated = self.live(actions)
            for i in range(self.n):
                self.open[i].append((seen[i], actions[i], rewards[i]))
                if terminated[i] or truncated[i]:
                    self.close(i, 0.0 if terminated[i] else float(self.value(after[i:i + 1])[0]))
            if len(self.whole) >= c.episodes:
                told.append(self.update(c.lr * max(1 - self.steps / c.budget, 0.0)))
        names = ("policy_loss", "value_loss", "entropy", "gradient")
        return dict(zip(names, np.mean(told, axis=0).tolist(), strict=True)) if told else {}

    def close(self, i: int, last_value: float) -> None:
        """Put the episode of copy i, which has ended, to those to learn from."""
        seen, actions, rewards = map(np.stack, zip(*self.open[i], strict=True))
        self.whole.append((seen, actions, discounted_returns(rewards, self.config.gamma, None, last_value)))
        self.open[i] = []

    def update(self, lr: float) -> tuple[float, float, float, float]:
        """One step with all episodes that have ended since the last."""
        c = self.config
        seen, actions, returns = map(np.concatenate, zip(*self.whole, strict=True))
        self.whole = []
        better = returns - self.value(seen) if c.has_baseline else returns
        better = ((better - better.mean()) / (better.std() + 1e-8)).astype(np.float32)
        logs = F.log_softmax(self.policy(wrap(seen)), 1)                         # (B, actions)
        policy = -(wrap(better) * gather(logs, 1, wrap(actions[:, None]))[:, 0]).mean()
        entropy = -(exp(logs) * logs).sum(1).mean()
        error = self.baseline(wrap(seen))[:, 0] - wrap(returns.astype(np.float32))
        value = 0.5 * (error * error).mean()
        norm = self.learner.step(policy - c.entropy * entropy + c.value * value, lr)
        return policy.item(), value.item(), entropy.item(), norm

    def state_dict(self) -> dict[str, Any]:
        open_ = [[wrap(np.stack(part)) for part in zip(*each, strict=True)] for each in self.open]
        return {**super().state_dict(), "open": open_,
                "whole": [[wrap(part.copy()) for part in each] for each in self.whole]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        resumes = getattr(self.env, "resumes", True)             # else new episodes have begun
        self.open = [list(zip(*(part._data for part in each), strict=True)) if resumes else []
                     for each in state["open"]]
        self.whole = [tuple(part._data for part in each) for each in state["whole"]]  # type: ignore[misc]
