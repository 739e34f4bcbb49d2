"""The head of the report: which job, the number it reached against the number it must reach, what it cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.plot.records import is_number, number
from pellucid.plot.report.folder import Goal, Run, best_epoch, goals
from pellucid.plot.report.wording import count, duration, is_share, measured, percent, plain, title
from pellucid.webpage.markup import Markup, tag

MARK = "M12 2.5 21.5 12 12 21.5 2.5 12Z"                  # three panes of glass, one behind the other


def header(run: Run) -> Markup:
    """Return the head: title, description, verdict, facts."""
    panes = [tag("path", d=MARK, transform=f"translate({shift} 0)", class_=f"pane pane{i}")
             for i, shift in enumerate((0, 7, 14))]
    brand = tag("p", tag("svg", *panes, viewBox="0 0 38 24", class_="logo", aria_hidden="true"),
                tag("span", "Pellucid"), tag("span", "run report", class_="kind"), class_="brand")
    heading = tag("h1", title(run.name.replace("-", " ")))
    text = tag("div", heading, *paragraphs(run.config.get("description")), class_="intro")
    return tag("header", brand, tag("div", text, verdict(run), class_="hero"), facts(run))


def paragraphs(description: Any) -> list[Markup]:
    """Return a description's paragraphs, the first of them as the lead; a recipe's docstring will do."""
    if not isinstance(description, str):
        return []
    blocks = [" ".join(block.split()) for block in description.strip().split("\n\n")]
    return [tag("p", block[:1].upper() + block[1:], class_="lead" if i == 0 else None)
            for i, block in enumerate(blocks[:3]) if block]


def verdict(run: Run) -> Markup:
    """Return the number that counts, and whether it is the number that was to be reached."""
    wanted = goals(run)
    if wanted and run.is_finished:
        return tag("div", *(goal_block(goal, first=i == 0) for i, goal in enumerate(wanted)),
                   class_="verdict")
    first = next(((k, v) for k, v in run.metrics.items() if is_number(v)), None)
    if first:
        return tag("div", tag("p", title(first[0]), class_="metric"), big(*first), class_="verdict")
    planned = number(run.config.get("epochs"))
    done = count(len(run.epochs), "epoch") + (f" of {plain(planned)}" if np.isfinite(planned) else "")
    return tag("div", tag("p", "Unfinished", class_="metric"),
               tag("p", tag("span", "✕", class_="mark", aria_hidden="true"),
                   f" This run has no final result: {done} recorded.", class_="outcome missed"),
               class_="verdict")


def big(metric: str, value: Any) -> Markup:
    """Return a metric's value in large type, its unit smaller."""
    figure, gap, unit = measured(metric, value).partition("\u202f")
    return tag("p", figure, tag("small", gap + unit) if unit else None,
               class_="big" if len(figure) < 7 else "big long")


def goal_block(goal: Goal, *, first: bool) -> Markup:
    """Return one goal: what was reached (the first in large type), the bound, the outcome in words."""
    reached, bound = measured(goal.metric, goal.reached), measured(goal.metric, goal.bound)
    limit, done = ("must stay at or below", "met") if goal.at_most else ("must reach", "reached")
    sign, outcome = ("✓", done) if goal.is_met else ("✕", f"not {done}")
    words = [tag("span", sign, class_="mark", aria_hidden="true"), f" {limit} {bound}: ", tag("b", outcome)]
    state = "met" if goal.is_met else "missed"
    if first:
        return tag("div", tag("p", title(goal.metric), class_="metric"), big(goal.metric, goal.reached),
                   bullet(goal), tag("p", *words, class_=f"outcome {state}"), class_="goal")
    return tag("p", f"{title(goal.metric)} {reached}", tag("br"), *words, class_=f"outcome also {state}")


def bullet(goal: Goal) -> Markup | None:
    """Return a bar up to 100 % with a tick at the bound; only for shares."""
    if not is_share(goal.metric, goal.bound) or not is_share(goal.metric, goal.reached) or goal.bound >= 1:
        return None
    low = max(0.0, np.floor((goal.bound - 3 * (1 - goal.bound)) * 20) / 20)
    low = low if goal.reached > low + 0.15 * (1 - low) else 0.0
    place = [100 * (value - low) / (1 - low) for value in (goal.reached, goal.bound)]
    bar = tag("span", tag("i", class_="fill", style=f"width:{place[0]:.2f}%"),
              tag("i", class_="bound", style=f"left:{place[1]:.2f}%"), class_="bar")
    ends = tag("span", tag("span", percent(low, 0)), tag("span", "100\u202f%"), class_="ends")
    return tag("div", bar, ends, class_="bullet", aria_hidden="true")


def facts(run: Run) -> Markup | None:
    """Return the few figures that a reader asks for next."""
    config = run.config
    found: list[tuple[str, str, str | None]] = []
    if number(config.get("seconds")) >= 0:
        found.append(("Time", duration(config["seconds"]), None))
    if run.epochs:
        best = best_epoch(run)
        note = f"lowest validation loss at {plain(best[0])}" if best and len(run.epochs) > 1 else None
        found.append(("Epochs", f"{len(run.epochs):,}", note))
    if is_number(config.get("parameters")):
        found.append(("Parameters", f"{int(config['parameters']):,}", None))
    shown = {goal.metric for goal in goals(run)} or set(list(run.metrics)[:1])
    others = [(title(k), measured(k, v), None) for k, v in run.metrics.items()
              if k not in shown and is_number(v)]
    found += others[:3]
    if config.get("seed") is not None:
        found.append(("Seed", str(config["seed"]), None))
    items = [tag("div", tag("dt", name), tag("dd", value, tag("small", note) if note else None))
             for name, value, note in found]
    return tag("dl", *items, class_="facts") if items else None
