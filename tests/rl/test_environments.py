"""The worlds: Gymnasium's own trajectories, the protocol, bad actions, pictures."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import rl
from pellucid.tensor import OpError

NAMES = {"CartPole": "CartPole-v1", "MountainCar": "MountainCar-v0", "Acrobot": "Acrobot-v1",
         "Pendulum": "Pendulum-v1"}


def act(rng, env):
    """Long episodes: pushed to and fro as the state wants, with some chance."""
    return env.action_space.sample(rng)


@pytest.mark.parametrize("name", NAMES)
def test_trajectories_are_gymnasiums(name):
    """From the same seeds, with the same actions, over several episodes: the same numbers."""
    gymnasium = pytest.importorskip("gymnasium")
    ours, theirs = rl.make(name), gymnasium.make(NAMES[name])
    for seed in range(3):
        rng = np.random.default_rng(seed)
        a, b = ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0]
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)
        for step in range(600):
            action = act(rng, ours)
            (a, *told), (b, *expected) = ours.step(action), theirs.step(action)
            loose = 1e-3 if name == "Acrobot" else 1e-5          # chaotic
            np.testing.assert_allclose(a, b, rtol=loose, atol=loose, err_msg=f"step {step}")
            assert a.dtype == b.dtype == np.float32 and told[1:3] == expected[1:3]
            assert told[0] == pytest.approx(float(expected[0]), rel=1e-4, abs=1e-6)
            if told[1] or told[2]:
                a, b = ours.reset()[0], theirs.reset()[0]
                np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_a_step_of_the_cart_by_hand():
    """From rest, upright, pushed right: p = 10 / 1.1, a'' = -p / (0.5 (4/3 - 0.1 / 1.1))."""
    after, reward, over = rl.CartPoleWorld().step(np.zeros((1, 4)), np.array([1]))
    p = 10 / 1.1
    bend = -p / (0.5 * (4 / 3 - 0.1 / 1.1))
    np.testing.assert_allclose(after, [[0, 0.02 * (p - 0.05 * bend / 1.1), 0, 0.02 * bend]], rtol=1e-12)
    assert reward[0] == 1 and not over[0]


def test_a_step_of_the_pendulum_by_hand():
    after, reward, _ = rl.PendulumWorld().step(np.array([[np.pi / 2, 1.0]]), np.array([[5.0]]))
    assert reward[0] == pytest.approx(-((np.pi / 2) ** 2 + 0.1 + 0.004))     # a torque of 5 is cut to 2
    turn = 1 + (15 + 6) * 0.05
    np.testing.assert_allclose(after, [[np.pi / 2 + 0.05 * turn, turn]])


@pytest.mark.parametrize("name", NAMES)
def test_copies_step_as_one_does(name):
    vector, n = rl.make_vector(name, 5, seed=1), 5
    vector.reset(seed=4)
    singles = [rl.make(name) for _ in range(n)]
    for env, state in zip(singles, vector.states, strict=True):
        env.reset(seed=0)
        env.state = state[None].copy()
    rng = np.random.default_rng(0)
    for _ in range(30):
        actions = np.stack([np.asarray(vector.action_space.sample(rng)) for _ in range(n)])
        seen, rewards, terminated, truncated, info = vector.step(actions)
        if info["final"].any():
            break
        for i, env in enumerate(singles):
            alone = env.step(actions[i])
            np.testing.assert_allclose(seen[i], alone[0], rtol=1e-6)
            assert rewards[i] == pytest.approx(alone[1], rel=1e-6) and not terminated[i] and not truncated[i]


def test_a_limit_truncates_and_a_fall_terminates():
    env = rl.MountainCar()
    env.reset(seed=0)
    ends = [env.step(1)[2:4] for _ in range(200)]
    assert ends[-1] == (False, True) and set(ends[:-1]) == {(False, False)}
    with pytest.raises(OpError, match="MountainCar: call reset.. again: the episode is over"):
        env.step(1)
    cart = rl.CartPole()
    cart.reset(seed=0)
    while not (last := cart.step(0))[2]:
        pass
    assert last[2:4] == (True, False)


def test_a_vector_begins_again_and_keeps_what_was_last_seen():
    vector = rl.make_vector("CartPole", 3, seed=0)
    while not (told := vector.step(np.zeros(3, int)))[4]["final"].any():
        pass
    seen, _, terminated, truncated, info = told
    over = info["final"]
    assert (terminated == over).all() and not truncated.any()
    assert (np.abs(info["final_observation"][over, 2]) > 0.2).all() and (np.abs(seen[over]) <= 0.05).all()
    assert (vector.steps[over] == 0).all()


@pytest.mark.parametrize("made", [lambda: rl.make("Acrobot"), lambda: rl.make_vector("Acrobot", 4, seed=3)])
def test_a_state_resumes_exactly(made):
    env = made()
    env.reset(seed=5)
    several = hasattr(env, "n")
    actions = np.random.default_rng(0).integers(3, size=(700, 4))
    go = [tuple(a) if several else int(a[0]) for a in actions]

    def walk(env, some):
        rows = []
        for a in some:
            told = env.step(np.array(a) if several else a)
            rows.append(np.array(told[0]))
            if not several and (told[2] or told[3]):
                env.reset()
        return np.array(rows)
    walk(env, go[:100])
    kept = env.state_dict()
    expected = walk(env, go[100:])
    again = made()
    again.load_state_dict(kept)
    np.testing.assert_array_equal(walk(again, go[100:]), expected)


@pytest.mark.parametrize("call, message", [
    (lambda: rl.make("CartPool-v1"), "no environment 'CartPool-v1' here, .*did you mean CartPole"),
    (lambda: rl.CartPole().step(0), "CartPole: call reset.. first"),
    (lambda: rl.CartPole().render(), "nothing to draw yet"),
    (lambda: rl.make_vector("CartPole", 2).step(np.array([0, 2])), r"from 0 to 1, got \[0, 2\]"),
    (lambda: rl.make_vector("CartPole", 2).step(np.array([0])), r"2 copies want 2 actions, got shape \(1,\)"),
    (lambda: rl.make_vector("Pendulum", 2).step(np.zeros(2)), r"an action is \(1,\) finite numbers"),
    (lambda: rl.make_vector("Pendulum", 1).step(np.full((1, 1), np.nan)), "finite numbers"),
    (lambda: rl.make_vector("Pendulum", 0), "at least 1 copy, got n=0"),
])
def test_bad_use(call, message):
    with pytest.raises(OpError, match=message):
        call()


@pytest.mark.parametrize("name", NAMES)
def test_pictures(name, tmp_path):
    import xml.etree.ElementTree as tree

    env = rl.make(name)
    env.reset(seed=0)
    drawing = env.render()
    assert len(tree.fromstring(drawing.svg())) == len(drawing.shapes) > 1
    image = pytest.importorskip("PIL.Image")
    array = drawing.array()
    assert array.shape == (drawing.height, drawing.width, 3) and array.min() < 100 and array.max() == 255
    with image.open(rl.write_gif([drawing, env.render()], tmp_path / "a.gif")) as film:
        assert film.size == (drawing.width, drawing.height)
