"""Films of what a network makes and of its codes, drawn while it learns: callbacks of `fit`.

    films = [sample_film(run, lambda: model.pictures(codes)), code_film(run, encode, x, labels)]
    fit(model, ..., callbacks=films, run=run)                    # the report of the run shows them
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pellucid.autograd import no_grad
from pellucid.io import write_text
from pellucid.plot.film import Film
from pellucid.plot.made import latent_map, mosaic
from pellucid.plot.records import plain_array
from pellucid.train import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = Callable[[Any], "Figure"]


def drawn_samples(make: Callable[[], Any], columns: int = 8) -> Draw:
    """A frame for `Film`: the pictures that `make()` returns after so many epochs, edge to edge.

    Shapes:  make() (N, H, W) or (N, C, H, W) of one channel, or (N, H H)
    Raises:  ValueError, when it draws, for pictures of another shape.
    """
    def draw(training: Any) -> Figure:
        with no_grad():
            x = plain_array(make())
        side = round(x.shape[1] ** 0.5) if x.ndim == 2 else x.shape[-1]
        is_flat, is_grey = x.ndim == 2 and side ** 2 == x.shape[1], x.ndim == 4 and x.shape[1] == 1
        if not (x.ndim == 3 or is_grey or is_flat):
            raise ValueError("drawn_samples: make() must return (N, H, W), (N, 1, H, W) or (N, H H), got "
                             f"{x.shape}")
        return mosaic(x.reshape(len(x), -1, side), columns, width=3.6, title=f"epoch {training.epoch}")
    return draw


def drawn_codes(encode: Callable[[Any], Any], x: Any, labels: Any, class_names: Sequence[Any] | None = None,
                *, reach: float = 0.0) -> Draw:
    """A frame for `Film`: where `encode` puts x after so many epochs, a colour for each class.

    Shapes:  encode(x) (N, 2), labels (N,); see `latent_map`
    """
    def draw(training: Any) -> Figure:
        with no_grad():
            codes = encode(x)
        return latent_map(codes, labels, class_names, reach=reach, title=f"epoch {training.epoch}")
    return draw


def sample_film(run: Run, make: Callable[[], Any], *, columns: int = 8, every: int = 1,
                title: str = "Samples while it learns",
                caption: str = "What the network makes, after each epoch.") -> Film:
    """A callback that films what a network makes, for the report of the run.

    `make()` returns pictures from 0 to 1, and ought to draw no random numbers: make them of codes that are
    drawn once, before training. See `drawn_samples`.
    """
    return film_of(run, drawn_samples(make, columns), every=every, title=title, caption=caption)


def code_film(run: Run, encode: Callable[[Any], Any], x: Any, labels: Any,
              class_names: Sequence[Any] | None = None, *, reach: float = 0.0, every: int = 1,
              title: str = "The codes while it learns",
              caption: str = "Where the encoder puts each sample, after each epoch.") -> Film:
    """A callback that films where an encoder with a code of two numbers puts x. See `drawn_codes`."""
    draw = drawn_codes(encode, x, labels, class_names, reach=reach)
    return film_of(run, draw, every=every, title=title, caption=caption)


def film_of(run: Run, draw: Draw, *, every: int, title: str, caption: str) -> Film:
    """A film in the run's folder, behind the figures that are there, with its caption."""
    folder = run.path("figures")
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join(re.findall("[a-z0-9]+", title.lower()))
    taken = {int(path.name[:2]): path.stem[3:] for path in folder.iterdir() if path.name[:2].isdigit()}
    own = [place for place, other in taken.items() if other == name]        # a run that goes on
    place = folder / f"{own[0] if own else max(taken, default=0) + 1:02}-{name}"
    write_text(place.with_suffix(".txt"), caption)
    return Film(place.with_suffix(".gif"), draw, every=every, frames_per_second=2.0)
