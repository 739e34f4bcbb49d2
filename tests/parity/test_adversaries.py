"""The models of adversarial training and their steps under PyTorch: the same files, the same weights."""

from __future__ import annotations

import functools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from compatibility.under_torch import under_torch  # noqa: E402

import pellucid  # noqa: E402
from pellucid.models import cgan, dcgan, gan, minibatch_discrimination, stylegan, wgan, wgan_gp  # noqa: E402
from pellucid.train import duel  # noqa: E402

SMALL = {"width": 2, "size": 8, "noise": 3}


def peers(name):
    return under_torch(f"models.{name}")


def pair(ours, theirs):
    """Two networks, one of each side, with the weights of ours."""
    theirs.load_state_dict({key: torch.from_numpy(value.detach().numpy().copy())
                            for key, value in ours.state_dict().items()})
    return ours, theirs


def stepped(nets, rules, batches, draws, lib, make_duel):
    """Weights after some steps, and the watched numbers of the last; noise comes from given arrays."""
    def given(array):
        return lib.from_numpy(np.array(array))

    noise, real = iter(draws), iter(batches)
    both = tuple(lib.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.9), eps=1e-4) for net in nets)
    mine = make_duel(*nets, both, rules, lambda n: given(next(noise)), average=0.9)
    lib.manual_seed(3)                                               # StyleGAN's noise: the streams are alike
    for _ in range(3):
        found = mine.step(lambda: tuple(given(each) for each in next(real)), watch=True)
    return found, [value.detach().numpy() for net in (mine.generator, mine.discriminator, mine.mean)
                   for value in net.state_dict().values()]


def case(kind, models, cfg):
    """Networks and rules of a kind, from the modules of one side."""
    g, w, gp = models["gan"], models["wgan"], models["wgan_gp"]
    rules = models["duel"].Rules
    plain = rules(functools.partial(g.discriminator_loss, smoothing=0.1), g.non_saturating_loss)
    critic = {"is_logit": False, "rounds": 2}
    if kind == "gan":
        return g.generator(cfg["gan"]), g.discriminator(cfg["gan"]), plain
    if kind == "minimax":
        return (g.generator(cfg["gan"]), g.discriminator(cfg["gan"]),
                rules(g.discriminator_loss, g.minimax_loss))
    if kind == "minibatch":
        return (g.generator(cfg["gan"]),
                models["minibatch_discrimination"].batch_discriminator(cfg["gan"], 4, 2), plain)
    if kind == "wgan":
        return (g.generator(cfg["gan"]), g.discriminator(cfg["gan"]),
                rules(w.critic_loss, w.generator_loss, after=w.clip_weights, **critic))
    if kind == "wgan-gp":
        return (g.generator(cfg["gan"]), g.discriminator(cfg["gan"]),
                rules(w.critic_loss, w.generator_loss, penalty=gp.gradient_penalty, **critic))
    if kind == "dcgan":
        return models["dcgan"].Generator(cfg["dcgan"]), models["dcgan"].Discriminator(cfg["dcgan"]), plain
    if kind == "cgan":
        return models["cgan"].Generator(cfg["cgan"]), models["cgan"].Discriminator(cfg["cgan"]), plain
    return (models["stylegan"].Generator(cfg["style"]), models["dcgan"].Discriminator(cfg["critic"]),
            rules(g.discriminator_loss, g.non_saturating_loss, penalty=models["stylegan"].r1_penalty))


@pytest.mark.parametrize("kind", ["gan", "minimax", "minibatch", "wgan", "wgan-gp", "dcgan", "cgan",
                                  "stylegan"])
def test_three_steps_are_pytorchs(kind, monkeypatch) -> None:
    ours = {"gan": gan, "wgan": wgan, "wgan_gp": wgan_gp, "dcgan": dcgan, "cgan": cgan, "stylegan": stylegan,
            "minibatch_discrimination": minibatch_discrimination, "duel": duel}
    theirs = {name: under_torch("train.duel") if name == "duel" else peers(name) for name in ours}
    even = iter(np.random.RandomState(2).random_sample((99, 6, 1)).astype(np.float32))
    places = [next(even) for _ in range(20)]
    for side, lib in ((ours, pellucid), (theirs, torch)):            # the same places between real and made
        drawn = iter(places)
        monkeypatch.setattr(side["wgan_gp"], "rand",
                            lambda *shape, d=drawn, lib=lib: lib.from_numpy(next(d).copy()).reshape(*shape))
    cfg = {"gan": gan.GANConfig(noise=3, units=8), "dcgan": dcgan.DCGANConfig(**SMALL),
           "cgan": cgan.CGANConfig(**SMALL), "style": stylegan.StyleGANConfig(**SMALL, style=4),
           "critic": dcgan.DCGANConfig(**SMALL, is_normed=False)}
    pellucid.manual_seed(0)
    (g, d, rules), (g2, d2, rules2) = case(kind, ours, cfg), case(kind, theirs, cfg)
    random = np.random.RandomState(1)
    shape = (6, 2) if kind in ("gan", "minimax", "minibatch", "wgan", "wgan-gp") else (6, 1, 8, 8)
    labels = (np.arange(6) % 10,) if kind == "cgan" else ()
    batches = [(random.uniform(-1, 1, shape).astype(np.float32), *labels) for _ in range(6)]
    draws = [random.standard_normal((6, 3)).astype(np.float32) for _ in range(12)]
    pairs = pair(g, g2), pair(d, d2)
    found, values = stepped([a for a, _ in pairs], rules, batches, draws, pellucid, duel.Duel)
    other, expected = stepped([b for _, b in pairs], rules2, batches, draws, torch, theirs["duel"].Duel)
    assert found == pytest.approx(other, rel=1e-4, abs=1e-5)
    for mine, peer in zip(values, expected, strict=True):
        np.testing.assert_allclose(mine, peer, rtol=1e-4, atol=1e-5)


def test_second_derivatives_of_the_penalty_are_pytorchs(monkeypatch) -> None:
    theirs = peers("wgan_gp")
    random = np.random.RandomState(0)
    real, fake = (random.standard_normal((5, 1, 8, 8)).astype(np.float32) for _ in range(2))
    e = random.random_sample((5, 1, 1, 1)).astype(np.float32)
    config, grads = dcgan.DCGANConfig(**SMALL, is_normed=False), []
    critics = pair(dcgan.Discriminator(config), peers("dcgan").Discriminator(config))
    for critic, module, lib in zip(critics, (wgan_gp, theirs), (pellucid, torch), strict=True):
        monkeypatch.setattr(module, "rand", lambda *shape, lib=lib: lib.from_numpy(e.copy()))
        module.gradient_penalty(critic, lib.from_numpy(real.copy()), lib.from_numpy(fake.copy())).backward()
        grads.append([p.grad.numpy() for name, p in critic.named_parameters() if name.endswith("weight")])
    for mine, peer in zip(*grads, strict=True):
        np.testing.assert_allclose(mine, peer, rtol=1e-4, atol=1e-5 * np.abs(peer).max())
