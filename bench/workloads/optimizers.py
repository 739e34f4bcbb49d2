"""One step of an optimiser over 200 tensors with 10 million parameters: passes over memory, and calls."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from ..row import Row, Work

SIDE, MATRICES = 316, 100                               # as many vectors of 316: 10,017,200 numbers in all
OPTIMIZERS: dict[str, tuple[str, dict[str, float]]] = {
    "sgd": ("SGD", {"lr": 1e-3, "momentum": 0.9}), "adam": ("Adam", {"lr": 1e-3}),
    "adamw": ("AdamW", {"lr": 1e-3})}


def build(torch: ModuleType, names: tuple[str, ...]) -> Work:
    """The same gradients in every step; the optimisers named take theirs one after the other."""
    shapes = [shape for _ in range(MATRICES) for shape in ((SIDE, SIDE), (SIDE,))]
    parameters = [torch.nn.Parameter(torch.randn(*shape)) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn(*parameter.shape)
    given = [getattr(torch.optim, OPTIMIZERS[name][0])(parameters, **OPTIMIZERS[name][1]) for name in names]

    def step() -> Any:
        for optimizer in given:
            optimizer.step()
        return parameters[0], parameters[1], parameters[-1]

    tensors = {f"{i}.{kind}": tensor for i, p in enumerate(parameters)
               for kind, tensor in (("value", p), ("grad", p.grad))}
    return Work(step, tensors)


def row(what: str, *names: str) -> Row:
    """A row for one optimiser, or for several in turn."""
    return Row(f"{what}, 200 tensors, 10 million parameters", functools.partial(build, names=names))


ROWS = {"optimizers": row("one step each of SGD with momentum, Adam, AdamW", "sgd", "adam", "adamw"),
        "optimizers-sgd": row("one step of SGD with momentum", "sgd"),
        "optimizers-adam": row("one step of Adam", "adam"),
        "optimizers-adamw": row("one step of AdamW", "adamw")}
