"""Films of a training for its report."""

from __future__ import annotations

from collections.abc import Callable
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
    place = job._place(title)
    try:
        need("matplotlib", extra="plot")
        need("PIL.Image", extra="vision")
    except MissingExtra as error:
        if not job.lacks:
            job.say(f"films are left out: {error}")
        job.lacks = str(error)
        return []
    from ..plot import Film

    write_text(place.with_suffix(".txt"), caption)
    return [Film(place.with_suffix(".gif"), draw, every=every, frames_per_second=2.0)]
