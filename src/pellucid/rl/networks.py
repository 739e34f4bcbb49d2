"""What agents think with: small perceptrons, and updates of all their weights at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import nn, optim
from ..tensor import OpError, Tensor, wrap

__all__ = ["Learner", "perceptron"]


def perceptron(sizes: Sequence[int], activation: type, rng: np.random.Generator,
               last_gain: float = 1.0, spread: float = 0.0) -> nn.Sequential:
    """Linear layers with an activation between them; orthogonal weights.

    spread: biases begin between +-spread / sqrt(numbers that come in). With 0 and ReLU all units bend at
            the origin at first, and states close to it, like an upright pole's, are hard to tell apart.
    last_gain: how large the last layer's weights begin: 0.01 makes a policy begin undecided.
    Shapes:  x (B, sizes[0]) -> (B, sizes[-1])
    Source:  Saxe, McClelland & Ganguli 2014, arXiv:1312.6120 (orthogonal weights).
    """
    layers: list[nn.Module] = []
    for i, (inside, out) in enumerate(zip(sizes, sizes[1:], strict=False)):
        layer, is_last = nn.Linear(inside, out), i == len(sizes) - 2
        gain = last_gain if is_last else float(np.sqrt(2))
        layer.weight._data[:] = gain * orthogonal(out, inside, rng)
        layer.bias._data[:] = rng.uniform(-spread, spread, out) / np.sqrt(inside) if spread else 0
        layers += [layer] if is_last else [layer, activation()]
    return nn.Sequential(*layers)


def orthogonal(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """A random matrix whose rows, or columns where they are fewer, are orthonormal."""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))                                  # so that all of them are equally likely
    return q if rows >= columns else q.T


class Learner:
    """Adam over all weights of some networks as one long vector, the gradient cut to a length.

        g = g min(1, max_norm / |g|)        then Adam's step
    Small networks spend more time on the bookkeeping for each weight than on numbers: so all of them lie
    behind each other in one array, of which the networks' own weights are views.
    Raises:  OpError when the loss is not a finite number.
    """

    def __init__(self, networks: Sequence[nn.Module], lr: float, max_norm: float = np.inf,
                 eps: float = 1e-8) -> None:
        self.weights = [p for network in networks for p in network.parameters()]
        self.max_norm = max_norm
        self.flat = nn.Parameter(wrap(np.concatenate([p._data.ravel() for p in self.weights])))
        start = 0
        for p in self.weights:
            size = p._data.size
            p._data = self.flat._data[start:start + size].reshape(p._data.shape)
            start += size
        self.optimizer = optim.Adam([self.flat], lr=lr, eps=eps)

    def step(self, loss: Tensor, lr: float | None = None) -> float:
        """Go a step down the loss; the length of its gradient before it was cut."""
        if not np.isfinite(loss._data):
            raise OpError(f"Learner: the loss is {loss.item()}: are the observations finite, lr too large?")
        for p in self.weights:
            p.grad = None
        loss.backward()
        g = np.concatenate([p._grad._data.ravel() if p._grad is not None else np.zeros(p._data.size, "f")
                            for p in self.weights])
        norm = float(np.sqrt(g @ g))
        if norm > self.max_norm:
            g *= self.max_norm / norm
        self.flat.grad = wrap(g)
        if lr is not None:
            self.optimizer.param_groups[0]["lr"] = lr
        self.optimizer.step()
        return norm

    def state_dict(self) -> dict[str, Any]:
        return {"flat": wrap(self.flat._data.copy()), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.flat._data[:] = state["flat"]._data
        self.optimizer.load_state_dict(state["optimizer"])
