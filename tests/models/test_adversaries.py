"""The models of adversarial training: losses by hand, penalties against differences, shapes, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import nn, randint, randn, tensor
from pellucid.models import cgan, dcgan, gan, sn_gan, stylegan, wgan, wgan_gp
from pellucid.models.minibatch_discrimination import MinibatchDiscrimination, batch_discriminator


@pytest.fixture(autouse=True)
def seeded() -> None:
    pellucid.manual_seed(0)


def log_sigmoid(s: float) -> float:
    return -math.log1p(math.exp(-s))


def test_losses_are_those_of_the_paper() -> None:
    real, fake = tensor([[0.5], [-1.0]]), tensor([[2.0], [-0.3]])
    of_real = -sum(log_sigmoid(s) for s in (0.5, -1.0)) / 2
    of_fake = -sum(log_sigmoid(-s) for s in (2.0, -0.3)) / 2
    assert gan.discriminator_loss(real, fake).item() == pytest.approx(of_real + of_fake, rel=1e-6)
    assert gan.minimax_loss(fake).item() == pytest.approx(-of_fake, rel=1e-6)
    assert gan.non_saturating_loss(fake).item() == pytest.approx(
        -sum(log_sigmoid(s) for s in (2.0, -0.3)) / 2, rel=1e-6)
    assert wgan.critic_loss(real, fake).item() == pytest.approx(0.85 + 0.25, rel=1e-6)
    assert wgan.generator_loss(fake).item() == pytest.approx(-0.85, rel=1e-6)
    assert sn_gan.hinge_loss(real, fake).item() == pytest.approx((0.5 + 2) / 2 + (3 + 0.7) / 2, rel=1e-6)


def test_smoothing_is_the_cross_entropy_with_softer_labels_of_real_samples_alone() -> None:
    real, fake = randn(6, 1), randn(6, 1)
    bce = nn.BCEWithLogitsLoss()
    expected = bce(real, real * 0 + 0.9) + bce(fake, fake * 0)
    assert gan.discriminator_loss(real, fake, 0.1).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_minimax_loss_is_flat_where_the_discriminator_is_sure_and_the_other_steep() -> None:
    slopes = {}
    for loss in (gan.minimax_loss, gan.non_saturating_loss):
        score = tensor([[-8.0]], requires_grad=True)
        loss(score).backward()
        slopes[loss] = score.grad.item()
    d = 1 / (1 + math.exp(8))
    assert slopes[gan.minimax_loss] == pytest.approx(-d, rel=1e-4)
    assert slopes[gan.non_saturating_loss] == pytest.approx(-(1 - d), rel=1e-6)


def critic_of(width: int = 5) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, 1)).double()


@pytest.mark.parametrize("penalty", [wgan_gp.gradient_penalty, stylegan.r1_penalty])
def test_a_penalty_on_slopes_has_the_gradient_that_differences_give(penalty) -> None:
    critic, real, fake = critic_of(), randn(4, 3).double(), randn(4, 3).double()

    def value():
        pellucid.manual_seed(7)                                   # the same places between real and made
        return penalty(critic, real, fake)

    value().backward()
    for parameter in critic.parameters():
        if parameter is critic[2].bias:                           # no slope depends on it
            assert parameter.grad is None or not parameter.grad.abs().max().item()
            continue
        flat, step = parameter.detach().numpy().reshape(-1), 1e-6
        for i in range(0, flat.size, 2):
            before = flat[i]
            flat[i] = before + step
            above = value().item()
            flat[i] = before - step
            below = value().item()
            flat[i] = before
            assert parameter.grad.numpy().reshape(-1)[i] == pytest.approx((above - below) / (2 * step),
                                                                          rel=1e-5, abs=1e-8)


def test_the_penalty_is_zero_for_a_critic_of_slope_one_and_known_for_others() -> None:
    critic = nn.Linear(2, 1)
    with pellucid.no_grad():
        critic.weight.copy_(tensor([[0.6, 0.8]]))
    x, made = randn(5, 2), randn(5, 2)
    assert wgan_gp.gradient_penalty(critic, x, made).item() == pytest.approx(0, abs=1e-9)
    with pellucid.no_grad():
        critic.weight.mul_(3.0)
    assert wgan_gp.gradient_penalty(critic, x, made).item() == pytest.approx(10 * 4, rel=1e-5)
    assert stylegan.r1_penalty(critic, x, made, weight=4.0).item() == pytest.approx(2 * 9, rel=1e-5)


def test_the_penalty_goes_through_convolutions() -> None:
    critic = dcgan.Discriminator(dcgan.DCGANConfig(width=2, size=8, is_normed=False))
    wgan_gp.gradient_penalty(critic, randn(3, 1, 8, 8), randn(3, 1, 8, 8)).backward()
    assert all(p.grad is not None and p.grad.abs().sum().item() > 0
               for name, p in critic.named_parameters() if name.endswith("weight"))


def test_clipped_weights_lie_in_their_box() -> None:
    critic = gan.discriminator(gan.GANConfig())
    wgan.clip_weights(critic, 0.02)
    largest = max(p.abs().max().item() for p in critic.parameters())
    assert largest == pytest.approx(0.02)


def test_minibatch_discrimination_by_hand() -> None:
    layer = MinibatchDiscrimination(2, kernels=1, depth=2)
    with pellucid.no_grad():
        layer.matrices.weight.copy_(tensor([[1.0, 0.0], [0.0, 1.0]]))
    found = layer(tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])).detach().numpy()
    near = [(math.exp(-1) + math.exp(-2)) / 2, (math.exp(-1) + math.exp(-3)) / 2,
            (math.exp(-2) + math.exp(-3)) / 2]
    assert np.allclose(found[:, 2], near) and found.shape == (3, 3)
    same = layer(tensor([[0.3, 0.4]] * 4)).detach().numpy()
    assert np.allclose(same[:, 2], 1)                             # a collapsed batch is as near as can be


def test_spectral_normalisation_bounds_what_each_layer_stretches() -> None:
    net = sn_gan.spectrally_normalised(gan.discriminator(gan.GANConfig(units=8)))
    for _ in range(30):                                           # power iterations come with calls
        net(randn(2, 2))
    assert all(np.linalg.norm(m.weight.detach().numpy(), 2) == pytest.approx(1, abs=0.02)
               for m in net.modules() if isinstance(m, nn.Linear))


def test_pictures_have_the_shape_of_pictures() -> None:
    small = {"width": 2, "size": 8, "noise": 3}
    z, y = randn(4, 3), randint(10, (4,))
    made = dcgan.Generator(dcgan.DCGANConfig(**small))(z)
    assert made.shape == (4, 1, 8, 8) and made.abs().max().item() <= 1
    assert dcgan.Discriminator(dcgan.DCGANConfig(**small))(made).shape == (4, 1)
    told = cgan.CGANConfig(**small)
    made = cgan.Generator(told)(z, y)
    assert made.shape == (4, 1, 8, 8) and cgan.Discriminator(told)(made, y).shape == (4, 1)


def test_a_conditional_generator_listens_to_its_label() -> None:
    net = cgan.Generator(cgan.CGANConfig(width=2, size=8, noise=3)).eval()
    z = randn(1, 3)
    first, second = (net(z, tensor([k])).detach().numpy() for k in (0, 7))
    assert not np.allclose(first, second)


def style_net() -> stylegan.Generator:
    return stylegan.Generator(stylegan.StyleGANConfig(width=2, size=8, noise=3, style=4))


def test_a_modulated_convolution_is_one_convolution_for_each_sample() -> None:
    layer = stylegan.StyleConv(3, 2, 4)
    x, w = randn(2, 3, 5, 5), randn(2, 4)
    found = layer(x, w)
    for i in range(2):
        weight = layer.conv.weight * layer.affine(w[i]).reshape(1, 3, 1, 1)
        weight = weight / ((weight ** 2).sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        own = nn.functional.leaky_relu(nn.functional.conv2d(x[i:i + 1], weight, padding=1), 0.2)
        assert np.allclose(found[i:i + 1].detach().numpy(), own.detach().numpy(), atol=1e-5)


def test_mixing_takes_late_layers_from_the_second_style_and_truncation_goes_to_the_mean() -> None:
    net = style_net().eval()
    w, w2 = net.mapping(randn(2, 3)), net.mapping(randn(2, 3))
    mixed = net.mixed(w, w2, 1)
    assert np.array_equal(mixed[0].detach().numpy(), w.detach().numpy())
    assert np.array_equal(mixed[2].detach().numpy(), w2.detach().numpy())
    assert np.allclose(net.truncated(w, 0.0).detach().numpy(), net.mean_style.numpy())
    assert np.allclose(net.truncated(w, 1.0).detach().numpy(), w.detach().numpy(), atol=1e-6)


def test_the_mean_style_follows_the_styles_while_training_only() -> None:
    net = style_net()
    before = net.mean_style.numpy().copy()
    net.eval()(randn(2, 3))
    assert np.array_equal(net.mean_style.numpy(), before)
    net.train()(randn(2, 3))
    assert not np.array_equal(net.mean_style.numpy(), before)


def test_noise_changes_a_picture_once_it_has_strength() -> None:
    net = style_net().eval()
    z = randn(1, 3)
    assert np.allclose(net(z).detach().numpy(), net(z).detach().numpy(), atol=1e-6)
    with pellucid.no_grad():
        for conv in net.convs:
            conv.strength.fill_(1.0)
    assert not np.allclose(net(z).detach().numpy(), net(z).detach().numpy())


@pytest.mark.parametrize(("call", "words"), [
    (lambda: gan.discriminator_loss(randn(2, 1), randn(2, 1), 0.5), "smoothing must be .* got 0.5"),
    (lambda: wgan.clip_weights(nn.Linear(1, 1), 0.0), "bound must be above 0, got 0.0"),
    (lambda: wgan_gp.gradient_penalty(nn.Linear(2, 1), randn(2, 2), randn(3, 2)),
     r"real has shape \(2, 2\), fake \(3, 2\)"),
    (lambda: batch_discriminator(gan.GANConfig())(randn(1, 2)), "f holds 1 sample"),
    (lambda: sn_gan.spectrally_normalised(nn.ReLU()), "ReLU has no Linear"),
    (lambda: dcgan.Generator(dcgan.DCGANConfig(size=30)), "multiple of 4.* got 30"),
    (lambda: dcgan.from_ink(tensor([0.2, 1.5])), r"must lie in \[0, 1\], got 0.2 to 1.5"),
    (lambda: cgan.Generator(cgan.CGANConfig(width=2))(randn(2, 64), tensor([3, 10])), "0 to 9, got 10"),
    (lambda: cgan.Generator(cgan.CGANConfig(width=2))(randn(2, 64), tensor([3])), "each of the 2 samples"),
    (lambda: style_net()(randn(2, 3), randn(2, 3), 9), "cross must be a layer from 0 to 3, got 9"),
    (lambda: style_net().truncated(randn(2, 4), 1.5), r"psi must be in \[0, 1\], got 1.5"),
])
def test_bad_input_is_named(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
