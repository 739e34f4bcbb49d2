"""What a trace costs: `python -m bench.tracing` runs small-ops with and without one, in turns.

    off   after a trace, over before it      a trace that has ended shall leave nothing behind
    on    while it runs, over beside it
Each is the median of ratios of neighbours: ten steps of small-ops before a trace, ten inside, ten after (the
first thirty after it are left out), 60 times over, in seconds of the process.
"""

from __future__ import annotations

import statistics
import time

import pellucid
from pellucid.explain import trace

from .chain import Chain

ROUNDS, STEPS = 60, 10


def main() -> None:
    """Measure, and print both ratios."""
    step = Chain(rounds=10).build(pellucid).step

    def seconds() -> float:
        start = time.process_time()
        for _ in range(STEPS):
            step()
        return (time.process_time() - start) / STEPS

    for _ in range(5):
        seconds()
    off, on = [], []
    for _ in range(ROUNDS):
        before = seconds()
        with trace(limit=100_000):
            inside = seconds()
        for _ in range(3):                                       # Python learns the functions' places anew
            seconds()
        after = seconds()
        off.append(after / before)
        on.append(2 * inside / (before + after))
    print(f"off: {statistics.median(off) - 1:+.2%}    on: {statistics.median(on):.2f} times")


if __name__ == "__main__":
    main()
