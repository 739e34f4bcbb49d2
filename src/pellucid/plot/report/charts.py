"""A chart of lines over epochs, as inline SVG that page.js lets the reader probe."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pellucid.plot.ranges import spread, wants_log
from pellucid.plot.report.scales import Scale, tick_text, value_range
from pellucid.plot.report.wording import measured, plain
from pellucid.webpage.markup import Markup, data, join, path, tag

WIDTH, HEIGHT = 460.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 12.0, 12.0, 32.0
MOST_POINTS = 240
MOST_LINES = 8                                            # above this a heat map reads better


@dataclass
class Line:
    """One series: its name, its points, and how it is drawn."""

    name: str
    x: np.ndarray
    y: np.ndarray
    colour: str = "var(--train)"
    dashed: bool = False
    metric: str = ""                                      # names the unit: a share is written in per cent


@dataclass
class Guide:
    """A thin line across the chart at one value of x or y, with a label."""

    at: float
    label: str
    axis: str = "y"
    kind: str = "guide"                                   # guide, best or bad: how page.css colours it


@dataclass
class Axes:
    """What a chart's axes say: labels, unit, scale, guides, and a band that marks the usual range."""

    label: str
    x_label: str = "epoch"
    log: bool | None = None                               # None: logarithmic where the values ask for it
    log_x: bool = False
    whole_x: bool = True                                  # ticks at whole numbers only
    guides: Sequence[Guide] = field(default_factory=tuple)
    band: tuple[float, float] | None = None
    metric: str = ""
    height: float = HEIGHT


def depth_colour(i: int, n: int) -> str:
    """Return the colour of layer i of n: a ramp from the first layer to the last, defined in page.css."""
    return f"var(--d{round(i * 7 / (n - 1)) if n > 1 else 2})"


def line_chart(lines: Sequence[Line], axes: Axes) -> Markup:
    """Return lines as a chart with axes, and the numbers beside it for the reader's pointer."""
    lines = [thinned(line) for line in lines]
    columns = [line.y for line in lines]
    log = wants_log(columns) if axes.log is None else axes.log
    near = [g.at for g in axes.guides if g.axis == "y"] + list(axes.band or ())
    low, high = value_range([*columns, np.array(near)], log=log)
    if axes.metric and measured(axes.metric, 0.5).endswith("%"):
        high = min(high, 1.004)
    y = Scale(low, high, axes.height - BOTTOM, TOP, log)
    x = x_scale(lines, axes)
    drawing = [band_of(axes, y), grid(x, y, axes), *(guide_line(g, x, y, axes) for g in axes.guides),
               *(drawn(line, x, y) for line in lines)]
    return chart_frame(drawing, lines, axes, x, y)


def x_scale(lines: Sequence[Line], axes: Axes) -> Scale:
    """Return the horizontal scale: from the first x to the last, without room at the sides."""
    xs = np.concatenate([line.x for line in lines] or [np.zeros(0)])
    xs = xs[np.isfinite(xs) & ((xs > 0) | (not axes.log_x))]
    low, high = (float(xs.min()), float(xs.max())) if xs.size else (1.0, 2.0)
    if low == high:                                       # one epoch stands in the middle
        low, high = (low / 2, low * 2) if axes.log_x else (low - 0.5, low + 0.5)
    return Scale(low, high, LEFT + 6, WIDTH - RIGHT - 6, axes.log_x)


def thinned(line: Line) -> Line:
    """Return the line with at most about MOST_POINTS points; smallest and largest are kept."""
    if len(line.x) <= MOST_POINTS:
        return line
    keep = set(spread(len(line.x), MOST_POINTS))
    if np.isfinite(line.y).any():
        keep |= {int(np.nanargmin(line.y)), int(np.nanargmax(np.where(np.isfinite(line.y), line.y, -np.inf)))}
    kept = sorted(keep)
    return Line(line.name, line.x[kept], line.y[kept], line.colour, line.dashed, line.metric)


def drawn(line: Line, x: Scale, y: Scale) -> Markup:
    """Return the line as a path; a point without neighbours becomes a dot, for a path would not show it."""
    places = np.stack([x(line.x), y(line.y)]) if len(line.x) else np.zeros((2, 0))
    good = np.isfinite(places[0]) & np.isfinite(places[1])
    alone = good & ~np.r_[False, good[:-1]] & ~np.r_[good[1:], False]
    dots = [tag("circle", cx=cx, cy=cy, r=3.5, fill=line.colour) for cx, cy in places.T[alone]]
    return join([tag("path", class_="line dashed" if line.dashed else "line", stroke=line.colour,
                     d=path(*places)), *dots])


