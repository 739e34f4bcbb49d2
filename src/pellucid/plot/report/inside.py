"""Section "Inside the network": weights, gradients and activations of each layer over the epochs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pellucid.plot.ranges import spread, wants_log
from pellucid.plot.records import Row, by_layer, depths, series
from pellucid.plot.report.charts import (
    MOST_LINES,
    Axes,
    Card,
    Guide,
    Line,
    depth_colour,
    figure,
    in_rows,
    legend,
    line_chart,
)
from pellucid.plot.report.dead import dead_units
from pellucid.plot.report.folder import Run
from pellucid.plot.report.heat import heat_map
from pellucid.plot.report.ridges import ridgelines
from pellucid.plot.report.wording import count, listed, plain
from pellucid.webpage.markup import Markup, tag

Layers = dict[str, list[Row]]
MOST_PANELS = 12
HEALTHY = (1e-4, 1e-2)
READ = {
    "norm": "the norm of each layer's weights. Steady growth is usual; a jump is a step that was too large, "
            "a flat line a layer that does not learn.",
    "grad_norm": "the norm of each layer's gradient. The layers of a network should lie within a few powers "
                 "of ten; the first ones far below the last is a vanishing gradient.",
    "update_ratio": "how far a step moves a weight, relative to the weight. About 10⁻³ (the line) is "
                    "healthy; far below it the layer hardly learns, far above it is thrown about.",
    "std": "the standard deviation of what each layer hands on. It should neither die out nor grow from "
           "layer to layer.",
}


def section(run: Run) -> Markup | None:
    """Return what was recorded of the layers, or None where nothing was."""
    parameters, activations = by_layer(run.layers, "parameter"), by_layer(run.layers, "activation")
    cards = [over_time(parameters, "norm", "Size of the weights", found_growth),
             over_time(parameters, "grad_norm", "Size of the gradients", found_gradients),
             over_time(parameters, "update_ratio", "Step against weight", found_updates),
             over_time(activations, "std", "Spread of the activations", found_spread),
             panels(parameters, "Weights over time", "", "weights"),
             panels(parameters, "Gradients over time", "grad_", "gradients"),
             panels(activations, "Activations over time", "", "activations"), dead_units(activations)]
    shown = [card for card in cards if card is not None]
    if not shown:
        return None
    return tag("section", tag("h2", "Inside the network"), in_rows(shown), id="inside")


def over_time(layers: Layers, key: str, heading: str,
              found: Callable[[dict[str, Line]], str | None]) -> Card | None:
    """Return one quantity of every layer over the epochs: lines, or a heat map for many layers."""
    lines, colours = {}, colours_of(layers)
    for name, records in layers.items():
        epochs, values = series(records, key)
        if np.isfinite(values).any():
            lines[name] = Line(name, epochs, values, colours[name], dashed=name.endswith("bias"))
    if not lines:
        return None
    said = f"{heading} of {count(len(lines), 'layer')}, per epoch"
    if len(lines) > MOST_LINES:
        drawing: list[Markup] = [as_heat(lines, said)]
    else:
        axes = Axes(said, guides=[Guide(1e-3, "10⁻³")], band=HEALTHY,
                    log=True) if key == "update_ratio" else Axes(said)
        drawing = [legend(list(lines.values())), line_chart(list(lines.values()), axes)]
    return figure(heading, *drawing, found=found(lines), read=READ[key])


def colours_of(layers: Layers) -> dict[str, str]:
    """Return a colour for each parameter: one per layer, so that a weight and its bias share theirs."""
    return {name: depth_colour(*place) for name, place in depths(layers).items()}


def as_heat(lines: dict[str, Line], label: str) -> Markup:
    """Return many lines as a heat map, a row per layer and a column per epoch."""
    epochs = sorted({float(x) for line in lines.values() for x in line.x})
    values = np.full((len(lines), len(epochs)), np.nan)
    column = {epoch: j for j, epoch in enumerate(epochs)}
    for i, line in enumerate(lines.values()):
        values[i, [column[float(x)] for x in line.x]] = line.y
    return heat_map(values, list(lines), [plain(epoch) for epoch in epochs], label=label, x_label="epoch",
                    log=wants_log([values[values > 0]]))


def last_values(lines: dict[str, Line]) -> dict[str, float]:
    """Return the last finite value of each layer."""
    return {name: float(line.y[np.isfinite(line.y)][-1]) for name, line in lines.items()}


def found_growth(lines: dict[str, Line]) -> str | None:
    """Return which layer's weights grew most."""
    growth = {name: line.y[np.isfinite(line.y)][-1] / line.y[np.isfinite(line.y)][0] for name,
              line in lines.items()
              if np.isfinite(line.y).sum() > 1 and line.y[np.isfinite(line.y)][0] > 0}
    if not growth:
        return None
    name = max(growth, key=lambda n: abs(np.log(max(growth[n], 1e-300))))
    verb = "grew" if growth[name] >= 1 else "shrank"
    return f"{name} changed most: it {verb} to {plain(growth[name], 3)} times its first recorded size."


