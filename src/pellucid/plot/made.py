"""What generative networks make: pictures edge to edge, and where a code puts what it knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.records import plain_array
from pellucid.plot.scores import class_labels, names_of_classes
from pellucid.plot.style import bare, canvas, legend, plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEN = ("#3a7cc4", "#de781f", "#1c9176", "#c4463a", "#8a63c0", "#8a5a44", "#d76fb4", "#7f7f7f", "#a8a31f",
       "#2fb3c6")


def joined(pictures: Any, columns: int, gap: int = 0, ground: float = 0.0) -> np.ndarray:
    """Pictures in rows as one, what is missing of the last row left empty.

    Shapes:  pictures (N, H, W) -> (rows (H + gap) - gap, columns (W + gap) - gap)
    Raises:  ValueError for other shapes, no pictures, and columns below 1.
    >>> joined(np.arange(3).reshape(3, 1, 1), 2).tolist()
    [[0.0, 1.0], [2.0, 0.0]]
    """
    x = plain_array(pictures).astype(np.float64)
    if x.ndim != 3 or not len(x) or columns < 1:
        raise ValueError(f"joined: pictures must have shape (N, H, W) with N and columns at least 1, got "
                         f"{x.shape} and {columns} columns")
    rows, (n, height, width) = -(-len(x) // columns), x.shape
    whole = np.full((rows * columns, height + gap, width + gap), ground)
    whole[:n, :height, :width] = x
    whole = whole.reshape(rows, columns, height + gap, width + gap).transpose(0, 2, 1, 3)
    return whole.reshape(rows * (height + gap), -1)[:rows * (height + gap) - gap,
                                                    :columns * (width + gap) - gap]


def mosaic(pictures: Any, columns: int = 10, *, low: float = 0.0, high: float = 1.0, gap: int = 1,
           width: float = 4.5, title: str = "") -> Figure:
    """Draw pictures in rows as one, dark where they are `high`: many digits at a glance.

    Shapes:  pictures (N, H, W)
    Raises:  as `joined`.
    """
    whole = joined(pictures, columns, gap, low)
    figure = canvas(width, width * whole.shape[0] / whole.shape[1] + (0.3 if title else 0.0))
    axes = plots(figure)[0]
    axes.imshow(whole, cmap="gray_r", vmin=low, vmax=high, interpolation="nearest")
    bare(axes)
    if title:
        axes.set_title(title, fontsize=9, loc="left")
    return figure


def latent_map(points: Any, labels: Any, class_names: Sequence[Any] | None = None, *, reach: float = 0.0,
               title: str = "") -> Figure:
    """Draw codes of two numbers as points, one colour for each class.

    `reach` fixes the picture to [-reach, reach] on both sides, as the frames of a film want it.

    Shapes:  points (N, 2), labels (N,)
    Raises:  ValueError for codes of another width or as many labels as there are not points.
    """
    at, classes = plain_array(points), class_labels(labels, "labels")
    if at.ndim != 2 or at.shape[1] != 2 or len(at) != len(classes):
        raise ValueError(f"latent_map: points must have shape (N, 2), with a label each, got {at.shape} and "
                         f"{len(classes)} labels")
    names = names_of_classes(class_names, int(classes.max(initial=0)) + 1)
    figure = canvas(5.0, 4.4)
    axes = plots(figure)[0]
    for k, name in enumerate(names):
        mine = at[classes == k]
        axes.scatter(mine[:, 0], mine[:, 1], s=5, color=TEN[k % len(TEN)], alpha=0.6, linewidths=0,
                     label=str(name))
    if reach:
        axes.set_xlim(-reach, reach)
        axes.set_ylim(-reach, reach)
    axes.set_aspect("equal", "box" if reach else "datalim")
    axes.set_title(title, fontsize=9, loc="left")
    legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2.5)
    return figure
