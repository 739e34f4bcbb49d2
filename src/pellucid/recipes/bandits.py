"""bandits: what it costs not to know: blind trials for ever, ever fewer, the benefit of the doubt, belief.

Reaches   as stated by theory: regret that grows like ln T grows as much from T / 4 to T as from T / 16 to
          T / 4, linear regret four times as much: a constant share of blind trials at least 3.5 times, all
          others at most 1.5 times; blind trials cost epsilon times the mean gap for each pull within 5 %;
          UCB1 stays below its bound; Thompson sampling's regret grows with ln T as Lai and Robbins say that
          it must at least, within 25 %
Protocol  five arms that pay 1 with chances 0.1, 0.3, 0.5, 0.7 and 0.9, else 0; 50,000 pulls in each of 400
          runs for each way to play, seed 0; regret is counted by the arms' means; then five normal arms with
          the same means and deviation 0.5
Seconds   40 on 2 cores
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tensor
from ..rl import (
    UCB1,
    Bandit,
    BernoulliBandit,
    BetaThompson,
    EpsilonGreedy,
    GaussianBandit,
    NormalThompson,
    Player,
    gamble,
    lai_robbins,
    ucb1_bound,
)
from .job import Job

CONSTANT, FALLING, DOUBT, BELIEF = "blind trials for ever", "ever fewer", "UCB1", "Thompson sampling"
SHORT = {CONSTANT: "constant", FALLING: "falling", DOUBT: "ucb1", BELIEF: "thompson"}
EXPECTED = {"constant_growth": 3.5, "falling_growth_at_most": 1.5, "ucb1_growth_at_most": 1.5,
            "thompson_growth_at_most": 1.5, "constant_slope_off_at_most": 0.05, "ucb1_to_bound_at_most": 1.0,
            "thompson_rate_off_at_most": 0.25}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 20            # parts of the pulls after which a row is written
    pulls: int = 50_000
    runs: int = 400
    chances: tuple = (0.1, 0.3, 0.5, 0.7, 0.9)
    deviation: float = 0.5      # of the normal arms
    epsilon: float = 0.1        # the share of blind trials
    decay: float = 50.0         # ... where it falls: decay / t


def players(s: Settings, believer: Player, spread: float) -> dict[str, Player]:
    """The four ways to play."""
    return {CONSTANT: EpsilonGreedy(s.epsilon), FALLING: EpsilonGreedy(1.0, s.decay), DOUBT: UCB1(spread),
            BELIEF: believer}


def growth(at: np.ndarray, regret: np.ndarray) -> float:
    """How much more regret came from T / 4 to T than from T / 16 to T / 4: 1 for ln T, 4 for T.

    >>> at = np.arange(1, 1601)
    >>> round(growth(at, 2 + np.log(at)), 6), round(growth(at, 0.1 * at), 6)
    (1.0, 4.0)
    """
    early, middle, late = np.interp(at[-1] / np.array([16, 4, 1]), at, regret)
    return float((late - middle) / (middle - early))


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    parts = np.linspace(0, s.pulls, s.epochs + 1)[1:].astype(int)
    at = np.unique(np.concatenate([parts, np.geomspace(1, s.pulls, 200).astype(int)]))
    bandits: dict[str, tuple[Bandit, Player]] = {
        "arms that pay or not": (BernoulliBandit(s.chances), BetaThompson()),
        "normal arms": (GaussianBandit(s.chances, s.deviation), NormalThompson(s.deviation))}
    regrets: dict[str, dict[str, np.ndarray]] = {}
    for name, (bandit, believer) in bandits.items():
        regrets[name] = {}
        for way, player in players(s, believer, bandit.spread).items():
            regrets[name][way] = gamble(bandit, player, s.pulls, runs=s.runs, seed=s.seed, at=at)
            job.say(f"{name}, {way}: regret {regrets[name][way][:, -1].mean():.1f} after {s.pulls:,} pulls")
    means = {way: found.mean(0) for way, found in regrets["arms that pay or not"].items()}
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"regret_{SHORT[way]}": float(np.interp(t, at, found))
                            for way, found in means.items()}} for i, t in enumerate(parts)])
    job.keep({SHORT[way]: tensor(found) for way, found in means.items()})
    draw(job, at, bandits, regrets)
    return compared(s, at, means)


def compared(s: Settings, at: np.ndarray, means: dict[str, np.ndarray]) -> dict[str, Any]:
    """The mean regrets beside what theory says of them."""
    bandit, quarter = BernoulliBandit(s.chances), at >= s.pulls / 4
    rates = {way: float(np.polyfit(np.log(at[quarter]), found[quarter], 1)[0])
             for way, found in means.items()}
    half = np.interp(s.pulls / 2, at, means[CONSTANT])
    slope = (means[CONSTANT][-1] - half) / (s.pulls - s.pulls / 2)
    told: dict[str, Any] = {f"{SHORT[way]}_regret": float(found[-1]) for way, found in means.items()}
    told |= {f"{SHORT[way]}_growth": growth(at, found) for way, found in means.items()}
    return told | {"constant_slope_off": float(abs(slope / (s.epsilon * bandit.gaps.mean()) - 1)),
                   "ucb1_to_bound": float((means[DOUBT] / ucb1_bound(bandit, at)).max()),
                   "thompson_rate": rates[BELIEF], "lai_robbins_rate": lai_robbins(bandit),
                   "thompson_rate_off": abs(rates[BELIEF] / lai_robbins(bandit) - 1)}


def draw(job: Job, at: np.ndarray, bandits: dict[str, tuple[Bandit, Player]],
         regrets: dict[str, dict[str, np.ndarray]]) -> None:
    """Regret over the pulls and over their logarithm, with what Lai and Robbins say."""
    from .. import plot

    for name, (bandit, _) in bandits.items():
        line = {"Lai and Robbins": lai_robbins(bandit) * np.log(at)}
        top = 1.2 * max(float(found[:, -1].mean()) for way, found in regrets[name].items() if way != CONSTANT)
        job.figure(f"Regret: {name}", functools.partial(plot.regret_curves, at, regrets[name], line, top=top),
            "What the best arm would have paid more, so far: the mean over the runs, in the band of the "
            "middle half of them. Blind trials for ever cost the same for ever: a straight line on the left. "
            "All others bend, and become straight on the right, where the pulls are drawn by their "
            "logarithm. The dashed line's slope is the least that any way to play can have there in the "
            "long run; Thompson sampling runs beside it.")
