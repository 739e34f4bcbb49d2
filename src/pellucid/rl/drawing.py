"""Pictures of environments: shapes, written as SVG or painted into an array."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..extras import need
from ..io import write_bytes

__all__ = ["Drawing", "write_gif"]

SHARP = 3                                                        # painted so many times larger, then reduced


@dataclass
class Drawing:
    """Shapes in a world of its own units, y upwards; `svg()` is text, `array()` uint8 (H, W, 3)."""

    left: float
    bottom: float
    right: float
    top: float
    width: int = 400                                             # pixels
    shapes: list[tuple] = field(default_factory=list)

    @property
    def scale(self) -> float:
        """Pixels of one unit."""
        return self.width / (self.right - self.left)

    @property
    def height(self) -> int:
        return round((self.top - self.bottom) * self.scale)

    def polygon(self, points: Any, colour: str) -> Drawing:
        self.shapes.append(("polygon", np.asarray(points, np.float64), colour, 0.0))
        return self

    def line(self, points: Any, colour: str = "#333333", width: float = 2.0) -> Drawing:
        self.shapes.append(("line", np.asarray(points, np.float64), colour, width))
        return self

    def circle(self, centre: Any, radius: float, colour: str) -> Drawing:
        self.shapes.append(("circle", np.asarray([centre], np.float64), colour, radius))
        return self

    def text(self, centre: Any, words: str, size: float = 11.0, colour: str = "#333333") -> Drawing:
        self.shapes.append(("text", np.asarray([centre], np.float64), colour, size, words))
        return self

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Places in the picture, from its upper left corner."""
        return np.stack([(points[:, 0] - self.left), (self.top - points[:, 1])], axis=1) * self.scale

    def svg(self) -> str:
        """The picture as SVG."""
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                 f'width="{self.width}" height="{self.height}">']
        for kind, points, colour, size, *words in self.shapes:
            places = self.pixels(points)
            joined = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
            x, y = places[0]
            parts.append({
                "polygon": f'<polygon points="{joined}" fill="{colour}"/>',
                "line": f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{size:g}" '
                        'stroke-linecap="round" stroke-linejoin="round"/>',
                "circle": f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{size * self.scale:.2f}" fill="{colour}"/>',
                "text": f'<text x="{x:.2f}" y="{y:.2f}" fill="{colour}" font-size="{size:g}" '
                        'font-family="sans-serif" text-anchor="middle" dominant-baseline="central">'
                        f'{"".join(words)}</text>'}[kind])
        return "\n".join([*parts, "</svg>"])

    def _repr_svg_(self) -> str:
        return self.svg()

    def image(self) -> Any:
        """The picture as Pillow paints it, on white.

        Raises:  MissingExtra naming `pip install "pellucid[vision]"` without Pillow.
        """
        image, draw = need("PIL.Image", extra="vision"), need("PIL.ImageDraw", extra="vision")
        made = image.new("RGB", (self.width * SHARP, self.height * SHARP), "white")
        brush = draw.Draw(made)
        for kind, points, colour, size, *words in self.shapes:
            places = [tuple(place) for place in self.pixels(points) * SHARP]
            x, y = places[0]
            if kind == "polygon":
                brush.polygon(places, fill=colour)
            elif kind == "line":
                brush.line(places, fill=colour, width=max(round(size * SHARP), 1), joint="curve")
            elif kind == "circle":
                radius = size * self.scale * SHARP
                brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
            else:
                font = need("PIL.ImageFont", extra="vision").load_default(size * SHARP)
                brush.text((x, y), "".join(words), fill=colour, anchor="mm", font=font)
        return made.resize((self.width, self.height), image.LANCZOS)

    def array(self) -> np.ndarray:
        """The picture as uint8 (H, W, 3)."""
        return np.asarray(self.image())


def write_gif(drawings: Sequence[Drawing], path: str | os.PathLike[str],
              frames_per_second: float = 30.0) -> Path:
    """Write drawings of one size as a moving picture; whole or not at all.

    Raises:  ValueError without drawings.
    """
    if not drawings:
        raise ValueError("write_gif: there are no drawings")
    images = [each.image() for each in drawings]
    target = io.BytesIO()
    images[0].save(target, format="GIF", save_all=True, append_images=images[1:], loop=0,
                   duration=1000 / frames_per_second)
    write_bytes(Path(path), target.getvalue())
    return Path(path)
