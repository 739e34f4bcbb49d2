"""Which class was taken for which: the confusion matrix and what stands out in it."""

from __future__ import annotations

import numpy as np

from pellucid.plot.report.charts import Card, figure
from pellucid.plot.report.folder import Answers
from pellucid.plot.report.heat import heat_map
from pellucid.plot.report.wording import clipped, count, percent
from pellucid.plot.scores import confusion_counts
from pellucid.webpage.markup import Markup, join, tag

WIDTH, RIGHT = 460.0, 48.0
MOST_CLASSES = 100                                        # classes up to which all of them are shown
MOST_CELLS = 20                                           # classes up to which each cell gets its number
READ = ("each row is what a sample is, each column what it was taken for. The diagonal is "
        "right, every other cell a mistake. Recall, at the right, is the share of the row that was "
        "recognised; precision, below, the share of the column that was right to stand there.")


def matrix(answers: Answers) -> Card:
    """Return the confusion matrix as a card."""
    names, counts = answers.names, confusion_counts(answers.targets, answers.taken, len(answers.names))
    pairs, right = top_pairs(counts), int(np.trace(counts))
    label = f"Confusion matrix of {len(answers.names)} classes, {right:,} of {counts.sum():,} right"
    found = (f"{count(right, 'answer')} of {counts.sum():,} right, "
             f"{count(int(counts.sum()) - right, 'mistake')}.")
    if len(names) > MOST_CLASSES:
        chosen = most_mistaken(counts)
        counts, names = counts[np.ix_(chosen, chosen)], [names[i] for i in chosen]
        found += f" Shown are the {MOST_CLASSES} classes of {len(answers.names):,} with the most mistakes."
    if len(names) <= MOST_CELLS:
        drawing = tag("div", cells(counts, names, label), class_="chart")
    else:
        drawing = heat_map(np.where(counts > 0, counts, np.nan).astype(float), names, names,
                           label=label, x_label="taken for", log=True)
    return figure("Confusion matrix", drawing, pair_list(pairs, answers.names), found=found, read=READ)


def most_mistaken(counts: np.ndarray) -> np.ndarray:
    """Return the classes that are most often taken for others or others for them, in order of classes."""
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    return np.sort(np.argsort(-wrong, kind="stable")[:MOST_CLASSES])


def top_pairs(counts: np.ndarray, most: int = 5) -> list[tuple[int, int, int]]:
    """Return the most frequent mistakes as (class, taken for, how often), those made more than once."""
    off = counts.copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[:most]
    return [(int(i), int(j), int(off[i, j])) for i, j in zip(*np.unravel_index(order, off.shape), strict=True)
            if off[i, j] > 1]


def pair_list(pairs: list[tuple[int, int, int]], names: list[str]) -> Markup | None:
    """Return the most frequent mistakes as a line of text."""
    if not pairs:
        return None
    items = [tag("li", tag("b", clipped(names[i], 24)), " taken for ", tag("b", clipped(names[j], 24)),
                 tag("span", f" {n}×")) for i, j, n in pairs]
    return tag("ul", *items, class_="pairs", aria_label="Most frequent mistakes")


def cells(counts: np.ndarray, names: list[str], label: str) -> Markup:
    """Return the matrix as SVG, one square per cell, with recall at the right and precision below."""
    k = len(names)
    longest = max((len(clipped(name, 14)) for name in names), default=1)
    left = max(80.0, 22.0 + 7.2 * longest)
    side = (WIDTH - left - RIGHT) / k
    top = 42.0 if longest * 7 < side else 28 + 5.6 * longest
    most = max(1, int((counts - np.diag(np.diag(counts))).max()))
    squares = [square(counts, names, i, j, left + j * side, top + i * side, side, most)
               for i in range(k) for j in range(k)]
    height = top + k * side + 26
    return tag("svg", tag("title", label), *squares, *row_texts(counts, names, left, top, side),
               *column_texts(counts, names, left, top, side, longest * 7 < side),
               viewBox=f"0 0 {WIDTH:g} {height:.0f}", role="img", aria_label=label, class_="confusion")


def whole_percent(part: int, total: int) -> str:
    """Return a share in whole per cent without the sign, a dash for a share of nothing."""
    return percent(part / total, 0).rstrip("%\u202f") if total else "–"


def square(counts: np.ndarray, names: list[str], i: int, j: int, x: float, y: float, side: float,
           most: int) -> Markup:
    """Return one cell: blue on the diagonal, orange beside it, deeper the more samples it holds."""
    n, total = int(counts[i, j]), max(1, int(counts[i].sum()))
    strength = (0.15 + 0.75 * n / total) if i == j else (0.25 + 0.65 * n / most)
    said = f"{names[i]} taken for {names[j]}: {n} of {total}"
    box = tag("rect", tag("title", said), x=x + 0.75, y=y + 0.75, width=side - 1.5, height=side - 1.5,
              rx=min(4.0, side / 8), class_="empty" if not n else ("right" if i == j else "wrong"),
              fill_opacity=strength if n else None)
    text = tag("text", f"{n:,}", x=x + side / 2, y=y + side / 2 + 3.8, text_anchor="middle",
               class_="cell strong" if strength > 0.62 else "cell") if n and side > 15 else None
    return join([box, text])


def row_texts(counts: np.ndarray, names: list[str], left: float, top: float, side: float) -> list[Markup]:
    """Return the classes' names and recall beside the rows."""
    parts = [tag("text", "is", class_="axis", x=left - 8, y=top - 9, text_anchor="end"),
             tag("text", "recall %", class_="axis", x=WIDTH, y=top - 9, text_anchor="end")]
    for i, name in enumerate(names):
        y = top + (i + 0.5) * side + 3.8
        total = counts[i].sum()
        parts += [tag("text", clipped(name, 14), tag("title", name), class_="name", x=left - 8, y=y,
                      text_anchor="end"),
                  tag("text", whole_percent(counts[i, i], total), class_="tick", x=WIDTH, y=y,
                      text_anchor="end")]
    return parts


def column_texts(counts: np.ndarray, names: list[str], left: float, top: float, side: float,
                 level: bool) -> list[Markup]:
    """Return the classes' names above the columns, slanted where they are long, and precision below."""
    bottom = top + len(names) * side + 17
    parts = [tag("text", "taken for", class_="axis", x=left + 1, y=11),
             tag("text", "precision %", class_="axis", x=left - 8, y=bottom, text_anchor="end")]
    for j, name in enumerate(names):
        x, total = left + (j + 0.5) * side, counts[:, j].sum()
        turn = None if level else f"rotate(-42 {x:.1f} {top - 7:.1f})"
        parts.append(tag("text", clipped(name, 14), class_="name", x=x, y=top - 9 if level else top - 7,
                         text_anchor="middle" if level else "start", transform=turn))
        if side > 30:
            parts.append(tag("text", whole_percent(counts[j, j], total), class_="tick", x=x, y=bottom,
                             text_anchor="middle"))
    return parts
