"""Figures of single ideas: activation functions, learning rates, gates, attributions, neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.plot.maps import CELL, show
from pellucid.plot.records import plain_array
from pellucid.plot.style import CLASSES, INK, TRAIN, VALIDATION, bare, canvas, dress, legend, plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FUNCTIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu")


def activation_functions(names: Sequence[str] = FUNCTIONS, *, low: float = -5.0, high: float = 5.0) -> Figure:
    """Draw activation functions, by their names in nn.functional, and their derivatives.

    Raises:  ValueError for a name that nn.functional does not have.
    """
    from pellucid import autograd, tensor
    from pellucid.nn import functional

    missing = [name for name in names if not hasattr(functional, name)]
    if missing:
        raise ValueError(f"activation_functions: nn.functional has no {missing[0]!r}")
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = canvas(2.4 * columns, 2.1 * rows)
    grid = plots(figure, rows, columns)
    for axes in grid[len(names):]:
        axes.remove()
    for axes, name in zip(grid, names, strict=False):
        x = tensor(np.linspace(low, high, 401), requires_grad=True)
        y = getattr(functional, name)(x)
        (slope,) = autograd.grad(y.sum(), [x])
        axes.plot(plain_array(x), plain_array(y), color=TRAIN, label="value")
        axes.plot(plain_array(x), plain_array(slope), color=VALIDATION, linestyle="--", label="derivative")
        dress(axes, name)
    legend(grid[0], loc="upper left")
    return figure


def learning_rates(found: Any) -> Figure:
    """Draw what `train.find_rate` found: the loss at each rate, its running mean, where it falls fastest."""
    figure = canvas(5.6, 3.6)
    axes = plots(figure)[0]
    axes.plot(found.rates, found.losses, color=TRAIN, alpha=0.35, linewidth=1, label="loss")
    axes.plot(found.rates, found.smooth, color=TRAIN, label="running mean")
    axes.axvline(found.steepest, color=VALIDATION, label=f"falls fastest: {found.steepest:.1e}")
    axes.axvline(found.lowest, color=INK, linestyle=":", label=f"lowest: {found.lowest:.1e}")
    axes.set_xscale("log")
    low, first = float(np.min(found.smooth)), float(found.smooth[0])
    room = max(first - low, 1e-12)
    axes.set_ylim(low - 0.3 * room, first + 0.6 * room)
    dress(axes, "", "learning rate", "loss")
    legend(axes)
    return figure


def gates(found: Mapping[str, Any], tokens: Sequence[Any] = (), *, units: int = 40) -> Figure:
    """Draw the gates of a recurrent layer over time: time to the right, a row for each of some units.

    Gates lie between 0 and 1, from pale to deep; states around 0, violet below and orange above.

    Shapes:  found name -> (T, H), as `explain.gates` gives; tokens none or T
    Raises:  ValueError for other shapes.
    """
    shown = {name: plain_array(values).astype(np.float64) for name, values in found.items()}
    for name, values in shown.items():
        if values.ndim != 2 or tokens and len(tokens) != len(values):
            raise ValueError(f"gates: {name} must be (T, H){f', T = {len(tokens)}' if tokens else ''}, "
                             f"got {values.shape}")
    steps = len(next(iter(shown.values())))
    figure = canvas(min(max(0.17 * steps + 1, 4), 14), 1.3 * len(shown))
    for axes, (name, values) in zip(plots(figure, len(shown), 1), shown.items(), strict=True):
        part = values[:, :units].T
        signed = name in ("candidate", "cell", "hidden")
        most = (float(np.abs(part).max()) or 1.0) if signed else 1.0
        axes.imshow(part, aspect="auto", cmap="PuOr_r" if signed else "Oranges", vmin=-most if signed else 0,
                    vmax=most, interpolation="nearest")
        bare(axes)
        axes.set_ylabel(name, color=INK, fontsize=9, rotation=0, ha="right", va="center")
    if tokens:
        axes.set_xticks(range(steps), [str(token) for token in tokens])
        axes.tick_params(colors=INK, labelsize=7, length=0)
    return figure


def attributions(pictures: Any, maps: Mapping[str, Any], titles: Sequence[str] = ()) -> Figure:
    """Draw pictures, each with what an answer rests on: orange speaks for it, violet against.

    Each map is scaled to its own largest number and drawn over its picture, of whatever smaller size it is.

    Shapes:  pictures (N, H, W) or (N, H, W, 3); maps name -> (N, h, w) or (N, C, h, w), whose channels are
             added up; titles none or N
    Raises:  ValueError for different numbers of pictures.
    """
    shown = plain_array(pictures).astype(np.float64)
    found = {name: plain_array(each).astype(np.float64) for name, each in maps.items()}
    for name, each in found.items():
        if len(each) != len(shown) or each.ndim not in (3, 4):
            raise ValueError(f"attributions: {len(shown)} pictures want {name} (N, h, w) or (N, C, h, w), "
                             f"got {each.shape}")
    columns = len(found) + 1
    figure = canvas(1.3 * CELL * columns, 1.3 * CELL * len(shown) + 0.3)
    grid = plots(figure, len(shown), columns)
    for i, picture in enumerate(shown):
        row = grid[i * columns:(i + 1) * columns]
        show(row[0], picture)
        row[0].set_title(str(titles[i]) if titles else "", color=INK, fontsize=8)
        extent = (-0.5, picture.shape[1] - 0.5, picture.shape[0] - 0.5, -0.5)
        for axes, (name, each) in zip(row[1:], found.items(), strict=True):
            part = each[i].sum(0) if each.ndim == 4 else each[i]
            most = float(np.abs(part).max()) or 1.0
            axes.imshow(picture if picture.ndim == 3 else -picture, cmap="gray", alpha=0.35, extent=extent)
            axes.imshow(part, cmap="PuOr_r", vmin=-most, vmax=most, alpha=0.75, extent=extent,
                        interpolation="nearest")
            bare(axes)
            if not i:
                axes.set_title(name, color=INK, fontsize=8)
    return figure


def neighbourhood(vectors: Any, names: Sequence[Any], of: Any, *, nearest: int = 12) -> Figure:
    """Draw what lies around one vector: its nearest by cosine, laid out by their two main directions.

    Shapes:  vectors (N, D), names N; of: one of the names
    Raises:  ValueError for a name that is not there, or for vectors that do not fit.
    """
    table, words = plain_array(vectors).astype(np.float64), [str(name) for name in names]
    if table.ndim != 2 or len(table) != len(words):
        raise ValueError(f"neighbourhood: {len(words)} names want vectors ({len(words)}, D), "
                         f"got {table.shape}")
    if str(of) not in words:
        raise ValueError(f"neighbourhood: {of!r} is none of the {len(words)} names")
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    cosines = unit @ unit[words.index(str(of))]
    chosen = np.argsort(-cosines, kind="stable")[:nearest + 1]
    middle = unit[chosen] - unit[chosen].mean(0)
    place = middle @ np.linalg.svd(middle, full_matrices=False)[2][:2].T
    figure = canvas(6.0, 4.6)
    axes = plots(figure)[0]
    own = place[list(chosen).index(words.index(str(of)))]
    for i, (x, y) in zip(chosen, place, strict=True):
        axes.plot([own[0], x], [own[1], y], color=INK, linewidth=0.6, alpha=0.4)
        here = words[i] == str(of)
        axes.scatter([x], [y], s=60 if here else 24, color=CLASSES[1 if here else 0], zorder=3)
        axes.annotate(words[i] if here else f"{words[i]}  {cosines[i]:.2f}", (x, y), xytext=(5, 4),
                      textcoords="offset points", fontsize=9, color=INK)
    dress(axes, f"nearest to {of}, with their cosines")
    axes.margins(0.2)
    return figure
