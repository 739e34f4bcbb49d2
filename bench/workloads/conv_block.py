"""A block from the middle of a convolutional network: convolution, batch norm, relu."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..row import Row, Work, convolution

BATCH, CHANNELS, SIDE = 16, 64, 32


def block(torch: ModuleType) -> tuple[Any, Any]:
    """The layers and their input."""
    nn = torch.nn
    layers = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.BatchNorm2d(CHANNELS), nn.ReLU())
    return layers, torch.randn(BATCH, CHANNELS, SIDE, SIDE)


def build(torch: ModuleType) -> Work:
    """Forward and backward in training; in the middle of a network the input has a gradient, too."""
    layers, x = block(torch)
    g = torch.randn(BATCH, CHANNELS, SIDE, SIDE)
    x.requires_grad_()

    def step() -> Any:
        x.grad = None
        layers.zero_grad()
        y = layers(x)
        y.backward(g)
        return y, x.grad, layers[0].weight.grad

    return Work(step, {**layers.state_dict(), "x": x, "g": g})


def forward(torch: ModuleType) -> Work:
    """Forward alone, as in use: batch norm with its running statistics."""
    layers, x = block(torch)
    layers.eval()

    def step() -> Any:
        with torch.no_grad():
            return layers(x)

    return Work(step, {**layers.state_dict(), "x": x})


FLOPS = convolution(BATCH, (CHANNELS, CHANNELS), 3, (SIDE, SIDE))
ROWS = {"conv-block": Row("conv 64->64 3x3, batch norm, relu on 32x32, batch 16: forward and backward",
                          build, 3 * FLOPS),
        "conv-block-forward": Row("the same, forward alone", forward, FLOPS)}
