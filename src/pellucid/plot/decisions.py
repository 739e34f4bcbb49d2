"""Figures of deciding: what the cells of a map are worth and where to go, and what not knowing has cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.records import plain_array
from pellucid.plot.style import CLASSES, INK, VALIDATION, bare, canvas, dress, legend, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ARROWS = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))      # up, right, down, left; rows go downwards


def grid_values(values: Mapping[str, Any], arrows: Mapping[str, Any] | None = None, letters: Any = None, *,
                paths: Mapping[str, Sequence[int]] | None = None, width: float = 4.6) -> Figure:
    """Draw what each cell of a map is worth, as colour and number, with arrows where to go from there.

    Maps of several names stand below each other; cells whose value is nan stay empty, as walls do.

    Shapes:  each of values (H, W), of arrows (H, W, 4), True for up, right, down, left where it is best,
             letters (H, W) for the corners of cells; a path names the cells it leads through, row by row
    Raises:  ValueError naming what does not fit.
    """
    maps = {name: plain_array(each).astype(np.float64) for name, each in values.items()}
    if not maps or any(each.ndim != 2 for each in maps.values()):
        raise ValueError(f"grid_values: values wants maps (H, W), got "
                         f"{ {name: each.shape for name, each in maps.items()} }")
    high, wide = next(iter(maps.values())).shape
    figure = canvas(width, len(maps) * (width * high / wide + 0.35))
    for (name, z), axes in zip(maps.items(), plots(figure, len(maps), 1), strict=True):
        pointing = None if arrows is None or name not in arrows else plain_array(arrows[name]).astype(bool)
        for argument, given, wanted in (("arrows", pointing, (*z.shape, 4)),
                                        ("letters", letters, z.shape)):
            if given is not None and np.shape(given) != wanted:
                raise ValueError(f"grid_values: {argument} of {name!r} must have shape {wanted}, got "
                                 f"{np.shape(given)}")
        worth(axes, z, width / wide)
        if pointing is not None:
            point(axes, pointing, np.isfinite(z))
        for (i, j), letter in np.ndenumerate(letters) if letters is not None else ():
            axes.text(j - 0.44, i - 0.42, str(letter), color=INK, fontsize=7, ha="left", va="top")
        if paths and name in paths:
            i, j = np.divmod(np.asarray(paths[name]), z.shape[1])
            axes.plot(j, i, color=VALIDATION, linewidth=2.4, alpha=0.75, solid_capstyle="round")
        axes.set_title(name, color=INK, fontsize=10, loc="left")
    return figure


def worth(axes: Axes, z: np.ndarray, inches: float) -> None:
    """Colour cells by their value, and write it into them where they are large enough."""
    low, high = (float(np.nanmin(z)), float(np.nanmax(z))) if np.isfinite(z).any() else (0.0, 1.0)
    axes.imshow(z, cmap="RdYlGn", vmin=low, vmax=max(high, low + 1e-9), alpha=0.55, aspect="equal",
                interpolation="nearest")
    bare(axes)
    digits = 2 if max(abs(low), abs(high)) < 10 else 0
    if inches >= 0.33:
        for (i, j), value in np.ndenumerate(z):
            if np.isfinite(value):
                axes.text(j, i + 0.3, f"{value:.{digits}f}", color=INK, fontsize=6.5, ha="center",
                          va="center")


def point(axes: Axes, arrows: np.ndarray, is_shown: np.ndarray) -> None:
    """Draw an arrow from the middle of each cell for each of the ways that are best."""
    for i, j, way in np.argwhere(arrows & is_shown[..., None]):
        across, down = ARROWS[way]
        axes.annotate("", (j + 0.34 * across, i - 0.08 + 0.3 * down), (j, i - 0.08),
                      arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9, "mutation_scale": 7,
                                  "shrinkA": 0, "shrinkB": 0})


def regret_curves(pulls: Any, regrets: Mapping[str, Any], lines: Mapping[str, Any] | None = None, *,
                  top: float | None = None) -> Figure:
    """Draw what not knowing has cost after each number of pulls: once over the pulls, once over their log.

    Each way to play is a curve, the mean over its runs, in the band that holds the middle half of them. What
    grows like the logarithm is straight on the right, what grows linearly on the left. `top` is how far up
    the right one reaches, where one curve would leave no room for the others.

    Shapes:  pulls (T,), each of regrets (runs, T), each of lines (T,), drawn dashed
    Raises:  ValueError naming a curve of another length than pulls.
    """
    x = plain_array(pulls).astype(np.float64)
    figure = canvas(8.6, 3.5)
    left, right = plots(figure, 1, 2)
    most = 0.0
    for i, (name, given) in enumerate(regrets.items()):
        y = np.atleast_2d(plain_array(given)).astype(np.float64)
        if y.shape[1] != len(x):
            raise ValueError(f"regret_curves: {name} has {y.shape[1]} values, pulls has {len(x)}")
        low, high = np.quantile(y, (0.25, 0.75), axis=0)
        most = max(most, float(high.max()), float(y.mean(0).max()))
        for axes in (left, right):
            axes.fill_between(x, low, high, color=CLASSES[i % len(CLASSES)], alpha=0.18, linewidth=0)
            axes.plot(x, y.mean(0), color=CLASSES[i % len(CLASSES)], linewidth=1.7, label=name)
    for name, line in (lines or {}).items():
        y = plain_array(line).astype(np.float64)
        if y.shape != x.shape:
            raise ValueError(f"regret_curves: {name} has {y.size} values, pulls has {len(x)}")
        for axes in (left, right):
            axes.plot(x, y, color=INK, linewidth=1.3, linestyle="--", label=name)
    dress(left, "", "pulls", "regret")
    dress(right, "", "pulls, logarithmic", "")
    right.set_xscale("log")
    left.set_ylim(0, 1.05 * most or 1.0)
    right.set_ylim(0, top or 1.05 * most or 1.0)
    legend(right, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
