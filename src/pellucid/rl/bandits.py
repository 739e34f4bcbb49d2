"""Bandits: arms that pay at random, so that one has to try them to know them, and trying costs.

    regret of T pulls = sum over t of (m* - m of the arm pulled at t)        m* the best arm's mean

The means count, not what was paid: it is what knowing would have been worth. Nobody's regret can stay below

    ln T  sum over the worse arms of (m* - m) / KL(m, m*)

for large T and every bandit of a family (Lai and Robbins): to know that an arm is worse takes pulls of it,
the more the more alike what it pays is to what the best one pays.

Source:  Lai & Robbins 1985, "Asymptotically efficient adaptive allocation rules"; Auer, Cesa-Bianchi &
         Fischer 2002, "Finite-time analysis of the multiarmed bandit problem".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError

__all__ = ["Bandit", "BernoulliBandit", "GaussianBandit", "lai_robbins", "ucb1_bound"]


class Bandit:
    """Arms with these means; any number of people pull them at once, each in a run of their own.

    means    of what each arm pays, (K,)
    spread   how far pays stray: E exp(h (pay - mean)) <= exp(spread^2 h^2 / 2) for every h
    """

    def __init__(self, means: Any, spread: float) -> None:
        self.means, self.spread = np.array(means, np.float64), float(spread)
        if self.means.ndim != 1 or not self.means.size or not np.isfinite(self.means).all():
            raise OpError(f"{type(self).__name__}: the arms' means must be finite numbers, one for each arm, "
                          f"got {means!r}")

    @property
    def arms(self) -> int:
        """How many there are."""
        return len(self.means)

    @property
    def gaps(self) -> np.ndarray:
        """What a pull of each arm costs, against one of the best: (K,)."""
        return self.means.max() - self.means

    def pull(self, arms: Any, rng: np.random.Generator) -> np.ndarray:
        """What each run's arm pays this time.

        Shapes:  arms (R,), whole numbers -> (R,)
        Raises:  OpError for an arm that there is not.
        """
        chosen = np.asarray(arms)
        if chosen.dtype.kind not in "iu" or not np.all((chosen >= 0) & (chosen < self.arms)):
            raise OpError(f"{type(self).__name__}: arms are whole numbers from 0 to {self.arms - 1}, got "
                          f"{chosen.tolist() if chosen.size < 9 else sorted(set(chosen.ravel().tolist()))}")
        return self.paid(self.means[chosen], rng)

    def paid(self, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Pays with these means."""
        raise NotImplementedError

    def divergence(self, means: np.ndarray, other: float) -> np.ndarray:
        """KL between what arms with these means pay and what one with the other mean does, in nats."""
        raise NotImplementedError


class BernoulliBandit(Bandit):
    """Arms that pay 1 with these chances, else 0.

    Raises:  OpError for chances outside [0, 1].
    >>> BernoulliBandit([0.0, 1.0]).pull(np.array([1, 0, 1]), np.random.default_rng(0)).tolist()
    [1.0, 0.0, 1.0]
    """

    def __init__(self, chances: Any) -> None:
        super().__init__(chances, 0.5)
        if not np.all((self.means >= 0) & (self.means <= 1)):
            raise OpError(f"BernoulliBandit: chances must lie between 0 and 1, got {self.means.tolist()}")

    def paid(self, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return (rng.random(means.shape) < means).astype(np.float64)

    def divergence(self, means: np.ndarray, other: float) -> np.ndarray:
        def part(p: np.ndarray, q: float) -> np.ndarray:         # p ln(p / q); 0 ln 0 = 0
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(p > 0, p * np.log(p / np.float64(q)), 0.0)
        return part(means, other) + part(1 - means, 1 - other)


class GaussianBandit(Bandit):
    """Arms whose pay is normal with these means and one deviation.

    Raises:  OpError for a deviation that is not above 0.
    """

    def __init__(self, means: Any, deviation: float = 1.0) -> None:
        super().__init__(means, deviation)
        if not 0 < deviation < np.inf:
            raise OpError(f"GaussianBandit: deviation must be above 0, got {deviation}")

    def paid(self, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return means + self.spread * rng.standard_normal(means.shape)

    def divergence(self, means: np.ndarray, other: float) -> np.ndarray:
        return (means - other) ** 2 / (2 * self.spread ** 2)


def lai_robbins(bandit: Bandit) -> float:
    """The regret that each unit of ln T costs at least, in the long run.

        y = sum over the worse arms of (m* - m) / KL(m, m*)

    >>> round(lai_robbins(GaussianBandit([0.0, 0.5], deviation=1.0)), 6)       # 0.5 / (0.5^2 / 2)
    4.0
    """
    is_worse = bandit.gaps > 0
    return float((bandit.gaps / np.where(is_worse, bandit.divergence(bandit.means, float(bandit.means.max())),
                                         np.inf)).sum())


def ucb1_bound(bandit: Bandit, pulls: Any) -> np.ndarray:
    """What UCB1's mean regret stays below after each number of pulls, where pays lie in [0, 1].

        y = 8 ln T sum of 1 / gap + (1 + pi^2 / 3) sum of gaps            over the worse arms

    Source:  Auer, Cesa-Bianchi & Fischer 2002, theorem 1.
    Shapes:  pulls (...) -> (...)
    """
    worse = bandit.gaps[bandit.gaps > 0]
    return 8 * np.log(np.asarray(pulls, np.float64)) * (1 / worse).sum() + (1 + np.pi ** 2 / 3) * worse.sum()
