"""Many rows at once: a heat map whose cells page.js reads out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pellucid.plot.ranges import spread
from pellucid.plot.report.pictures import data_uri, png, shades
from pellucid.plot.report.wording import clipped, plain
from pellucid.webpage.markup import Markup, data, tag

BLUE = (58, 124, 196)
LEFT, WIDTH, ROW = 118.0, 460.0, 15.0


def heat_map(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, label: str, x_label: str,
             log: bool = False) -> Markup:
    """Return a matrix as a heat map, each value as the opacity of one colour.

    Shapes:  values (rows, columns); NaN leaves a cell empty
    """
    kept_rows, kept = spread(len(rows), 240), spread(len(columns), 100)
    values = values[np.ix_(kept_rows, kept)]
    rows, columns = [rows[i] for i in kept_rows], [columns[i] for i in kept]
    level, low, high = levels(values, log)
    row = min(ROW, max(2.0, 420.0 / max(1, len(rows))))
    height = row * len(rows)
    image = tag("image", href=data_uri(png(shades(level, BLUE))), x=LEFT, y=4, width=WIDTH - LEFT - 4,
                height=height, preserveAspectRatio="none", class_="pixels")
    ground = tag("rect", class_="ground", x=LEFT, y=4, width=WIDTH - LEFT - 4, height=height)
    picture = tag("svg", tag("title", label), ground, image,
                  *row_labels(rows, row), *column_labels(columns, height, x_label), tag("g", class_="cursor"),
                  viewBox=f"0 0 {WIDTH:g} {height + 38:g}", role="img", aria_label=label)
    numbers = data({"rows": rows, "columns": columns, "label": x_label, "values": values,
                    "frame": [LEFT, 4, WIDTH - LEFT - 4, height, WIDTH, height + 38]})
    return tag("div", picture, numbers, key(low, high, log), class_="chart", data_chart="heat", tabindex="0",
               role="group", aria_label="Heat map; the arrow keys read its values")


def levels(values: np.ndarray, log: bool) -> tuple[np.ndarray, float, float]:
    """Return values as opacities from 0.06 (smallest) to 1 (largest), and the two ends."""
    v = np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan)
    if not np.isfinite(v).any():
        return np.zeros_like(v), float("nan"), float("nan")
    low, high = float(np.nanmin(v)), float(np.nanmax(v))
    scaled = np.log10(v) if log else v
    first, last = float(np.nanmin(scaled)), float(np.nanmax(scaled))
    share = (scaled - first) / ((last - first) or 1.0)
    return np.where(np.isfinite(share), 0.06 + 0.94 * share, 0.0), low, high


def row_labels(rows: Sequence[str], row: float) -> list[Markup]:
    """Return the names of as many rows as have room."""
    every = max(1, round(15 / row))
    return [tag("text", clipped(name, 17), tag("title", name), class_="tick", x=LEFT - 6,
                y=4 + row * (i + 0.5) + 3.5, text_anchor="end")
            for i, name in enumerate(rows) if i % every == 0]


def column_labels(columns: Sequence[str], height: float, x_label: str) -> list[Markup]:
    """Return a few column names under the map, and what the columns are."""
    width = (WIDTH - LEFT - 4) / max(1, len(columns))
    texts = [tag("text", clipped(columns[i], 9), class_="tick", x=LEFT + width * (i + 0.5), y=height + 18,
                 text_anchor="middle") for i in spread(len(columns), 5)]
    return [*texts, tag("text", x_label, class_="axis", x=WIDTH - 4, y=height + 34, text_anchor="end")]


def key(low: float, high: float, log: bool) -> Markup:
    """Return the legend of a heat map: its ends and the ramp between them."""
    scale = " (logarithmic)" if log else ""
    return tag("p", tag("span", plain(low)), tag("i", class_="ramp", aria_hidden="true"),
               tag("span", f"{plain(high)}{scale}"), class_="key")
