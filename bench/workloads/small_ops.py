"""50 elementwise operations in a chain on 4 x 8 numbers: what the bookkeeping of one costs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..row import Row, Work

ROUNDS = 10                                             # of five operations


def build(torch: ModuleType) -> Work:
    """Forward and backward; the leaf is the first operand of all."""
    x, a, b = (torch.randn(4, 8) for _ in range(3))
    x.requires_grad_()

    def step() -> Any:
        x.grad = None
        y = x
        for _ in range(ROUNDS):
            y = -(((y * a + b).tanh()) - a)
        loss = y.sum()
        loss.backward()
        return loss, x.grad

    return Work(step, {"x": x, "a": a, "b": b})


ROWS = {"small-ops": Row("50 chained elementwise operations on 4x8, forward and backward", build)}
