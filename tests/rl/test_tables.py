"""Learners by tables: updates by hand, ends told apart, what they converge to, bad input."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from pellucid import rl
from pellucid.tensor import OpError

LEARNERS = {"monte_carlo": rl.monte_carlo, "sarsa": rl.sarsa, "q_learning": rl.q_learning,
            "expected sarsa": functools.partial(rl.sarsa, is_expected=True)}


class Line:
    """Leads through given states, whatever is done: each step is (after, reward, terminated, truncated)."""

    def __init__(self, steps, states=3, actions=1):
        self.steps, self.at = steps, 0
        self.observation_space, self.action_space = rl.Discrete(states), rl.Discrete(actions)

    def reset(self, *, seed=None):
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at += 1
        return (*self.steps[self.at - 1], {})


TO_THE_END = [(1, 1.0, False, False), (2, 2.0, True, False)]
CUT_OFF = [(1, 1.0, False, False), (2, 2.0, False, True)]


@pytest.mark.parametrize("name", ["sarsa", "q_learning", "expected sarsa"])
def test_two_episodes_by_hand(name):
    found = LEARNERS[name](Line(TO_THE_END), episodes=2, gamma=0.5, lr=0.5)
    # 0: 0.5 1, then 0.5 + 0.5 (1 + 0.5 1 - 0.5); 1: 0.5 2, then 1 + 0.5 (2 - 1).
    np.testing.assert_allclose(found.q, [[1.0], [1.5], [0.0]])
    assert found.returns == [3.0, 3.0] and found.lengths == [2, 2]
    assert found.counts[:, 0].tolist() == [2, 2, 0]


def test_monte_carlo_takes_what_followed_the_first_visit():
    found = rl.monte_carlo(Line([(0, 1.0, False, False), (1, 3.0, False, False), (2, 4.0, True, False)]),
                           episodes=1, gamma=0.5)
    np.testing.assert_allclose(found.q, [[1 + 0.5 * (3 + 0.5 * 4)], [4.0], [0.0]])
    assert found.counts[:, 0].tolist() == [1, 1, 0]
    mean = rl.monte_carlo(Line(TO_THE_END), episodes=1, gamma=1.0, begin=found)
    assert mean.q[0, 0] == pytest.approx((3.5 + 3) / 2) and mean is found       # gone on with: both's mean


@pytest.mark.parametrize("name", LEARNERS)
def test_cut_off_episodes_go_on_in_thought(name):
    begin = rl.Learned(np.array([[0.0], [0.0], [8.0]]), np.zeros((3, 1), np.int64))
    found = LEARNERS[name](Line(CUT_OFF), episodes=1, gamma=0.5, lr=1.0, begin=begin)
    assert found.q[1, 0] == 2 + 0.5 * 8 and found.q[2, 0] == 8
    ended = rl.Learned(np.array([[0.0], [0.0], [8.0]]), np.zeros((3, 1), np.int64))
    assert LEARNERS[name](Line(TO_THE_END), episodes=1, gamma=0.5, lr=1.0, begin=ended).q[1, 0] == 2


def test_what_follows_is_the_best_what_is_done_or_its_mean():
    def target(learner, seed=0):
        begin = rl.Learned(np.array([[0.0, 0.0], [1.0, 3.0]]), np.zeros((2, 2), np.int64))
        found = learner(Line([(1, 10.0, False, True)], 2, 2), episodes=1, gamma=1.0, lr=1.0, epsilon=1.0,
                        seed=seed, begin=begin)
        return found.q[0].max()

    assert target(rl.q_learning) == 13 and target(LEARNERS["expected sarsa"]) == 12
    assert {target(rl.sarsa, seed) for seed in range(10)} == {11, 13}


@pytest.mark.parametrize("name", LEARNERS)
def test_the_way_is_found(name):
    env = rl.GridWorld(["S...", "##.#", "G..."], rewards=rl.Rewards(-1.0, 0.0))
    found = LEARNERS[name](env, episodes=300, gamma=1.0, lr=0.3, epsilon=0.2, seed=1)
    state, cells = env.reset(seed=0)[0], []
    while len(cells) < 7 and not env.over:
        state = env.step(int(found.act(np.array([state]))[0]))[0]
        cells.append(int(state))
    assert cells == [1, 2, 6, 10, 9, 8] and len(found.returns) == 300
    assert np.mean(found.returns[-50:]) > np.mean(found.returns[:20])
    again = LEARNERS[name](env, episodes=300, gamma=1.0, lr=0.3, epsilon=0.2, seed=1)
    assert np.array_equal(again.q, found.q) and again.returns == found.returns


def test_q_learning_comes_to_the_best_values_and_sarsa_to_those_of_the_blind():
    env, gamma = rl.GridWorld(["S.", ".G"], slip=0.2), 0.9
    model, rate = rl.model_of(env), lambda n: 1 / n ** 0.7
    best = rl.action_values(model, rl.value_iteration(model, gamma).values, gamma)
    blind = rl.blinded(model, 0.3)
    soft = rl.value_iteration(blind, gamma).policy
    worth = rl.policy_values(model, rl.softened(soft, 0.3, 4), gamma)
    for learner, wanted in ((rl.q_learning, best), (rl.sarsa, rl.action_values(model, worth, gamma))):
        found = learner(env, episodes=4000, gamma=gamma, lr=rate, epsilon=0.3, seed=0)
        assert np.abs(found.q - wanted)[found.counts > 1000].max() < 0.03 and (found.counts > 1000).sum() >= 2


def test_rules_may_follow_the_count():
    seen = []

    def rate(n):
        seen.append(n)
        return 1 / n

    found = rl.q_learning(Line(TO_THE_END), episodes=3, gamma=0.0, lr=rate, epsilon=lambda n: 1 / n)
    assert seen == [1, 1, 2, 2, 3, 3] and found.q[:2, 0].tolist() == [1, 2]


def test_gymnasiums_worlds_are_learned_alike():
    gymnasium = pytest.importorskip("gymnasium")
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    found = rl.q_learning(env, episodes=400, gamma=0.95, lr=0.5, epsilon=lambda n: max(0.1, 1 - n / 200))
    assert np.mean(found.returns[-50:]) > 0.4


class Broken(Line):
    def step(self, action):
        return 1, float("nan"), True, False, {}


@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("wrong, message", [
    ({"env": rl.make_vector("GridWorld", 2)}, "learns in one environment, got a vector"),
    ({"env": rl.CartPole()}, "a table of states that are numbered from 0 .Discrete.*Box"),
    ({"env": rl.Pendulum()}, "chooses among numbered actions"),
    ({"episodes": 0}, "episodes must be at least 1, got 0"),
    ({"gamma": 1.01}, "gamma must lie between 0 and 1, got 1.01"),
    ({"epsilon": -0.1}, "epsilon must lie between 0 and 1, got -0.1"),
    ({"lr": 2.0}, "lr must lie between 0 and 1, got 2.0"),
    ({"lr": lambda n: 3 - n}, "lr must lie between 0 and 1, got 2 at count 1"),
    ({"begin": rl.Learned(np.zeros((2, 4)), np.zeros((2, 4), int))}, "begin holds a table of .2, 4.*.12, 4."),
    ({"env": Broken([])}, "gave the reward nan for action 0 in episode 1: rewards must be finite"),
])
def test_bad_input_is_named(learner, wrong, message):
    options = {"env": rl.GridWorld(), "episodes": 2, **wrong}
    with pytest.raises(OpError, match=message):
        learner(options.pop("env"), **options)
