"""Histograms over time as ridgelines: one ridge per epoch, the last in front, see-through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pellucid.plot.profiles import middle_range, outline
from pellucid.plot.ranges import spread
from pellucid.plot.records import Row, epoch_of, histogram
from pellucid.plot.report.scales import Scale, linear_ticks, tick_text
from pellucid.plot.report.wording import clipped, plain
from pellucid.webpage.markup import Markup, one_decimal, tag

WIDTH, HEIGHT = 230.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 28.0, 8.0, 12.0, 22.0
MOST_RIDGES = 12
OVERLAP = 2.4                                       # height of a ridge over the distance between two


def ridgelines(records: Sequence[Row], name: str, colour: str, *, prefix: str = "",
               unit: str = "") -> Markup | None:
    """Return one layer's histograms over the epochs, or None where the layer has none."""
    found = [(epoch_of(row, i), histogram(row, prefix)) for i, row in enumerate(records)]
    kept = [(epoch, pair) for epoch, pair in found if pair is not None]
    kept = [kept[i] for i in spread(len(kept), MOST_RIDGES)]
    if not kept:
        return None
    x = common_scale([pair for _, pair in kept])
    base = Scale(0, max(1, len(kept) - 1), TOP + ridge_height(len(kept)), HEIGHT - BOTTOM)
    ridges = [ridge(pair, x, float(base(i if len(kept) > 1 else 1)), ridge_height(len(kept)))
              for i, (_, pair) in enumerate(kept)]
    label = f"{name}: {unit or 'values'} at {len(kept)} epochs, from {plain(x.low)} to {plain(x.high)}"
    labels = [tag("text", plain(kept[i][0]), class_="tick", x=LEFT - 6, text_anchor="end",
                  y=float(base(i if len(kept) > 1 else 1)) + 2) for i in sorted({0, len(kept) - 1})]
    drawing = tag("svg", tag("title", label), bottom(x), *ridges, *labels,
                  viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img", aria_label=label)
    return tag("div", tag("h4", clipped(name, 34), title=name), drawing, class_="ridges",
               style=f"--hue:{colour}")


def ridge_height(n: int) -> float:
    """Return the height of one of n ridges."""
    room = HEIGHT - TOP - BOTTOM
    return room if n < 2 else min(room * 0.6, room * OVERLAP / (n - 1 + OVERLAP))


def common_scale(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Scale:
    """Return the horizontal scale of all ridges of a panel: the range that holds 99 % of each histogram."""
    ends = [middle_range(*pair) for pair in pairs]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    room = (high - low) * 0.04 or abs(high) * 0.1 or 0.5
    return Scale(low - room, high + room, LEFT, WIDTH - RIGHT)


def ridge(pair: tuple[np.ndarray, np.ndarray], x: Scale, base: float, height: float) -> Markup:
    """Return one histogram as a filled curve on its own base line, scaled to its own height."""
    places, heights = outline(*pair)
    xs = np.clip(x(places), LEFT, WIDTH - RIGHT)
    return tag("path", class_="ridge", d=smooth(xs, base - height * heights) + "Z")


def smooth(xs: np.ndarray, ys: np.ndarray) -> str:
    """Return the `d` of a quadratic B-spline with these control points: smooth, and never beyond them."""
    points = list(zip(xs.tolist(), ys.tolist(), strict=True))
    steps = [f"M{one_decimal(points[0][0])} {one_decimal(points[0][1])}"]
    for (ax, ay), (bx, by) in zip(points[1:-1], points[2:], strict=True):
        steps.append("Q" + " ".join(map(one_decimal, (ax, ay, (ax + bx) / 2, (ay + by) / 2))))
    return "".join(steps) + f"L{one_decimal(points[-1][0])} {one_decimal(points[-1][1])}"


def bottom(x: Scale) -> Markup:
    """Return the ticks under a panel, and the line that marks zero."""
    ticks = [t for t in linear_ticks(x.low, x.high, 3)]
    texts = [tag("text", tick_text(t), class_="tick", x=float(x(t)), y=HEIGHT - BOTTOM + 15,
                 text_anchor="middle")
             for t in ticks if LEFT < float(x(t)) < WIDTH - RIGHT + 1]
    zero = tag("line", class_="zero", x1=float(x(0)), x2=float(x(0)), y1=TOP, y2=HEIGHT - BOTTOM)
    return tag("g", zero if x.low < 0 < x.high else None, *texts)
