"""Figures of networks that read and write sequences: where they look, and what they foresee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.records import plain_array
from pellucid.plot.style import CLASSES, INK, TRAIN, canvas, dress, legend, plots, ramp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TICKS = 64                                           # tokens with a name; more could not be read


def token_attention(maps: Any, tokens: Sequence[Any]) -> Figure:
    """Draw where each token of a text looks, a row of squares per looking token; layers down, heads across.

    Shapes:  maps (L, H, T, T), tokens T
    Raises:  ValueError for other shapes.
    """
    weights = plain_array(maps).astype(np.float64)
    if weights.ndim != 4 or weights.shape[2:] != (len(tokens), len(tokens)):
        raise ValueError(f"token_attention: {len(tokens)} tokens want maps (L, H, {len(tokens)}, "
                         f"{len(tokens)}), got {weights.shape}")
    n_layers, n_heads = weights.shape[:2]
    figure = canvas(3.0 * n_heads, 3.1 * n_layers)
    for i, axes in enumerate(plots(figure, n_layers, n_heads)):
        layer, head = divmod(i, n_heads)
        squares(axes, weights[layer, head], tokens, tokens, size=5)
        axes.set_title(f"layer {layer + 1}, head {head + 1}", color=INK, fontsize=9, loc="left")
    return figure


def alignments(weights: Sequence[Any], sources: Sequence[Sequence[Any]], targets: Sequence[Sequence[Any]],
               titles: Sequence[str] = (), *, columns: int = 3) -> Figure:
    """Draw what was looked at while each symbol was written: a row per written symbol.

    Shapes:  weights N times (I, J), sources N times J symbols, targets N times I symbols, titles none or N
    Raises:  ValueError for sizes that do not fit.
    """
    found = [plain_array(each).astype(np.float64) for each in weights]
    for i, (each, source, target) in enumerate(zip(found, sources, targets, strict=True)):
        if each.shape != (len(target), len(source)):
            raise ValueError(f"alignments: {len(target)} symbols written from {len(source)} want weights "
                             f"({len(target)}, {len(source)}), number {i} has {each.shape}")
    columns = max(1, min(columns, len(found)))
    rows = -(-len(found) // columns)
    high = max(len(target) for target in targets) / max(len(source) for source in sources)
    figure = canvas(3.1 * columns, (3.1 * high + 0.5) * rows)
    grid = plots(figure, rows, columns)
    for i, axes in enumerate(grid):
        if i >= len(found):
            axes.remove()
            continue
        squares(axes, found[i], targets[i], sources[i], size=9)
        if titles:
            axes.set_title(titles[i], color=INK, fontsize=9, loc="left")
    return figure


def squares(axes: Axes, weights: np.ndarray, rows: Sequence[Any], columns: Sequence[Any],
            size: float) -> None:
    """Draw a matrix of weights from 0 to 1 with a name at each row and column."""
    axes.imshow(weights, cmap=ramp(TRAIN), vmin=0, vmax=max(float(weights.max()), 1e-9), aspect="equal",
                interpolation="nearest")
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.xaxis.tick_top()
    for set_ticks, names in ((axes.set_xticks, columns), (axes.set_yticks, rows)):
        few = len(names) <= MOST_TICKS
        set_ticks(range(len(names)) if few else [], [str(name) for name in names] if few else [])
    axes.tick_params(colors=INK, labelsize=size, length=0, pad=1)
    if max(map(len, map(str, columns)), default=0) > 2:          # words side by side would overlap
        axes.tick_params(axis="x", labelrotation=90)


def forecasts(past: Any, truth: Any, predicted: Mapping[str, Any], *, labels: Any = None, title: str = "",
              x_label: str = "", y_label: str = "", dashed: Sequence[str] = ()) -> Figure:
    """Draw what was known, what came, and what each method had foreseen.

    `labels` are the times of past and truth together; without them steps are counted from the first unknown.

    Shapes:  past (P,), truth (F,), predicted name -> (F,), labels (P + F,)
    Raises:  ValueError naming a forecast of another length.
    """
    known, came = plain_array(past).astype(np.float64), plain_array(truth).astype(np.float64)
    x = np.arange(-len(known), len(came)) if labels is None else np.asarray(labels)
    figure = canvas(7.2, 3.6)
    axes = plots(figure)[0]
    axes.plot(x[:len(known)], known, color=INK, linewidth=1.2)
    later = x[len(known):]
    axes.plot(later, came, color=INK, linewidth=2.6, alpha=0.6, label="what came")
    for i, (name, values) in enumerate(predicted.items()):
        y = plain_array(values).astype(np.float64)
        if len(y) != len(came):
            raise ValueError(f"forecasts: {name} foresees {len(y)} steps, {len(came)} came")
        axes.plot(later, y, color=CLASSES[i % len(CLASSES)], linewidth=1.3, label=name,
                  linestyle="--" if name in dashed else "-")
    axes.axvline(later[0], color=INK, linewidth=0.8, linestyle=":")
    dress(axes, title, x_label, y_label)
    if labels is not None:
        for label in axes.get_xticklabels():
            label.set_rotation(20)
    legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
