"""Figures over a plane: decision boundaries, hidden units, contours with optimisers' paths, surfaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.records import plain_array
from pellucid.plot.scores import class_labels, names_of_classes
from pellucid.plot.style import CLASSES, INK, MARKERS, bare, canvas, dress, legend, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Paths = Mapping[str, Any]


def decision_boundary(points: Any, labels: Any, grid_x: Any, grid_y: Any, probabilities: Any,
                      class_names: Sequence[Any] | None = None) -> Figure:
    """Draw which class a network with two inputs answers at each place, and the samples on top.

    The colour is the likeliest class, the deeper the surer; the line is where two classes are equally likely.

    Shapes:  points (N, 2), labels (N,), grid_x and grid_y (H, W) or (W,) and (H,),
             probabilities (H, W), (H, W, K), (H W,) or (H W, K): of class 1, or of each class
    Raises:  ValueError naming the sizes that do not fit.
    """
    x, y = axis(grid_x, 0), axis(grid_y, 1)
    p = on_grid(probabilities, x, y, "probabilities")
    p = np.concatenate([1 - p, p], axis=2) if p.shape[2] == 1 else p
    figure = canvas(5.2, 4.6)
    axes = plots(figure)[0]
    field(axes, x, y, p)
    spots, classes = plain_array(points), class_labels(labels, "labels")
    if spots.shape != (len(classes), 2):
        raise ValueError(f"points: {len(classes)} labels want shape ({len(classes)}, 2), got {spots.shape}")
    names = names_of_classes(class_names, max(p.shape[2], int(classes.max(initial=0)) + 1))
    for k, name in enumerate(names):
        mine = spots[classes == k]
        axes.scatter(mine[:, 0], mine[:, 1], s=16 if len(spots) > 20 else 70, color=CLASSES[k % len(CLASSES)],
                     label=name, zorder=3,
                     marker=MARKERS[k % len(MARKERS)], edgecolors="white", linewidths=0.4)
    dress(axes)
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def field(axes: Axes, x: np.ndarray, y: np.ndarray, p: np.ndarray) -> None:
    """Draw the likeliest class of each place, and the lines between classes."""
    k = p.shape[2]
    from_hex = [[int(CLASSES[c % len(CLASSES)][i:i + 2], 16) / 255 for i in (1, 3, 5)] for c in range(k)]
    sure = np.clip((p.max(axis=2) - 1 / k) / (1 - 1 / k), 0, 1) if k > 1 else np.ones(p.shape[:2])
    pixels = np.dstack([np.array(from_hex)[p.argmax(axis=2)], 0.08 + 0.5 * sure])
    axes.imshow(pixels, origin="lower", extent=(x[0], x[-1], y[0], y[-1]), aspect="auto",
                interpolation="nearest")
    for c in range(k if k > 2 else k - 1):
        margin = p[..., c] - np.delete(p, c, axis=2).max(axis=2)
        if margin.min() < 0 < margin.max():
            axes.contour(x, y, margin, levels=[0.0], colors=INK, linewidths=1.2)


def hidden_units(grid_x: Any, grid_y: Any, activations: Any) -> Figure:
    """Draw what each hidden unit answers over the plane of a network's two inputs.

    Shapes:  grid_x and grid_y (H, W) or (W,) and (H,), activations (H, W, U) or (H W, U)
    """
    x, y = axis(grid_x, 0), axis(grid_y, 1)
    units = on_grid(activations, x, y, "activations")
    n = units.shape[2]
    columns = min(8, n)
    figure = canvas(1.25 * columns, 1.35 * -(-n // columns))
    grid = plots(figure, -(-n // columns), columns)
    for i, axes in enumerate(grid):
        bare(axes)
        if i < n:
            most = float(np.abs(units[..., i]).max()) or 1.0
            axes.imshow(units[..., i], origin="lower", cmap="PuOr_r", vmin=-most, vmax=most)
            axes.set_title(str(i), color=INK, fontsize=8)
    return figure


def contours(grid_x: Any, grid_y: Any, values: Any, paths: Paths | None = None, *,
             minimum: Sequence[float] | None = None, levels: int = 22) -> Figure:
    """Draw the contours of a function of two variables and the paths that optimisers take over it.

    Levels are spaced evenly, or in the logarithm of the height above the lowest value where that shows more.

    Shapes:  grid_x and grid_y (H, W) or (W,) and (H,), values (H, W), paths name -> (T, 2), minimum (2,)
    """
    x, y = axis(grid_x, 0), axis(grid_y, 1)
    z = on_grid(values, x, y, "values")[..., 0]
    figure = canvas(5.8, 4.6)
    axes = plots(figure)[0]
    axes.contour(x, y, z, levels=heights(z, levels), colors=INK, linewidths=0.6, alpha=0.7)
    for i, (name, path) in enumerate((paths or {}).items()):
        steps, colour = plain_array(path), CLASSES[i % len(CLASSES)]
        axes.plot(*steps.T, color=colour, linewidth=1.6, label=name, marker=".", markersize=3)
        axes.plot(*steps[-1], marker="o", color=colour, markersize=6)
    if minimum is not None:
        axes.plot(*minimum, marker="*", color=INK, markersize=13, linestyle="none", label="minimum")
    dress(axes)
    axes.grid(False)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def surface(grid_x: Any, grid_y: Any, values: Any, paths: Paths | None = None) -> Figure:
    """Draw a function of two variables as a surface in three dimensions, with paths (T, 3) on it.

    Shapes:  grid_x and grid_y (H, W) or (W,) and (H,), values (H, W), paths name -> (T, 3)
    """
    figure = canvas(5.6, 4.6)
    axes: Any = figure.add_subplot(projection="3d")
    raise_surface(axes, grid_x, grid_y, values)
    for i, (name, path) in enumerate((paths or {}).items()):
        axes.plot(*plain_array(path).T, color=CLASSES[i % len(CLASSES)], linewidth=2, label=name, zorder=5)
    legend(axes)
    return figure


def raise_surface(axes: Any, grid_x: Any, grid_y: Any, values: Any) -> None:
    """Draw a function of two variables into axes of three dimensions, in the tones of the house."""
    x, y = axis(grid_x, 0), axis(grid_y, 1)
    z = on_grid(values, x, y, "values")[..., 0]
    axes.set_facecolor("none")
    step = max(1, max(z.shape) // 60)
    axes.plot_surface(*np.meshgrid(x[::step], y[::step]), z[::step, ::step], cmap="viridis", linewidth=0,
                      alpha=0.9, antialiased=True)
    for side in (axes.xaxis, axes.yaxis, axes.zaxis):
        side.set_pane_color((0.5, 0.5, 0.5, 0.06))
        side.line.set_color(INK)
        side.label.set_color(INK)
    axes.tick_params(colors=INK, labelsize=8)


def axis(grid: Any, which: int) -> np.ndarray:
    """Return the values along one axis of a grid that is given as a mesh (H, W) or as its axis."""
    values = plain_array(grid).astype(np.float64)
    return values if values.ndim == 1 else (values[0] if which == 0 else values[:, 0])


def on_grid(values: Any, x: np.ndarray, y: np.ndarray, argument: str) -> np.ndarray:
    """Return values over a grid as (H, W, K)."""
    z = plain_array(values).astype(np.float64)
    if not z.size or z.size % (len(x) * len(y)):
        raise ValueError(f"{argument}: {z.shape} does not fit a grid of {len(y)} by {len(x)}")
    return z.reshape(len(y), len(x), -1)


def heights(z: np.ndarray, levels: int) -> np.ndarray:
    """Return the levels of contours, evenly spaced in the logarithm where the values span much."""
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    span = (high - low) or 1.0
    above = z - low
    if np.nanmedian(above) * 6 < span:
        return low + span * np.geomspace(1e-4, 1.0, levels)
    return np.linspace(low, low + span, levels)
