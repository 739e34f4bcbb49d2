"""Agents: each learns a world that takes a moment, resumes exactly, and refuses what does not fit it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pellucid import nn, optim, rl, tensor
from pellucid.io import load, save
from pellucid.rl.adapting import n_actions
from pellucid.rl.environment import World
from pellucid.rl.networks import Learner, perceptron
from pellucid.rl.ppo import drawn
from pellucid.rl.spaces import Box, Discrete
from pellucid.tensor import OpError

ONE = np.ones(1, np.float32)


class Signs(World):
    """Is the number that is seen negative (action 0) or positive (1)? Three questions an episode."""

    name, limit = "Signs", 3
    observation_space, action_space = Box(-ONE, ONE), Discrete(2)

    def start(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.uniform(-1, 1, (n, 1))

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        right = (states[:, 0] > 0) == (np.asarray(actions).reshape(len(states)) > 0)
        return -0.7 * states, np.where(right, 1.0, -1.0), np.zeros(len(states), bool)


class Echo(Signs):
    """Say half of the number that is seen: the reward is minus the squared error; over at once."""

    name, action_space = "Echo", Box(-2 * ONE, 2 * ONE)

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return states, -np.square(actions[:, 0] - states[:, 0] / 2), np.ones(len(states), bool)


class Broken(Signs):
    """Gives a reward that is no number."""

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return states, np.full(len(states), np.nan), np.zeros(len(states), bool)


def made(kind: str, seed: int = 0, world: World | None = None) -> rl.Agent:
    """A small agent in a vector of 4 copies."""
    env = rl.VectorEnv(world or (Echo() if kind == "SAC" else Signs()), 4)
    small = {"PPO": lambda: rl.PPOConfig(2000, 16, 4, 32, lr=5e-3, gamma=0.5, hidden=(16,)),
             "A2C": lambda: rl.A2CConfig(4000, 4, lr=5e-3, gamma=0.5, hidden=(16,)),
             "Reinforce": lambda: rl.ReinforceConfig(4000, 8, lr=1e-2, gamma=0.5, hidden=(16,)),
             "DQN": lambda: rl.DQNConfig(2000, 2000, 100, 16, 8, 32, 4, 5e-3, 0.5, n_steps=2, sticky=0.3,
                                         hidden=(16,)),
             "SAC": lambda: rl.SACConfig(2000, 100, batch_size=32, lr=5e-3, gamma=0.5, hidden=(16,))}[kind]()
    return getattr(rl, kind)(env, small, seed)


KINDS = ("PPO", "A2C", "Reinforce", "DQN", "SAC")
STEPS = {"PPO": 2000, "A2C": 3000, "Reinforce": 3000, "DQN": 1200, "SAC": 800}


@pytest.mark.parametrize("kind", KINDS)
def test_each_agent_learns(kind: str) -> None:
    agent = made(kind)
    before = rl.evaluate(agent, episodes=50).mean()
    agent.learn(STEPS[kind])
    after = rl.evaluate(agent, episodes=50).mean()
    if kind == "SAC":                                             # saying nothing costs 1/12
        assert after > -0.02 > before - 0.02
    else:
        assert after > 2.5 > before                               # of 3


@pytest.mark.parametrize("kind", KINDS)
def test_each_agent_goes_on_bit_for_bit_from_a_file(kind: str, tmp_path: Path) -> None:
    whole = made(kind)
    whole.learn(150)
    save(whole.state_dict(), tmp_path / "state.safetensors")
    told = whole.learn(150)
    other = made(kind, seed=5)
    other.load_state_dict(load(tmp_path / "state.safetensors"))
    assert other.learn(150) == told and other.steps == whole.steps
    for name, network in whole.networks.items():
        for key, value in network.state_dict().items():
            assert np.array_equal(value.numpy(), other.networks[name].state_dict()[key].numpy()), (name, key)
    assert other.take_finished() == whole.take_finished()


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_and_evaluation_changes_nothing(kind: str) -> None:
    first, again, other = made(kind, 1), made(kind, 1), made(kind, 2)
    assert np.array_equal(rl.evaluate(again, episodes=3, seed=7), rl.evaluate(again, episodes=3, seed=7))
    for agent in (first, again, other):
        agent.learn(150)
    seen = np.linspace(-1, 1, 9, dtype=np.float32)[:, None]
    assert np.array_equal(first.value(seen), again.value(seen))
    assert not np.array_equal(first.value(seen), other.value(seen))


@pytest.mark.parametrize("kind", KINDS)
def test_a_reward_that_is_no_number_is_named(kind: str) -> None:
    world = Broken()
    world.action_space = Echo.action_space if kind == "SAC" else Discrete(2)
    with pytest.raises(OpError, match=f"{kind}: the environment gave the reward nan"):
        made(kind, world=world).learn(10)


def test_spaces_that_do_not_fit_are_named() -> None:
    for kind in ("PPO", "A2C", "Reinforce", "DQN"):
        with pytest.raises(OpError, match=f"{kind}: chooses among numbered actions.*SAC acts in a Box"):
            getattr(rl, kind)("Pendulum")
    with pytest.raises(OpError, match="SAC: acts in a Box of one axis.*Discrete"):
        rl.SAC("CartPole")
    endless = Echo()
    endless.action_space = Box(-np.inf * ONE, np.inf * ONE)
    with pytest.raises(OpError, match="SAC: actions must be bounded"):
        rl.SAC(endless)
    picture = Signs()
    picture.observation_space = Box(np.zeros((2, 2), "f"), np.ones((2, 2), "f"))
    with pytest.raises(OpError, match="PPO: sees vectors of numbers"):
        rl.PPO(picture)
    with pytest.raises(OpError, match="DQN: is_scaled wants bounded observations"):
        rl.DQN("CartPole", rl.DQNConfig(is_scaled=True))
    with pytest.raises(OpError, match="got int"):
        rl.PPO(3)


def test_a_memory_smaller_than_a_batch_is_refused() -> None:
    for kind, config in (("DQN", rl.DQNConfig(memory=10)), ("SAC", rl.SACConfig(memory=10))):
        with pytest.raises(OpError, match=f"{kind}: memory=10"):
            getattr(rl, kind)("Pendulum" if kind == "SAC" else "CartPole", config)
    with pytest.raises(OpError, match="DQN: memory=50000 and before=128 .* batch_size=128 and 2 steps more"):
        rl.DQN("CartPole", rl.DQNConfig(before=128, n_steps=3))
    with pytest.raises(OpError, match="DQN: sticky must lie from 0 to below 1, got 1"):
        rl.DQN("CartPole", rl.DQNConfig(sticky=1.0))


def test_random_actions_come_in_runs_and_keep_their_share() -> None:
    """Runs of 1 / (1 - 0.8) = 5 steps in the mean, and 0.3 of all steps in them."""
    config = rl.DQNConfig(budget=0, before=0, memory=200, n_steps=1, rest=0.3, sticky=0.8, batch_size=50,
                          hidden=(4,))
    agent = rl.DQN(rl.VectorEnv(Signs(), 50), config)
    agent.steps = 1
    guessing = np.array([(agent.explore(), agent.is_guessing)[1] for _ in range(2000)])
    assert guessing[100:].mean() == pytest.approx(0.3, abs=0.02)
    begun = (guessing[1:] & ~guessing[:-1]).sum()                # a run may follow a run at once
    p = 0.3 * 0.2 / (1 - 0.3 * 0.8)
    assert guessing.sum() / begun == pytest.approx(1 / (0.2 * (1 - p)), rel=0.1)


def test_a_cut_episode_is_worth_what_its_last_state_promises() -> None:
    """All that is learned of an episode that is only ever cut is r / (1 - gamma): here 1 / (1 - 0.5)."""
    class Endless(Signs):
        limit = 2

        def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            return states, np.ones(len(states)), np.zeros(len(states), bool)

    agent = made("DQN", world=Endless())
    agent.learn(1200)
    seen = np.linspace(-1, 1, 5, dtype=np.float32)[:, None]
    np.testing.assert_allclose(agent.value(seen), 2, atol=0.15)     # 1.5 or less if a cut were an end


def test_a_state_of_another_agent_is_refused() -> None:
    with pytest.raises(OpError, match="PPO: the state is one of A2C"):
        made("PPO").load_state_dict(made("A2C").state_dict())


def test_environments_of_gymnasium() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    envs = [gymnasium.make("CartPole-v1") for _ in range(2)]
    agent = rl.PPO(envs, rl.PPOConfig(rollout=16, passes=1, batch_size=16), seed=3)
    agent.learn(32)
    assert agent.steps == 32 and np.isfinite(agent.value(agent.seen)).all()
    with pytest.raises(OpError, match="cannot be copied"):
        rl.evaluate(agent)
    returns = rl.evaluate(agent, gymnasium.make("CartPole-v1"), episodes=2, seed=3)
    ours = rl.evaluate(agent, rl.CartPole(), episodes=2, seed=3)  # other random numbers, like physics
    assert returns.shape == ours.shape == (2,) and (returns >= 1).all()
    agent.load_state_dict(agent.state_dict())                     # it cannot go on: new episodes begin
    assert not agent.so_far.any()
    sac = rl.SAC(gymnasium.make("Pendulum-v1"), rl.SACConfig(before=8, batch_size=4, hidden=(8,)))
    assert set(sac.learn(12)) == {"value_loss", "policy_loss", "entropy", "alpha"}
    with pytest.raises(OpError, match="begin at 1"):
        n_actions(type("E", (), {"action_space": gymnasium.spaces.Discrete(2, start=1)}), "PPO")
    with pytest.raises(OpError, match="vector of Gymnasium's"):
        rl.vectorised(gymnasium.make_vec("CartPole-v1", num_envs=2))


def test_ppo_leaves_alone_what_has_moved_too_far() -> None:
    """A better action that is 1.5 times as likely as it was, a worse one half as likely: no gradient."""
    agent = rl.PPO(rl.VectorEnv(Signs(), 2), rl.PPOConfig(value=0.0, hidden=(4,)))
    before = agent.learner.flat._data.copy()
    seen, half = np.array([[0.3], [-0.4]], np.float32), np.log(0.5)
    batch = {"seen": seen, "actions": np.array([0, 1]), "advantages": np.array([1.0, -1.0]),
             "targets": np.zeros(2)}
    logits = agent.policy(tensor(seen)).detach().numpy()
    likely = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    gone = np.array([likely[0, 0] - np.log(1.5), likely[1, 1] - half], np.float32)
    agent.descend({**batch, "likely": gone}, 0.1)
    np.testing.assert_array_equal(agent.learner.flat._data, before)
    agent.descend({**batch, "likely": likely[[0, 1], [0, 1]].astype(np.float32)}, 0.1)
    assert not np.array_equal(agent.learner.flat._data, before)


def test_ppo_holds_the_value_function_back() -> None:
    """V was 1 and ought to be 3; at 1.1, 1.5 and 0.5 the clipped one is 1.1, 1.2 and 0.8."""
    values = tensor([1.1, 1.5, 0.5], requires_grad=True)
    batch = {"expected": np.ones(3, np.float32), "targets": np.full(3, 3.0)}
    free = rl.PPO("CartPole", rl.PPOConfig(hidden=(4,))).errors(values, batch)
    np.testing.assert_allclose(free.detach().numpy(), [1.9 ** 2, 1.5 ** 2, 2.5 ** 2], rtol=1e-5)
    errors = rl.PPO("CartPole", rl.PPOConfig(value_clip=0.2, hidden=(4,))).errors(values, batch)
    np.testing.assert_allclose(errors.detach().numpy(), [1.9 ** 2, 1.8 ** 2, 2.5 ** 2], rtol=1e-5)
    errors.sum().backward()
    assert values.grad is not None                               # too far already: no slope; astray: its own
    np.testing.assert_allclose(values.grad.numpy(), [-3.8, 0.0, -5.0], rtol=1e-5, atol=1e-6)
    with pytest.raises(OpError, match="PPO: value_clip must be above 0, or None, got 0"):
        rl.PPO("CartPole", rl.PPOConfig(value_clip=0))


def test_actions_are_drawn_as_often_as_they_are_likely() -> None:
    logits = np.log(np.tile([0.2, 0.5, 0.3], (20_000, 1)))
    actions, logs = drawn(logits, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(actions) / 20_000, [0.2, 0.5, 0.3], atol=0.015)
    np.testing.assert_allclose(np.exp(logs), np.array([0.2, 0.5, 0.3])[actions], rtol=1e-5)


def test_sac_knows_the_density_of_what_it_draws() -> None:
    """p(a) = N(atanh a; m, s) / (1 - a^2), by the change of variables."""
    agent = made("SAC")
    seen = tensor(np.linspace(-1, 1, 50, dtype=np.float32)[:, None])
    acted, density = (each.detach().numpy() for each in agent.draw(seen))
    mean, log = agent.policy(seen).detach().numpy().T
    u = np.arctanh(acted[:, 0].astype(np.float64))
    normal = -0.5 * ((u - mean) / np.exp(log)) ** 2 - log - 0.5 * np.log(2 * np.pi)
    wanted = normal - np.log(1 - acted[:, 0] ** 2)
    np.testing.assert_allclose(density, wanted, atol=2e-3)


def test_dueling_advantages_have_mean_0() -> None:
    """So the mean of the worths is the value, which the first output of the head says."""
    agent = rl.DQN(rl.VectorEnv(Signs(), 4), rl.DQNConfig(is_dueling=True, hidden=(8,)))
    seen = tensor(np.linspace(-1, 1, 5, dtype=np.float32)[:, None])
    value = agent.worths.head(agent.worths.body(seen))[:, 0]
    np.testing.assert_allclose(agent.worths(seen).mean(1).detach().numpy(), value.detach().numpy(), atol=1e-6)


def test_a_learner_steps_as_adam_with_a_cut_gradient() -> None:
    nets = [perceptron([3, 5, 2], nn.Tanh, np.random.default_rng(0)) for _ in range(2)]
    learner = Learner([nets[0]], 0.01, max_norm=0.1)
    plain = optim.Adam(nets[1].parameters(), lr=0.01)
    x = tensor(np.random.default_rng(1).standard_normal((8, 3)).astype(np.float32))
    for _ in range(3):
        norm = learner.step((nets[0](x) ** 2).mean())
        plain.zero_grad()
        (nets[1](x) ** 2).mean().backward()
        assert nn.utils.clip_grad_norm_(nets[1].parameters(), 0.1).item() == pytest.approx(norm, rel=1e-5)
        plain.step()
    for ours, theirs in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=1e-6)
    with pytest.raises(OpError, match="the loss is nan"):
        learner.step(nets[0](x).mean() * float("nan"))


def test_orthogonal_weights() -> None:
    net = perceptron([4, 8, 3], nn.ReLU, np.random.default_rng(0), last_gain=0.5)
    first, last = net[0].weight.detach().numpy(), net[2].weight.detach().numpy()
    np.testing.assert_allclose(first.T @ first, 2 * np.eye(4), atol=1e-5)
    np.testing.assert_allclose(last @ last.T, 0.25 * np.eye(3), atol=1e-5)


def test_practice_keeps_the_best_and_goes_on(tmp_path: Path) -> None:
    from pellucid.train import Run

    def rows_of(folder: str, epochs: int, resume: bool = False) -> tuple[rl.Agent, list[dict]]:
        agent = made("PPO")
        rows = rl.practise(agent, epochs=epochs, steps=128, episodes=5, run=Run(tmp_path / folder),
                           resume=resume, verbose=0)
        return agent, [{key: value for key, value in row.items() if key != "seconds"} for row in rows]

    whole, rows = rows_of("whole", 4)
    rows_of("broken", 2)
    resumed, again = rows_of("broken", 4, resume=True)
    assert again == rows and [row["step"] for row in rows] == [128, 256, 384, 512]
    seen = np.linspace(-1, 1, 9, dtype=np.float32)[:, None]
    assert np.array_equal(whole.value(seen), resumed.value(seen))
    best = max(row["val_return"] for row in rows)
    assert rl.evaluate(whole, episodes=5, seed=20_000).mean() == pytest.approx(best)


def test_a_film_shows_an_episode() -> None:
    agent = rl.PPO("CartPole", rl.PPOConfig(hidden=(4,)))
    drawings = rl.film(agent, seed=1, every=4)
    steps = int(rl.evaluate(agent, episodes=1, seed=1)[0])
    assert len(drawings) == 1 + steps // 4 + (steps % 4 > 0) and "<svg" in drawings[0].svg()
