"""Doctor in a loop of one's own and in fit: planted faults are found first, healthy trainings are passed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.doctor.healthy import (
    CLASSES,
    FEATURES,
    blobs,
    dead,
    loop,
    network,
    numbers,
    saturated,
    sigmoids,
    state,
)

import pellucid as pl
from pellucid import nn, optim
from pellucid.explain import Doctor
from pellucid.nn import functional as F
from pellucid.train import NonFiniteLoss, fit


def minus(prediction, target):
    return ((prediction - target) ** 2).mean()


def log_of_zero():
    model = network(nn.Softmax(1))
    return loop(model, loss=lambda p, y: F.nll_loss((p * (p > 0.25)).log(), y))


def steep(depth=6):
    pl.manual_seed(0)
    layers = [part for _ in range(depth) for part in (nn.Linear(FEATURES, FEATURES), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(FEATURES, 1))
    for layer in model:
        if isinstance(layer, nn.Linear):
            layer.weight.data *= 12
    return model


def eval_mode():
    return loop(nn.Sequential(network(), nn.Dropout(0.2)).eval())


def groups():
    model = network()
    return loop(model, optimizer=optim.Adam([{"params": model[:2].parameters(), "lr": 1e-10},
                                             {"params": model[2:].parameters()}], lr=3e-3), epochs=12)


def flat():
    """Learns at first; then the rate is so small that nothing moves, though much is left."""
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    watch = Doctor(verbose=False)
    x, y = map(pl.tensor, blobs())
    with watch:
        for step in range(400):
            if step == 25:
                optimizer.param_groups[0]["lr"] = 1e-6
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    return watch.diagnosis()


def one_direction():
    """Every unit of the second layer is a multiple of the first one."""
    class Narrow(nn.Module):
        def __init__(self):
            super().__init__()
            pl.manual_seed(0)
            self.first, self.squeeze = nn.Linear(FEATURES, 32), nn.Linear(32, 1)
            self.spread, self.last = nn.Linear(1, 32), nn.Linear(32, CLASSES)

        def forward(self, x):
            return self.last(pl.tanh(self.spread(self.squeeze(F.relu(self.first(x))) * 0.02)))
    return loop(Narrow(), lr=1e-3, epochs=10)


def rare():
    """A class of which 4 % are, lost in noise that only a weighted loss would look through."""
    random = np.random.RandomState(0)
    y = (np.arange(400) % 25 == 0).astype(np.int64)
    x = random.standard_normal((400, FEATURES)).astype(np.float32) + 0.6 * y[:, None].astype(np.float32)
    return x, y


def noise_labels():
    x, _ = blobs(320)
    return x, np.random.RandomState(0).randint(0, CLASSES, 320)


def learned_by_heart():
    pl.manual_seed(0)
    x, y = noise_labels()
    model = network(width=64)
    watch = Doctor(verbose=False)
    fit(model, (x[:64], y[:64]), validation=(x[64:], y[64:]), loss=F.cross_entropy, epochs=60, verbose=0,
        optimizer=optim.Adam(model.parameters(), lr=1e-2), callbacks=[watch])
    return watch.diagnosis()


def real(n, random):
    angle = random.randint(0, 8, n) * np.pi / 4
    spots = np.stack([np.cos(angle), np.sin(angle)], 1)
    return pl.tensor((spots + 0.05 * random.randn(n, 2)).astype(np.float32))


def gan(kind, steps=120):
    """A GAN on a ring of eight spots."""
    pl.manual_seed(0)
    random = np.random.RandomState(0)
    generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    judge = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    if kind == "collapse":
        generator[0].weight.data *= 0                            # noise has no way in, and gets none:
        generator[0].weight.requires_grad_(False)
        generator[0].bias.data += 0.5
    else:
        generator[2].weight.data *= 4
    far = 20 if kind == "dominance" else 0
    of_generator = optim.Adam([p for p in generator.parameters() if p.requires_grad],
                              lr=1e-6 if kind == "dominance" else 1e-3, betas=(0.5, 0.99))
    of_judge = optim.Adam(judge.parameters(), lr=1e-2 if kind == "dominance" else 1e-3, betas=(0.5, 0.99))
    loss = nn.BCEWithLogitsLoss()
    with Doctor(verbose=False) as watch:
        for _ in range(steps):
            fake = generator(pl.randn(64, 4))
            of_judge.zero_grad()
            (loss(judge(real(64, random) + far), pl.ones(64, 1))
             + loss(judge(fake.detach()), pl.zeros(64, 1))).backward()
            of_judge.step()
            of_generator.zero_grad()
            loss(judge(fake), pl.ones(64, 1)).backward()
            of_generator.step()
    return watch.diagnosis()


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        pl.manual_seed(0)
        self.body, self.mean, self.log_variance = nn.Linear(FEATURES, 16), nn.Linear(16, 4), nn.Linear(16, 4)
        self.decoder = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, FEATURES))

    def forward(self, x):
        h = F.relu(self.body(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + (0.5 * log_variance).exp() * pl.randn_like(mean)
        return self.decoder(z), mean, log_variance


def vae(beta):
    model, x = Vae(), pl.tensor(blobs()[0])
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    with Doctor(verbose=False) as watch:
        for _ in range(200):
            optimizer.zero_grad()
            decoded, mean, log_variance = model(x)
            kl = -0.5 * (1 + log_variance - mean ** 2 - log_variance.exp()).sum(1).mean()
            (F.mse_loss(decoded, x, reduction="sum") / len(x) + beta * kl).backward()
            optimizer.step()
    return watch.diagnosis()


def pairs(negatives):
    """Vectors of two views of a row shall be alike, and unlike those of other rows if there are negatives."""
    pl.manual_seed(0)
    x = pl.tensor(blobs()[0])
    model = nn.Sequential(nn.Linear(FEATURES, 32), nn.Tanh(), nn.Linear(32, 16))
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    with Doctor(verbose=False) as watch:
        for _ in range(150):
            optimizer.zero_grad()
            a, b = (model(x[:64] + 0.1 * pl.randn(64, FEATURES)) for _ in range(2))
            if negatives:
                table = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / 0.2
                loss = F.cross_entropy(table, pl.arange(64))
            else:
                loss = ((a - b) ** 2).sum(1).mean() + ((a - b.roll(1, 0)) ** 2).sum(1).mean()
            loss.backward()
            optimizer.step()
    return watch.diagnosis()


FAULTS = {
    "no zero_grad": (lambda: loop(network(), clear=False), "gradients not cleared"),
    "softmax": (lambda: loop(network(nn.Softmax(1))), "softmax before the loss"),
    "broadcast": (lambda: loop(network(out=1), (numbers()[0], numbers()[1][:, 0]), minus),
                  "shapes broadcast"),
    "eval": (eval_mode, "training in eval mode"),
    "log of 0": (log_of_zero, "not finite"),
    "square of a huge number": (lambda: loop(network(out=1), (numbers()[0] * np.float32(1e20), numbers()[1]),
                                             F.mse_loss), "not finite"),
    "exploding": (lambda: loop(steep(), numbers(), F.mse_loss, lr=1e-3), "exploding gradients"),
    "vanishing": (lambda: loop(sigmoids()), "vanishing gradients"),
    "dead": (lambda: loop(dead()), "dead units"),
    "saturated": (lambda: loop(saturated(), epochs=12), "saturation"),
    "a group's rate": (groups, "update ratio"),
    "rate too high": (lambda: loop(network(), lr=3.0), "learning rate too high"),
    "rate too low": (lambda: loop(network(), lr=1e-6), "learning rate too low"),
    "learned by heart": (learned_by_heart, "overfitting"),
    "labels of noise": (lambda: loop(network(width=4), noise_labels(), lr=1e-3), "underfitting"),
    "stands still": (flat, "plateau"),
    "one direction": (one_direction, "loss of rank"),
    "rare class": (lambda: loop(network(width=4, out=2), rare(), lr=1e-3, epochs=6), "class imbalance"),
    "mode collapse": (lambda: gan("collapse"), "mode collapse"),
    "dominance": (lambda: gan("dominance"), "discriminator dominance"),
    "posterior collapse": (lambda: vae(30.0), "posterior collapse"),
    "collapsed embeddings": (lambda: pairs(False), "collapsed embeddings"),
}


@pytest.mark.filterwarnings("ignore:cross_entropy. every row of input:UserWarning")
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_first(name):
    make, kind = FAULTS[name]
    with np.errstate(all="ignore"):
        found = make()
    assert found.kinds and found.kinds[0] == kind, found
    first = found[0]
    assert any(letter.isdigit() for letter in first.seen)
    assert first.why.count(". ") >= 1 and "{" not in first.why
    assert "healthy.py:" in first.line or "test_during.py:" in first.line or kind == "overfitting"


HEALTHY = {
    "classes": lambda: loop(network()),
    "momentum": lambda: loop(model := network(), optimizer=optim.SGD(model.parameters(), lr=0.05,
                                                                     momentum=0.9)),
    "numbers": lambda: loop(network(out=1, bend=nn.Tanh), numbers(), F.mse_loss, epochs=12),
    "GAN": lambda: gan("healthy"),
    "VAE": lambda: vae(0.1),
    "pairs and negatives": lambda: pairs(True),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_is_passed(name):
    found = HEALTHY[name]()
    assert not found, found


def test_it_changes_nothing():
    watched, plain = network(nn.Dropout(0.1)), network(nn.Dropout(0.1))
    pl.manual_seed(3)
    loop(watched, epochs=2)
    there = pl.get_rng_state().numpy().tobytes()
    pl.manual_seed(3)
    x, y = map(pl.tensor, blobs())
    optimizer = optim.Adam(plain.parameters(), lr=3e-3)
    for _ in range(2):
        for i in range(0, len(x), 16):
            optimizer.zero_grad()
            F.cross_entropy(plain(x[i:i + 16]), y[i:i + 16]).backward()
            optimizer.step()
    assert state(watched) == state(plain) and there == pl.get_rng_state().numpy().tobytes()


def test_what_it_hooks_is_put_back_after_an_error():
    from pellucid import autograd
    from pellucid.nn.hooks import EVERYWHERE
    from pellucid.node import Node
    from pellucid.optim.optimizer import Optimizer

    before = Node.__init__, autograd.backward, Optimizer.step, optim.LBFGS.step, dict(EVERYWHERE)
    with pytest.raises(ZeroDivisionError), Doctor(verbose=False):
        network()(pl.tensor(blobs()[0]))
        raise ZeroDivisionError
    assert before == (Node.__init__, autograd.backward, Optimizer.step, optim.LBFGS.step, dict(EVERYWHERE))
    with pytest.raises(RuntimeError, match="watching already"), Doctor() as watch:
        watch.__enter__()
    assert before == (Node.__init__, autograd.backward, Optimizer.step, optim.LBFGS.step, dict(EVERYWHERE))


def test_in_fit_it_prints_its_findings(capsys):
    model = network()
    fit(model, blobs(), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=1e-7), epochs=6,
        verbose=0,
        callbacks=[Doctor()])
    text = capsys.readouterr().out
    assert "1. learning rate too low" in text and "watched 30 steps of 1 optimiser" in text


def test_a_fit_that_breaks_is_explained(capsys):
    class Root(nn.Module):
        def forward(self, x):
            return (x - 5).sqrt()

    model = nn.Sequential(nn.Linear(FEATURES, 8), Root(), nn.Linear(8, CLASSES))
    watch = Doctor()
    with pytest.raises(NonFiniteLoss), np.errstate(all="ignore"):
        fit(model, blobs(), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters()), epochs=2,
            verbose=0,
            callbacks=[watch])
    first = watch.diagnosis()[0]
    assert first.kind == "not finite" and first.layer == "1 (Root)" and "sqrt" in first.seen
    assert first.line.startswith("test_during.py") and "1. not finite" in capsys.readouterr().out


def test_weights_of_classes_that_are_given_are_no_imbalance():
    weight = pl.tensor([0.5, 12.0])
    found = loop(network(width=4, out=2), rare(), lambda p, y: F.cross_entropy(p, y, weight=weight), lr=1e-3,
                 epochs=6)
    assert "class imbalance" not in found.kinds


def test_gradients_that_are_gathered_are_no_fault():
    model, (x, y) = network(), map(pl.tensor, blobs())
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    with Doctor(verbose=False) as watch:
        for i in range(20):
            F.cross_entropy(model(x[i::20]), y[i::20]).backward()
            if i % 4 == 3:
                optimizer.step()
                optimizer.zero_grad(set_to_none=False)
    assert not watch.diagnosis()


def test_a_closure_is_watched():
    model, (x, y) = network(out=1), map(pl.tensor, numbers())
    optimizer = optim.LBFGS(model.parameters(), max_iter=3)

    def closure():
        optimizer.zero_grad()
        value = F.mse_loss(model(x), y)
        value.backward()
        return value

    with Doctor(verbose=False) as watch:
        for _ in range(4):
            optimizer.step(closure)
    assert watch.courses[0].steps == 4 and len(watch.courses[0].looks) == 4 and not watch.diagnosis()


def test_bad_input_is_refused_in_words():
    with pytest.raises(ValueError, match="every must be a positive number of steps, got 0"):
        Doctor(every=0)


def test_gradients_that_are_assigned_anew_are_no_fault():
    """All weights in one vector, whose gradient is put together before each step."""
    model, (x, y) = network(), map(pl.tensor, blobs())
    flat = nn.Parameter(pl.cat([p.detach().flatten() for p in model.parameters()]))
    optimizer = optim.Adam([flat], lr=3e-3)
    with Doctor(verbose=False) as watch:
        for _ in range(20):
            model.zero_grad()
            F.cross_entropy(model(x), y).backward()
            flat.grad = pl.cat([p.grad.flatten() for p in model.parameters()])
            optimizer.step()
    assert "gradients not cleared" not in watch.diagnosis().kinds


def test_three_quarters_on_the_flat_ends_are_not_called_saturated():
    from types import SimpleNamespace

    from pellucid.explain.doctor.signs import flat_signs

    now = SimpleNamespace(op="tanh", layer="", line="")          # addition's attention while it learns: 75 %
    assert not list(flat_signs([0.75, 0.76, 0.75, 0.83], now))
    assert [f.kind for f in flat_signs([0.93] * 4, now)] == ["saturation"]


@pytest.mark.parametrize("turns", [True, False])
def test_a_loss_that_may_depend_on_another_learner_is_not_judged(turns):
    """Of two who learn in turns, as adversaries do whatever their losses are, a rising loss says nothing."""
    one, other = nn.Parameter(pl.ones(4, 4)), nn.Parameter(pl.ones(4, 4))
    learners = [(one, optim.SGD([one], lr=1.02)), (other, optim.SGD([other], lr=1.02))][:2 if turns else 1]
    with Doctor(verbose=False) as watch:
        for _ in range(40):
            for weight, optimizer in learners:
                optimizer.zero_grad()
                weight.square().sum().backward()                 # w becomes -1.04 w
                optimizer.step()
    found = watch.diagnosis().kinds
    assert ("learning rate too high" in found) is not turns, found
