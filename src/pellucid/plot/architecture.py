"""A drawing of a network: neurons and weights where it is small, blocks where it is large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.extras import need
from pellucid.plot.style import CLASSES, INK, bare, canvas, depth_colour, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 24                                                  # neurons of a layer that are drawn one by one


def architecture(model: Any, input_shape: Any = None, *, neurons: bool | None = None) -> Figure:
    """Draw a model: its neurons and weights, or a block for each layer with its output and parameters.

    Neurons are drawn where the model is a chain of linear layers of at most 24 units each (and of functions
    between them): a line for each weight, orange above 0 and violet below, the wider the larger. All else is
    drawn as blocks, in the order of their first call, which wants the input's shape.

    input_shape:  as for `summary`: (N, ...) of the input, or several
    neurons:      True insists on neurons, False on blocks
    Raises:  ValueError where neurons are wanted of another kind of model, or blocks without an input's shape.
    """
    weights = chain(model)
    if neurons is None:
        neurons = weights is not None
    if neurons:
        if weights is None:
            raise ValueError("architecture: neurons are drawn for chains of linear layers of at most "
                             f"{FEW} units, not for this {type(model).__name__}")
        return of_neurons(weights)
    if input_shape is None:
        raise ValueError("architecture: blocks want input_shape, the shape of the model's input")
    return of_blocks(model, input_shape)


def chain(model: Any) -> list[tuple[str, np.ndarray]] | None:
    """The names and weights of linear layers that follow each other, or None where there is anything else."""
    from pellucid import nn

    found: list[tuple[str, np.ndarray]] = []
    for name, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        if isinstance(module, nn.Linear):
            if found and module.in_features != found[-1][1].shape[0]:
                return None
            found.append((name or "linear", module.weight.detach().numpy()))
        elif own:
            return None
    if not found or max(max(w.shape) for _, w in found) > FEW:
        return None
    return found


def of_neurons(weights: list[tuple[str, np.ndarray]]) -> Figure:
    sizes = [weights[0][1].shape[1], *(w.shape[0] for _, w in weights)]
    figure = canvas(1.9 * len(sizes), min(max(0.36 * max(sizes), 2.4), 8))
    axes = plots(figure)[0]
    bare(axes)
    places = [np.linspace(-1, 1, n + 2)[1:-1] * max(n, 3) / max(*sizes, 3) for n in sizes]
    for k, (_, w) in enumerate(weights):
        connect(axes, k, places[k], places[k + 1], w)
    for k, heights in enumerate(places):
        axes.scatter(np.full(len(heights), k), heights, s=130, color=depth_colour(k, len(places)), zorder=3,
                     edgecolors="white", linewidths=0.8)
        label = "inputs" if not k else weights[k - 1][0]
        axes.annotate(f"{label}\n{len(heights)}", (k, -1.02), ha="center", va="top", fontsize=8, color=INK,
                      annotation_clip=False)
    axes.set_xlim(-0.4, len(places) - 0.6)
    axes.set_ylim(-1.25, 1.05)
    return figure


def connect(axes: Axes, k: int, before: np.ndarray, after: np.ndarray, w: np.ndarray) -> None:
    """A line for each weight from layer k to the next."""
    most = float(np.abs(w).max()) or 1.0
    lines = [[(k, y), (k + 1, z)] for z in after for y in before]
    share = (w / most).ravel()
    colours = [(*_rgb(CLASSES[1] if s > 0 else "#6657c0"), 0.15 + 0.75 * abs(s)) for s in share]
    axes.add_collection(need("matplotlib.collections", extra="plot").LineCollection(
        lines, colors=colours, linewidths=0.3 + 2.2 * np.abs(share), zorder=1))


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def of_blocks(model: Any, input_shape: Any) -> Figure:
    shapes = called(model, input_shape)
    figure = canvas(4.6, 0.42 * (len(shapes) + 1))
    axes = plots(figure)[0]
    bare(axes)
    patches = need("matplotlib.patches", extra="plot")
    axes.text(0.5, 0.3, f"input {_size(shapes[0][3])}" if shapes else "no layers", ha="center", va="center",
              fontsize=8, color=INK)
    for i, (path, kind, out, _, parameters) in enumerate(shapes):
        y, wide = -i, 0.16 + 0.32 * min(np.log10(max(parameters, 1)) / 7, 1.0)
        axes.add_patch(patches.FancyBboxPatch(
            (0.5 - wide, y - 0.72), 2 * wide, 0.5, boxstyle="round,pad=0.01,rounding_size=0.02", linewidth=0,
            facecolor=depth_colour(i, len(shapes)), alpha=0.9))
        axes.text(0.5, y - 0.47, kind, ha="center", va="center", fontsize=8, color="white")
        axes.text(0.0, y - 0.47, path, ha="right", va="center", fontsize=7, color=INK)
        told = f"{_size(out)}" + (f"   {parameters:,}" if parameters else "")
        axes.text(1.0, y - 0.47, told, ha="left", va="center", fontsize=7, color=INK)
    axes.set_xlim(-0.55, 1.75)
    axes.set_ylim(-len(shapes) - 0.2, 0.6)
    return figure


def called(model: Any, input_shape: Any) -> list[tuple]:
    """Of each layer without layers of its own: path, kind, output's and input's shape, parameters."""
    from pellucid import zeros
    from pellucid.nn.undisturbed import hooked, undisturbed

    names, found = {id(module): path for path, module in model.named_modules()}, []

    def note(module: Any, inputs: Any, output: Any) -> None:
        seen, made = inputs[0], output[0] if isinstance(output, tuple) else output
        if hasattr(seen, "shape") and hasattr(made, "shape"):
            found.append((names[id(module)], type(module).__name__, tuple(made.shape), tuple(seen.shape),
                          sum(p.numel() for p in module.parameters())))
    leaves = [module for module in model.modules() if not list(module.children())]
    shapes = [input_shape] if isinstance(input_shape[0], int) else input_shape
    with undisturbed(model), hooked(leaves, lambda *_: None, note):
        model(*(zeros(*shape) for shape in shapes))
    return found


def _size(shape: tuple) -> str:
    return " x ".join(map(str, shape[1:])) or "1"
