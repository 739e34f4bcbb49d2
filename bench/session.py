"""A whole run: which sides there are, every row against every peer, the floors."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import mean
from typing import Any

from .pairs import Protocol, measured
from .process import Side, SideError
from .row import Row
from .workloads import workload_of

KEYS = ("row", "vs", "status", "ratio", "spread", "ours_ms", "theirs_ms", "ours_mib", "theirs_mib",
        "memory_ratio", "floor_ms", "floor_fraction")


class Session:
    """A run. Each row gets fresh processes, so that its memory is its own; a quick run keeps them."""

    def __init__(self, protocol: Protocol, threads: int | None = None,
                 tell: Callable[[str], None] = lambda _: None, open_side: Callable[..., Side] = Side) -> None:
        self.protocol, self.threads, self.tell, self.open_side = protocol, threads, tell, open_side
        self.kept: dict[str, Side] = {}

    def run(self, rows: dict[str, Row], ours: str, peers: list[str]) -> dict[str, Any]:
        """Measure; the result is what `--json` prints."""
        date, before = datetime.datetime.now().astimezone().isoformat(timespec="seconds"), load()
        sides = {name: self.introduction(name) for name in (ours, *peers)}
        results: list[dict[str, Any]] = []
        for name, row in rows.items():
            for vs in peers:
                results.append(self.result(name, row, ours, vs, sides))
                self.tell(f"{name} against {vs}: {_short(results[-1])}")
        self.close()
        rate = max(part.get("gflops") or 0.0 for part in [*sides.values(), *results])
        add_floors(results, rate)
        return {"date": date, "machine": {**sides[ours].get("machine", {}), "load": before},
                "protocol": self.protocol.words(), "quick": self.protocol.is_quick, "sides": sides,
                "matrix_gflops": rate or None, "geometric_mean": geometric_means(results), "rows": results}

    def result(self, name: str, row: Row, ours: str, vs: str, sides: dict[str, Any]) -> dict[str, Any]:
        """One row against one peer, as the table has it; where the peer is missing, Pellucid alone."""
        about = {"row": name, "vs": vs, "ours": ours, "workload": workload_of(name), "what": row.what,
                 "flops": row.flops}
        if "missing" in sides[ours]:
            found = {"status": sides[ours]["missing"]}
        else:
            found = self.row(name, ours, None if "missing" in sides[vs] else vs)
            if "missing" in sides[vs] and found["status"] in ("measured", "agrees"):
                found["status"] = sides[vs]["missing"]
        return {**dict.fromkeys(KEYS), **about, **found}

    def introduction(self, name: str) -> dict[str, Any]:
        """What a side says of itself: versions, BLAS, threads, matrix rate; or why it is missing."""
        try:
            with self.side(name) as side:
                about = side.ask("about")
                if not self.protocol.is_quick:
                    about |= side.ask("rate")
                return about
        except SideError as error:
            return {"missing": str(error)}

    def row(self, name: str, ours: str, theirs: str | None) -> dict[str, Any]:
        """Measure one row against one peer, or alone."""
        try:
            if not self.protocol.is_quick:
                self.first_use(name, ours)
            with ExitStack() as sides:
                mine = sides.enter_context(self.side(ours))
                other = sides.enter_context(self.side(theirs)) if theirs else None
                return measured(name, mine, other, self.protocol)
        except SideError as error:
            return {"status": f"crashed: {error}"}

    def first_use(self, name: str, ours: str) -> None:
        """Take a step in another process: what is compiled once, at first use, lies on the disk then."""
        with self.side(ours) as side:
            if "needs" not in side.ask("build", row=name):
                side.ask("check", steps=1)

    @contextmanager
    def side(self, name: str) -> Iterator[Side]:
        """A side's process: a new one, or in a quick run the one from before if it still lives."""
        side = self.kept.pop(name, None)
        if side is None or side.process.poll() is not None:
            side = self.open_side(name, threads=self.threads)
        try:
            yield side
        finally:
            if self.protocol.is_quick and side.process.poll() is None and name not in self.kept:
                self.kept[name] = side
            else:
                side.close()

    def close(self) -> None:
        """End what a quick run kept."""
        while self.kept:
            self.kept.popitem()[1].close()


def add_floors(results: list[dict[str, Any]], gflops: float) -> None:
    """The time that a row's matrix products alone would take at the matrix rate, and the part of it reached.

    >>> rows = [{"flops": 4e9, "ours_ms": 50.0}]
    >>> add_floors(rows, 200.0); rows[0]["floor_ms"], rows[0]["floor_fraction"]
    (20.0, 0.4)
    """
    for result in results:
        if gflops and result["flops"]:
            result["floor_ms"] = result["flops"] / gflops / 1e6
            if result["ours_ms"]:
                result["floor_fraction"] = result["floor_ms"] / result["ours_ms"]


def geometric_means(results: list[dict[str, Any]]) -> dict[str, float]:
    """The geometric mean of the ratios against each peer; rows of one workload share the weight of one.

    >>> rows = [("xor", 1.0), ("lstm", 2.0), ("lstm", 8.0), ("gru", None)]
    >>> geometric_means([{"vs": "torch", "workload": name, "ratio": ratio} for name, ratio in rows])
    {'torch': 2.0}
    """
    logs: dict[str, dict[str, list[float]]] = {}
    for result in results:
        if result["ratio"]:
            of_peer = logs.setdefault(result["vs"], {})
            of_peer.setdefault(result["workload"], []).append(math.log(result["ratio"]))
    return {vs: math.exp(mean(map(mean, found.values()))) for vs, found in logs.items()}


def load() -> float | None:
    """How many processes wanted to run in the last minute, where the system tells."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _short(result: dict[str, Any]) -> str:
    return result["status"] if result["ratio"] is None else f"{result['ratio']:.2f}"
