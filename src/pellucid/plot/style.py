"""How the figures look: matplotlib without pyplot, a transparent ground, tones that read on white and black.

Nothing here touches matplotlib's settings or its global state: no window opens, no backend is chosen, and
what a user's own script has set stays set.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pellucid.extras import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#7a838e"                                           # 3.9 to 1 on white, 4.4 to 1 on #15181d
FAINT = "#9aa1aa55"
TRAIN, VALIDATION, RIGHT, WRONG = "#3a7cc4", "#de781f", "#1c9176", "#d0503a"
CLASSES = ("#3a7cc4", "#de781f", "#1c9176", "#b25ca0", "#968a28", "#5ea6d6", "#c4463a", "#6e6e6e")
MARKERS = "os^DvP*X"
DEPTH = ("#6657c0", "#3d75c8", "#2590bb", "#1f9f92", "#46a765", "#8f9f2a", "#c98f1c", "#d4682a")


def canvas(width: float, height: float) -> Figure:
    """Return an empty matplotlib Figure of this size in inches, transparent, laid out by itself.

    Raises:  MissingExtra naming `pip install "pellucid[plot]"` where matplotlib is not installed.
    """
    figure = need("matplotlib.figure", extra="plot").Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0.0)
    return figure


def plots(figure: Figure, rows: int = 1, columns: int = 1, **options: Any) -> list[Axes]:
    """Return the axes of a grid of plots, row by row, dressed."""
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    for axes in grid.ravel():
        dress(axes)
    return list(grid.ravel())


def dress(axes: Axes, title: str = "", x: str = "", y: str = "") -> Axes:
    """Give axes the tones of the house: quiet frame, quiet grid, and these labels."""
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.grid(True, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(title, color=INK, fontsize=11, loc="left")
    axes.set_xlabel(x, color=INK, fontsize=9)
    axes.set_ylabel(y, color=INK, fontsize=9)
    return axes


def whole_epochs(axes: Axes) -> None:
    """Put the ticks of the horizontal axis at whole numbers: there is no epoch 2.5."""
    axes.xaxis.set_major_locator(need("matplotlib.ticker", extra="plot").MaxNLocator(integer=True, nbins=7))


def legend(axes: Axes, **options: Any) -> None:
    """Add the legend of the labelled lines, without a frame, where there are any."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9, **options)


def depth_colour(i: int, n: int) -> str:
    """Return the colour of layer i of n, along a ramp from the first layer to the last."""
    return DEPTH[round(i * (len(DEPTH) - 1) / (n - 1))] if n > 1 else DEPTH[1]


def bare(axes: Axes) -> None:
    """Take everything but the picture from axes."""
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def ramp(colour: str) -> Any:
    """Return a colour map from transparent to `colour`, which reads on any ground."""
    colours = need("matplotlib.colors", extra="plot")
    red, green, blue = colours.to_rgb(colour)
    return colours.LinearSegmentedColormap.from_list(
        "ramp", [(red, green, blue, 0.04), (red, green, blue, 1.0)])


def save(figure: Figure, run_folder: str | os.PathLike[str], name: str, caption: str = "") -> Path:
    """Save a figure where the report finds it: run_folder/figures/NAME.png, its caption as NAME.txt.

    A number in front of the name gives its place: "01-loss-surface" becomes "Loss surface" and stands first.
    The caption is also what a reader hears who does not see the figure. Returns the path of the picture.
    """
    folder = Path(run_folder) / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{name}.png"
    figure.savefig(place, dpi=144, transparent=True)
    place.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return place
