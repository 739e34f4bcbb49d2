"""Bandits and GridWorld: what the recipes measure, on curves and policies that are known."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import rl
from pellucid.recipes import bandits, gridworld


def test_regret_is_compared_with_theory() -> None:
    s = bandits.Settings(pulls=1600)
    at, bandit = np.arange(1, 1601), rl.BernoulliBandit(s.chances)
    means = {bandits.CONSTANT: 7 + 0.1 * 0.4 * at, bandits.FALLING: 20 * np.log(at),
             bandits.DOUBT: 0.5 * rl.ucb1_bound(bandit, at),
             bandits.BELIEF: 3 + 0.9 * rl.lai_robbins(bandit) * np.log(at)}
    told = bandits.compared(s, at, means)
    assert told["constant_growth"] == pytest.approx(4) and told["falling_growth"] == pytest.approx(1)
    assert told["constant_slope_off"] == pytest.approx(0, abs=1e-12)
    assert told["ucb1_to_bound"] == pytest.approx(0.5) and told["thompson_rate_off"] == pytest.approx(0.1)
    assert told["thompson_regret"] == means[bandits.BELIEF][-1]


def test_a_way_ends_at_the_goal_or_is_given_up() -> None:
    env = rl.CliffWalking()
    best = rl.value_iteration(rl.model_of(env), 1.0).policy
    assert gridworld.way(env, best) == [36, *range(24, 36), 47]
    assert len(gridworld.way(env, np.zeros_like(best))) == gridworld.MOST + 1
    assert gridworld.way(rl.GridWorld(["SP"]), np.array([1, 0])) == [0, 1]


def test_rates_fall_with_the_count() -> None:
    rate = gridworld.falling(0.1)
    assert rate(1) == 1 and rate(32) == pytest.approx(0.125) and rate(10_000) == 0.1
