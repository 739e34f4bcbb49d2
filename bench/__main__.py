"""Measure Pellucid and PyTorch in turn, each in a process of its own, and print the ratio of every workload.

The sides alternate (A B A B ...), so that a machine that slows down slows both; the ratio is taken within
each pair, and the median of the ratios is what counts. Below 1.00 Pellucid is faster.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .workloads import WORKLOADS

ROOT = Path(__file__).resolve().parent.parent


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="; ".join(WORKLOADS))
    parser.add_argument("--pairs", type=int, default=5, help="pairs of measurements (at least 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads for either side")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(f"unknown workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    if options.pairs < 5:
        parser.error(f"--pairs is {options.pairs}; fewer than 5 say little")
    return options


def measure(framework: str, names: list[str], threads: int) -> dict[str, Any]:
    """Run one side once."""
    limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL", "VECLIB")}
    done = subprocess.run([sys.executable, "-m", "bench.side", framework, *names], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, check=True, env={**os.environ, **limits})
    return json.loads(done.stdout.splitlines()[-1])


def same_work(name: str, ours: float | None, theirs: float | None) -> None:
    """Stop where the two sides computed different values."""
    if ours is not None and theirs is not None and not math.isclose(ours, theirs, rel_tol=1e-3):
        raise SystemExit(f"{name}: Pellucid computed {ours}, PyTorch {theirs}: not the same work")


def compare(names: list[str], pairs: int, threads: int) -> None:
    """Alternate the sides and print a row for each workload."""
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(measure("pellucid", names, threads))
        theirs.append(measure("torch", names, threads))
    print(f"Pellucid {ours[0]['version']} against PyTorch {theirs[0]['version']}, {pairs} pairs")
    print(f"{'':16}{'Pellucid':>12}{'PyTorch':>12}{'ratio':>8}   spread")
    for name in ["import", *names]:
        rows = [(a["measured"][name], b["measured"][name]) for a, b in zip(ours, theirs, strict=True)]
        same_work(name, rows[0][0]["check"], rows[0][1]["check"])
        ratios = sorted(a["seconds"] / b["seconds"] for a, b in rows)
        ours_ms, theirs_ms = (1e3 * statistics.median(side["seconds"] for side in column)
                              for column in zip(*rows, strict=True))
        print(f"{name:16}{ours_ms:9.3f} ms{theirs_ms:9.3f} ms{statistics.median(ratios):8.2f}"
              f"   {ratios[0]:.2f} to {ratios[-1]:.2f}")


def alone(names: list[str], runs: int, threads: int) -> None:
    """Print Pellucid's own times where there is no PyTorch to compare with."""
    sides = [measure("pellucid", names, threads) for _ in range(runs)]
    print(f"Pellucid {sides[0]['version']}, {runs} runs; PyTorch is not installed, so there is no ratio")
    for name in ["import", *names]:
        times = sorted(1e3 * side["measured"][name]["seconds"] for side in sides)
        print(f"{name:16}{statistics.median(times):9.3f} ms   {times[0]:.3f} to {times[-1]:.3f}")


def main() -> None:
    """Say what this runs on, then measure."""
    options = arguments()
    names = options.workloads or list(WORKLOADS)
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, "
          f"{os.cpu_count()} processors, {options.threads} threads for either side")
    run = compare if importlib.util.find_spec("torch") else alone
    run(names, options.pairs, options.threads)


if __name__ == "__main__":
    main()
