"""Small trainings in which nothing is wrong, into which the tests plant one fault each; networks with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pellucid as pl
from pellucid import nn, optim
from pellucid.explain.doctor import Diagnosis, Doctor
from pellucid.nn import functional as F

CLASSES, FEATURES = 5, 8


def blobs(n: int = 160, seed: int = 0, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    """Points around the centres of classes, standardised: what a small network learns in a moment."""
    random = np.random.RandomState(0)
    centres = 2 * random.standard_normal((classes, FEATURES))
    random = np.random.RandomState(seed + 1)
    y = random.permutation(np.arange(n) % classes)
    x = centres[y] + random.standard_normal((n, FEATURES))
    return ((x - centres.mean(0)) / 2).astype(np.float32), y


def numbers(n: int = 160, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs, and a smooth function of them as targets (n, 1)."""
    x = np.random.RandomState(seed).standard_normal((n, FEATURES)).astype(np.float32)
    return x, np.sin(x[:, :1]) + 0.5 * x[:, 1:2]


def network(*end: nn.Module, width: int = 32, out: int = CLASSES, bend: type = nn.ReLU,
            seed: int = 0) -> nn.Sequential:
    pl.manual_seed(seed)
    return nn.Sequential(nn.Linear(FEATURES, width), bend(), nn.Linear(width, width), bend(),
                         nn.Linear(width, out), *end)


def sigmoids() -> nn.Sequential:
    """Twelve layers of sigmoids: the first ones' gradients vanish."""
    pl.manual_seed(0)
    layers = [part for _ in range(12) for part in (nn.Linear(16, 16), nn.Sigmoid())]
    return nn.Sequential(nn.Linear(FEATURES, 16), *layers, nn.Linear(16, CLASSES))


def dead() -> nn.Sequential:
    """A first layer whose units are below 0 for every sample."""
    model = network()
    model[0].bias.data -= 30
    return model


def saturated() -> nn.Sequential:
    """A first layer so large that tanh is on its flat ends."""
    model = network(bend=nn.Tanh)
    model[0].weight.data *= 60
    return model


def loop(model: Any, data: Any = None, loss: Callable = F.cross_entropy, lr: float = 3e-3, epochs: int = 8,
         optimizer: Any = None, clear: bool = True, batch: int = 16,
         watch: Doctor | None = None) -> Diagnosis:
    """The loop that people write, watched."""
    x, y = map(pl.tensor, data or blobs())
    optimizer = optimizer or optim.Adam(model.parameters(), lr=lr)
    with watch or Doctor(verbose=False) as watch:
        for _ in range(epochs):
            for i in range(0, len(x), batch):
                if clear:
                    optimizer.zero_grad()
                value = loss(model(x[i:i + batch]), y[i:i + batch])
                value.backward()
                optimizer.step()
    return watch.diagnosis()


def state(model: nn.Module) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}
