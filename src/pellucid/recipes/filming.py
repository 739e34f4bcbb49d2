"""Films for the reports of recipes: drawn while a training goes on, or of what was kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..extras import MissingExtra, need
from ..io import write_text
from ..train import Callback
from .job import Job


def filmed(job: Job, title: str, draw: Callable[[Any], Any], caption: str, *,
           every: int = 1) -> list[Callback]:
    """A callback of `fit` that draws a frame after every few epochs and leaves the film in the report.

    `draw(training)` returns a matplotlib Figure, and draws no random numbers: the run is the same without it.
    Without matplotlib or Pillow there is none, and the missing extra is named.
    """
    film = begun(job, title, caption, draw=draw, every=every)
    return [] if film is None else [film]


def film_of(job: Job, title: str, figures: Callable[[], Iterable[Any]], caption: str, **how: Any) -> None:
    """Leave a film of the figures that `figures()` draws in the report; `how` as of `plot.Film`.

    Without matplotlib or Pillow nothing is drawn, and the missing extra is named.
    """
    film = begun(job, title, caption, **how)
    if film is not None:
        for figure in figures():
            film.add(figure)
        film.save()


def begun(job: Job, title: str, caption: str, **how: Any) -> Any:
    """A film without frames in its place among the figures, with its caption; None where an extra lacks."""
    place = job._place(title)
    try:
        need("matplotlib", extra="plot")
        need("PIL.Image", extra="vision")
    except MissingExtra as error:
        if not job.lacks:
            job.say(f"films are left out: {error}")
        job.lacks = str(error)
        return None
    from ..plot import Film

    write_text(place.with_suffix(".txt"), caption)
    return Film(place.with_suffix(".gif"), **{"frames_per_second": 2.0, **how})
