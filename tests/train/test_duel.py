"""The duel of two networks: whose weights move when, what is watched, the mean, and going on exactly."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn, optim, randn
from pellucid.models import gan, wgan
from pellucid.train.duel import Duel, Rules, length

CONFIG = gan.GANConfig(noise=3, units=8)


def duel(rules: Rules | None = None, average: float = 0.9, lr: float = 0.01, seed: int = 0) -> Duel:
    pellucid.manual_seed(seed)
    nets = gan.generator(CONFIG), gan.discriminator(CONFIG)
    both = tuple(optim.Adam(net.parameters(), lr=lr) for net in nets)
    falling = tuple(optim.lr_scheduler.LambdaLR(each, lambda n: 1 / (1 + n)) for each in both)
    return Duel(*nets, both, rules or Rules(gan.discriminator_loss, gan.non_saturating_loss),
                lambda n: randn(n, 3), average=average, schedulers=falling)


def draw():
    return (randn(16, 2) + 2,)


def weights(net: nn.Module) -> np.ndarray:
    return np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])


def test_each_side_moves_by_its_own_loss_alone() -> None:
    mine = duel(Rules(gan.discriminator_loss, lambda fake: 0 * fake.sum()))
    before = weights(mine.generator), weights(mine.discriminator)
    mine.step(draw)
    assert np.array_equal(weights(mine.generator), before[0])
    assert not np.array_equal(weights(mine.discriminator), before[1])
    mine = duel(Rules(lambda real, fake: 0 * real.sum(), gan.non_saturating_loss))
    mine.step(draw)
    assert not np.array_equal(weights(mine.generator), before[0])
    assert np.array_equal(weights(mine.discriminator), before[1])


def test_rounds_penalty_and_what_comes_after() -> None:
    calls: list[str] = []

    def penalty(net, real, made):
        calls.append("penalty")
        assert not made.requires_grad
        return 0 * net(real).sum()

    def after(net):
        calls.append("after")
        wgan.clip_weights(net, 0.01)

    mine = duel(Rules(wgan.critic_loss, wgan.generator_loss, penalty, after, is_logit=False, rounds=3))
    mine.step(draw)
    assert calls == ["penalty", "after"] * 3
    assert np.abs(weights(mine.discriminator)).max() <= 0.0100001


def test_what_is_watched_is_what_happened() -> None:
    mine = duel(average=0.0)
    assert mine.step(draw) == {} and mine.mean is mine.generator
    found = mine.step(draw, watch=True)
    assert set(found) == {"loss_d", "loss_g", "d_real", "d_fake", "slope_d", "slope_g"}
    assert 0 < found["d_real"] < 1 and 0 < found["d_fake"] < 1
    assert found["slope_g"] == pytest.approx(length(mine.generator)) and found["slope_d"] > 0


def test_a_shift_is_learned() -> None:
    mine = duel(average=0.0, lr=0.02)
    mine.schedulers = ()
    for _ in range(150):
        mine.step(draw)
    assert np.linalg.norm(mine.sample(500).numpy().mean(0) - 2) < 0.7


def test_the_mean_follows_slowly_and_makes_the_samples() -> None:
    mine = duel()
    start = weights(mine.generator)
    mine.step(draw)                                               # the first takes the weights as they are
    first = weights(mine.generator)
    mine.step(draw)
    assert np.allclose(weights(mine.mean), 0.9 * first + 0.1 * weights(mine.generator), atol=1e-6)
    assert not np.array_equal(first, start)
    z = randn(4, 3)
    assert np.allclose(mine.made(z).numpy(), mine.mean(z).detach().numpy())
    assert mine.mean.training


def test_a_duel_goes_on_exactly() -> None:
    whole = duel()
    for _ in range(6):
        whole.step(draw)
    first = duel()
    for _ in range(3):
        first.step(draw)
    state, stream = first.state_dict(), pellucid.get_rng_state()
    second = duel(seed=5)
    second.load_state_dict(state)
    pellucid.set_rng_state(stream)
    for _ in range(3):
        second.step(draw)
    assert second.steps == 6
    for side in ("generator", "discriminator", "mean"):
        assert np.array_equal(weights(getattr(whole, side)), weights(getattr(second, side)))


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="rounds must be at least 1 step, got 0"):
        duel(Rules(gan.discriminator_loss, gan.minimax_loss, rounds=0))
    with pytest.raises(ValueError, match="average must be at least 0 and below 1, got 1.0"):
        duel(average=1.0)
    with pytest.raises(FloatingPointError, match="the generator's loss is nan at step 1"):
        duel(Rules(gan.discriminator_loss, lambda fake: fake.sum() * float("nan"))).step(draw, watch=True)