def grid(x: Scale, y: Scale, axes: Axes) -> Markup:
    """Return grid lines and tick labels of both axes."""
    parts = []
    share = axes.metric and measured(axes.metric, 0.5).endswith("%")
    for value, at in placed(y, 5 if axes.height > 200 else 3):
        text = f"{tick_text(value * 100)}%" if share else tick_text(value, y.log)
        parts += [tag("line", class_="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=at, y2=at),
                  tag("text", text, class_="tick", x=LEFT - 7, y=at + 3.5, text_anchor="end")]
    for value, at in x_ticks(x, axes):
        parts.append(tag("text", tick_text(value, x.log), class_="tick", x=at, y=axes.height - BOTTOM + 16,
                         text_anchor="end" if at > WIDTH - RIGHT - 12 else "middle"))
    parts.append(tag("text", axes.x_label, class_="axis", x=WIDTH - RIGHT, y=axes.height - 1.5,
                     text_anchor="end"))
    return tag("g", *parts)


def x_ticks(x: Scale, axes: Axes) -> list[tuple[float, float]]:
    """Return the ticks of the horizontal axis; epochs are whole numbers, and the first gets a tick."""
    ticks = placed(x, 6)
    if not axes.whole_x:
        return ticks
    whole = [(v, at) for v, at in ticks if v == int(v)]
    if x.low == int(x.low) and (not whole or whole[0][1] - x.start > 26):
        whole.insert(0, (x.low, x.start))
    return whole


def placed(scale: Scale, n: int) -> list[tuple[float, float]]:
    """Return ticks with their places."""
    ticks = scale.ticks(n)
    return list(zip(ticks, scale(ticks).tolist(), strict=True))


def band_of(axes: Axes, y: Scale) -> Markup | None:
    """Return the shaded usual range, where the chart has one."""
    if axes.band is None:
        return None
    low, high = (float(v) for v in y(np.clip(axes.band, y.low, y.high)))
    return tag("rect", class_="band", x=LEFT, y=high, width=WIDTH - LEFT - RIGHT, height=low - high)


def guide_line(guide: Guide, x: Scale, y: Scale, axes: Axes) -> Markup | None:
    """Return a guide with its label, or nothing where it lies outside the chart."""
    scale = x if guide.axis == "x" else y
    at = float(scale(guide.at))
    if not math.isfinite(at) or not scale.low <= guide.at <= scale.high:
        return None
    if guide.axis == "x":
        right = at > WIDTH * 0.66
        ends = {"x1": at, "x2": at, "y1": TOP, "y2": axes.height - BOTTOM}
        label = tag("text", guide.label, class_="note", x=at + (-5 if right else 5),
                    y=TOP + (9 if guide.kind != "bad" else 26),
                    text_anchor="end" if right else "start")
    else:
        ends = {"x1": LEFT, "x2": WIDTH - RIGHT, "y1": at, "y2": at}
        label = tag("text", guide.label, class_="note", x=WIDTH - RIGHT - 4, y=at - 5, text_anchor="end")
    return tag("g", tag("line", class_="rule", **ends), label, class_=f"guide {guide.kind}")


def chart_frame(drawing: Sequence[Markup | None], lines: Sequence[Line], axes: Axes, x: Scale,
                y: Scale) -> Markup:
    """Return the SVG, the pointer's cursor in it, and the numbers that page.js shows."""
    picture = tag("svg", tag("title", axes.label), *drawing, tag("g", class_="cursor"),
                  viewBox=f"0 0 {WIDTH:g} {axes.height:g}", role="img", aria_label=axes.label)
    everywhere = sorted({float(v) for line in lines for v in line.x if math.isfinite(v)})
    series = []
    for line in lines:
        at = dict(zip(line.x.tolist(), line.y.tolist(), strict=True))
        series.append({"name": line.name, "colour": line.colour,
                       "share": measured(line.metric, 0.5).endswith("%"),
                       "y": [at.get(v, math.nan) for v in everywhere]})
    numbers = data({"x": everywhere, "label": axes.x_label, "series": series,
                    "sx": [x.low, x.high, x.start, x.end, int(x.log)],
                    "sy": [y.low, y.high, y.start, y.end, int(y.log)],
                    "frame": [WIDTH, axes.height, TOP, axes.height - BOTTOM]})
    return tag("div", picture, numbers, class_="chart", data_chart="lines", tabindex="0",
               role="group", aria_label="Chart; the arrow keys read its values")


def legend(lines: Sequence[Line]) -> Markup:
    """Return the names of the lines with a sample of each and its last value."""
    items = []
    for i, line in enumerate(lines):
        last = float(line.y[-1]) if len(line.y) else math.nan
        text = measured(line.metric, last) if line.metric else plain(last)
        sample = tag("svg", tag("line", class_="line dashed" if line.dashed else "line", stroke=line.colour,
                                x1=1, x2=23, y1=5, y2=5), viewBox="0 0 24 10", class_="sample",
                     aria_hidden="true")
        items.append(tag("li", sample, tag("span", line.name), " ", tag("b", text), data_series=i))
    return tag("ul", *items, class_="legend")


class Card(Markup):
    """A figure with its words; a wide one takes a row of its own."""

    wide: bool = False


def figure(heading: str, *body: Markup | None, found: str | Markup | None = None,
           read: str | None = None, caption: str | None = None, wide: bool = False) -> Card:
    """Return a card: heading, what this run shows, the drawing, and how such a drawing is read."""
    words = f"How to read it: {read}" if read else caption
    card = Card(tag("figure", tag("h3", heading), tag("p", found, class_="found") if found else None,
                    tag("div", *body, class_="body"), tag("figcaption", words) if words else None,
                    class_="card"))
    card.wide = wide
    return card


def in_rows(cards: Sequence[Card | None]) -> Markup:
    """Return cards two to a row; one that would stand beside a gap is laid out over the whole row."""
    placed_cards, waiting = [], None
    for card in [card for card in cards if card is not None]:
        if card.wide:
            placed_cards += [alone(waiting), tag("div", card, class_="wide")]
            waiting = None
        elif waiting is None:
            waiting = card
        else:
            placed_cards += [waiting, card]
            waiting = None
    return tag("div", *placed_cards, alone(waiting), class_="cards")


def stacked(*cards: Card) -> Card:
    """Return cards one above the other, as one."""
    return Card(tag("div", *cards, class_="stack"))


def alone(card: Card | None) -> Markup | None:
    """Return a card that has its row to itself: words at the left, drawing at the right."""
    return None if card is None else tag("div", card, class_="alone")
