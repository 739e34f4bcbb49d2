"""Figures of what happens inside a network: weights, gradients, steps and activations over the epochs.

Each takes the records of a run's layers: a run folder, or the list of dictionaries that layers.jsonl holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.profiles import outline
from pellucid.plot.ranges import spread, wants_log
from pellucid.plot.records import by_layer, depths, epoch_of, histogram, rows, series
from pellucid.plot.style import (
    INK,
    RIGHT,
    canvas,
    depth_colour,
    dress,
    legend,
    plots,
    whole_epochs,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def layer_norms(records: Any) -> Figure:
    """Draw the norm of each parameter over the epochs.

    Raises:  ValueError if no norm was recorded.
    """
    return over_time(records, "parameter", "norm", "Norm of the weights")


def gradient_norms(records: Any) -> Figure:
    """Draw the norm of each parameter's gradient over the epochs; one that vanishes lies far below the rest.

    Raises:  ValueError if no gradient was recorded.
    """
    return over_time(records, "parameter", "grad_norm", "Norm of the gradients")


def update_ratios(records: Any) -> Figure:
    """Draw how far a step moves each parameter relative to its size; the line marks a healthy 1e-3.

    Raises:  ValueError if no ratio was recorded.
    """
    figure = over_time(records, "parameter", "update_ratio", "Step against weight")
    axes = figure.axes[0]
    axes.set_yscale("log")
    axes.axhspan(1e-4, 1e-2, color=RIGHT, alpha=0.08, linewidth=0)
    axes.axhline(1e-3, color=INK, linewidth=1, linestyle=":")
    return figure


def activations(records: Any) -> Figure:
    """Draw mean and standard deviation of each layer's activations over the epochs.

    Raises:  ValueError if no activation was recorded.
    """
    layers = recorded(records, "activation", "std")
    figure = canvas(9.2, 3.4)
    for axes, key, title in zip(plots(figure, 1, 2), ("mean", "std"),
                                ("Mean of the activations", "Spread of the activations"), strict=True):
        lines(axes, layers, key, title)
    return figure


def dead_units(records: Any) -> Figure:
    """Draw the share of units in each layer that are zero for every sample, over the epochs.

    Raises:  ValueError if none were counted.
    """
    layers = recorded(records, "activation", "dead")
    for found in layers.values():
        for row in found:
            row["dead_share"] = row.get("dead", np.nan) / max(1, row.get("units", 1))
    figure = canvas(5.6, 3.4)
    axes = plots(figure)[0]
    lines(axes, layers, "dead_share", "Share of dead units")
    axes.set_yscale("linear")
    axes.set_ylim(-0.02, 1.02)
    return figure


def layer_histograms(records: Any, *, kind: str = "parameter", gradients: bool = False,
                     most: int = 9) -> Figure:
    """Draw the histograms of each layer over the epochs as ridgelines, the last epoch in front.

    `kind` is "parameter" or "activation"; `gradients` draws the parameters' gradients. Of more than
    `most` layers, `most` are drawn, spread over the depth.

    Raises:  ValueError if no histogram was recorded.
    """
    prefix = "grad_" if gradients else ""
    layers = recorded(records, kind, f"{prefix}histogram")
    chosen = [list(layers)[i] for i in spread(len(layers), most)]
    columns = min(3, len(chosen))
    figure = canvas(3.1 * columns, 2.7 * -(-len(chosen) // columns))
    grid = plots(figure, -(-len(chosen) // columns), columns)
    for axes, name in zip(grid, chosen, strict=False):
        ridges(axes, layers[name], prefix, depth_colour(*depths(layers)[name]))
        dress(axes, name)
        axes.grid(False)
        axes.set_yticks([])
    for axes in grid[len(chosen):]:
        axes.remove()
    return figure


def ridges(axes: Axes, records: list[dict[str, Any]], prefix: str, colour: str, most: int = 12) -> None:
    """Draw one layer's histograms, each scaled to its own height."""
    kept = [(epoch_of(row, i), pair) for i, row in enumerate(records) if (pair := histogram(row, prefix))]
    kept = [kept[i] for i in spread(len(kept), most)]
    for place, (_, pair) in enumerate(reversed(kept)):
        places, heights = outline(*pair)
        axes.fill_between(places, place, place + 2.2 * heights, color=colour, alpha=0.28, zorder=-place,
                          linewidth=0)
        axes.plot(places, place + 2.2 * heights, color=colour, linewidth=0.9, zorder=-place)


def recorded(records: Any, kind: str, key: str) -> dict[str, list[dict[str, Any]]]:
    """Return the layers of one kind that recorded `key`: name -> records."""
    layers = by_layer(rows(records, file="layers.jsonl"), kind)
    found = {name: kept for name, every in layers.items() if (kept := [row for row in every if key in row])}
    if not found:
        raise ValueError(f"records: no {kind} recorded {key!r}")
    return found


def over_time(records: Any, kind: str, key: str, title: str) -> Figure:
    """Draw one quantity of every layer over the epochs."""
    figure = canvas(5.6, 3.6)
    lines(plots(figure)[0], recorded(records, kind, key), key, title)
    return figure


def lines(axes: Axes, layers: dict[str, list[dict[str, Any]]], key: str, title: str) -> None:
    """Draw one line per layer, coloured by depth, biases dashed; a legend for up to ten of them."""
    columns = [series(found, key) for found in layers.values()]
    for i, (name, (epochs, values)) in enumerate(zip(layers, columns, strict=True)):
        axes.plot(epochs, values, color=depth_colour(i, len(layers)),
                  label=name if len(layers) <= 10 else None,
                  linestyle="--" if name.endswith("bias") else "-", linewidth=1.4)
    if wants_log([values for _, values in columns]):
        axes.set_yscale("log")
    dress(axes, title, "epoch")
    whole_epochs(axes)
    legend(axes)
