"""What scores find: along a series, and against false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.records import plain_array
from pellucid.plot.style import CLASSES, INK, canvas, dress, legend, plots
from pellucid.train import roc_auc, roc_curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def roc_curves(scores: Mapping[str, Any], is_positive: Any) -> Figure:
    """Draw for each method the share of findings over the share of false alarms, its ROC-AUC in the legend.

    Shapes:  scores name -> (N,), is_positive (N,)
    Raises:  as `roc_curve`.
    """
    figure = canvas(4.2, 3.9)
    axes = plots(figure)[0]
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
    for i, (name, values) in enumerate(scores.items()):
        fpr, tpr = roc_curve(values, is_positive)
        axes.plot(fpr, tpr, color=CLASSES[i % len(CLASSES)], linewidth=1.6,
                  label=f"{name}, {roc_auc(values, is_positive):.3f}")
    axes.set_aspect("equal")
    dress(axes, "", "share of false alarms", "share found")
    legend(axes, loc="lower right")
    return figure


def astonishment(values: Any, scores: Mapping[str, Any], is_marked: Any, times: Any = None) -> Figure:
    """Draw a series, below it how unusual each time is to each method, with stripes where it is marked.

    Shapes:  values (T,), scores name -> (T,), is_marked (T,), times (T,)
    Raises:  ValueError naming scores of another length.
    """
    y, marked = plain_array(values).astype(np.float64), plain_array(is_marked).astype(bool)
    x = np.arange(len(y)) if times is None else np.asarray(times)
    odd = [name for name, each in scores.items() if len(each) != len(y)]
    if odd or len(marked) != len(y):
        raise ValueError(f"astonishment: {odd[0] if odd else 'is_marked'} must have {len(y)} values, as the "
                         "series has")
    figure = canvas(7.2, 1.5 * (1 + len(scores)))
    grid = plots(figure, 1 + len(scores), 1, sharex=True)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]]))).reshape(-1, 2)
    rows = {"the series": y, **{name: plain_array(each) for name, each in scores.items()}}
    for i, (axes, (name, each)) in enumerate(zip(grid, rows.items(), strict=True)):
        axes.plot(x, each, color=INK if i == 0 else CLASSES[(i - 1) % len(CLASSES)], linewidth=0.8)
        for first, last in edges:
            axes.axvspan(x[first], x[last - 1], color=CLASSES[6], alpha=0.15, linewidth=0)
        dress(axes, name)
    if times is not None:
        for label in grid[-1].get_xticklabels():
            label.set_rotation(20)
    return figure
