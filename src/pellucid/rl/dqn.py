"""DQN: learn what every action is worth, from memories, and mostly do what is worth most.

    y = r + gamma (1 - terminated) Q_old(s', argmax_a Q(s', a))              double: Q chooses, Q_old values
    L = mean huber(Q(s, a) - y)
    Q(s, a) = V(s) + A(s, a) - mean_a A(s, a)                                dueling
Q_old is the network of some time ago: a target that moves with every step would be chased in circles.
Memories are drawn at random, because what follows each other in time is too much alike.

Source: Mnih, Kavukcuoglu, Silver et al. 2015, "Human-level control through deep reinforcement learning";
        van Hasselt, Guez & Silver 2016, arXiv:1509.06461 (double); Wang et al. 2016, arXiv:1511.06581
        (dueling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..nn import functional as F
from ..ops import gather
from ..tensor import OpError, Tensor, wrap
from .adapting import n_actions
from .agent import Agent, answers
from .buffers import ReplayBuffer
from .networks import Learner, perceptron

__all__ = ["DQN", "DQNConfig"]


@dataclass(frozen=True)
class DQNConfig:
    budget: int = 200_000       # steps over which the learning rate falls to a tenth
    memory: int = 50_000        # transitions
    before: int = 1_000         # steps of random actions before it begins to learn
    every: int = 64             # steps between two rounds of updates
    updates: int = 8            # in a round
    batch_size: int = 128
    target: int = 12            # rounds between two copies to Q_old
    lr: float = 5e-4
    gamma: float = 0.99
    exploring: float = 0.2      # share of the budget over which random actions become rare
    rest: float = 0.05          # share of random actions that stays
    is_double: bool = True
    is_dueling: bool = True
    is_scaled: bool = False     # observations to -1 ... 1 by their bounds, where these are of unlike sizes
    max_norm: float = 10.0      # of the gradient
    hidden: tuple[int, ...] = (64, 64)


class Worths(nn.Module):
    """The worth of every action: one perceptron, or two heads for the state's value and the advantages.

    Shapes:  x (B, n_seen) -> (B, n_actions)
    """

    def __init__(self, n_seen: int, n_actions: int, hidden: tuple[int, ...], is_dueling: bool,
                 bounds: tuple[np.ndarray, np.ndarray] | None, rng: np.random.Generator) -> None:
        super().__init__()
        self.is_dueling, self.bounds = is_dueling, bounds
        self.body = nn.Sequential(*perceptron([n_seen, *hidden], nn.ReLU, rng, float(np.sqrt(2)), 1.0),
                                  nn.ReLU())
        self.head = perceptron([hidden[-1], n_actions + is_dueling], nn.ReLU, rng)

    def forward(self, x: Tensor) -> Tensor:
        if self.bounds is not None:
            low, high = self.bounds
            x = (x - wrap((low + high) / 2)) * wrap(2 / (high - low))
        worths = self.head(self.body(x))                                         # (B, A), or (B, A + 1)
        if not self.is_dueling:
            return worths
        value, advantages = worths[:, :1], worths[:, 1:]
        return value + advantages - advantages.mean(1, keepdim=True)


class DQN(Agent):
    """Deep Q-learning for numbered actions, double and dueling unless told otherwise: see this file's head.

    Raises:  OpError for a memory that is smaller than a batch.
    """

    def __init__(self, env: Any, config: DQNConfig | None = None, seed: int = 0) -> None:
        super().__init__(env, config or DQNConfig(), seed)
        c: DQNConfig = self.config
        if min(c.memory, max(c.before, self.n)) < c.batch_size:
            raise OpError(f"DQN: memory={c.memory} and before={c.before} must be at least "
                          f"batch_size={c.batch_size}: a batch is drawn from what was lived through")
        self.n_actions = n_actions(self.env, self.name)
        scale = seen_bounds(self.env, self.name) if c.is_scaled else None
        self.worths, self.old = (Worths(self.n_seen, self.n_actions, c.hidden, c.is_dueling, scale, self.rng)
                                 for _ in range(2))
        self.old.load_state_dict(self.worths.state_dict())
        self.networks = {"worths": self.worths, "old": self.old}
        self.learner = Learner([self.worths], c.lr, c.max_norm)
        self.learners = {"worths": self.learner}
        self.memory = ReplayBuffer(c.memory, self.seen[0], np.int64(0), seed)
        self.due, self.rounds = c.before, 0

    def act(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.worths, observations).argmax(1)

    def value(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.worths, observations).max(1)

    def learn(self, steps: int) -> dict[str, float]:
        c, end, losses = self.config, self.steps + steps, []
        while self.steps < end:
            actions = self.explore()
            seen = self.seen
            rewards, after, terminated, _ = self.live(actions)
            self.memory.add(seen, actions, rewards, after, terminated)
            if self.steps >= self.due:
                lr = c.lr * max(1 - 0.9 * self.steps / c.budget, 0.1)
                losses += [self.descend(lr) for _ in range(c.updates)]
                self.due, self.rounds = self.steps + c.every, self.rounds + 1
                if self.rounds % c.target == 0:
                    self.old.load_state_dict(self.worths.state_dict())
        told = {"worth": float(self.value(self.seen).mean()), "random_actions": self.chance()}
        return {**told, "value_loss": float(np.mean(losses))} if losses else told

    def chance(self) -> float:
        """How likely a random action is now."""
        c = self.config
        past = max(self.steps - c.before, 0) / max(c.exploring * c.budget, 1)
        return max(1 - (1 - c.rest) * past, c.rest)

    def explore(self) -> np.ndarray:
        """What is worth most, or, by chance, anything."""
        guesses = self.rng.integers(self.n_actions, size=self.n)
        at_random = self.rng.random(self.n) < self.chance()
        return guesses if at_random.all() else np.where(at_random, guesses, self.act(self.seen))

    def descend(self, lr: float) -> float:
        """One step down the loss of a batch of memories."""
        c, batch = self.config, self.memory.sample(self.config.batch_size)
        after = batch["next_observations"]
        later = answers(self.old, after)                                         # (B, A)
        best = answers(self.worths, after).argmax(1) if c.is_double else later.argmax(1)
        goal = batch["rewards"] + c.gamma * (1 - batch["terminated"]) * later[np.arange(len(best)), best]
        worths = self.worths(wrap(batch["observations"]))
        chosen = gather(worths, 1, wrap(batch["actions"][:, None]))[:, 0]
        loss = F.smooth_l1_loss(chosen, wrap(goal.astype(np.float32)))
        self.learner.step(loss, lr)
        return loss.item()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "memory": self.memory.state_dict(), "due": self.due,
                "rounds": self.rounds}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.memory.load_state_dict(state["memory"])
        self.due, self.rounds = int(state["due"]), int(state["rounds"])


def seen_bounds(env: Any, agent: str) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of what is seen.

    Raises:  OpError where there are none.
    """
    space = env.observation_space
    low, high = (np.asarray(bound, np.float32) for bound in (space.low, space.high))
    if not np.isfinite(high - low).all():
        raise OpError(f"{agent}: is_scaled wants bounded observations, the environment's lie between "
                      f"{low.tolist()} and {high.tolist()}")
    return low, high
