"""GridWorld: its moves by hand, its chances beside Gymnasium's tables and beside what happens, bad maps."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import rl
from pellucid.tensor import OpError

UP, RIGHT, DOWN, LEFT = range(4)


def test_moves_walls_edges_and_ends_by_hand():
    env = rl.GridWorld(["S#G", "..P"], rewards=rl.Rewards(-1.0, 10.0, -5.0))
    assert env.observation_space.n == 6 and env.action_space.n == 4 and rl.MOVES[LEFT] == "left"
    assert env.reset(seed=0) == (0, {})
    assert env.step(UP)[:4] == (0, -1.0, False, False)                # the edge
    assert env.step(RIGHT)[:4] == (0, -1.0, False, False)             # the wall
    assert env.step(DOWN)[:4] == (3, -1.0, False, False)
    assert env.step(RIGHT)[:4] == (4, -1.0, False, False)
    assert env.step(RIGHT)[:4] == (5, -6.0, True, False)              # the pit
    with pytest.raises(OpError, match="the episode is over"):
        env.step(UP)


def test_a_limit_truncates_and_a_cliff_leads_back_to_the_start():
    env = rl.GridWorld(["SCG"], rewards=rl.Rewards(-1.0, 0.0, 0.0, -99.0), limit=2)
    env.reset(seed=0)
    assert env.step(RIGHT)[:4] == (0, -100.0, False, False)
    assert env.step(LEFT)[:4] == (0, -1.0, False, True)


def test_chances_by_hand():
    model = rl.model_of(rl.GridWorld(["S.", ".G"], slip=0.2))
    np.testing.assert_allclose(model.chances[0, RIGHT], [0.1, 0.8, 0.1, 0.0])
    np.testing.assert_allclose(model.chances[1, DOWN], [0.1, 0.1, 0.0, 0.8])
    assert model.rewards[1, DOWN] == pytest.approx(-0.04 + 0.8) and model.rewards[0, UP] == -0.04
    assert model.over.tolist() == [False, False, False, True]
    np.testing.assert_array_equal(model.chances[3], np.eye(4)[[3] * 4])
    assert not model.rewards[3].any()


@pytest.mark.parametrize("name, ours, actions", [
    ("FrozenLake-v1", lambda: rl.GridWorld("lake", 2 / 3, rl.Rewards(0.0, 1.0, 0.0)), [3, 2, 1, 0]),
    ("CliffWalking-v1", rl.CliffWalking, [0, 1, 2, 3])])
def test_chances_are_gymnasiums(name, ours, actions):
    gymnasium = pytest.importorskip("gymnasium")
    mine, theirs = rl.model_of(ours()), rl.model_of(gymnasium.make(name))
    on = ~mine.over
    np.testing.assert_array_equal(mine.over, theirs.over)
    np.testing.assert_allclose(mine.chances[on], theirs.chances[on][:, actions], atol=1e-12)
    np.testing.assert_allclose(mine.rewards[on], theirs.rewards[on][:, actions], atol=1e-12)


@pytest.mark.parametrize("action", range(4))
def test_what_happens_has_the_models_chances(action):
    world, n = rl.Grid("book", slip=0.3), 40_000
    vector = rl.VectorEnv(world, n, seed=action)
    vector.states[:] = 6                                              # between the wall and the pit
    seen, rewards, terminated, truncated, info = vector.step(np.full(n, action))
    after = np.bincount(np.where(info["final"], info.get("final_observation", seen), seen), minlength=12) / n
    wanted = world.model.chances[6, action]
    assert np.abs(after - wanted).max() < 4 * np.sqrt(0.25 / n) and not after[wanted == 0].any()
    assert rewards.mean() == pytest.approx(world.model.rewards[6, action], abs=0.02)
    assert terminated.mean() == pytest.approx(wanted[7], abs=0.01) and not truncated.any()
    assert (seen[info["final"]] == 8).all()                           # the next episodes have begun at S


def test_without_a_start_episodes_begin_on_any_floor_and_a_seed_decides_which():
    env = rl.GridWorld(["..", "#G"])
    assert {env.reset(seed=seed)[0] for seed in range(20)} == {0, 1}
    assert env.reset(seed=5) == env.reset(seed=5)


def test_it_goes_on_from_where_it_stood():
    def steps(env, n):
        return [env.step(1)[:4] if not env.over else env.reset()[0] for _ in range(n)]

    env = rl.GridWorld("rooms", slip=0.5, limit=7)
    env.reset(seed=1)
    steps(env, 5)
    kept = env.state_dict()
    first = steps(env, 20)
    again = rl.GridWorld("rooms", slip=0.5, limit=7)
    again.load_state_dict(kept)
    assert steps(again, 20) == first


def test_it_is_made_by_name_and_drawn():
    env = rl.make("GridWorld-v0")
    env.reset(seed=0)
    drawing = env.render()
    assert drawing.svg().count("<polygon") == 12 and drawing.svg().count("<circle") == 1
    assert ">G</text>" in drawing.svg()
    pytest.importorskip("PIL")
    picture = drawing.array()
    assert picture.shape == (drawing.height, drawing.width, 3) and len(np.unique(picture)) > 3


def test_agents_of_numbers_refuse_its_numbered_cells():
    with pytest.raises(OpError, match="PPO: sees vectors of numbers.*Discrete"):
        rl.PPO(rl.GridWorld())


@pytest.mark.parametrize("wrong, message", [
    (lambda: rl.GridWorld("home"), "there is no map 'home', but book, lake, cliff, rooms"),
    (lambda: rl.GridWorld(["S.", ".x"]), "row 1 of cells holds 'x', wants . floor, # wall, S start"),
    (lambda: rl.GridWorld(["S.", "."]), "row 0 of cells has 2 letters, row 1 has 1"),
    (lambda: rl.GridWorld([]), "cells is empty"),
    (lambda: rl.GridWorld(["#G"]), "no place to begin"),
    (lambda: rl.GridWorld(slip=1.5), "slip must lie between 0 and 1, got 1.5"),
    (lambda: rl.GridWorld(slip=float("nan")), "slip must lie between 0 and 1, got nan"),
    (lambda: rl.GridWorld(limit=0), "limit must be at least 1 step, got 0"),
    (lambda: rl.GridWorld(rewards=rl.Rewards(goal=float("inf"))), "rewards must be finite numbers"),
    (lambda: rl.VectorEnv(rl.Grid(), 1).step([4]), "actions are whole numbers from 0 to 3, got .4."),
    (lambda: rl.model_of(rl.CartPole()), "model_of: Env does not tell its chances"),
])
def test_bad_input_is_named(wrong, message):
    with pytest.raises(OpError, match=message):
        wrong()
