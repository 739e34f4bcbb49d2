"""Recurrent layers that read a sequence and name its class."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .row import Row, Work, dense, recurrence

CLASSES = 10


@dataclass(frozen=True)
class Sequence:
    """The shape of a recurrent layer and of what it reads."""

    layer: str                                          # a name in torch.nn
    gates: int
    wide: int                                           # of the input
    hidden: int
    steps: int
    batch: int

    def build(self, torch: ModuleType) -> Work:
        """The layer, a linear layer on its last state; cross-entropy; Adam."""
        nn, F = torch.nn, torch.nn.functional
        parts = nn.ModuleDict({"layer": getattr(nn, self.layer)(self.wide, self.hidden, batch_first=True),
                               "out": nn.Linear(self.hidden, CLASSES)})
        x, y = torch.randn(self.batch, self.steps, self.wide), torch.randint(0, CLASSES, (self.batch,))
        optimizer = torch.optim.Adam(parts.parameters(), lr=1e-3)

        def step() -> Any:
            optimizer.zero_grad()
            states, _ = parts["layer"](x)                                    # (B, T, H)
            loss = F.cross_entropy(parts["out"](states[:, -1]), y)
            loss.backward()
            optimizer.step()
            return loss

        return Work(step, {**parts.state_dict(), "x": x, "y": y})

    def row(self) -> Row:
        """The row that this makes."""
        flops = (recurrence(self.batch, self.steps, self.wide, self.hidden, self.gates)
                 + 3 * dense(self.batch, self.hidden, CLASSES))
        return Row(f"{self.layer} input {self.wide}, hidden {self.hidden}, T {self.steps}, "
                   f"batch {self.batch}, Adam", self.build, flops)
