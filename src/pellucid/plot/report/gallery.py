"""Section "More figures": what a recipe left in figures/, as pictures or as lines to draw.

A picture is NN-title.png, .svg or .gif with its caption in NN-title.txt. A figure of lines is NN-title.json:

    {"title": "...", "caption": "...", "x_label": "step", "log": true, "log_x": false,
     "series": [{"name": "Adam", "x": [1, 2, 3], "y": [0.9, 0.5, 0.2]}]}

so that a recipe can add a figure where matplotlib is not installed. One of texts, such as samples of a
language model, is NN-title.json too:

    {"title": "...", "caption": "...", "texts": [{"name": "temperature 0.8", "text": "..."}]}
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.plot.records import number
from pellucid.plot.report.charts import (
    MOST_LINES,
    Axes,
    Card,
    Line,
    depth_colour,
    figure,
    in_rows,
    legend,
    line_chart,
)
from pellucid.plot.report.folder import Run
from pellucid.plot.report.pictures import data_uri
from pellucid.plot.report.wording import bytes_of, title
from pellucid.webpage.markup import Markup, tag

KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".webp": "image/webp",
         ".gif": "image/gif"}
LARGEST_FIGURE, LARGEST_SUM = 1_000_000, 3_000_000


def section(run: Run) -> Markup | None:
    """Return the recipe's own figures, or None where there are none."""
    folder = run.folder / "figures"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    cards: list[Card | None] = []
    room = LARGEST_SUM
    for file in files:
        if file.suffix.lower() in KINDS:
            size = file.stat().st_size
            if size > min(LARGEST_FIGURE, room):
                run.notes.append(f"figures/{file.name} ({bytes_of(size)}) is too large for one page.")
                continue
            room -= size
            cards.append(from_picture(file))
        elif file.suffix.lower() == ".json":
            cards.append(from_json(run, file))
    shown = [card for card in cards if card is not None]
    return tag("section", tag("h2", "More figures"), in_rows(shown), id="more") if shown else None


def missing_extra(run: Run) -> str | None:
    """Return what the reader can install to see more, where matplotlib is missing and no picture was left."""
    left = [f for f in (run.folder / "figures").glob("*") if f.suffix.lower() in KINDS]
    if left or importlib.util.find_spec("matplotlib") is not None:
        return None
    return 'A recipe draws further figures where matplotlib is installed: pip install "pellucid[plot]"'


def heading_of(file: Path) -> str:
    """Return a file's name as a heading: 01-loss-surface.png -> Loss surface."""
    words = file.stem.lstrip("0123456789").strip("-_ ").replace("-", " ")
    return title(words or file.stem)


def from_picture(file: Path) -> Card:
    """Return a picture as a card; its caption is its alternative text."""
    note = file.with_suffix(".txt")
    caption = note.read_text(encoding="utf-8", errors="replace").strip() if note.exists() else ""
    content = file.read_bytes()
    image = tag("img", src=data_uri(content, KINDS[file.suffix.lower()]),
                alt=caption or heading_of(file),
                class_="figure-picture")
    return figure(heading_of(file), image, caption=caption or None, wide=is_broad(content))


def is_broad(content: bytes) -> bool:
    """Tell whether a PNG is over twice as wide as high; it says so in bytes 16 to 23."""
    width, height = (int.from_bytes(content[at:at + 4], "big") for at in (16, 20))
    return content[:4] == b"\x89PNG" and width > 2 * height


def from_json(run: Run, file: Path) -> Card | None:
    """Return a figure of lines or of texts as a card; one that cannot be read is noted."""
    try:
        wanted = json.loads(file.read_text(encoding="utf-8"))
        heading = str(wanted.get("title") or heading_of(file))
        return from_texts(wanted, heading) if "texts" in wanted else from_lines(wanted, heading)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        run.notes.append(f"figures/{file.name} could not be drawn ({type(error).__name__}: {error}).")
        return None


def from_texts(wanted: dict[str, Any], heading: str) -> Card:
    """Return texts as a card, each under its name, the letters as they were written."""
    parts = [tag("div", tag("p", str(one["name"]), class_="text-name"),
                 tag("pre", str(one["text"]), tabindex="0")) for one in wanted["texts"]]
    return figure(heading, tag("div", *parts, class_="texts"), wide=True,
                  caption=str(wanted.get("caption") or "") or None)


def from_lines(wanted: dict[str, Any], heading: str) -> Card:
    """Return lines as a card."""
    lines = [line_of(one, i, len(wanted["series"])) for i, one in enumerate(wanted["series"])]
    caption = str(wanted.get("caption") or "")
    axes = Axes(caption or heading, str(wanted.get("x_label", "epoch")), wanted.get("log"),
                log_x=bool(wanted.get("log_x")), whole_x=False)
    return figure(heading, legend(lines), line_chart(lines, axes), caption=caption or None,
                  wide=len(lines) > MOST_LINES)


def line_of(one: dict[str, Any], i: int, n: int) -> Line:
    """Return one series of a figure of lines."""
    y = np.array([number(v) for v in one["y"]])
    x = np.array([number(v) for v in one["x"]]) if "x" in one else np.arange(1.0, len(y) + 1)
    if len(x) != len(y):
        raise ValueError(f"series {one.get('name')}: {len(x)} values of x, {len(y)} of y")
    return Line(str(one.get("name", i + 1)), x, y, depth_colour(i, n), bool(one.get("dashed")))
