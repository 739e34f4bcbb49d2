"""Seconds of a step, and what a processor does in them."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Step = Callable[[], Any]
RATE_SIDE, RATE_SECONDS = 1024, 0.25                    # square matrices, whose product gives the matrix rate


def repeat(step: Step, count: int) -> float:
    """Seconds for `count` steps."""
    start = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - start


def steps_for(step: Step, seconds: float) -> int:
    """Warm up for about that long, and tell how many steps fit into it."""
    repeat(step, 1)
    count, spent = 1, 0.0
    while True:
        spent = repeat(step, count)
        if spent >= seconds / 2:
            return max(1, round(count * seconds / spent))
        count = max(count + 1, min(10 * count, int(count * seconds / max(spent, 1e-9))))


def seconds_per_step(step: Step, count: int) -> float:
    """The mean over `count` steps, after a tenth of them uncounted: the caches were the other side's."""
    repeat(step, max(1, count // 10))
    return repeat(step, count) / count


def matrix_rate(torch: Any) -> float:
    """GFLOP/s of the product of two square float32 matrices: the best of many, as it is to be a limit."""
    a, b = torch.randn(RATE_SIDE, RATE_SIDE), torch.randn(RATE_SIDE, RATE_SIDE)
    best, until = float("inf"), time.perf_counter() + RATE_SECONDS
    while time.perf_counter() < until:
        best = min(best, repeat(lambda: a @ b, 1))
    return 2 * RATE_SIDE**3 / best / 1e9


def profile(step: Step, count: int, lines: int = 6) -> list[dict[str, Any]]:
    """Where the time goes: the functions with most time of their own, and how often a step calls each.

    What C code takes counts for the Python function that called it, unless Python knows it as a function.
    """
    recorder = cProfile.Profile()
    recorder.enable()
    for _ in range(count):
        step()
    recorder.disable()
    found: Any = pstats.Stats(recorder).stats            # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in found.values()) or 1.0
    first = sorted(found.items(), key=lambda item: -item[1][2])[:lines]
    return [{"where": _place(*where), "share": round(own / total, 3), "calls": round(calls / count, 1)}
            for where, (_, calls, own, _, _) in first]


def _place(path: str, line: int, name: str) -> str:
    """File, line and function, the file with its folder; a built-in by its name alone."""
    if path == "~":
        return name.strip("<>").removeprefix("built-in method ").removeprefix("method ")
    return f"{'/'.join(Path(path).parts[-2:])}:{line} {name}"
