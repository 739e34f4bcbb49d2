"""Sample inputs of ops: what the automatic tests feed them.

A case is a list of array makers, one per input, and the parameters. `normal((2, 3), (3,), dim=1)` makes one
case; cases are added with `+`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Maker = Callable[[np.random.RandomState], Any]


class Case:
    """Makers of the inputs and the parameters of one call."""

    def __init__(self, makers: tuple, params: dict) -> None:
        self.makers, self.params = makers, params

    def inputs(self, seed: int, dtype: Any = np.float64) -> tuple:
        """The inputs for a seed; floats come in `dtype`, other arrays and values as they are."""
        rng = np.random.RandomState(seed)
        made = [m(rng) if callable(m) else m for m in self.makers]
        return tuple(a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
                     for a in made)


def case(*makers: Any, **params: Any) -> list[Case]:
    """One case from makers (or plain values) for the inputs in order."""
    return [Case(makers, params)]


def n(*shape: int) -> Maker:
    """Standard normal numbers."""
    return lambda rng: rng.standard_normal(shape)


def u(low: float, high: float, *shape: int) -> Maker:
    """Uniform numbers from low to high."""
    return lambda rng: rng.uniform(low, high, shape)


def ints(high: int, *shape: int) -> Maker:
    """Integers from 0 below high."""
    return lambda rng: rng.randint(0, high, shape)


def bools(*shape: int) -> Maker:
    """Random truth values."""
    return lambda rng: rng.uniform(size=shape) < 0.5


def apart(*shape: int) -> Maker:
    """Distinct numbers, at least 0.1 from each other and from 0 (for kinks and ties)."""
    def make(rng: np.random.RandomState) -> np.ndarray:
        size = int(np.prod(shape))
        values = (np.arange(size) - size // 2 + 0.5) * 0.3 + rng.uniform(-0.1, 0.1, size)
        return rng.permutation(values).reshape(shape)
    return make


def normal(*shapes: tuple, **params: Any) -> list[Case]:
    """One case of standard normal inputs."""
    return case(*(n(*shape) for shape in shapes), **params)


def positive(*shapes: tuple, **params: Any) -> list[Case]:
    """One case of inputs from 0.5 to 2."""
    return case(*(u(0.5, 2.0, *shape) for shape in shapes), **params)


def distinct(*shapes: tuple, **params: Any) -> list[Case]:
    """One case of inputs away from kinks and ties."""
    return case(*(apart(*shape) for shape in shapes), **params)
