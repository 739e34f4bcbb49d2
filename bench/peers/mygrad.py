"""MyGrad: the tape and the losses are its own; it has no optimisers, so the step is plain NumPy in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad
import numpy as np
from mygrad.nnet.activations import relu, sigmoid, tanh
from mygrad.nnet.losses import softmax_crossentropy

from ..chain import Chain
from ..mlp import Mlp
from ..row import NoAdapter, Work

ACTIVATIONS = {"ReLU": relu, "Tanh": tanh, "Sigmoid": sigmoid, "": lambda x: x}


def about() -> dict[str, Any]:
    """Version, and that of NumPy."""
    return {"version": mygrad.__version__, "blas": f"NumPy {np.__version__}"}


def build(shape: Any, arrays: dict[str, np.ndarray]) -> Work:
    """The workload for a shape that is known here."""
    if isinstance(shape, Mlp):
        return perceptron(shape, arrays)
    if isinstance(shape, Chain):
        return chain(shape, arrays)
    raise NoAdapter("MyGrad has no adapter for this row")


def perceptron(shape: Mlp, arrays: dict[str, np.ndarray]) -> Work:
    """Forward, backward and a step on every weight; matrices lie as (in, out), so that none is transposed."""
    count = len(shape.widths) - 1
    weights = [mygrad.tensor(np.ascontiguousarray(arrays[f"weight{i}"].T)) for i in range(count)]
    biases = [mygrad.tensor(arrays[f"bias{i}"]) for i in range(count)]
    update = {"SGD": descent, "Adam": adam}[shape.optimizer]([*weights, *biases], shape.lr)
    x, y = arrays["x"], arrays["y"]

    def step() -> Any:
        h: Any = x
        for weight, bias, name in zip(weights, biases, shape.activations, strict=True):
            h = ACTIVATIONS[name](mygrad.matmul(h, weight) + bias)
        loss = loss_of(shape.loss, h, y)
        loss.backward()
        update()
        return loss.item()

    return Work(step)


def loss_of(name: str, out: Any, y: np.ndarray) -> Any:
    """The loss under its name in torch.nn."""
    if name == "CrossEntropyLoss":
        return softmax_crossentropy(out, y)
    if name == "MSELoss":
        return mygrad.mean((out - y) ** 2)
    return mygrad.mean(mygrad.maximum(out, 0) - out * y + mygrad.log(1 + mygrad.exp(-mygrad.abs(out))))


def descent(tensors: list[Any], lr: float) -> Callable[[], None]:
    """Plain gradient descent."""
    def step() -> None:
        for tensor in tensors:
            tensor.data -= lr * tensor.grad

    return step


def adam(tensors: list[Any], lr: float, beta1: float = 0.9, beta2: float = 0.999) -> Callable[[], None]:
    """Adam, in place."""
    means = [(np.zeros_like(tensor.data), np.zeros_like(tensor.data)) for tensor in tensors]
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        size, scale = lr / (1 - beta1**taken), (1 - beta2**taken) ** -0.5
        for tensor, (mean, square) in zip(tensors, means, strict=True):
            mean += (1 - beta1) * (tensor.grad - mean)
            square += (1 - beta2) * (tensor.grad**2 - square)
            tensor.data -= size * mean / (np.sqrt(square) * scale + 1e-8)

    return step


def chain(shape: Chain, arrays: dict[str, np.ndarray]) -> Work:
    """Many small operations in a row."""
    x, a, b = (mygrad.tensor(arrays[name], constant=name != "x") for name in ("x", "a", "b"))

    def step() -> Any:
        y = x
        for _ in range(shape.rounds):
            y = -(mygrad.tanh(y * a + b) - a)
        loss = y.sum()
        loss.backward()
        return loss.item(), x.grad

    return Work(step)
