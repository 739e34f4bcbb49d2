"""Section "How it learned": loss, metrics and learning rate over the epochs."""

from __future__ import annotations

import numpy as np

from pellucid.plot.ranges import spread
from pellucid.plot.records import Row, epoch_of, is_number, metric_names, number, series
from pellucid.plot.report.charts import (
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
from pellucid.plot.report.folder import Run, best_epoch, smallest
from pellucid.plot.report.wording import lower_is_better, measured, percent, plain, title
from pellucid.webpage.markup import Markup, tag

READ_TRAINING = "the loss is what training makes small. A good curve falls fast, then flattens."
READ_LOSS = ("the loss is what training makes small. Both curves falling together is "
             "learning; a training curve that falls on while validation rises is memorising.")
READ_METRIC = "the gap between the curves is what it knows of its training samples only."


def section(run: Run) -> Markup | None:
    """Return the curves of a run, or None where no epoch was recorded."""
    if not run.epochs:
        return None
    alone, families = grouped(metric_names(run.epochs))
    figures = [curves(run, name) for name in ["loss", *alone[:8]]]
    figures += [together(run, *family) for family in families[:8]]
    figures.append(learning_rate(run))
    kept = [f for f in figures if f is not None]
    return tag("section", tag("h2", "How it learned"), in_rows(kept), table(run),
               id="learning") if kept else None


def grouped(names: list[str]) -> tuple[list[str], list[tuple[str, dict[str, str]]]]:
    """Return the metrics that stand alone, and families of three or more that share their first or last word.

    >>> grouped(["accuracy", "loss_sgd", "loss_adam", "loss_rmsprop"])
    (['accuracy'], [('loss', {'sgd': 'loss_sgd', 'adam': 'loss_adam', 'rmsprop': 'loss_rmsprop'})])
    """
    families, left = [], list(names)
    for cut in (lambda name: name.partition("_")[::2], lambda name: name.rpartition("_")[::-2]):
        shared: dict[str, dict[str, str]] = {}
        for word, rest, name in [(*cut(name), name) for name in left]:
            if word and rest:
                shared.setdefault(word, {})[rest] = name
        found = [(word, members) for word, members in shared.items() if len(members) > 2]
        families += found
        left = [name for name in left if not any(name in members.values() for _, members in found)]
    return left, families


def together(run: Run, name: str, members: dict[str, str]) -> Card | None:
    """Return a family of metrics in one chart, a line each."""
    lines = []
    for i, (label, key) in enumerate(members.items()):
        epochs, values = series(run.epochs, key)
        if len(epochs):
            lines.append(Line(label.replace("_", " "), epochs, values, depth_colour(i, len(members)),
                              metric=key))
    if not lines:
        return None
    axes = Axes(f"{title(name)} per epoch: {spoken(lines)}", metric=lines[0].metric)
    return figure(title(name), legend(lines), line_chart(lines, axes))


def curves(run: Run, key: str) -> Card | None:
    """Return one quantity in training and in validation over the epochs."""
    lines = []
    for name, colour, column, dashed in (("training", "var(--train)", key, False),
                                         ("validation", "var(--val)", f"val_{key}", True)):
        epochs, values = series(run.epochs, column)
        if len(epochs):
            lines.append(Line(name, epochs, values, colour, dashed, key))
    if not lines:
        return None
    axes = Axes(f"{title(key)} per epoch: {spoken(lines)}", guides=guides(run, lines, key), metric=key)
    heading = title(key) if len(lines) > 1 else f"{title(key)} ({lines[0].name})"
    read = (READ_LOSS if key == "loss" else READ_METRIC) if len(lines) > 1 else None
    return figure(heading, legend(lines), line_chart(lines, axes), found=found(run, key, lines),
                  read=READ_TRAINING if key == "loss" and not read else read)


def spoken(lines: list[Line]) -> str:
    """Return the curves in words, for a reader who does not see them."""
    parts = []
    for line in lines:
        good = line.y[np.isfinite(line.y)]
        parts.append(f"{line.name} from {measured(line.metric, float(good[0]))} to "
                     f"{measured(line.metric, float(good[-1]))}" if good.size
                     else f"{line.name} never finite")
    return ", ".join(parts)


def guides(run: Run, lines: list[Line], key: str) -> list[Guide]:
    """Return the epoch of the best validation loss, and the first epoch at which the loss was not finite."""
    marks = []
    best = best_epoch(run)
    if best and len(run.epochs) > 2:
        marks.append(Guide(best[0], "best" if key == "loss" else "", "x", "best"))
    first = broken_at(lines)
    if first is not None:
        marks.append(Guide(first, "not finite", "x", "bad"))
    return marks


def broken_at(lines: list[Line]) -> float | None:
    """Return the first epoch at which one of the curves is NaN or infinite."""
    epochs = [float(line.x[~np.isfinite(line.y)][0]) for line in lines if not np.isfinite(line.y).all()]
    return min(epochs, default=None)


def found(run: Run, key: str, lines: list[Line]) -> str | None:
    """Return what the curves of this run show, in a sentence or two."""
    first = broken_at(lines)
    if first is not None:
        return f"The {title(key).lower()} was NaN or infinite at epoch {plain(first)}."
    if key == "loss":
        return found_loss(run)
    last = {line.name: float(line.y[-1]) for line in lines if len(line.y)}
    if len(last) < 2:
        return None
    gap = (last["training"] - last["validation"]) * (-1 if lower_is_better(key) else 1)
    ends = (f"It ends at {measured(key, last['training'])} in training, "
            f"{measured(key, last['validation'])} in validation")
    if not measured(key, last["training"]).endswith("%"):
        return ends + "."
    side = "ahead" if gap > 0 else "behind"
    return f"{ends}: training is {plain(abs(gap) * 100, 2)} points {side}." if abs(gap) > 5e-5 else f"{ends}."


def found_loss(run: Run) -> str | None:
    """Return where validation was best, and what came after."""
    epochs, values = series(run.epochs, "val_loss")
    best = smallest(epochs, values)
    if best is None or len(epochs) < 2:
        return None
    start = f"Validation loss is lowest at epoch {plain(best[0])} ({plain(best[1])})"
    if best[0] == epochs[-1]:
        return f"{start}, the last: it was still falling when training ended."
    rise = values[-1] / best[1] - 1 if best[1] > 0 else 0.0
    if rise > 0.02:
        return f"{start}; by the last epoch it had risen by {percent(rise, 0)}, a sign of memorising."
    return f"{start} and stays within {plain(max(1.0, np.ceil(rise * 100)))}\u202f% of that to the end."


def learning_rate(run: Run) -> Card | None:
    """Return the learning rate over the epochs where it changes."""
    epochs, values = series(run.epochs, "lr")
    good = values[np.isfinite(values)]
    if len(good) < 2 or good.min() == good.max():
        return None
    line = Line("learning rate", epochs, values, "var(--d2)")
    said = f"It goes from {plain(good[0])} at the first epoch to {plain(good[-1])} at the last"
    axes = Axes(f"Learning rate: {said}", log=False, height=150.0)
    return figure("Learning rate", legend([line]), line_chart([line], axes), found=f"{said}.",
                  read="the size of the optimiser's steps, as its schedule set it.")


def table(run: Run) -> Markup | None:
    """Return the recorded values as a table, at most 40 rows of it, behind a disclosure."""
    rows = [run.epochs[i] for i in spread(len(run.epochs), 40)]
    keys = [key for key in dict.fromkeys(k for row in rows for k in row) if key != "epoch"
            and any(is_number(row.get(key)) for row in rows)][:12]
    head = tag("tr", tag("th", "Epoch", scope="col"), *(tag("th", title(key), scope="col") for key in keys))
    body = [tag("tr", tag("th", plain(epoch_of(row, i)), scope="row"), *(cell(row, key) for key in keys))
            for i, row in enumerate(rows)]
    part = "" if len(rows) == len(run.epochs) else f" ({len(rows)} of {len(run.epochs)} epochs)"
    grid = tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll", tabindex="0",
               role="region", aria_label="Values per epoch")
    return tag("details", tag("summary", f"The numbers{part}"), grid) if keys else None


def cell(row: Row, key: str) -> Markup:
    """Return one value of the table."""
    return tag("td", measured(key, number(row[key])) if key in row else "")
