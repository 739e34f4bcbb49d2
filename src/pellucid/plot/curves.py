"""Figures of what changes over the epochs: loss, metrics, several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.ranges import wants_log
from pellucid.plot.records import metric_names, once_per_epoch, rows, series
from pellucid.plot.style import (
    CLASSES,
    RIGHT,
    TRAIN,
    VALIDATION,
    canvas,
    dress,
    legend,
    plots,
    whole_epochs,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def learning_curves(history: Any, *, metrics: Sequence[str] | None = None) -> Figure:
    """Draw loss and metrics over the epochs, training and validation together, the best epoch marked.

    `history` is a run folder, a list of dictionaries, a dictionary of lists or a History. Without `metrics`
    all that were recorded are drawn. The loss gets a logarithmic axis where its values ask for one.

    Raises:  ValueError if nothing was recorded.
    """
    records = once_per_epoch(rows(history))
    if not records:
        raise ValueError("learning_curves: history holds no epoch")
    keys = ["loss", *(metric_names(records) if metrics is None else metrics)]
    keys = [key for key in keys if any(key in row or f"val_{key}" in row for row in records)]
    figure = canvas(4.6 * len(keys), 3.3)
    for axes, key in zip(plots(figure, 1, len(keys)), keys, strict=True):
        pair(axes, records, key)
    return figure


def pair(axes: Axes, records: list[dict[str, Any]], key: str) -> None:
    """Draw one quantity in training (solid) and validation (dashed)."""
    drawn = []
    for name, column, colour, style in (("training", key, TRAIN, "-"),
                                        ("validation", f"val_{key}", VALIDATION, "--")):
        epochs, values = series(records, column)
        if len(epochs):
            axes.plot(epochs, values, style, color=colour, label=name, marker="." if len(epochs) == 1 else "")
            drawn.append(values)
    if wants_log(drawn):
        axes.set_yscale("log")
    epochs, losses = series(records, "val_loss")
    if np.isfinite(losses).any():
        best = epochs[np.nanargmin(np.where(np.isfinite(losses), losses, np.nan))]
        axes.axvline(best, color=RIGHT, linewidth=1, linestyle=":")
    dress(axes, key.replace("_", " ").capitalize(), "epoch")
    whole_epochs(axes)
    legend(axes)


def loss_curves(runs: Mapping[str, Any], *, key: str = "loss", log: bool | None = None,
                x_label: str = "epoch") -> Figure:
    """Draw one quantity of several runs in one figure, for instance the loss under several optimisers.

    `runs` maps a name to a history (see `learning_curves`). `log` None lets the values decide.

    Raises:  ValueError naming the runs that did not record `key`.
    """
    found = {name: series(once_per_epoch(rows(history)), key) for name, history in runs.items()}
    missing = [name for name, (epochs, _) in found.items() if not len(epochs)]
    if missing or not found:
        raise ValueError(f"loss_curves: {key!r} was not recorded by {missing or 'any run'}")
    figure = canvas(5.6, 3.6)
    axes = plots(figure)[0]
    for i, (name, (epochs, values)) in enumerate(found.items()):
        axes.plot(epochs, values, color=CLASSES[i % len(CLASSES)], label=name,
                  linestyle=("-", "--", ":")[i // len(CLASSES) % 3])
    if log or (log is None and wants_log([values for _, values in found.values()])):
        axes.set_yscale("log")
    dress(axes, key.replace("_", " ").capitalize(), x_label)
    whole_epochs(axes)
    legend(axes)
    return figure


def bands(x: Sequence[float], curves: Mapping[str, Any], *, x_label: str = "epoch",
          y_label: str = "") -> Figure:
    """Draw curves that were measured several times: the mean, in a band from the lowest to the highest.

    Single measurements are thin lines in the band. nan is left out.

    Shapes:  x (T,), each of curves (runs, T)
    Raises:  ValueError for a curve of another length than x.
    """
    figure = canvas(5.8, 3.4)
    axes = plots(figure)[0]
    for i, (name, given) in enumerate(curves.items()):
        values, colour = np.atleast_2d(np.asarray(given, np.float64)), CLASSES[i % len(CLASSES)]
        if values.shape[1] != len(x):
            raise ValueError(f"bands: {name} has {values.shape[1]} values, x has {len(x)}")
        known = np.isfinite(values).any(0)
        at, values = np.asarray(x, np.float64)[known], values[:, known]
        axes.fill_between(at, np.nanmin(values, 0), np.nanmax(values, 0), color=colour, alpha=0.18,
                          linewidth=0)
        axes.plot(at, values.T, color=colour, linewidth=0.5, alpha=0.5)
        axes.plot(at, np.nanmean(values, 0), color=colour, linewidth=1.8, label=name)
    dress(axes, y_label.capitalize(), x_label)
    legend(axes)
    return figure
