"""Bandits and the ways to play them: hand-worked scores, regret, what theory bounds, bad input."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import rl
from pellucid.tensor import OpError


def begun(player: rl.Player, pulls: list[int], pays: list[float]) -> rl.Player:
    """A player with this memory, one run."""
    player.begin(1, len(pulls))
    player.pulls[:], player.pays[:] = pulls, pays
    return player


def test_arms_pay_as_they_are_said_to():
    rng, n = np.random.default_rng(0), 40_000
    chosen = np.arange(n) % 2
    for bandit, deviations in ((rl.BernoulliBandit([0.2, 0.5]), (0.4, 0.5)),
                               (rl.GaussianBandit([0.2, 0.5], 0.7), (0.7, 0.7))):
        paid = bandit.pull(chosen, rng)
        for arm in (0, 1):
            mine = paid[chosen == arm]
            assert mine.mean() == pytest.approx(bandit.means[arm], abs=0.02)
            assert mine.std() == pytest.approx(deviations[arm], abs=0.01)
    np.testing.assert_allclose(bandit.gaps, [0.3, 0.0])


def test_lai_and_robbins_by_hand():
    kl = 0.7 * np.log(0.7 / 0.9) + 0.3 * np.log(0.3 / 0.1)
    assert rl.lai_robbins(rl.BernoulliBandit([0.9, 0.7])) == pytest.approx(0.2 / kl)
    assert rl.lai_robbins(rl.BernoulliBandit([1.0, 0.5])) == 0        # a single 0 tells it apart
    assert rl.lai_robbins(rl.BernoulliBandit([0.5, 0.0])) == pytest.approx(0.5 / np.log(2))
    assert rl.lai_robbins(rl.GaussianBandit([1.0, 0.0, 1.0], 2.0)) == pytest.approx(1 / (1 / 8))
    assert rl.ucb1_bound(rl.BernoulliBandit([0.5, 0.25]), [np.e]) == pytest.approx(
        8 / 0.25 + (1 + np.pi ** 2 / 3) * 0.25)


def test_ucb1_by_hand():
    rng = np.random.default_rng(0)
    player = begun(rl.UCB1(), [4, 1, 5], [3.0, 0.0, 2.0])
    bonus = np.sqrt(2 * np.log(11) / np.array([4, 1, 5]))
    np.testing.assert_allclose(player.scores(rng)[0], np.array([0.75, 0.0, 0.4]) + bonus)
    assert player.choose(rng).tolist() == [1]                         # 0 + 2.19 against 1.84 and 1.38
    np.testing.assert_allclose(begun(rl.UCB1(2.0), [4], [3.0]).scores(rng)[0],
                               0.75 + 2 * np.sqrt(8 * np.log(5) / 4))


def test_every_arm_is_tried_once_first():
    for player in (rl.UCB1(), rl.EpsilonGreedy(0.5)):
        player.begin(50, 4)
        rng, seen = np.random.default_rng(0), []
        for _ in range(4):
            seen.append(player.choose(rng))
            player.learn(seen[-1], np.ones(50))
        assert (np.sort(np.stack(seen, 1), 1) == np.arange(4)).all()
        assert len({tuple(row) for row in np.stack(seen, 1).tolist()}) > 5      # in no fixed order


def test_epsilon_is_the_share_of_blind_pulls():
    rng, n = np.random.default_rng(0), 20_000
    for player, share in ((rl.EpsilonGreedy(0.2), 0.2), (rl.EpsilonGreedy(1.0, decay=2.0), 2 / 31),
                          (rl.EpsilonGreedy(0.0), 0.0)):
        player.begin(n, 3)
        player.pulls[:], player.pays[:] = 10, [1, 8, 2]
        assert (player.choose(rng) != 1).mean() == pytest.approx(share * 2 / 3, abs=0.01)


def test_thompson_believes_what_bayes_says():
    rng, n = np.random.default_rng(0), 50_000
    beta, normal = rl.BetaThompson(), rl.NormalThompson(2.0, prior=1.0)
    for player, pulls, pays in ((beta, 4, 3.0), (normal, 4, 6.0)):
        player.begin(n, 1)
        player.pulls[:], player.pays[:] = pulls, pays
    drawn = beta.scores(rng)                                          # Beta(4, 2)
    assert drawn.mean() == pytest.approx(4 / 6, abs=0.005) and drawn.var() == pytest.approx(8 / 252, abs=1e-3)
    drawn = normal.scores(rng)                                        # 1 / (1 + 4 / 4), times 6 / 4
    assert drawn.mean() == pytest.approx(0.75, abs=0.02) and drawn.var() == pytest.approx(0.5, abs=0.02)


def test_regret_counts_means_and_grows_as_theory_says():
    bandit = rl.BernoulliBandit([0.3, 0.8, 0.5])
    found = {player: rl.gamble(bandit, made, 2000, runs=60, seed=1)
             for player, made in (("blind", rl.EpsilonGreedy(0.2)), ("ucb1", rl.UCB1()),
                                  ("thompson", rl.BetaThompson()))}
    for regret in found.values():
        assert regret.shape == (60, 2000) and (np.diff(regret, axis=1) >= 0).all()
    slope = np.diff(found["blind"].mean(0)[[1000, 1999]])[0] / 999
    assert slope == pytest.approx(0.2 * bandit.gaps.mean(), rel=0.1)
    assert (found["ucb1"].mean(0) < rl.ucb1_bound(bandit, np.arange(1, 2001))).all()
    assert found["thompson"][:, -1].mean() < found["ucb1"][:, -1].mean() < found["blind"][:, -1].mean()


def test_the_same_seed_plays_the_same_and_only_what_is_asked_is_told():
    bandit = rl.GaussianBandit([0.0, 1.0])
    whole = rl.gamble(bandit, rl.NormalThompson(), 50, runs=4, seed=3)
    some = rl.gamble(bandit, rl.NormalThompson(), 50, runs=4, seed=3, at=[1, 20, 50])
    np.testing.assert_array_equal(some, whole[:, [0, 19, 49]])
    assert not np.array_equal(whole, rl.gamble(bandit, rl.NormalThompson(), 50, runs=4, seed=4))


@pytest.mark.parametrize("wrong, message", [
    (lambda: rl.BernoulliBandit([0.5, 1.2]), "chances must lie between 0 and 1, got .0.5, 1.2."),
    (lambda: rl.BernoulliBandit([]), "means must be finite numbers, one for each arm"),
    (lambda: rl.GaussianBandit([0.0, np.nan]), "means must be finite numbers"),
    (lambda: rl.GaussianBandit([0.0], 0.0), "deviation must be above 0, got 0"),
    (lambda: rl.BernoulliBandit([0.5, 0.5]).pull([2], np.random.default_rng()), "from 0 to 1, got .2."),
    (lambda: rl.BernoulliBandit([0.5, 0.5]).pull([-1], np.random.default_rng()), "from 0 to 1, got .-1."),
    (lambda: rl.BernoulliBandit([0.5, 0.5]).pull([0.5], np.random.default_rng()), "arms are whole numbers"),
    (lambda: rl.EpsilonGreedy(1.5), "epsilon must lie between 0 and 1, got 1.5"),
    (lambda: rl.EpsilonGreedy(decay=0), "decay must be above 0, got 0"),
    (lambda: rl.UCB1(-1), "spread must be above 0, got -1"),
    (lambda: rl.NormalThompson(0), "deviation and prior must be above 0, got 0 and 10"),
    (lambda: rl.gamble(rl.BernoulliBandit([0.5]), rl.UCB1(), 0), "pulls and runs must be at least 1, got 0"),
    (lambda: rl.gamble(rl.BernoulliBandit([0.5]), rl.UCB1(), 9, at=[3, 10]),
     "rising numbers from 1 to pulls=9"),
])
def test_bad_input_is_named(wrong, message):
    with pytest.raises(OpError, match=message):
        wrong()
