"""What is measured. Each workload takes `pellucid` or `torch` as its argument and runs the same code on it.

It returns a function of no arguments that does one step and gives a Tensor. Its value after a fixed number of
steps must be the same on both sides: otherwise the two did not do the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

Step = Callable[[], Any]


def mlp_step(torch: ModuleType) -> Step:
    """One training step of a small network for digits: 64-64-10, batches of 32, cross-entropy, Adam."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = torch.nn.CrossEntropyLoss()
    x, y = torch.randn(32, 64), torch.randint(0, 10, (32,))

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


WORKLOADS: dict[str, Callable[[ModuleType], Step]] = {"mlp_step": mlp_step}
