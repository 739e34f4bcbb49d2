"""Diffusion: its schedule, its way there and its ways back, by what mathematics says of them."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import optim
from pellucid.models.ddpm import Diffusion, DiffusionConfig
from pellucid.models.unet import UNet, UNetConfig, time_features

SMALL = UNetConfig(widths=(8, 16, 24), time=8, groups=4)
PATCHED = UNetConfig(patch=2, widths=(8, 16), time=8, groups=4)


@pytest.fixture
def diffusion():
    pellucid.manual_seed(0)
    return Diffusion(DiffusionConfig(steps=100))


def test_the_schedule_goes_from_all_to_nothing(diffusion):
    """Nichol & Dhariwal's curve, but for the last steps, which may not destroy everything."""
    assert diffusion.kept[0] == 1 and (np.diff(diffusion.kept) < 0).all() and 0 < diffusion.kept[-1] < 1e-5
    middle = np.cos((0.5 + 0.008) / 1.008 * np.pi / 2) ** 2 / np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    assert diffusion.kept[50] == pytest.approx(middle)


def test_the_noisy_picture_keeps_its_variance(diffusion):
    x, t = pellucid.randn(50, 1, 16, 16), pellucid.full((50,), 60)
    seen = diffusion.noisy(x, t, pellucid.randn(50, 1, 16, 16))
    assert seen.var().item() == pytest.approx(1, abs=0.03)
    correlation = (seen * x).mean().item()
    assert correlation == pytest.approx(np.sqrt(diffusion.kept[60]), abs=0.03)


@pytest.mark.parametrize("answer", ["noise", "velocity"])
@pytest.mark.parametrize("eta, steps", [(0.0, 10), (0.0, 7), (0.0, 100), (1.0, 100)])
def test_a_model_that_knows_the_noise_finds_the_picture(eta, steps, answer):
    """For data that is one picture, the noise is e = (x_t - sqrt(a) x_0) / sqrt(1 - a)."""
    diffusion = Diffusion(DiffusionConfig(steps=100, answer=answer))
    picture = pellucid.rand(1, 1, 4, 4) * 2 - 1

    def knowing(x, t):
        a = float(diffusion.kept[int(t[0])])
        noise = (x - np.sqrt(a) * picture) / np.sqrt(1 - a)
        return noise if answer == "noise" else np.sqrt(a) * noise - np.sqrt(1 - a) * picture
    assert diffusion.errors(knowing, picture, pellucid.tensor([40])).item() < 1e-6
    found = diffusion.sample(knowing, (3, 1, 4, 4), steps=steps, eta=eta)
    np.testing.assert_allclose(found.numpy(), np.broadcast_to(picture.numpy(), (3, 1, 4, 4)), atol=1e-4)


def test_normal_data_stays_normal(diffusion):
    """For normal data of deviation s the right answer is linear, e = sqrt(1 - a) x / (a s^2 + 1 - a): samples
    have that deviation too, up to the error of so many steps.
    """
    s = 0.3

    def knowing(x, t):
        a = float(diffusion.kept[int(t[0])])
        return np.sqrt(1 - a) * x / (a * s**2 + 1 - a)
    for eta in (0.0, 1.0):
        found = diffusion.sample(knowing, (40, 1, 16, 16), steps=100, eta=eta)
        assert found.std().item() == pytest.approx(s, rel=0.1)


def test_ddim_makes_the_same_picture_of_the_same_noise(diffusion):
    model, start = UNet(SMALL), pellucid.randn(2, 1, 8, 8)
    first, second = (diffusion.sample(model, (2, 1, 8, 8), steps=5, start=start) for _ in range(2))
    assert pellucid.equal(first, second) and len(list(diffusion.trail(model, (1, 1, 8, 8), steps=7))) == 7


@pytest.mark.parametrize("answer, config", [("noise", SMALL), ("velocity", PATCHED)])
def test_a_network_learns_one_picture(answer, config):
    pellucid.manual_seed(0)
    diffusion = Diffusion(DiffusionConfig(steps=100, answer=answer))
    model, x = UNet(config), pellucid.zeros(16, 1, 8, 8)
    x[:, :, 2:6, 2:6] = 1.0
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(80):
        optimizer.zero_grad()
        loss = diffusion.loss(model, x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(1 if answer == "noise" else 0.6, abs=0.15)   # it begins by answering 0
    assert np.mean(losses[-10:]) < 0.4 * losses[0]
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_times_are_told_apart():
    told = time_features(pellucid.arange(400), 16).numpy()
    apart = np.linalg.norm(told[:, None] - told[None], axis=2)[~np.eye(400, dtype=bool)]
    assert told.shape == (400, 16) and apart.min() > 0.1


Z = pellucid.zeros


@pytest.mark.parametrize("call, message", [
    (lambda d: Diffusion(DiffusionConfig(steps=1)), "steps must be at least 2, got 1"),
    (lambda d: d.loss(None, pellucid.full((1, 1, 4, 4), 255.0)), "scaled to -1 ... 1, got values from 255"),
    (lambda d: d.sample(None, (1, 1, 4, 4), steps=101), "wants 1 to 100 steps"),
    (lambda d: d.sample(None, (1, 1, 4, 4), eta=2), "eta from 0 to 1"),
    (lambda d: d.sample(None, (2, 1, 4, 4), start=Z(1, 1, 4, 4)), r"start must have the shape \(2, "),
    (lambda d: d.noisy(Z(1, 1, 4, 4), pellucid.tensor([101]), 0), "times go from 0 to 100, got 101"),
    (lambda d: Diffusion(DiffusionConfig(answer="x")), "answer must be 'noise' or 'velocity', got 'x'"),
    (lambda d: UNet(SMALL)(Z(1, 1, 6, 8), pellucid.ones(1)), r"divisible by 4, got \(1, 1, 6, 8\)"),
    (lambda d: UNet(PATCHED)(Z(1, 1, 8, 6), pellucid.ones(1)), r"divisible by 4, got \(1, 1, 8, 6"),
    (lambda d: UNet(SMALL)(Z(1, 3, 8, 8), pellucid.ones(1)), r"shape \(B, 1, H, W\).*\(1, 3, 8"),
    (lambda d: UNet(SMALL)(Z(2, 1, 8, 8), pellucid.ones(1)), "a time for each of 2 pictures"),
    (lambda d: UNet(UNetConfig(widths=())), "one width or more"),
    (lambda d: UNet(UNetConfig(widths=(9,))), "num_groups must divide num_channels, got 8 and 9"),
])
def test_bad_input(diffusion, call, message):
    with pytest.raises(ValueError, match=message):
        call(diffusion)
