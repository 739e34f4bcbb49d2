"""Ways to play a bandit: a share of blind trials, the benefit of the doubt, or as one's belief has it.

Each player sees only what its own pulls paid. Any number of runs are played side by side, each with a memory
of its own: how often it pulled each arm, and what that paid in all, (R, K).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError
from .bandits import Bandit

__all__ = ["BetaThompson", "EpsilonGreedy", "NormalThompson", "Player", "UCB1", "gamble"]


class Player:
    """What every player remembers. A way to play gives `scores`; of the largest ones chance takes one."""

    pulls: np.ndarray                                            # (R, K)
    pays: np.ndarray                                             # (R, K), in all

    def begin(self, runs: int, arms: int) -> None:
        """Forget everything."""
        self.pulls, self.pays = np.zeros((runs, arms)), np.zeros((runs, arms))

    def choose(self, rng: np.random.Generator) -> np.ndarray:
        """The arm that each run pulls next, (R,)."""
        scores = self.scores(rng)
        is_best = scores == scores.max(1, keepdims=True)
        return (is_best * (1 + rng.random(scores.shape))).argmax(1)

    def scores(self, rng: np.random.Generator) -> np.ndarray:
        """How much each arm is wanted in each run, (R, K)."""
        raise NotImplementedError

    def learn(self, arms: np.ndarray, pays: np.ndarray) -> None:
        """Remember what was paid."""
        rows = np.arange(len(arms))
        self.pulls[rows, arms] += 1
        self.pays[rows, arms] += pays

    @property
    def means(self) -> np.ndarray:
        """What each arm has paid on average; more than anything where it was never pulled."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.pulls > 0, self.pays / self.pulls, np.inf)


class EpsilonGreedy(Player):
    """The arm that has paid best, but a blind one with chance e; each arm is pulled once first.

        e_t = min(epsilon, decay / t)        or epsilon for ever, without a decay

    A constant share of blind pulls costs e mean(gaps) each time for ever: regret grows linearly. With a decay
    that is large enough it grows like ln t.
    Source:  Auer, Cesa-Bianchi & Fischer 2002, section 2 and theorem 3.
    Raises:  OpError for an epsilon outside [0, 1] and a decay that is not above 0.
    """

    def __init__(self, epsilon: float = 0.1, decay: float | None = None) -> None:
        if not 0 <= epsilon <= 1:
            raise OpError(f"EpsilonGreedy: epsilon must lie between 0 and 1, got {epsilon}")
        if decay is not None and not decay > 0:
            raise OpError(f"EpsilonGreedy: decay must be above 0, got {decay}")
        self.epsilon, self.decay = epsilon, decay

    def choose(self, rng: np.random.Generator) -> np.ndarray:
        runs, arms = self.pulls.shape
        t = self.pulls[0].sum() + 1
        epsilon = self.epsilon if self.decay is None else min(self.epsilon, self.decay / t)
        is_blind = (rng.random(runs) < epsilon) & (t > arms)
        return np.where(is_blind, rng.integers(arms, size=runs), super().choose(rng))

    def scores(self, rng: np.random.Generator) -> np.ndarray:
        return self.means


class UCB1(Player):
    """The arm that might be best: its mean so far and what doubt there still is of it.

        score = mean + spread sqrt(8 ln t / n)        n pulls of it out of t - 1; each arm once first

    The mean of n pulls is further off than that with chance t^-4 at most. Pays in [0, 1] have spread 1/2,
    which makes it mean + sqrt(2 ln t / n); normal ones have their deviation.
    Source:  Auer, Cesa-Bianchi & Fischer 2002, figure 1.
    Raises:  OpError for a spread that is not above 0.
    """

    def __init__(self, spread: float = 0.5) -> None:
        if not 0 < spread < np.inf:
            raise OpError(f"UCB1: spread must be above 0, got {spread}")
        self.spread = spread

    def scores(self, rng: np.random.Generator) -> np.ndarray:
        t = self.pulls[0].sum() + 1
        return self.means + self.spread * np.sqrt(8 * np.log(t) / np.maximum(self.pulls, 1))


class BetaThompson(Player):
    """Thompson sampling for pays of 0 or 1: each arm is pulled as often as it is believed to be the best.

        chance ~ Beta(1 + ones, 1 + zeros)        for each arm; pull the largest

    Source:  Thompson 1933, "On the likelihood that one unknown probability exceeds another"; Kaufmann, Korda
             & Munos 2012, arXiv:1205.4217: its regret grows as slowly as Lai and Robbins allow.
    """

    def scores(self, rng: np.random.Generator) -> np.ndarray:
        return rng.beta(1 + self.pays, 1 + self.pulls - self.pays)


class NormalThompson(Player):
    """Thompson sampling for normal pays of a known deviation.

        mean ~ N(m, v)        1 / v = 1 / prior^2 + n / deviation^2        m = v (sum of pays) / deviation^2

    prior   the deviation of what means are thought to be before the first pull, about 0
    Raises:  OpError for deviations that are not above 0.
    """

    def __init__(self, deviation: float = 1.0, prior: float = 10.0) -> None:
        if not (deviation > 0 and prior > 0):
            raise OpError(f"NormalThompson: deviation and prior must be above 0, got {deviation} and {prior}")
        self.deviation, self.prior = deviation, prior

    def scores(self, rng: np.random.Generator) -> np.ndarray:
        variance = 1 / (1 / self.prior ** 2 + self.pulls / self.deviation ** 2)
        return (variance * self.pays / self.deviation ** 2
                + np.sqrt(variance) * rng.standard_normal(self.pulls.shape))


def gamble(bandit: Bandit, player: Player, pulls: int, *, runs: int = 100, seed: int = 0,
           at: Any = None) -> np.ndarray:
    """Let a player pull arms, in several runs that know nothing of each other: the regret so far.

    at   after which numbers of pulls the regret is told, rising; after each by default
    Shapes:  at (T,) -> (runs, T)
    Raises:  OpError for fewer than one pull or run, and for numbers outside 1 ... pulls.
    >>> class Second(Player):
    ...     def scores(self, rng):
    ...         return np.array([[0, 1]] * len(self.pulls))
    >>> from pellucid.rl import BernoulliBandit
    >>> gamble(BernoulliBandit([0.75, 0.5]), Second(), 3, runs=1).tolist()
    [[0.25, 0.5, 0.75]]
    """
    if pulls < 1 or runs < 1:
        raise OpError(f"gamble: pulls and runs must be at least 1, got {pulls} and {runs}")
    told = np.arange(1, pulls + 1) if at is None else np.asarray(at)
    if not told.size or told.min() < 1 or told.max() > pulls or np.any(np.diff(told) <= 0):
        raise OpError(f"gamble: at must be rising numbers from 1 to pulls={pulls}, got {told.tolist()[:9]}")
    rng, found, so_far = np.random.default_rng(seed), np.empty((runs, len(told))), np.zeros(runs)
    player.begin(runs, bandit.arms)
    gaps, places = bandit.gaps, {int(t): i for i, t in enumerate(told)}
    for t in range(1, int(told[-1]) + 1):
        arms = player.choose(rng)
        player.learn(arms, bandit.pull(arms, rng))
        so_far += gaps[arms]
        if t in places:
            found[:, places[t]] = so_far
    return found
