"""Figures of a classifier's answers: confusions, the worst mistakes, samples with their confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.ranges import spread
from pellucid.plot.scores import (
    as_pictures,
    class_labels,
    class_probabilities,
    confusion_counts,
    mistakes,
    names_of_classes,
)
from pellucid.plot.style import FAINT, INK, RIGHT, TRAIN, VALIDATION, WRONG, bare, canvas, dress, plots, ramp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def confusion_matrix(targets: Any, predictions: Any, class_names: Sequence[Any] | None = None) -> Figure:
    """Draw how often each class was taken for each: right answers blue, mistakes orange.

    The depth of a blue cell is its share of the row, of an orange one its share of the commonest mistake.

    Shapes:  targets (N,), predictions (N,), class_names K names
    """
    counts = confusion_counts(targets, predictions, len(class_names) if class_names is not None else None)
    k = len(counts)
    names = names_of_classes(class_names, k)
    side = float(np.clip(0.42 * k + 1.6, 3.4, 11.0))
    figure = canvas(side, side)
    axes = plots(figure)[0]
    right = np.diag(np.diag(counts)) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = counts - np.diag(np.diag(counts))
    for values, most, colour in ((right, 1.0, TRAIN), (wrong, max(1, wrong.max(initial=0)), VALIDATION)):
        axes.imshow(np.where(values > 0, values, np.nan), cmap=ramp(colour), vmin=0, vmax=most)
    if k <= 30:
        cell_texts(axes, counts, right + wrong / max(1, wrong.max(initial=0)))
    every = max(1, k // 30)
    axes.set_xticks(range(0, k, every), names[::every], rotation=90 if max(map(len, names)) > 3 else 0)
    axes.set_yticks(range(0, k, every), names[::every])
    dress(axes, f"{int(np.trace(counts))} of {counts.sum()} right", "taken for", "is")
    axes.grid(False)
    return figure


def cell_texts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    """Write the counts into the cells of a confusion matrix, white on the deep ones."""
    for i, j in zip(*np.nonzero(counts), strict=True):
        axes.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8,
                  color="white" if shares[i, j] > 0.5 else INK)


def worst_mistakes(x: Any, probabilities: Any, targets: Any, image_shape: Sequence[int],
                   class_names: Sequence[Any] | None = None, *, most: int = 12) -> Figure:
    """Draw the wrong answers of which the network was most sure, as pictures.

    Shapes:  x (N, ...), probabilities (N, K), targets (N,), image_shape (H, W), (C, H, W) or (H, W, C)
    """
    p, true = class_probabilities(probabilities), class_labels(targets)
    chosen = mistakes(p, true)[:most]
    names, pictures = names_of_classes(class_names, p.shape[1]), as_pictures(x, image_shape)
    columns = max(1, min(6, len(chosen)))
    figure = canvas(1.5 * columns if len(chosen) else 3.0, 1.9 * max(1, -(-len(chosen) // columns)))
    grid = plots(figure, max(1, -(-len(chosen) // columns)), columns)
    for axes in grid:
        bare(axes)
    for axes, i in zip(grid, chosen, strict=False):
        show(axes, pictures[i])
        taken = int(p[i].argmax())
        axes.set_title(f"is {names[true[i]]}, taken for\n{names[taken]}, {p[i, taken]:.0%} sure", color=INK,
                       fontsize=8)
    if not len(chosen):
        grid[0].text(0.5, 0.5, "no mistakes", color=INK, ha="center", va="center",
                     transform=grid[0].transAxes)
    return figure


def predictions(x: Any, probabilities: Any, targets: Any, image_shape: Sequence[int] | None = None,
                class_names: Sequence[Any] | None = None, *, most: int = 8) -> Figure:
    """Draw samples, evenly spaced over all, with the probabilities of their likeliest classes as bars.

    Shapes:  x (N, ...), probabilities (N, K), targets (N,); without image_shape only the bars are drawn
    Raises:  ValueError if there is no sample.
    """
    p, true = class_probabilities(probabilities), class_labels(targets)
    if not len(p):
        raise ValueError("predictions: there is no sample")
    names = names_of_classes(class_names, p.shape[1])
    pictures = None if image_shape is None else as_pictures(x, image_shape)
    chosen = spread(len(p), most)
    pairs = min(2, len(chosen))
    width = 1 if pictures is None else 2
    figure = canvas(2.4 * width * pairs, 1.15 * -(-len(chosen) // pairs))
    grid = plots(figure, -(-len(chosen) // pairs), width * pairs, width_ratios=[1, 2][-width:] * pairs)
    for place, i in enumerate(chosen):
        cells = grid[place * width:(place + 1) * width]
        if pictures is not None:
            show(cells[0], pictures[i])
        bars(cells[-1], p[i], int(true[i]), names)
    for axes in grid[len(chosen) * width:]:
        axes.remove()
    return figure


def show(axes: Axes, picture: np.ndarray) -> None:
    """Draw one picture, strokes dark on light."""
    axes.imshow(picture, cmap="gray_r" if picture.ndim == 2 else None, vmin=0, vmax=1)
    bare(axes)


def bars(axes: Axes, p: np.ndarray, true: int, names: list[str], most: int = 3) -> None:
    """Draw the greatest probabilities of one sample, the true class in blue."""
    top = np.argsort(-p, kind="stable")[:most]
    colours = [TRAIN if j == true else VALIDATION for j in top]
    axes.barh(range(len(top)), p[top], color=colours, height=0.55)
    axes.barh(range(len(top)), 1.0, color=FAINT, height=0.55, zorder=0)
    axes.set_yticks(range(len(top)), [names[j] for j in top])
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    right = int(top[0]) == true
    axes.set_title(f"is {names[true]}, {p[top[0]]:.0%} sure", color=RIGHT if right else WRONG, fontsize=8,
                   loc="left")
