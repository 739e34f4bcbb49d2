"""VAE and conditional VAE: the bound by hand, its gradient through the noise, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import manual_seed, no_grad, optim, tensor, zeros
from pellucid.models.cvae import CVAE, CVAEConfig
from pellucid.models.vae import VAE, Encoded, NegativeElbo, VAEConfig, bound, divergence, reparameterise


def test_divergence_is_that_of_the_densities() -> None:
    mean, log_variance = 0.7, -0.4
    z = np.linspace(-9, 9, 200001)
    q = np.exp(-(z - mean) ** 2 / (2 * np.exp(log_variance))) / np.sqrt(2 * np.pi * np.exp(log_variance))
    log_p = -z ** 2 / 2 - np.log(2 * np.pi) / 2
    expected = (q * (np.log(q + 1e-300) - log_p)).sum() * (z[1] - z[0])
    assert divergence(tensor([[mean]]), tensor([[log_variance]])).item() == pytest.approx(expected, rel=1e-5)


def test_both_parts_of_the_bound_by_hand() -> None:
    found = Encoded(tensor([[0.0, np.log(3.0)]]), tensor([[1.0]]), tensor([[0.0]]), tensor([[1.0]]))
    parts = bound(found, tensor([[1.0, 0.25]]))
    assert parts.reconstruction.item() == pytest.approx(
        np.log(2) - 0.25 * np.log(0.75) - 0.75 * np.log(0.25), rel=1e-5)
    assert parts.divergence.item() == pytest.approx(0.5)
    assert parts.total.item() == pytest.approx(parts.reconstruction.item() + 0.5)
    loss = NegativeElbo(beta=4.0)
    assert loss(found, tensor([[1.0, 0.25]])).item() == pytest.approx(parts.reconstruction.item() + 2.0)
    assert loss.metrics["divergence"](found, None) == pytest.approx(0.5)
    assert loss.metrics["reconstruction"](found, None) == pytest.approx(parts.reconstruction.item())


def test_draws_have_the_distribution_and_hand_gradients_on() -> None:
    manual_seed(0)
    mean, log_variance = tensor([[2.0]], requires_grad=True), tensor([[np.log(9.0)]], requires_grad=True)
    z = reparameterise(mean.expand(20000, 1), log_variance.expand(20000, 1))
    assert z.mean().item() == pytest.approx(2, abs=0.1) and z.std().item() == pytest.approx(3, abs=0.1)
    (z * z).mean().backward()                                # E z^2 = mean^2 + variance
    assert mean.grad.item() == pytest.approx(4, abs=0.2)
    assert log_variance.grad.item() == pytest.approx(9, rel=0.05)


def test_it_learns_two_pictures() -> None:
    manual_seed(0)
    x = tensor(np.repeat(np.eye(2, 8, dtype=np.float32), 32, 0))
    model, loss = VAE(VAEConfig(8, 16, 1)), NegativeElbo()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(250):
        optimizer.zero_grad()
        loss(model(x), x).backward()
        optimizer.step()
    assert sum(loss.last.values()) < 1.6                     # log 2 is the least for two equal halves
    assert {tuple(row) for row in (model.sample(200) > 0.5).numpy()[:, :2].tolist()} >= {
        (True, False), (False, True)}


def test_a_conditional_one_leaves_the_class_to_the_label() -> None:
    manual_seed(0)
    y = np.arange(60) % 3
    x, labels = tensor(np.eye(3, 8, dtype=np.float32)[y]), tensor(y)
    model, loss = CVAE(CVAEConfig(8, 3, 16, 2)), NegativeElbo()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        loss(model(x, labels), x).backward()
        optimizer.step()
    assert loss.last["divergence"] < 0.05                    # the label says all there is to say
    assert (model.sample(labels).numpy().argmax(1) == y).all()


@pytest.mark.parametrize("bad", [-0.1, 1.5, float("nan")])
def test_pictures_that_are_no_chances_are_refused(bad: float) -> None:
    model, x = VAE(VAEConfig(4, 3, 2)), np.full((2, 4), 0.5, np.float32)
    x[1, 2] = bad
    with no_grad(), pytest.raises(ValueError, match=r"x must lie in \[0, 1\].*got"):
        bound(model(zeros(2, 4)), tensor(x))


def test_other_bad_input_is_named() -> None:
    model = CVAE(CVAEConfig(4, 3, 5, 2))
    with pytest.raises(ValueError, match="there is no class 3, labels go from 0 to 2"):
        model(zeros(2, 4), tensor([0, 3]))
    with pytest.raises(ValueError, match="there is no class -1"):
        model.sample(tensor([-1]))
    with pytest.raises(RuntimeError, match=r"labels must be whole numbers of shape \(B,\), got \(2,\) of"):
        model(zeros(2, 4), zeros(2))
    with pytest.raises(RuntimeError, match=r"x has shape \(2, 5\), the decoder's logits \(2, 4\)"):
        bound(model(zeros(2, 4), tensor([0, 1])), zeros(2, 5))
    with pytest.raises(ValueError, match="beta must be at least 0, got -1"):
        NegativeElbo(-1.0)
