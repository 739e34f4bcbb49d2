"""The map of many vectors: a page of one file that one can move about in, search, and ask for neighbours."""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..io import write_text
from ..webpage.document import document, source
from ..webpage.markup import Markup, data, tag
from .projections import project
from .vectors import matrix, topk

NEIGHBOURS, MOST_GROUPS, OTHER = 12, 11, "other"


@dataclass
class Map:
    """Texts with their places in the plane, and in space where they were laid out there too.

    points      (N, 2), and points_3d (N, 3) or None
    texts       what each point stands for
    groups      the group of each, for the colours; empty for none
    neighbours  (N, K) the nearest of each by the vectors' cosine, and their cosines (N, K)
    """

    points: np.ndarray
    texts: list[str]
    groups: list[str]
    neighbours: np.ndarray
    cosines: np.ndarray
    points_3d: np.ndarray | None = None
    title: str = "Map"
    note: str = ""
    colours: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, vectors: Any, texts: Sequence[str], groups: Sequence[Any] | None = None, *,
           method: str = "auto", dimensions: Sequence[int] = (2,), perplexity: float = 30.0, seed: int = 0,
           title: str = "Map", note: str = "") -> Map:
        """Lay vectors out and find their neighbours; `method` and `perplexity` as in `project`.

        dimensions  (2,), or (2, 3) for a page that can turn from one to the other

        Raises:  ValueError for NaN, zero vectors, no vector, and unlike numbers of vectors, texts and groups.
        """
        rows = matrix(vectors, "map")
        for name, values in (("texts", texts), ("groups", groups)):
            if values is not None and len(values) != len(rows):
                raise ValueError(f"map: {len(rows)} vectors want as many {name}, got {len(values)}")
        if not {2} <= set(dimensions) <= {2, 3}:
            raise ValueError(f"map: dimensions must be (2,) or (2, 3), got {tuple(dimensions)}")
        points = {n: project(rows, method, n, perplexity=perplexity, seed=seed) for n in set(dimensions)}
        near = topk(rows, rows, min(NEIGHBOURS + 1, len(rows)))
        ids, cosines = _without_itself(near.ids, near.scores)
        return cls(points[2], [str(text) for text in texts], [str(one) for one in groups or ()], ids, cosines,
                   points.get(3), title, note)

    def html(self) -> str:
        """The page: it holds everything it shows and fetches nothing."""
        names = [name for name, _ in Counter(self.groups).most_common()]
        shown = names if len(names) <= MOST_GROUPS else names[:MOST_GROUPS - 1] + [OTHER]
        number = {name: min(place, len(shown) - 1) for place, name in enumerate(names)}
        coloured = np.array([number[name] for name in self.groups] or [0] * len(self.texts), np.uint8)
        held = {"texts": self.texts, "groups": shown, "group": packed(coloured),
                "own": self.groups if len(names) > len(shown) else [],
                "points": packed(scaled(self.points)), "count": len(self.texts),
                "space": "" if self.points_3d is None else packed(scaled(self.points_3d)),
                "near": packed(self.neighbours.astype("<i4")), "k": self.neighbours.shape[1],
                "cosines": packed(np.round(self.cosines * 1000).astype("<i2"))}
        body = page(self.title, self.note, len(self.texts), self.points_3d is not None)
        return document(self.title, body, data(held), style=source(__file__, "map.css"),
                        script=source(__file__, "map.js"))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page, all of it or nothing."""
        write_text(path, self.html())


def write_map(path: str | os.PathLike[str], vectors: Any, texts: Sequence[str],
              groups: Sequence[Any] | None = None, **options: Any) -> Map:
    """Write the map of vectors as one HTML file that opens anywhere and fetches nothing.

    Move by dragging, enlarge by the wheel, read by pointing, click for the nearest neighbours, search in the
    box; a group's name hides it. `options` as `Map.of` has them: method, dimensions, perplexity, title, note.

    Raises:  as `Map.of`; OSError for a folder that cannot be written.
    """
    made = Map.of(vectors, texts, groups, **options)
    made.write(path)
    return made


def _without_itself(ids: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours but for each one's own place; the last one of those that equal texts have pushed out."""
    is_other = ids != np.arange(len(ids))[:, None]
    too_many = is_other.all(1)
    is_other[too_many, -1] = False
    shape = len(ids), max(ids.shape[1] - 1, 0)
    return ids[is_other].reshape(shape), scores[is_other].reshape(shape)


def scaled(points: np.ndarray) -> np.ndarray:
    """Points within -1 to 1, one scale for all axes; the middle is the middle of their ranges."""
    low, high = points.min(0), points.max(0)
    return ((points - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-30)).astype("<f4")


def packed(array: np.ndarray) -> str:
    """The bytes of an array as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def page(title: str, note: str, count: int, has_space: bool) -> Markup:
    """What stands on the page; the script fills it."""
    views = tag("div", tag("button", "2-D", type="button", data_view="2", aria_pressed="true"),
                tag("button", "3-D", type="button", data_view="3", aria_pressed="false"), class_="views",
                role="group", aria_label="Dimensions") if has_space else None
    search = tag("label", tag("span", "Search", class_="unseen"),
                 tag("input", type="search", placeholder="Search", autocomplete="off", spellcheck="false"),
                 class_="search")
    tools = tag("div", tag("button", "+", type="button", data_zoom="1.6", aria_label="Zoom in"),
                tag("button", "\N{MINUS SIGN}", type="button", data_zoom="0.625", aria_label="Zoom out"),
                tag("button", "All", type="button", data_home=True, aria_label="Show all"), class_="tools")
    panel = tag("aside", tag("header", tag("h1", title), tag("p", note, class_="note") if note else None,
                             class_="head"),
                search, tag("p", f"{count:,} points", class_="count", aria_live="polite"), views,
                tag("ul", class_="groups", aria_label="Groups"),
                tag("section", class_="chosen", aria_live="polite"), class_="panel")
    field_ = tag("main", tag("canvas", tabindex="0", aria_label="Map; arrow keys move, + and - zoom"), tools,
                 tag("div", class_="tip", hidden=True))
    return tag("div", panel, field_, class_="map")
