"""The doctor on a run folder: what its epochs, its layers and its answers show afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...train import Run
from .finding import Diagnosis, Finding
from .samples import imbalance
from .signs import epoch_signs


def of_run(folder: str | os.PathLike[str]) -> Diagnosis:
    """Examine a finished or interrupted run by the files in its folder.

    Raises:  ValueError for a folder that holds no run.
    """
    path = Path(folder)
    if not any((path / name).is_file() for name in ("config.json", "metrics.jsonl")):
        problem = "holds neither config.json nor metrics.jsonl" if path.is_dir() else "is not a folder"
        raise ValueError(f"doctor: {folder} is not the folder of a run: it {problem}")
    run = Run(path)
    rows, layers = run.read_rows("metrics.jsonl"), run.read_rows("layers.jsonl")
    found = [*losses(rows), *epoch_signs(rows, stops_early=path.joinpath("best.safetensors").is_file()),
             *dead(layers), *parameters(layers), *answers(run)]
    notes = [f"read {len(rows)} epochs and {len({row.get('epoch') for row in layers})} looks at the layers"]
    if not layers:
        notes.append("the run has no layers.jsonl: fit with callbacks=[Watch(run)] keeps what the layers do")
    return Diagnosis(found, f"doctor on {folder}", notes)


def losses(rows: list[dict[str, Any]]) -> Iterator[Finding]:
    """A loss that is no number, that grows, or that has not moved."""
    values = [row["loss"] for row in rows if row.get("loss") is not None]
    if not values:
        return
    bad = [i for i, value in enumerate(values) if not np.isfinite(value)]
    if bad:
        yield Finding("not finite", f"the loss is {values[bad[0]]} in epoch {bad[0] + 1}.", confidence=0.97)
        return
    if len(values) >= 5 and values[-1] > 1.5 * values[0] > 0:
        yield Finding("learning rate too high", f"the loss was {values[0]:.4g} in the first epoch and is "
                      f"{values[-1]:.4g} in the last.", confidence=0.8)


def dead(layers: list[dict[str, Any]]) -> Iterator[Finding]:
    """Layers of which more than half the units are zero for all samples, in the last look."""
    for row in _last(layers, "activation"):
        if row.get("units") and row["dead"] > 0.5 * row["units"]:
            share = row["dead"] / row["units"]
            yield Finding("dead units", f"{row['dead']} of {row['units']} units are zero for every sample "
                          f"in epoch {row['epoch']}.", f"{row['name']} ({row.get('module', 'ReLU')})",
                          confidence=0.6 + 0.35 * share, numbers={"dead": row["dead"], "units": row["units"]})
        if row.get("module") in ("Tanh", "Sigmoid") and row.get("histogram") and row is not _last(
                layers, "activation")[-1]:
            yield from saturated(row)


def saturated(row: dict[str, Any]) -> Iterator[Finding]:
    """A histogram of which most lies at the two ends."""
    low, high = (-0.9, 0.9) if row["module"] == "Tanh" else (0.05, 0.95)
    counts, edges = np.asarray(row["histogram"], float), np.asarray(row["edges"], float)
    middle = (edges[:-1] + edges[1:]) / 2
    share = float(counts[(middle < low) | (middle > high)].sum() / max(counts.sum(), 1))
    if share > 0.85:
        yield Finding("saturation", f"{share:.0%} of the outputs lie beyond {low} and {high} in epoch "
                      f"{row['epoch']}.",
                      f"{row['name']} ({row['module']})", confidence=0.5 + 0.4 * share)


def parameters(layers: list[dict[str, Any]]) -> Iterator[Finding]:
    """Gradients that fade from layer to layer, and steps much too large or small for their weights."""
    last = [row for row in _last(layers, "parameter") if row.get("grad_norm") is not None]
    weights = [row for row in last if row["name"].endswith("weight") and row.get("norm")]
    if len(weights) >= 3 and weights[-1]["grad_norm"] > 0:
        ratio = weights[0]["grad_norm"] / weights[-1]["grad_norm"]
        if ratio < 1e-4 or ratio > 1e4:
            kind = "vanishing gradients" if ratio < 1 else "exploding gradients"
            yield Finding(kind, f"the gradient of {weights[0]['name']} has {ratio:.2g} times the norm of "
                          f"that of {weights[-1]['name']} in epoch "
                          f"{weights[0]['epoch']}.", weights[0]["name"],
                          confidence=0.9, numbers={"ratio": ratio})
    yield from steps_taken(layers)


def steps_taken(layers: list[dict[str, Any]]) -> Iterator[Finding]:
    """Steps that were too small in every look (a schedule may end near 0), or too large in the first."""
    ratios: dict[int, list[float]] = {}
    for row in layers:
        if row.get("kind") == "parameter" and row.get("update_ratio") and row["name"].endswith("weight"):
            ratios.setdefault(row["epoch"], []).append(row["update_ratio"])
    middles = [float(np.median(values)) for _, values in sorted(ratios.items())]
    if len(middles) >= 3 and max(middles) < 2e-6:
        yield Finding("learning rate too low", "a step never changed weights by more than "
                      f"{max(middles):.1g} of their size.", confidence=0.8)
    elif middles and middles[0] > 0.5:
        yield Finding("learning rate too high", "a step of the first epoch changed weights by "
                      f"{middles[0]:.2g} of their size.", confidence=0.75)


def answers(run: Run) -> Iterator[Finding]:
    """Classes that are in the test set and are never named."""
    path = run.path("observations.npz")
    if not path.is_file():
        return
    with np.load(path, allow_pickle=False) as kept:
        if not {"probabilities", "targets"} <= set(kept.files):
            return
        p, targets = kept["probabilities"], kept["targets"]
    if p.ndim != 2 or targets.shape != (len(p),) or targets.dtype.kind not in "iu" or not len(p):
        return
    n = p.shape[1]
    counts, named = imbalance(targets, n), imbalance(p.argmax(1), n)
    missed = [c for c in counts if counts[c] >= 5 and named[c] == 0]
    common = max(counts, key=lambda c: counts[c])
    if missed and counts[common] > 8 * counts[missed[0]]:
        yield Finding("class imbalance", f"class {missed[0]} has {counts[missed[0]]} of {len(p)} test "
                      f"samples and is never named; class {common} has {counts[common]}.", confidence=0.85,
                      numbers={"missed": missed})


def _last(layers: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The rows of one kind in the last look."""
    end = max((row.get("epoch", 0) for row in layers), default=0)
    return [row for row in layers if row.get("kind") == kind and row.get("epoch") == end]
