"""Perceptrons of several layers, the workload of many rows; adapters of other libraries build them, too."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .row import Row, Work, training


@dataclass(frozen=True)
class Mlp:
    """The shape of a network and of its training step."""

    widths: tuple[int, ...]
    batch: int
    activations: tuple[str, ...]                        # names in torch.nn, one after each layer; "" for none
    loss: str                                           # a name in torch.nn
    optimizer: str = "Adam"                             # a name in torch.optim
    lr: float = 1e-3

    def layers(self, torch: ModuleType) -> list[Any]:
        """Linear layers, each followed by its activation."""
        found = []
        for before, after, name in zip(self.widths, self.widths[1:], self.activations, strict=False):
            found += [torch.nn.Linear(before, after), *([getattr(torch.nn, name)()] if name else [])]
        return found

    def data(self, torch: ModuleType) -> tuple[Any, Any]:
        """A batch: pictures or measurements between 0 and 1, and what the loss compares with."""
        x = torch.rand(self.batch, self.widths[0])
        if self.loss == "MSELoss":
            return x, x
        if self.loss == "BCEWithLogitsLoss":
            return x, torch.randint(0, 2, (self.batch, 1)).float()
        return x, torch.randint(0, self.widths[-1], (self.batch,))

    def build(self, torch: ModuleType) -> Work:
        """Forward, backward, and a step of the optimiser."""
        model = torch.nn.Sequential(*self.layers(torch))
        x, y = self.data(torch)
        loss_of = getattr(torch.nn, self.loss)()
        optimizer = getattr(torch.optim, self.optimizer)(model.parameters(), lr=self.lr)

        def step() -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        linear = [layer for layer in model if hasattr(layer, "weight")]
        weights = {f"{name}{i}": getattr(layer, name) for i, layer in enumerate(linear)
                   for name in ("weight", "bias")}
        return Work(step, {**weights, "x": x, "y": y})

    def row(self) -> Row:
        """The row that this makes."""
        net = "-".join(map(str, self.widths))
        return Row(f"MLP {net}, batch {self.batch}, {self.optimizer}", self.build,
                   training(self.batch, *self.widths), self)


def classifier(*widths: int, batch: int, activation: str = "ReLU", **options: Any) -> Row:
    """A row for a network that tells classes apart."""
    hidden = len(widths) - 2
    return Mlp(widths, batch, (*[activation] * hidden, ""), "CrossEntropyLoss", **options).row()
