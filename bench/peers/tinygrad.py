"""tinygrad on the CPU: the step under TinyJit. It compiles with clang."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from typing import Any

os.environ.setdefault("DEV", "CPU")                     # read on tinygrad's import

import numpy as np  # noqa: E402
from tinygrad import Context, Device, Tensor, TinyJit  # noqa: E402
from tinygrad.nn.optim import SGD, Adam  # noqa: E402

from ..mlp import Mlp  # noqa: E402
from ..row import NoAdapter, Work  # noqa: E402

ACTIVATIONS = {"ReLU": Tensor.relu, "Tanh": Tensor.tanh, "Sigmoid": Tensor.sigmoid, "": lambda x: x}


def about() -> dict[str, Any]:
    """Version and device."""
    return {"version": importlib.metadata.version("tinygrad"), "blas": f"device {Device.DEFAULT}"}


def build(shape: Any, arrays: dict[str, np.ndarray]) -> Work:
    """Forward, backward and the optimiser, replayed as one after the first calls."""
    if not isinstance(shape, Mlp):
        raise NoAdapter("tinygrad has no adapter for this row")
    if shutil.which("clang") is None:
        raise NoAdapter("tinygrad compiles with clang, which is not installed")
    given = {name: Tensor(array).realize() for name, array in arrays.items()}
    x, y = given.pop("x"), given.pop("y")
    optimizer = {"SGD": SGD, "Adam": Adam}[shape.optimizer](list(given.values()), lr=shape.lr)

    @TinyJit
    def train() -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(shape, given, x, y)
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    def step() -> Any:
        with Context(TRAINING=1):
            return train().item()

    return Work(step)


def loss_of(shape: Mlp, weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Forward; the losses under their names in torch.nn."""
    h = x
    for i, name in enumerate(shape.activations):
        h = ACTIVATIONS[name](h.linear(weights[f"weight{i}"].T, weights[f"bias{i}"]))
    if shape.loss == "CrossEntropyLoss":
        return h.sparse_categorical_crossentropy(y)
    return ((h - y) ** 2).mean() if shape.loss == "MSELoss" else h.binary_crossentropy_logits(y)
