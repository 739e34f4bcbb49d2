"""One side of a comparison, in a process of its own: `python -m bench.side pellucid mlp_step` prints JSON."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time

CHECK_STEPS = 50                 # warm-up; the value after the last of them is compared between the sides
ROUND_SECONDS, ROUNDS = 0.05, 7  # the median of the rounds is what counts


def main(framework: str, *names: str) -> None:
    """Import the framework, run the workloads, print what was measured."""
    start = time.perf_counter()
    torch = importlib.import_module(framework)
    measured = {"import": {"seconds": time.perf_counter() - start, "check": None}}
    from .workloads import WORKLOADS
    for name in names:
        step = WORKLOADS[name](torch)
        check = [step() for _ in range(CHECK_STEPS)][-1].item()
        measured[name] = {"seconds": seconds_of(step), "check": check}
    print(json.dumps({"version": torch.__version__, "measured": measured}))


def seconds_of(step) -> float:
    """Seconds for one step: the median over rounds, each long enough for the clock."""
    count, elapsed = 1, 0.0
    while elapsed < ROUND_SECONDS:
        count = count if not elapsed else max(count + 1, int(1.2 * count * ROUND_SECONDS / elapsed))
        elapsed = timed(step, count)
    return statistics.median(timed(step, count) / count for _ in range(ROUNDS))


def timed(step, count: int) -> float:
    """Seconds for `count` steps."""
    start = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
