"""Figures of how a network sees pictures: its filters, what they find, what it attends to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.records import plain_array
from pellucid.plot.style import INK, bare, canvas, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL = 1.05                                               # inches of one small picture


def filters(weights: Any, titles: Sequence[str] = (), *, most: int = 64) -> Figure:
    """Draw the windows of a convolution: violet below 0, orange above, each scaled to its own largest weight.

    Filters of three channels are drawn in their colours; of others there is one column for each filter, one
    row for each channel of the input. At most about `most` windows are drawn, 16 in a row.

    Shapes:  weights (O, C, K, L)
    Raises:  ValueError for weights of another number of axes.
    """
    w = plain_array(weights).astype(np.float64)
    if w.ndim != 4:
        raise ValueError(f"filters: expected weights (O, C, K, L), got shape {w.shape}")
    if w.shape[1] in (1, 3):
        tiles = [in_colour(each) if w.shape[1] == 3 else each[0] for each in w[:most]]
        return tiled(tiles, min(8, len(tiles)), titles or [str(i) for i in range(len(tiles))])
    columns = min(w.shape[0], 16)
    rows = min(w.shape[1], max(1, most // columns))
    tiles = [w[j, i] for i in range(rows) for j in range(columns)]
    return tiled(tiles, columns, titles or [str(j) for j in range(columns)])


def in_colour(weights: np.ndarray) -> np.ndarray:
    """A window of three channels (3, K, L) as a colour picture (K, L, 3): grey where it is 0."""
    return np.moveaxis(0.5 + 0.5 * weights / (np.abs(weights).max() or 1.0), 0, -1)


def feature_maps(picture: Any, stages: Mapping[str, Any], *, most: int = 16) -> Figure:
    """Draw a picture and, stage by stage, what the filters found in it: the darker the more.

    Shapes:  picture (H, W) or (H, W, 3); stages name -> (C, H', W'), of each up to `most` maps
    """
    found = {name: plain_array(maps).astype(np.float64)[:most] for name, maps in stages.items()}
    columns = min(8, max(len(maps) for maps in found.values()))
    heights = [-(-len(maps) // columns) for maps in found.values()]
    figure = canvas(CELL * (columns + 1), CELL * 1.12 * sum(heights))
    grid = plots(figure, sum(heights), columns + 1)
    for axes in grid:
        bare(axes)
    show(grid[0], plain_array(picture))
    grid[0].set_title("picture", color=INK, fontsize=8)
    row = 0
    for (name, maps), height in zip(found.items(), heights, strict=True):
        highest = float(maps.max()) or 1.0
        for i, each in enumerate(maps):
            axes = grid[(row + i // columns) * (columns + 1) + 1 + i % columns]
            axes.imshow(each, cmap="gray_r", vmin=min(0.0, float(maps.min())), vmax=highest)
        grid[row * (columns + 1) + 1].set_title(name, color=INK, fontsize=8, loc="left")
        row += height
    return figure


def attention_maps(pictures: Any, maps: Any, titles: Sequence[str] = ()) -> Figure:
    """Draw pictures, each with what was looked at: the deeper the orange, the more weight it got.

    Shapes:  pictures (N, H, W), maps (N, A, h, w): A maps of each picture, of any smaller size; titles A
    Raises:  ValueError for different numbers of pictures.
    """
    shown, weights = plain_array(pictures).astype(np.float64), plain_array(maps).astype(np.float64)
    if len(shown) != len(weights):
        raise ValueError(f"attention_maps: {len(shown)} pictures, maps for {len(weights)}")
    n, many = weights.shape[:2]
    figure = canvas(CELL * (many + 1), CELL * 1.05 * n + 0.25)
    grid = plots(figure, n, many + 1)
    for i in range(n):
        row = grid[i * (many + 1):(i + 1) * (many + 1)]
        show(row[0], shown[i])
        for j, axes in enumerate(row[1:]):
            over(axes, shown[i], weights[i, j])
            if not i and titles:
                axes.set_title(titles[j], color=INK, fontsize=8)
    return figure


def over(axes: Axes, picture: np.ndarray, weights: np.ndarray) -> None:
    """Draw weights over a pale picture."""
    extent = (-0.5, picture.shape[1] - 0.5, picture.shape[0] - 0.5, -0.5)
    axes.imshow(weights, cmap="Oranges", extent=extent, vmin=0, vmax=float(weights.max()) or 1.0,
                interpolation="nearest")
    axes.imshow(picture, cmap="gray_r", alpha=0.35 * picture / (float(picture.max()) or 1.0), extent=extent)
    bare(axes)


def gallery(pictures: Any, titles: Sequence[str] = (), *, columns: int = 6,
            width: float = CELL) -> Figure:
    """Draw pictures in rows, each scaled from its darkest to its lightest pixel, with titles above.

    Shapes:  pictures N times (H, W) or (H, W, 3); titles none or N
    """
    shown = [plain_array(each).astype(np.float64) for each in pictures]
    columns = max(1, min(columns, len(shown)))
    rows = -(-len(shown) // columns)
    high, wide = shown[0].shape[:2]
    title = 0.3 if titles else 0.05
    figure = canvas(width * columns, (width * high / wide + title) * rows)
    grid = plots(figure, rows, columns)
    for axes in grid:
        bare(axes)
    for i, (axes, each) in enumerate(zip(grid, shown, strict=False)):
        low, top = float(each.min()), float(each.max())
        axes.imshow((each - low) / ((top - low) or 1.0), cmap="gray", vmin=0, vmax=1)
        if titles:
            axes.set_title(titles[i], color=INK, fontsize=8)
    return figure


def tiled(tiles: Sequence[np.ndarray], columns: int, titles: Sequence[str]) -> Figure:
    """Draw windows of weights in rows."""
    rows = -(-len(tiles) // columns)
    titled = -(-min(len(titles), len(tiles)) // columns)               # rows with titles above them
    figure = canvas(0.8 * columns, 0.8 * rows + 0.15 * titled)
    grid = plots(figure, rows, columns)
    for axes in grid:
        bare(axes)
    for i, (axes, tile) in enumerate(zip(grid, tiles, strict=False)):
        most = float(np.abs(tile).max()) or 1.0
        axes.imshow(tile, cmap="PuOr_r", vmin=-most, vmax=most)
        if i < len(titles):
            axes.set_title(titles[i], color=INK, fontsize=7)
    return figure


def show(axes: Axes, picture: np.ndarray) -> None:
    """Draw one picture: strokes dark on light, colours as they are."""
    axes.imshow(picture, cmap="gray_r" if picture.ndim == 2 else None)
    bare(axes)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Figure:
    """Draw a table of texts and numbers, its head on a line.

    Raises:  ValueError for a row of another length than the head.
    """
    odd = [row for row in rows if len(row) != len(head)]
    if odd:
        raise ValueError(f"table: the head has {len(head)} columns, a row {len(odd[0])}")
    figure = canvas(1.1 * len(head), 0.2 * (len(rows) + 1) + 0.1)
    axes = plots(figure)[0]
    bare(axes)
    axes.set_xlim(0, len(head))
    axes.set_ylim(len(rows) + 0.6, -0.6)
    for i, row in enumerate([head, *rows]):
        for j, cell in enumerate(row):
            axes.text(j + 0.9, i, str(cell), ha="right", va="center", fontsize=8, color=INK,
                      fontweight="bold" if not i else "normal")
    axes.axhline(0.5, color=INK, linewidth=0.8)
    return figure
