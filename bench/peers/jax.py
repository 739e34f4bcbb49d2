"""JAX on the CPU: the whole step, forward, backward and optimiser, compiled into one by `jit`."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..mlp import Mlp
from ..row import NoAdapter, Work

ACTIVATIONS = {"ReLU": jax.nn.relu, "Tanh": jnp.tanh, "Sigmoid": jax.nn.sigmoid, "": lambda x: x}


def about() -> dict[str, Any]:
    """Version and device."""
    return {"version": jax.__version__, "blas": f"XLA on {jax.devices()[0].platform}"}


def build(shape: Any, arrays: dict[str, np.ndarray]) -> Work:
    """A training step that keeps its state on the device and gives it up to be written over."""
    if not isinstance(shape, Mlp):
        raise NoAdapter("JAX has no adapter for this row")
    weights = [(jnp.asarray(arrays[f"weight{i}"].T), jnp.asarray(arrays[f"bias{i}"]))
               for i in range(len(shape.widths) - 1)]
    x, y = jnp.asarray(arrays["x"]), jnp.asarray(arrays["y"])
    state = (weights, *(jax.tree.map(jnp.zeros_like, weights) for _ in range(2)), jnp.zeros(()))
    train = jax.jit(functools.partial(trained, shape), donate_argnums=0)

    def step() -> Any:
        nonlocal state
        state, loss = train(state, x, y)
        return jax.block_until_ready(loss)

    return Work(step)


def loss_of(shape: Mlp, weights: Any, x: Any, y: Any) -> Any:
    """Forward; the losses under their names in torch.nn."""
    h = x
    for (weight, bias), name in zip(weights, shape.activations, strict=True):
        h = ACTIVATIONS[name](h @ weight + bias)
    if shape.loss == "CrossEntropyLoss":
        return -jnp.take_along_axis(jax.nn.log_softmax(h), y[:, None], axis=1).mean()
    if shape.loss == "MSELoss":
        return jnp.mean((h - y) ** 2)
    return jnp.mean(jax.nn.softplus(h) - h * y)


def trained(shape: Mlp, state: Any, x: Any, y: Any) -> Any:
    """One step: plain descent or Adam."""
    weights, means, squares, taken = state
    loss, grads = jax.value_and_grad(functools.partial(loss_of, shape))(weights, x, y)
    taken = taken + 1
    if shape.optimizer == "SGD":
        return (jax.tree.map(lambda w, g: w - shape.lr * g, weights, grads), means, squares, taken), loss
    means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, grads)
    squares = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, squares, grads)
    size, scale = shape.lr / (1 - 0.9**taken), (1 - 0.999**taken) ** -0.5
    moved = jax.tree.map(lambda w, m, s: w - size * m / (jnp.sqrt(s) * scale + 1e-8), weights, means, squares)
    return (moved, means, squares, taken), loss
