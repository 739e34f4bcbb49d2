"""A learning rate from one short run in which it grows from far too small to far too large."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..generator import get_rng_state, set_rng_state
from . import batches

__all__ = ["Rates", "find_rate"]

SMOOTH = 0.8                                                     # how much of the mean before each loss keeps
TOO_FAR = 4.0                                                    # times the lowest loss: it diverges


@dataclass(frozen=True)
class Rates:
    """The rates that were tried, in order, the loss at each, and its running mean."""

    rates: np.ndarray
    losses: np.ndarray
    smooth: np.ndarray
    steepest: float                                              # where the mean falls fastest: try this
    lowest: float                                                # where it is lowest: an upper bound


def find_rate(model: Any, train: Any, *, loss: Callable, optimizer: Any, low: float = 1e-6,
              high: float = 10.0, steps: int = 100, batch_size: int = 32) -> Rates:
    """Train for a few steps at rates that grow from low to high, and tell where the loss falls fastest.

        rate_t = low (high / low)^(t / (steps - 1))
    It ends early where the loss is not finite, or its running mean is four times its lowest. Model, optimizer
    and random numbers are afterwards as before.
    train:   a DataLoader, a Dataset or a pair (x, y), gone through as often as needed
    Source:  Smith 2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186.
    Raises:  ValueError for rates that do not grow from above 0, for fewer than 10 steps, and where the loss
             diverges at once.
    """
    if not 0 < low < high:
        raise ValueError(f"find_rate: wants 0 < low < high, got low={low:g} and high={high:g}")
    if steps < 10:
        raise ValueError(f"find_rate: steps must be at least 10, got {steps}")
    kept = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict()), model.training
    state = get_rng_state()
    try:
        model.train()
        data = endless(batches.loader(train, "train", batch_size, True))
        found = trial(model, data, loss, optimizer, np.geomspace(low, high, steps))
    finally:
        model.load_state_dict(kept[0])
        optimizer.load_state_dict(kept[1])
        optimizer.zero_grad()
        model.train(kept[2])
        set_rng_state(state)
    rates, losses, smooth = map(np.array, found)
    if len(losses) < 5:
        raise ValueError(f"find_rate: the loss diverges after {len(losses)} steps, at rate {rates[-1]:g}; "
                         f"start lower than {low:g}")
    return told(rates[:len(losses)], losses, smooth)


def endless(loader: Any) -> Iterator[tuple]:
    """Batch after batch, epoch after epoch."""
    while True:
        yield from map(batches.parts, loader)


def trial(model: Any, data: Iterator[tuple], loss: Callable, optimizer: Any,
          rates: np.ndarray) -> tuple[list[float], list[float], list[float]]:
    """Take a step at each rate until the loss diverges: the rates, the losses that were finite, and their
    running mean without the pull of its start.
    """
    tried: list[float] = []
    losses: list[float] = []
    smooth: list[float] = []
    mean = 0.0
    for t, (rate, (x, y, _)) in enumerate(zip(rates.tolist(), data, strict=False)):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        found = loss(model(x), y)
        value = found.item()
        tried.append(rate)
        if not math.isfinite(value):
            break
        losses.append(value)
        mean = SMOOTH * mean + (1 - SMOOTH) * value
        smooth.append(mean / (1 - SMOOTH ** (t + 1)))
        if t > 5 and smooth[-1] > TOO_FAR * min(smooth):
            break
        found.backward()
        optimizer.step()
    return tried, losses, smooth


def told(rates: np.ndarray, losses: np.ndarray, smooth: np.ndarray) -> Rates:
    """Where the running mean is lowest, and where it falls fastest before."""
    bottom = max(int(smooth.argmin()), 2)
    slopes = np.gradient(smooth, np.log(rates))[:bottom]
    return Rates(rates, losses, smooth, float(rates[slopes.argmin()]), float(rates[bottom]))
