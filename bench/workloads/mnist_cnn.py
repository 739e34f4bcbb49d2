"""The network of PyTorch's MNIST example: two convolutions, pooling, dropout, two linear layers."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..row import Row, Work, convolution, dense

BATCH = 64


def build(torch: ModuleType) -> Work:
    """Negative log-likelihood of a log-softmax; Adadelta."""
    nn, F = torch.nn, torch.nn.functional
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(),     # (B, 64, 24, 24)
        nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),                     # (B, 9216)
        nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10), nn.LogSoftmax(dim=1))
    x, y = torch.randn(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.nll_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Work(step, {**model.state_dict(), "x": x, "y": y})


FLOPS = (2 * convolution(BATCH, (1, 32), 3, (26, 26)) + 3 * convolution(BATCH, (32, 64), 3, (24, 24))
         + 3 * dense(BATCH, 9216, 128, 10))
ROWS = {"mnist-cnn": Row("PyTorch's MNIST example net, batch 64, Adadelta", build, FLOPS)}