def found_gradients(lines: dict[str, Line]) -> str | None:
    """Return how far apart the layers' gradients are at the end."""
    last = {name: value for name, value in last_values(lines).items() if value > 0}
    if len(last) < 2:
        return None
    low, high = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    times = plain(last[high] / last[low], 2)
    return f"At the end {high} has the largest gradient, {times} times that of {low}."


def found_updates(lines: dict[str, Line]) -> str | None:
    """Return which layers lie outside the usual range at the end."""
    last = last_values(lines)
    slow = [name for name, value in last.items() if value < HEALTHY[0]]
    fast = [name for name, value in last.items() if value > HEALTHY[1]]
    if not slow and not fast:
        return "At the end every layer lies within 10⁻⁴ to 10⁻²."
    parts = [f"{few(names)} {side}" for names, side in ((slow, "below 10⁻⁴"), (fast, "above 10⁻²")) if names]
    return f"At the end {listed(parts)}."


def found_spread(lines: dict[str, Line]) -> str | None:
    """Return the spread of the first and the last layer at the end."""
    last = list(last_values(lines).items())
    if len(last) < 2:
        return None
    return f"At the end {plain(last[0][1])} in {last[0][0]}, {plain(last[-1][1])} in {last[-1][0]}."


def few(names: list[str]) -> str:
    """Return up to three names and how many more there are."""
    kept = names[:3] + ([f"{len(names) - 3} more"] if len(names) > 3 else [])
    return f"{listed(kept)} {'is' if len(names) == 1 else 'are'}"


def panels(layers: Layers, heading: str, prefix: str, unit: str) -> Card | None:
    """Return a ridgeline panel per layer, for at most MOST_PANELS layers spread over the depth."""
    colours = colours_of(layers)
    drawn = [ridgelines(records, name, colours[name], prefix=prefix, unit=unit) for name,
             records in layers.items()]
    kept = [panel for panel in drawn if panel is not None]
    if not kept:
        return None
    chosen = [kept[i] for i in spread(len(kept), MOST_PANELS)]
    note = f"{len(chosen)} of {len(kept)} layers, spread over the depth." if len(chosen) < len(kept) else None
    columns = len(chosen) if len(chosen) < 4 else min((4, 3, 5), key=lambda n: -len(chosen) % n)
    grid = tag("div", *chosen, class_="panels", style=f"--columns:{columns}")
    spike = " A spike at zero that towers over the rest is cut off." if unit == "activations" else ""
    return figure(heading, grid, found=note, wide=len(chosen) > 2,
                  read=f"each ridge is the histogram of a layer's {unit} at one epoch "
                       f"(numbered at the left), the last in front, each scaled to its own height.{spike} "
                       "Watch where it moves and whether it widens, narrows or piles up.")
