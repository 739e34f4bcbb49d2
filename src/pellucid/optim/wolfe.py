"""A line search for the strong Wolfe conditions.

    f(t) <= f(0) + c1 t f'(0)            the loss falls enough
    |f'(t)| <= c2 |f'(0)|                the slope flattens enough

Source: Nocedal & Wright 2006, "Numerical Optimization", algorithms 3.5 (bracket) and 3.6 (zoom); cubic steps
        as in Schmidt's minFunc.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Point = tuple[float, float, np.ndarray, float]                   # step, loss, gradient, slope


def cubic_minimum(x1: float, f1: float, d1: float, x2: float, f2: float, d2: float,
                  bounds: tuple[float, float] | None = None) -> float:
    """The minimum of the cubic through two points with slopes, within bounds (default: between them)."""
    low, high = bounds or (min(x1, x2), max(x1, x2))
    a = d1 + d2 - 3 * (f1 - f2) / (x1 - x2)
    square = a * a - d1 * d2
    if square < 0:
        return (low + high) / 2
    root = math.sqrt(square)
    if x1 <= x2:
        found = x2 - (x2 - x1) * ((d2 + root - a) / (d2 - d1 + 2 * root))
    else:
        found = x1 - (x1 - x2) * ((d1 + root - a) / (d1 - d2 + 2 * root))
    return min(max(found, low), high)


def strong_wolfe(at: Callable[[float], tuple[float, np.ndarray]], t: float, d: np.ndarray, loss: float,
                 g: np.ndarray, slope: float, tolerance: float, c1: float = 1e-4, c2: float = 0.9,
                 max_steps: int = 25) -> tuple[float, np.ndarray, float, int]:
    """Find a step t along d, first guess t; return (loss, gradient, t, evaluations)."""
    size = float(np.abs(d).max())
    before: Point = (0.0, loss, g, slope)
    new_loss, new_g = at(t)
    now: Point = (t, new_loss, new_g.copy(), float(new_g @ d))
    used, bracket = 1, None
    for step in range(max_steps):
        if now[1] > loss + c1 * now[0] * slope or (step > 0 and now[1] >= before[1]) or now[3] >= 0:
            if abs(now[3]) <= -c2 * slope and now[1] <= loss + c1 * now[0] * slope \
                    and not (step > 0 and now[1] >= before[1]):
                return now[1], now[2], now[0], used
            bracket = [before, now]
            break
        if abs(now[3]) <= -c2 * slope:
            return now[1], now[2], now[0], used
        low, high = now[0] + 0.01 * (now[0] - before[0]), now[0] * 10
        t = cubic_minimum(before[0], before[1], before[3], now[0], now[1], now[3], (low, high))
        new_loss, new_g = at(t)
        before, now = now, (t, new_loss, new_g.copy(), float(new_g @ d))
        used += 1
    if bracket is None:
        bracket = [(0.0, loss, g, slope), now]
    best, extra = _zoom(at, bracket, d, loss, slope, tolerance / size if size else tolerance, c1, c2,
                        max_steps - used + 1)
    return best[1], best[2], best[0], used + extra


def _zoom(at: Callable, bracket: list[Point], d: np.ndarray, loss: float, slope: float, tolerance: float,
          c1: float, c2: float, max_steps: int) -> tuple[Point, int]:
    """Shrink the bracket until a point in it satisfies both conditions."""
    used, stuck = 0, False
    low, high = sorted(bracket, key=lambda p: p[1])              # low has the smaller loss
    while used < max_steps and abs(high[0] - low[0]) * 1.0 >= tolerance:
        first, last = sorted((low, high), key=lambda p: p[0])
        t = cubic_minimum(first[0], first[1], first[3], last[0], last[1], last[3])
        margin = 0.1 * (last[0] - first[0])
        if min(last[0] - t, t - first[0]) < margin:              # too near an end: the second time go inside
            if stuck or t >= last[0] or t <= first[0]:
                t = last[0] - margin if abs(t - last[0]) < abs(t - first[0]) else first[0] + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        value, gradient = at(t)
        new: Point = (t, value, gradient.copy(), float(gradient @ d))
        used += 1
        if new[1] > loss + c1 * t * slope or new[1] >= low[1]:
            high = new
            low, high = sorted((low, high), key=lambda p: p[1])
        else:
            if abs(new[3]) <= -c2 * slope:
                return new, used
            if new[3] * (high[0] - low[0]) >= 0:
                high = low
            low = new
    return low, used
