"""A variational autoencoder, 784-400-20-400-784, as in PyTorch's examples: fresh noise in every step."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..row import Row, Work, dense, training

BATCH = 128


def build(torch: ModuleType) -> Work:
    """Encode to a mean and a log variance, draw, decode; binary cross-entropy and the divergence."""
    nn, F = torch.nn, torch.nn.functional
    layers = nn.ModuleDict({"inside": nn.Linear(784, 400), "mean": nn.Linear(400, 20),
                            "logvar": nn.Linear(400, 20),
                            "up": nn.Linear(20, 400), "out": nn.Linear(400, 784)})
    x = torch.rand(BATCH, 784)
    optimizer = torch.optim.Adam(layers.parameters(), lr=1e-3)

    def step() -> Any:
        optimizer.zero_grad()
        h = F.relu(layers["inside"](x))                                      # (B, 400)
        mean, logvar = layers["mean"](h), layers["logvar"](h)                # (B, 20) each
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        picture = torch.sigmoid(layers["out"](F.relu(layers["up"](z))))      # (B, 784)
        loss = (F.binary_cross_entropy(picture, x, reduction="sum")
                - 0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp()))
        loss.backward()
        optimizer.step()
        return loss

    return Work(step, {**layers.state_dict(), "x": x})


# The mean and the log variance are one layer of 40 to the arithmetic.
FLOPS = training(BATCH, 784, 400, 40) + 3 * dense(BATCH, 20, 400, 784)
ROWS = {"vae": Row("VAE 784-400-20-400-784, batch 128, Adam", build, FLOPS)}
