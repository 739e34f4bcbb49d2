"""Many small operations in a row: the bookkeeping of each is nearly all that they cost."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .row import Row, Work

PER_ROUND = 5                                           # times, plus, tanh, minus, negative


@dataclass(frozen=True)
class Chain:
    """How long the chain is."""

    rounds: int

    def build(self, torch: ModuleType) -> Work:
        """Forward and backward; the leaf is the first operand of all."""
        x, a, b = (torch.randn(4, 8) for _ in range(3))
        x.requires_grad_()

        def step() -> Any:
            x.grad = None
            y = x
            for _ in range(self.rounds):
                y = -((y * a + b).tanh() - a)
            loss = y.sum()
            loss.backward()
            return loss, x.grad

        return Work(step, {"x": x, "a": a, "b": b})

    def row(self) -> Row:
        """The row that this makes."""
        return Row(f"{PER_ROUND * self.rounds} chained elementwise operations on 4x8, forward and backward",
                   self.build, shape=self)
