"""DQN: learn what every action is worth, from memories, and mostly do what is worth most.

    y = r + gamma^m (1 - terminated) Q_old(s', argmax_a Q(s', a))            double: Q chooses, Q_old values
    L = mean (Q(s, a) - y)^2 / 2
    Q(s, a) = V(s) + A(s, a) - mean_a A(s, a)                                dueling
r is the discounted sum of m rewards in a row, m = n_steps unless the episode ends before, and s' what is seen
after them. A cut episode (truncated) is no end: what comes later is worth what Q says of its last state.
Q_old is the network of some time ago: a target that moves with every step would be chased in circles. But
news travels only m steps back with each copy: where nothing but the end of an episode ever differs, as on
CartPole, k copies know of at most 1 - gamma^(m k) of what a state is worth.
Memories are drawn at random, because what follows each other in time is too much alike. (Those of m > 1 tell
of what was done m steps long, explorations included: a small untruth for a large gain.)
Random actions come in runs (sticky) where one alone leads nowhere; their share stays what it is.

Source: Mnih, Kavukcuoglu, Silver et al. 2015, "Human-level control through deep reinforcement learning";
        van Hasselt, Guez & Silver 2016, arXiv:1509.06461 (double); Wang et al. 2016, arXiv:1511.06581
        (dueling); Hessel et al. 2017, arXiv:1710.02298 (several steps); Dabney, Ostrovski & Barreto 2020,
        arXiv:2006.01782 (runs of random actions).
Differs: from Mnih et al., whose errors are cut to +-1: so the many small errors upwards outvote the few ends
         of episodes, by which alone the values are anchored, and on CartPole the values grow without end.
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
from .agent import Agent, answers, plain
from .buffers import Joined, ReplayBuffer
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
    target: int = 2             # rounds between two copies to Q_old
    lr: float = 5e-4
    gamma: float = 0.99
    n_steps: int = 3            # rewards that are added up before a target trusts Q_old
    exploring: float = 0.2      # share of the budget over which random actions become rare
    rest: float = 0.05          # share of random actions that stays
    sticky: float = 0.0         # how likely a random action is done once more
    is_double: bool = True
    is_dueling: bool = False
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
    """Deep Q-learning for numbered actions, double unless told otherwise, dueling where asked: see this file.

    Raises:  OpError for a memory that is smaller than a batch, and for sticky outside [0, 1).
    """

    def __init__(self, env: Any, config: DQNConfig | None = None, seed: int = 0) -> None:
        super().__init__(env, config or DQNConfig(), seed)
        c: DQNConfig = self.config
        self.joined = Joined(c.n_steps, c.gamma)
        self.check_memory((c.n_steps - 1) * self.n)
        if not 0 <= c.sticky < 1:
            raise OpError(f"DQN: sticky must lie from 0 to below 1, got {c.sticky}")
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
        self.guesses, self.is_guessing = np.zeros(self.n, np.int64), np.zeros(self.n, bool)

    def act(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.worths, observations).argmax(1)

    def value(self, observations: np.ndarray) -> np.ndarray:
        return answers(self.worths, observations).max(1)

    def learn(self, steps: int) -> dict[str, float]:
        c, end, losses = self.config, self.steps + steps, []
        while self.steps < end:
            actions = self.explore()
            seen = self.seen
            joined = self.joined.add(seen, actions, *self.live(actions))
            if joined is not None:
                self.memory.add(*joined)
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
        """What is worth most, or, by chance, anything, once or, where it is sticky, for a while.

        A run of random actions lasts 1 / (1 - sticky) steps in the mean; so that their share stays chance(),
        it begins with p = chance (1 - sticky) / (1 - chance sticky).
        """
        sticky, chance = self.config.sticky, self.chance()
        goes_on = self.is_guessing & (self.rng.random(self.n) < sticky)
        begins = ~goes_on & (self.rng.random(self.n) < chance * (1 - sticky) / (1 - chance * sticky))
        anything = self.rng.integers(self.n_actions, size=self.n)
        self.guesses, self.is_guessing = np.where(begins, anything, self.guesses), goes_on | begins
        if self.is_guessing.all():
            return self.guesses
        return np.where(self.is_guessing, self.guesses, self.act(self.seen))

    def descend(self, lr: float) -> float:
        """One step down the loss of a batch of memories."""
        c, batch = self.config, self.memory.sample(self.config.batch_size)
        after = batch["next_observations"]
        later = answers(self.old, after)                                         # (B, A)
        best = answers(self.worths, after).argmax(1) if c.is_double else later.argmax(1)
        trust = c.gamma ** batch["steps"] * (1 - batch["terminated"])
        goal = batch["rewards"] + trust * later[np.arange(len(best)), best]
        worths = self.worths(wrap(batch["observations"]))
        chosen = gather(worths, 1, wrap(batch["actions"][:, None]))[:, 0]
        loss = 0.5 * F.mse_loss(chosen, wrap(goal.astype(np.float32)))
        self.learner.step(loss, lr)
        return loss.item()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "memory": self.memory.state_dict(),
                "joined": self.joined.state_dict(), "due": self.due, "rounds": self.rounds,
                "guesses": wrap(self.guesses.copy()), "is_guessing": wrap(self.is_guessing.copy())}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.memory.load_state_dict(state["memory"])
        if getattr(self.env, "resumes", True):                   # else new episodes have begun
            self.joined.load_state_dict(state["joined"])
        self.due, self.rounds = int(state["due"]), int(state["rounds"])
        self.guesses, self.is_guessing = plain(state["guesses"]).copy(), plain(state["is_guessing"]).copy()


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
