"""LeNet-5 on pictures of 28 x 28."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..row import Row, Work, convolution, dense

BATCH = 64


def build(torch: ModuleType) -> Work:
    """Two convolutions with pooling, three linear layers; cross-entropy; SGD with momentum."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),           # (B, 6, 14, 14)
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),       # (B, 400)
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
    x, y = torch.rand(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = nn.CrossEntropyLoss()

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Work(step, {**model.state_dict(), "x": x, "y": y})


FLOPS = (2 * convolution(BATCH, (1, 6), 5, (28, 28)) + 3 * convolution(BATCH, (6, 16), 5, (10, 10))
         + 3 * dense(BATCH, 400, 120, 84, 10))
ROWS = {"lenet": Row("LeNet-5 on 28x28, batch 64, SGD with momentum", build, FLOPS)}
