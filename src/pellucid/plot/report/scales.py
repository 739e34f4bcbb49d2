"""From values to places on the page: linear and logarithmic scales and their ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pellucid.plot.report.wording import minus, power


@dataclass(frozen=True)
class Scale:
    """A map of [low, high] to [start, end]; with `log`, of their logarithms."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, values: object) -> np.ndarray:
        """Return the places of `values`; what a logarithm cannot take becomes NaN."""
        v = np.asarray(values, dtype=np.float64)
        low, high = self.low, self.high
        if self.log:
            v = np.log10(np.where(v > 0, v, np.nan))
            low, high = math.log10(low), math.log10(high)
        place = self.start + (v - low) / ((high - low) or 1.0) * (self.end - self.start)
        return np.where(np.isfinite(v), place, np.nan)

    def ticks(self, n: int = 5) -> list[float]:
        """Return about `n` round values within the scale."""
        return log_ticks(self.low, self.high, n) if self.log else linear_ticks(self.low, self.high, n)


def linear_ticks(low: float, high: float, n: int = 5) -> list[float]:
    """Return about `n` multiples of 1, 2, 2.5 or 5 times a power of ten within [low, high].

    >>> linear_ticks(0, 0.93)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    """
    span = (high - low) or 1.0
    rough = span / max(n, 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = min((m * magnitude for m in (1, 2, 2.5, 5, 10)), key=lambda s: abs(span / s - n))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def log_ticks(low: float, high: float, n: int = 5) -> list[float]:
    """Return powers of ten within [low, high], about `n`; over few decades values between them too.

    >>> log_ticks(0.02, 2)
    [0.03, 0.1, 0.3, 1.0]
    """
    a, b = math.log10(low), math.log10(high)
    if b - a < 2.5:
        near, steps = range(math.floor(a), math.ceil(b) + 1), (1, 2, 5) if b - a < 1.3 else (1, 3)
        found = [float(f"{m}e{e}") for e in near for m in steps]
        return [v for v in found if low * 0.999 <= v <= high * 1.001] or [low, high]
    step = max(1, math.ceil((b - a) / n))
    return [float(f"1e{e}") for e in range(math.ceil(a - 1e-9), math.floor(b + 1e-9) + 1) if e % step == 0]


def tick_text(value: float, log: bool = False) -> str:
    """Return a tick's label, short.

    >>> tick_text(0.25), tick_text(1500000.0), tick_text(1e-4, log=True), tick_text(20.0)
    ('0.25', '1.5M', '10⁻⁴', '20')
    """
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e9 or size < 1e-3:
        return minus(power(value))
    if log and (size < 0.01 or size > 100) and math.isclose(math.log10(size) % 1, 0, abs_tol=1e-9):
        return minus(power(value))
    for limit, letter in ((1e6, "M"), (1e4, "k")):
        if size >= limit:
            return minus(f"{value / (1e6 if letter == 'M' else 1e3):.3g}{letter}")
    return minus(f"{value:.6g}")


def value_range(columns: Sequence[np.ndarray], *, log: bool = False) -> tuple[float, float]:
    """Return a range that holds all finite values, with a little room; (0, 1) where there is none."""
    everything = np.concatenate([np.asarray(c, dtype=np.float64).ravel() for c in columns] or [np.zeros(0)])
    kept = everything[np.isfinite(everything) & ((everything > 0) | (not log))]
    if not kept.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(kept.min()), float(kept.max())
    if log:
        room = max((high / low) ** 0.06, 1.12)
        return max(low / room, 1e-300), min(high * room, 1e300)
    low, high = max(-1e300, low), min(1e300, high)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 0.5
    return low - room, high + room
