"""What observations and actions may be: Gymnasium's Box and Discrete, as far as is needed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Box", "Discrete"]


@dataclass(frozen=True)
class Discrete:
    """The whole numbers 0 ... n - 1."""

    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    def sample(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.n))

    def contains(self, x: Any) -> bool:
        value = np.asarray(x)
        return value.shape == () and value.dtype.kind in "iu" and 0 <= int(value) < self.n


@dataclass(frozen=True, eq=False)
class Box:
    """Arrays of float32 between two bounds."""

    low: np.ndarray
    high: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.low.shape

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """Uniform between the bounds; normal where there are none."""
        bounded = np.isfinite(self.low) & np.isfinite(self.high)
        low, high = np.where(bounded, self.low, 0), np.where(bounded, self.high, 0)
        drawn = np.where(bounded, rng.uniform(low, high), rng.standard_normal(self.shape))
        return drawn.astype(np.float32)

    def contains(self, x: Any) -> bool:
        value = np.asarray(x)
        return value.shape == self.shape and bool(np.all(value >= self.low) and np.all(value <= self.high))


def box(*bounds: float) -> Box:
    """Between -b and b in each number."""
    high = np.array(bounds, np.float32)
    return Box(-high, high)
