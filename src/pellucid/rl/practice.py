"""practise: let an agent learn in parts, test it after each, keep the best, go on after interruptions."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import wrap
from .agent import Agent, weights
from .evaluation import evaluate

__all__ = ["practise"]

Row = dict[str, Any]


def practise(agent: Agent, *, epochs: int, steps: int, episodes: int = 20, seed: int = 20_000,
             env: Any = None, run: Any = None, resume: bool = False,
             watch: Callable[[Agent, Row], None] | None = None, verbose: int = 1) -> list[Row]:
    """Let an agent learn, `epochs` times `steps`; what it then knew best is what it knows at the end.

    After each epoch it acts `episodes` times without exploring, from the same starts each time, apart from
    its training; the weights with which it did best (of equals the last) are put back at the end.

    env     for these tests, where the agent's own cannot be copied
    run     a `train.Run` that gets metrics.jsonl, best and last: with `resume` it goes on from the last
    watch   called with the agent and the epoch's row
    Returns the rows: epoch, step, return (of the episodes that ended in training), val_return, losses.
    """
    rows: list[Row] = []
    best: Row = {"return": -np.inf, "networks": {}}
    if resume:
        rows, best = restored(agent, run.load("last"))
    started, before = time.monotonic(), rows[-1]["seconds"] if rows else 0.0
    for epoch in range(len(rows) + 1, epochs + 1):
        told = agent.learn(steps)
        ended, tested = agent.take_finished(), evaluate(agent, env, episodes, seed)
        row: Row = {"epoch": epoch, "step": agent.steps, "val_return": float(tested.mean()), **told,
                    "seconds": round(before + time.monotonic() - started, 2)}
        if ended:
            row["return"] = float(np.mean(ended))
        rows.append(row)
        if row["val_return"] >= best["return"]:
            best = {"return": row["val_return"], "networks": known(agent)}
        if watch is not None:
            watch(agent, row)
        if run is not None:
            run.save("last", {"agent": agent.state_dict(), "rows": rows, "best": best})
            run.save("best", flat(best["networks"]))
            run.write_rows("metrics.jsonl", rows)
        if verbose:
            print(f"{agent.steps:>9,} steps  return {row.get('return', np.nan):8.1f}  tested "
                  f"{row['val_return']:8.1f}  {row['seconds']:6.1f} s", file=sys.stderr, flush=True)
    for name, network in agent.networks.items():
        network.load_state_dict(best["networks"][name])
    return rows


def known(agent: Agent) -> dict[str, Any]:
    """Copies of all its networks' weights."""
    return {name: weights(network) for name, network in agent.networks.items()}


def flat(networks: dict[str, Any]) -> dict[str, Any]:
    """The weights of several networks under one name each: policy.0.weight."""
    return {f"{name}.{key}": value for name, of in networks.items() for key, value in of.items()}


def restored(agent: Agent, state: dict[str, Any]) -> tuple[list[Row], Row]:
    """Put an agent back to where a checkpoint was taken; the rows so far and the best weights."""
    agent.load_state_dict(state["agent"])
    best = {"return": float(state["best"]["return"]),
            "networks": {name: {key: wrap(value._data.copy()) for key, value in of.items()}
                         for name, of in state["best"]["networks"].items()}}
    return list(state["rows"]), best
