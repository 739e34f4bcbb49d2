"""The loss around a trained network, along two directions in the space of its weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import Module
from ..nn.undisturbed import undisturbed
from ..tensor import OpError, Tensor

__all__ = ["Landscape", "directions_of", "landscape"]


@dataclass(frozen=True)
class Landscape:
    """losses[i, j] at weights + b[i] second + a[j] first; for `plot.contours` and `plot.surface`."""

    a: np.ndarray                                                # (W,)
    b: np.ndarray                                                # (H,)
    losses: np.ndarray                                           # (H, W)


def directions_of(model: Module, count: int = 2, seed: int = 0) -> list[list[np.ndarray]]:
    """Random directions in the space of the weights, each filter's as long as the filter itself.

        d_i = r_i |w_i| / |r_i|        r normal; i: one output's weights (a row, a filter)
    Biases and other vectors stay where they are. So scaled, networks that differ only by the scale of their
    weights show the same landscape.
    Source:  Li, Xu, Taylor, Studer & Goldstein 2017, arXiv:1712.09913, section 4.
    """
    draw, found = np.random.default_rng(seed), []
    for _ in range(count):
        found.append([_like(weight._data, draw) for weight in model.parameters()])
    return found


def _like(weight: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    if weight.ndim < 2:
        return np.zeros_like(weight)
    random, rest = draw.standard_normal(weight.shape), tuple(range(1, weight.ndim))
    length, own = (np.sqrt((x.astype(np.float64) ** 2).sum(rest, keepdims=True)) for x in (weight, random))
    return (random * length / own).astype(weight.dtype)


def landscape(model: Module, loss: Callable[[], Any], *, span: float = 1.0, points: int = 21,
              directions: Sequence[Sequence[np.ndarray]] | None = None, seed: int = 0) -> Landscape:
    """The loss on a square of weights around the model's own.

        losses[i, j] = loss at  w + b[i] d2 + a[j] d1        a, b from -span to span
    loss:  a function without arguments that runs the model and returns the loss, always on the same data
    directions:  two lists of arrays of the parameters' shapes; by default `directions_of(model, 2, seed)`
    The model is looked at in evaluation mode; its weights are the same afterwards, bit for bit.
    Raises:  OpError for directions that do not fit, for points below 2 and a span that is not above 0;
             TypeError for a loss that wants arguments.

    >>> from pellucid import nn, ones
    >>> model = nn.Linear(1, 1, bias=False)
    >>> landscape(model, lambda: (model(ones(1, 1)) ** 2).sum(), points=3).losses.shape
    (3, 3)
    """
    if not callable(loss) or _wants_arguments(loss):
        name = getattr(loss, "__name__", type(loss).__name__)
        raise TypeError("landscape: loss must be a function without arguments that runs the model, as in "
                        f"lambda: criterion(model(x), y); got {name}")
    weights = [parameter._data for parameter in model.parameters()]
    chosen = directions_of(model, 2, seed) if directions is None else directions
    if len(chosen) != 2 or any([np.shape(d) for d in each] != [w.shape for w in weights] for each in chosen):
        raise OpError("landscape: directions must be two lists of arrays, each of the shapes "
                      f"{[w.shape for w in weights]}")
    if points < 2 or not span > 0:
        raise OpError(f"landscape: points must be at least 2 and span above 0, got {points} and {span}")
    steps, kept = np.linspace(-span, span, points), [w.copy() for w in weights]
    losses = np.empty((points, points))
    with undisturbed(model):
        try:
            for i, b in enumerate(steps):
                for j, a in enumerate(steps):
                    for w, own, first, second in zip(weights, kept, *chosen, strict=True):
                        w[...] = own + a * first + b * second
                    found = loss()
                    losses[i, j] = found.item() if isinstance(found, Tensor) else found
        finally:
            for w, own in zip(weights, kept, strict=True):
                w[...] = own
    return Landscape(steps, steps.copy(), losses)


def _wants_arguments(function: Callable) -> bool:
    """Is there a parameter that has no default?"""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
               for p in parameters)
