"""Planning: values by hand and from the literature, value iteration against the linear system."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import rl
from pellucid.tensor import OpError

MAPS = [("book", 0.2, 1.0), ("book", 0.0, 0.9), ("lake", 2 / 3, 0.99), ("lake", 2 / 3, 1.0),
        ("rooms", 0.2, 0.99), ("cliff", 0.1, 1.0)]


def chain(reward: float = 1.0) -> rl.Model:
    """State 0 stays (pays 0) or goes on to 1; 1 goes on to the end, 2, and pays; or stays with chance 1/2."""
    chances = np.array([[[1, 0, 0], [0, 1, 0]], [[0, 0.5, 0.5], [0, 0, 1]], [[0, 0, 1], [0, 0, 1]]], float)
    return rl.Model(chances, np.array([[0.0, 0.0], [2 * reward, reward], [0.0, 0.0]]),
                    np.array([False, False, True]))


def test_a_chain_by_hand():
    model = chain()
    # In 1: v = 2 + 0.9 v / 2, so 2 / 0.55; in 0: 0.9 times that.
    np.testing.assert_allclose(rl.policy_values(model, [1, 0, 0], 0.9), [0.9 * 2 / 0.55, 2 / 0.55, 0])
    np.testing.assert_allclose(rl.policy_values(model, [1, 1, 0], 0.9), [0.9, 1, 0])
    half = np.full((3, 2), 0.5)                                  # 1: v = 1.5 + 0.225 v; 0: v = 0.45 (v + v1)
    v1 = 1.5 / 0.775
    np.testing.assert_allclose(rl.policy_values(model, half, 0.9), [0.45 * v1 / 0.55, v1, 0])
    np.testing.assert_allclose(rl.action_values(model, [1.0, 2.0, 99.0], 0.5), [[0.5, 1], [2.5, 1], [0, 0]])
    for plan in (rl.value_iteration(model, 0.9), rl.policy_iteration(model, 0.9)):
        np.testing.assert_allclose(plan.values, [0.9 * 2 / 0.55, 2 / 0.55, 0], atol=1e-9)
        assert plan.policy[:2].tolist() == [1, 0]
    # One sweep after the other from 0: v1 = 2, then 2 + 0.45 2.
    np.testing.assert_allclose(rl.value_iteration(model, 0.9).course[2], [1.8, 2.9, 0])


def test_the_books_utilities():
    """Russell & Norvig, figure 17.3: 0.812 0.868 0.918 +1, 0.762 - 0.660 -1, 0.705 0.655 0.611 0.388."""
    plan = rl.value_iteration(rl.model_of(rl.GridWorld("book", slip=0.2)), gamma=1.0)
    told = plan.values.reshape(3, 4)
    # There a state's own reward counts, here that of the step; the values of floor are the same.
    np.testing.assert_allclose(told[0, :3], [0.812, 0.868, 0.918], atol=6e-4)
    np.testing.assert_allclose(told[1, [0, 2]], [0.762, 0.660], atol=6e-4)
    np.testing.assert_allclose(told[2], [0.705, 0.655, 0.611, 0.388], atol=6e-4)
    assert [rl.MOVES[a] for a in plan.policy.reshape(3, 4)[2]] == ["up", "left", "left", "left"]


@pytest.mark.parametrize("cells, slip, gamma", MAPS)
def test_value_iteration_solves_the_linear_system_of_its_policy(cells, slip, gamma):
    model = rl.model_of(rl.GridWorld(cells, slip, rl.Rewards(-0.04, 1.0, -1.0, -2.0)))
    by_values = rl.value_iteration(model, gamma, tolerance=1e-12)
    by_policies = rl.policy_iteration(model, gamma)
    solved = rl.policy_values(model, by_values.policy, gamma)
    assert np.abs(by_values.values - solved).max() < 1e-9
    assert np.abs(by_policies.values - solved).max() < 1e-9
    q = rl.action_values(model, solved, gamma)                   # and no action is worth more
    assert (q.max(1) <= solved + 1e-9).all()
    best = rl.best_actions(q)
    assert all(best[np.arange(len(q)), plan.policy].all() for plan in (by_values, by_policies))
    if gamma < 1:
        changes = [np.abs(b - a).max() for a, b in zip(by_values.course, by_values.course[1:], strict=False)]
        assert all(b <= gamma * a + 1e-12 for a, b in zip(changes, changes[1:], strict=False))
    assert len(by_policies.course) < 15


def test_a_tolerance_bounds_how_far_values_are_off():
    model = rl.model_of(rl.GridWorld("rooms", 0.2))
    exact = rl.policy_iteration(model, 0.95).values
    for tolerance in (1e-2, 1e-5):
        assert np.abs(rl.value_iteration(model, 0.95, tolerance=tolerance).values - exact).max() <= tolerance


def test_who_acts_blindly_lives_in_a_world_that_slips():
    """The best policy of the blinded world, softened, gets there what it gets in the real one."""
    model = rl.model_of(rl.CliffWalking())
    soft = rl.value_iteration(rl.blinded(model, 0.1), 1.0)
    got = rl.policy_values(model, rl.softened(soft.policy, 0.1, 4), 1.0)
    np.testing.assert_allclose(soft.values, got, atol=1e-8)
    sure = rl.value_iteration(model, 1.0)
    assert sure.values[36] == -13 and (sure.values[~model.over] >= soft.values[~model.over] - 1e-9).all()
    assert rl.policy_values(model, rl.softened(sure.policy, 0.1, 4), 1.0)[36] < soft.values[36] - 10


@pytest.mark.parametrize("wrong, message", [
    (lambda: rl.value_iteration(chain(), 1.1), "gamma must lie between 0 and 1, got 1.1"),
    (lambda: rl.policy_iteration(chain(), -0.1), "gamma must lie between 0 and 1, got -0.1"),
    (lambda: rl.policy_values(chain(), [0, 0, 0], 1.0), "from state 0 it never does .1 such states."),
    (lambda: rl.policy_values(chain(), [0, 2, 0], 0.9), "whole numbers from 0 to 1"),
    (lambda: rl.policy_values(chain(), np.full((3, 2), 0.6), 0.9), "chances that sum to 1"),
    (lambda: rl.action_values(chain(), [1.0], 0.9), "3 states want values .3,., got .1,."),
    (lambda: rl.value_iteration(rl.model_of(rl.GridWorld(["S#G"])), 1.0), "the goal is out of reach"),
    (lambda: rl.policy_iteration(rl.model_of(rl.GridWorld(["S#G"])), 1.0), "the goal is out of reach"),
    (lambda: rl.value_iteration(chain(), 0.9, sweeps=3), "after 3 sweeps values still change"),
    (lambda: rl.softened([0], 2.0, 4), "epsilon must lie between 0 and 1, got 2"),
    (lambda: rl.blinded(chain(), -1.0), "epsilon must lie between 0 and 1, got -1"),
    (lambda: rl.Model(np.full((2, 1, 2), 0.6), np.zeros((2, 1)), np.zeros(2, bool)),
     "state 0, action 0 must be at least 0 and sum to 1; they sum to 1.2"),
    (lambda: rl.Model(np.eye(2)[:, None], np.zeros((2, 2)), np.zeros(2, bool)), "wants chances .S, A, S."),
    (lambda: rl.Model(np.eye(2)[:, None], np.full((2, 1), np.nan), np.zeros(2, bool)),
     "rewards must be finite"),
])
def test_bad_input_is_named(wrong, message):
    with pytest.raises(OpError, match=message):
        wrong()


def test_without_a_discount_only_what_never_ends_is_refused():
    away = rl.model_of(rl.GridWorld(["S#G"]))
    assert rl.value_iteration(away, 0.5).values[0] == pytest.approx(-0.08)     # -0.04 / (1 - 0.5), for ever
