"""The protocol: two sides in turn, from the same weights, and the median of the paired ratios."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from .agreement import disagreement
from .bars import MATRIX_BOUND, of_ratio
from .process import Side


@dataclass(frozen=True)
class Protocol:
    """How a row is measured."""

    pairs: int = 7
    seconds: float = 0.4                                # of one side's part of a pair, and of its warm-up
    pause: float = 0.05                                 # before each part: the other's threads stop spinning
    check_steps: int = 3
    is_quick: bool = False                              # the rows run and agree, nothing is timed
    profile_all: bool = False                           # else rows below a bar tell where their time goes

    def words(self) -> str:
        """The protocol as a paragraph."""
        return (f"Each side runs in a process of its own, which stays alive and is asked in turn, A B A B: "
                f"{self.pairs} pairs after a warm-up, each part {self.seconds:g} s of steps or at least one "
                f"step, after a pause of {self.pause:g} s in which the other side's threads fall asleep. "
                "What Pellucid compiles at its first use, once on a machine, is compiled in another process. "
                f"Before that the weights and the data go from Pellucid to the other side, and "
                f"{self.check_steps} steps must give the same on both. The ratio is taken within each pair; "
                "the median counts.")


def measured(row: str, ours: Side, theirs: Side | None, protocol: Protocol) -> dict[str, Any]:
    """One row: what both sides took, or a status that tells why there is nothing to compare."""
    reason = start(row, ours, theirs, protocol)
    if reason or protocol.is_quick:
        return {"status": reason or "agrees"}
    return {"status": "measured", **timed(row, ours, theirs, protocol)}


def start(row: str, ours: Side, theirs: Side | None, protocol: Protocol) -> str | None:
    """Build both sides from the same weights and compare a few steps; tell why the row cannot be measured."""
    built = ours.ask("build", row=row)
    if "needs" in built:
        return f"needs {built['needs']}"
    with tempfile.TemporaryDirectory() as folder:
        ours.ask("save", folder=folder)
        mine = ours.ask("check", steps=protocol.check_steps)["values"]
        if theirs is None:
            return None
        built = theirs.ask("build", row=row, folder=folder)
    if "needs" in built:
        return f"{theirs.name} needs {built['needs']}"
    if "skip" in built:
        return built["skip"]
    wrong = disagreement(mine, theirs.ask("check", steps=protocol.check_steps)["values"])
    return f"wrong: {wrong}" if wrong else None


def timed(row: str, ours: Side, theirs: Side | None, protocol: Protocol) -> dict[str, Any]:
    """Both sides in turn, then their memory; without another side, Pellucid alone."""
    sides = [ours] if theirs is None else [ours, theirs]
    steps = [side.ask("warm", seconds=protocol.seconds)["steps"] for side in sides]
    rounds: list[list[float]] = []
    for _ in range(protocol.pairs):
        rounds.append([])
        for side, count in zip(sides, steps, strict=True):
            time.sleep(protocol.pause)
            rounds[-1].append(side.ask("time", steps=count)["seconds"])
    found = compared(rounds)
    for key, side in zip(("ours", "theirs"), sides, strict=False):
        memory = side.ask("memory")
        found |= {f"{key}_mib": memory["peak_mib"], f"{key}_base_mib": memory["base_mib"],
                  f"{key}_disk_mib": memory["disk_mib"]}
    found["gflops"] = max(side.ask("rate")["gflops"] or 0.0 for side in sides)
    if found.get("theirs_mib") and found["ours_mib"]:
        found["memory_ratio"] = found["theirs_mib"] / found["ours_mib"]
    if protocol.profile_all or (
            theirs is not None and (found["ratio"] < of_ratio(theirs.name) or row in MATRIX_BOUND)):
        found["profile"] = ours.ask("profile", steps=max(1, steps[0]))["profile"]
    return found


def compared(rounds: list[list[float]]) -> dict[str, Any]:
    """Milliseconds of both sides, and the ratios of the pairs: above 1, ours is faster.

    >>> found = compared([[0.001, 0.002], [0.002, 0.002], [0.001, 0.004]])
    >>> found["ratio"], found["spread"], found["ours_ms"], found["theirs_ms"]
    (2.0, [1.0, 4.0], 1.0, 2.0)
    """
    found: dict[str, Any] = {"ours_ms": 1e3 * statistics.median(part[0] for part in rounds)}
    if len(rounds[0]) > 1:
        ratios = [theirs / ours for ours, theirs in rounds]
        found |= {"theirs_ms": 1e3 * statistics.median(part[1] for part in rounds), "ratios": ratios,
                  "ratio": statistics.median(ratios), "spread": [min(ratios), max(ratios)]}
    return found
