"""Section "Where it draws the line": the decision boundary of a network with two inputs."""

from __future__ import annotations

import numpy as np

from pellucid.plot.ranges import spread
from pellucid.plot.report.charts import Card, figure, in_rows
from pellucid.plot.report.folder import Run
from pellucid.plot.report.pictures import data_uri, png
from pellucid.plot.report.scales import Scale, linear_ticks, tick_text
from pellucid.plot.report.wording import clipped, count, percent
from pellucid.plot.scores import class_labels, class_probabilities, names_of_classes
from pellucid.webpage.markup import Markup, path, tag

SIDE, LEFT, BOTTOM = 430.0, 34.0, 24.0
COLOURS = ((58, 124, 196), (222, 120, 31), (28, 145, 118), (178, 92, 160), (150, 138, 40), (94, 166, 214),
           (196, 70, 58),
           (110, 110, 110))
MARKERS = ("M-3.4 0A3.4 3.4 0 1 0 3.4 0A3.4 3.4 0 1 0-3.4 0Z", "M-3.1-3.1H3.1V3.1H-3.1Z", "M0-4L3.8 3H-3.8Z",
           "M0-4.2 4.2 0 0 4.2-4.2 0Z", "M-3.8-3H3.8L0 4Z")


def section(run: Run) -> Markup | None:
    """Return the decision boundary, or None where no grid was kept; a grid out of shape is noted."""
    if not {"boundary_x", "boundary_y", "boundary_p"} <= run.arrays.keys():
        return None
    try:
        x, y, p = grid_of(run)
        card = boundary(run, x, y, p)
    except (ValueError, IndexError, TypeError) as error:
        run.notes.append(f"observations.npz: the decision boundary cannot be drawn ({error}).")
        return None
    return tag("section", tag("h2", "Where it draws the line"), in_rows([card]), id="boundary")


