"""Returns, advantages and the replay buffer, by numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.rl import Joined, ReplayBuffer, discounted_returns, gae, n_step_returns
from pellucid.tensor import OpError

NO = [False, False, False]


def test_discounted_returns_by_hand():
    """1 + 0.5 (2 + 0.5 (4 + 0.5 * 8)) = 4; an end after the second step cuts what follows it."""
    np.testing.assert_allclose(discounted_returns([1, 2, 4], 0.5, last_value=8), [4, 6, 8])
    np.testing.assert_allclose(discounted_returns([1, 2, 4], 0.5, [False, True, False], 8), [2, 2, 8])


def test_advantages_by_hand():
    """gamma = lam = 0.5. d = (1 + 1 - 2, 2 + 0 - 2 (over), 3 + 0.5 - 1) = (0, 0, 2.5)."""
    advantages, targets = gae([1, 2, 3], [2.0, 2, 1], [2.0, 9, 1], [False, True, False], NO, 0.5, 0.5)
    np.testing.assert_allclose(advantages, [0, 0, 2.5])
    np.testing.assert_allclose(targets, [2, 2, 3.5])


def test_a_cut_episode_is_worth_what_its_last_state_promises():
    """Cut after step 1: d_1 = 2 + 0.5 * 9 - 2 = 4.5, and nothing of step 2 goes into it."""
    cut = [False, True, False]
    advantages, _ = gae([1, 2, 3], [2.0, 2, 1], [2.0, 9, 1], NO, cut, 0.5, 0.5)
    np.testing.assert_allclose(advantages, [0 + 0.25 * 4.5, 4.5, 2.5])


def test_gae_with_lam_1_is_the_return_less_the_value():
    rng = np.random.default_rng(0)
    rewards, values, last = rng.standard_normal((6, 3)), rng.standard_normal((6, 3)), rng.standard_normal(3)
    after, none = np.concatenate([values[1:], last[None]]), np.zeros((6, 3), bool)
    advantages, targets = gae(rewards, values, after, none, none, 0.9, 1.0)
    np.testing.assert_allclose(targets, discounted_returns(rewards, 0.9, None, last))
    np.testing.assert_allclose(advantages, targets - values)


def test_n_step_returns_by_hand():
    """n = 2, gamma = 0.5: 1 + 0.5 * 2 + 0.25 * 8 = 4; 2 + 0.5 * 4 + 0.25 * 16; 4 + 0.5 * 16."""
    over, cut = [False, True, False], [True, False, False]
    for done, ended, expected in ((NO, NO, [4, 8, 12]), (over, NO, [2, 2, 12]), (NO, cut, [4, 8, 12])):
        found = n_step_returns([1, 2, 4], [6, 8, 16], done, ended, 0.5, 2)
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("call, message", [
    (lambda: discounted_returns([1, np.nan], 0.9), r"reward nan at \[1\]"),
    (lambda: discounted_returns([1.0], 1.5), "gamma must lie between 0 and 1, got 1.5"),
    (lambda: gae([1.0], [1.0], [1.0, 2.0], [False], [False], 0.9, 0.9), "must have one shape"),
    (lambda: gae([1.0], [1.0], [1.0], [False], [False], 0.9, 2), "lam must lie between 0 and 1"),
    (lambda: n_step_returns([1.0], [1.0], [False], [False], 0.9, 0), "n must be at least 1"),
])
def test_bad_input(call, message):
    with pytest.raises(OpError, match=message):
        call()


def filled(n=5, capacity=4):
    buffer = ReplayBuffer(capacity, np.zeros(2, np.float32), 0, seed=0)
    for i in range(n):
        buffer.add(np.full((1, 2), i), [i], [float(i)], np.full((1, 2), i + 1), [False])
    return buffer


def test_the_oldest_transition_gives_way():
    buffer = filled()
    assert len(buffer) == 4 and sorted(buffer.parts["actions"].tolist()) == [1, 2, 3, 4]
    drawn = buffer.sample(4)
    np.testing.assert_array_equal(drawn["next_observations"][:, 0], drawn["actions"] + 1)
    assert {name: values.dtype.name for name, values in drawn.items()} == {
        "observations": "float32", "actions": "int64", "rewards": "float32", "next_observations": "float32",
        "terminated": "float32", "steps": "float32"}


def test_a_buffer_resumes_exactly():
    buffer = filled(3, 10)
    again = ReplayBuffer(10, np.zeros(2, np.float32), 0)
    again.load_state_dict(buffer.state_dict())
    for _ in range(3):
        first, second = buffer.sample(3), again.sample(3)
        assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("call, message", [
    (lambda b: b.sample(6), "holds 4 transitions, a batch of 6"),
    (lambda b: b.add(np.zeros((1, 2)), [0], [np.nan], np.zeros((1, 2)), [0]), "rewards must be finite"),
    (lambda b: b.add(np.zeros((1, 3)), [0], [0.0], np.zeros((1, 2)), [0]), r"observations must have shape"),
    (lambda b: ReplayBuffer(0, 0, 0), "capacity must be at least 1"),
])
def test_a_buffer_refuses(call, message):
    with pytest.raises(OpError, match=message):
        call(filled())


def steps_of(n, *rows):
    """What comes of joining rows (seen, action, reward, after, terminated, truncated) of one environment."""
    joined, found = Joined(n, 0.5), []
    for seen, action, reward, after, over, cut in rows:
        told = joined.add([[float(seen)]], [action], [float(reward)], [[float(after)]], [over], [cut])
        if told is not None:
            found.append(tuple(np.ravel(part).item() for part in told))
    return found


def test_steps_are_joined_by_hand():
    """n = 3, gamma = 0.5: 1 + 0.5 * 2 + 0.25 * 4 = 3, from what is seen at 0 to what is seen at 3."""
    a, b, c, d = ((i, i, 2.0**i, i + 1, False, False) for i in range(4))
    assert steps_of(3, a, b, c, d) == [(0, 0, 3, 3, False, 3), (1, 1, 6, 4, False, 3)]
    assert steps_of(1, a, b) == [(0, 0, 1, 1, False, 1), (1, 1, 2, 2, False, 1)]
    over, cut = (*b[:4], True, False), (*b[:4], False, True)
    assert steps_of(3, a, over, c, d) == [(0, 0, 2, 2, True, 2), (1, 1, 2, 2, True, 1)]
    assert steps_of(3, a, cut, c, d) == [(0, 0, 2, 2, False, 2), (1, 1, 2, 2, False, 1)]


def test_joined_steps_are_the_returns_of_n_steps():
    """In several environments, ends and cuts at random: R + gamma^m (1 - over) V is n_step_returns."""
    rng, n, shape = np.random.default_rng(0), 4, (40, 3)
    rewards, values = rng.standard_normal(shape), rng.standard_normal(shape)
    over = rng.random(shape) < 0.1
    cut = (rng.random(shape) < 0.1) & ~over
    expected = n_step_returns(rewards, values, over, cut, 0.9, n)
    joined, found = Joined(n, 0.9), []
    for step in zip(values, np.zeros(shape, int), rewards, values[..., None], over, cut, strict=True):
        if (told := joined.add(*step)) is not None:
            _, _, total, last, ended, steps = told
            found.append(total + 0.9**steps * np.where(ended, 0, last[:, 0]))
    np.testing.assert_allclose(found, expected[:len(found)], rtol=1e-6)
    assert len(found) == 40 - (n - 1)
    with pytest.raises(OpError, match="Joined: n must be at least 1 step, got 0"):
        Joined(0, 0.9)
