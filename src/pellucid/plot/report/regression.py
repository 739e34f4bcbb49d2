"""A regression's predictions against the true values."""

from __future__ import annotations

import numpy as np

from pellucid.plot.ranges import spread
from pellucid.plot.report.charts import Card, figure
from pellucid.plot.report.folder import Run
from pellucid.plot.report.scales import Scale, linear_ticks, tick_text, value_range
from pellucid.plot.report.wording import plain
from pellucid.webpage.markup import Markup, tag

LEFT, RIGHT, TOP, FOOT = 48.0, 448.0, 12.0, 318.0


def scatter(run: Run) -> Card | None:
    """Return predicted against true values, where the arrays `predictions` and `targets` are kept."""
    given, wanted = run.arrays.get("predictions"), run.arrays.get("targets")
    if given is None or wanted is None or given.size != wanted.size or not given.size:
        return None
    if given.dtype.kind not in "fiu" or wanted.dtype.kind not in "fiu":
        return None
    y, t = given.ravel().astype(float), wanted.ravel().astype(float)
    good = np.isfinite(y) & np.isfinite(t)
    y, t = y[good], t[good]
    if not len(y):
        return None
    label = f"Predicted against true values of {len(y):,} samples"
    return figure("Predicted against true", tag("div", drawing(t, y, label), class_="chart"),
                  found=f"The root of the mean squared error is {plain(np.sqrt(np.mean((y - t) ** 2)))}.",
                  read="each dot is a sample; on the line the prediction is exact.")


def drawing(t: np.ndarray, y: np.ndarray, label: str) -> Markup:
    """Return the dots, at most 800 of them, the diagonal and the axes."""
    low, high = value_range([y, t])
    across, up = Scale(low, high, LEFT, RIGHT), Scale(low, high, FOOT, TOP)
    dots = [tag("circle", cx=float(across(t[i])), cy=float(up(y[i])), r=2.6, class_="dot")
            for i in spread(len(y), 800)]
    ticks = [part for v in linear_ticks(low, high, 5) for part in (
        tag("line", class_="grid", x1=LEFT, x2=RIGHT, y1=float(up(v)), y2=float(up(v))),
        tag("text", tick_text(v), class_="tick", x=LEFT - 7, y=float(up(v)) + 3.5, text_anchor="end"),
        tag("text", tick_text(v), class_="tick", x=float(across(v)), y=FOOT + 16, text_anchor="middle"))]
    return tag("svg", tag("title", label), *ticks,
               tag("line", class_="rule", x1=LEFT, y1=FOOT, x2=RIGHT, y2=TOP), *dots,
               tag("text", "true value", class_="axis", x=RIGHT, y=FOOT + 31, text_anchor="end"),
               viewBox="0 0 460 352", role="img", aria_label=label)