def grid_of(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the grid's x (W,), y (H,) ascending and the probabilities (H, W, K) on it."""
    x, y = (np.asarray(run.arrays[name], dtype=np.float64) for name in ("boundary_x", "boundary_y"))
    x, y = (x[0] if x.ndim == 2 else x.ravel()), (y[:, 0] if y.ndim == 2 else y.ravel())
    p = np.asarray(run.arrays["boundary_p"], dtype=np.float64)
    p = p.reshape(len(y), len(x), -1)
    p = np.concatenate([1 - p, p], axis=2) if p.shape[2] == 1 else p
    if len(x) < 2 or len(y) < 2:
        raise ValueError(f"a grid of {len(x)} by {len(y)}")
    p = np.nan_to_num(p)
    p = p[:, ::-1] if x[0] > x[-1] else p
    return np.sort(x), np.sort(y), p[::-1] if y[0] > y[-1] else p


def boundary(run: Run, x: np.ndarray, y: np.ndarray, p: np.ndarray) -> Card:
    """Return the plane coloured by the likeliest class, the lines between classes, and the samples on it."""
    ratio = float(np.clip((y[-1] - y[0]) / (x[-1] - x[0]), 0.5, 1.3))
    across, up = Scale(x[0], x[-1], LEFT, LEFT + SIDE), Scale(y[0], y[-1], 6 + SIDE * ratio, 6)
    field = tag("image", href=data_uri(png(field_of(p)[::-1])), x=LEFT, y=6, width=SIDE, height=SIDE * ratio,
                preserveAspectRatio="none")
    margins = [p[..., k] - np.delete(p, k, axis=2).max(axis=2) for k in range(p.shape[2])]
    lines = [tag("path", class_="border", d=contour(margin, x, y, across, up))
             for margin in (margins if len(margins) > 2 else margins[:1])]     # of two, one line serves both
    points, legend, found = samples(run, p, x, y, across, up)
    label = f"The plane of the two inputs, coloured by the likeliest of {p.shape[2]} classes"
    ground = tag("rect", class_="ground", x=LEFT, y=6, width=SIDE, height=SIDE * ratio)
    drawing = tag("svg", tag("title", label), ground, field, *lines, *points, *ticks(across, up),
                  role="img", aria_label=label,
                  viewBox=f"0 0 {LEFT + SIDE + 8:g} {SIDE * ratio + 6 + BOTTOM:.0f}")
    return figure("Decision boundary", legend, tag("div", drawing, class_="chart plane"), found=found,
                  read="the colour is the class that the network would answer at that place, the deeper the "
                       "surer; on the line two classes are equally likely. A marker ringed in red is a "
                       "sample on the wrong side.")


def field_of(p: np.ndarray) -> np.ndarray:
    """Return the plane as pixels: the likeliest class's colour, its opacity how sure the network is."""
    top, k = p.argmax(axis=2), p.shape[2]
    sure = np.clip((p.max(axis=2) - 1 / k) / (1 - 1 / k), 0, 1)
    pixels = np.empty((*top.shape, 4), np.uint8)
    pixels[..., :3] = np.array(COLOURS, np.uint8)[top % len(COLOURS)]
    pixels[..., 3] = np.rint(20 + 125 * sure)
    return pixels


def contour(values: np.ndarray, x: np.ndarray, y: np.ndarray, across: Scale, up: Scale) -> str:
    """Return the path along which `values` is 0, by marching squares: a segment per grid cell crossed.

    Shapes:  values (H, W), x (W,), y (H,)
    Source:  Lorensen & Cline 1987, "Marching Cubes", in two dimensions.
    """
    inside = values > 0
    mixed = inside[:-1, :-1].astype(int) + inside[1:, :-1] + inside[:-1, 1:] + inside[1:, 1:]
    pieces = []
    for i, j in zip(*np.nonzero((mixed > 0) & (mixed < 4)), strict=True):
        corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
        edges = zip(corners, corners[1:] + corners[:1], strict=True)
        ends = [end for a, b in edges if (end := crossing(values, x, y, a, b)) is not None]
        for k in range(0, len(ends) - 1, 2):
            pieces.append(path(across([ends[k][0], ends[k + 1][0]]), up([ends[k][1], ends[k + 1][1]])))
    return "".join(pieces)


def crossing(values: np.ndarray, x: np.ndarray, y: np.ndarray, a: tuple[int, int],
             b: tuple[int, int]) -> tuple[float, float] | None:
    """Return where the edge from grid point a to b crosses 0, by linear interpolation, or None."""
    va, vb = float(values[a]), float(values[b])
    if (va > 0) == (vb > 0):
        return None
    t = va / (va - vb)
    return float(x[a[1]] + t * (x[b[1]] - x[a[1]])), float(y[a[0]] + t * (y[b[0]] - y[a[0]]))


def samples(run: Run, p: np.ndarray, x: np.ndarray, y: np.ndarray, across: Scale,
            up: Scale) -> tuple[list[Markup], Markup | None, str | None]:
    """Return the samples as markers, their legend, and how many lie on the wrong side."""
    if "points" not in run.arrays or "point_labels" not in run.arrays:
        return [], None, None
    points = np.asarray(run.arrays["points"], dtype=np.float64)
    labels = class_labels(run.arrays["point_labels"])
    if points.shape != (len(labels), 2):
        raise ValueError(f"points of shape {points.shape}, {len(labels)} labels")
    wrong = answers_at(run, points, p, x, y) != labels
    k = max(p.shape[2], int(labels.max(initial=0)) + 1)
    size = 2.2 if len(labels) < 20 else 1.0
    drawn = [marker(int(labels[n]), float(across(points[n, 0])), float(up(points[n, 1])), size,
                    bool(wrong[n]))
             for n in spread(len(labels), 700)]
    found = (f"{count(int((~wrong).sum()), 'sample')} of {len(labels):,} on the right side "
             f"({percent((~wrong).mean(), 1)}).")
    return drawn, marker_legend(names_of_classes(run.arrays.get("class_names"), k)), found


def marker(label: int, x: float, y: float, size: float, wrong: bool) -> Markup:
    """Return one sample as a marker: its class gives colour and shape, a ring says that it lies wrong."""
    return tag("path", d=MARKERS[label % len(MARKERS)],
               transform=f"translate({x:.1f} {y:.1f})" + (f" scale({size})" if size != 1 else ""),
               class_="marker wrong-side" if wrong else "marker", style=colour_of(label))


def colour_of(label: int) -> str:
    """Return the style that fills with a class's colour."""
    return f"fill:rgb{COLOURS[label % len(COLOURS)]}"


def answers_at(run: Run, points: np.ndarray, p: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the class answered at each point: the network's own answer, or else read off the grid."""
    tested, kept = run.arrays.get("x_test"), run.arrays.get("probabilities")
    if tested is not None and kept is not None and tested.shape == points.shape and len(kept) == len(points):
        if np.allclose(tested, points):
            return class_probabilities(kept).argmax(axis=1)
    j, across = between(x, points[:, 0])
    i, up = between(y, points[:, 1])
    low, high = (p[row, j] * (1 - across) + p[row, j + 1] * across for row in (i, i + 1))
    return (low * (1 - up) + high * up).argmax(axis=1)


def between(grid: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each value the grid line before it and how far it is to the next, 0 to 1, as a column."""
    i = np.clip(np.searchsorted(grid, values) - 1, 0, len(grid) - 2)
    return i, np.clip((values - grid[i]) / (grid[i + 1] - grid[i]), 0, 1)[:, None]


def marker_legend(names: list[str]) -> Markup:
    """Return the classes with their markers."""
    items = []
    for k, name in enumerate(names[:12]):
        dot = tag("svg", tag("path", d=MARKERS[k % len(MARKERS)], style=colour_of(k)), viewBox="-6 -6 12 12",
                  class_="dot-sample", aria_hidden="true")
        items.append(tag("li", dot, tag("span", clipped(name, 24))))
    return tag("ul", *items, class_="legend")


def ticks(across: Scale, up: Scale) -> list[Markup]:
    """Return the tick labels of both axes."""
    below = [(tick_text(v), float(across(v)), up.start + 17, "middle")
             for v in linear_ticks(across.low, across.high)]
    beside = [(tick_text(v), LEFT - 7, float(up(v)) + 3.5, "end") for v in linear_ticks(up.low, up.high)]
    return [tag("text", text, class_="tick", x=x, y=y, text_anchor=anchor) for text, x, y,
            anchor in below + beside]
