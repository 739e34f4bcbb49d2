"""Arrays as pictures in the page: small, in its own colours, as data: addresses."""

from __future__ import annotations

import base64

import numpy as np

from pellucid.io.png import png
from pellucid.webpage.markup import Markup, tag

LARGEST = 96                                # the longest side of an embedded sample, in pixels


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """Return a file as a data: address, so that the page needs no second file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def shades(values: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return values in [0, 1] as one colour of that opacity, which reads on a light page and on a dark one.

    Shapes:  (H, W) -> (H, W, 4) uint8
    """
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255)
    return pixels


def is_ink(pictures: np.ndarray) -> bool:
    """Tell whether grey pictures are strokes on an empty ground (digits, letters): most pixels near 0."""
    return pictures.ndim == 3 and pictures.size > 0 and float(np.median(pictures)) < 0.25


def shrunk(picture: np.ndarray) -> np.ndarray:
    """Return a picture whose longer side is at most LARGEST, by averaging blocks of pixels."""
    step = -(-max(picture.shape[:2]) // LARGEST)
    if step <= 1:
        return picture
    height, width = (size // step for size in picture.shape[:2])
    if not height or not width:                           # thinner than one block
        return picture[::step, ::step]
    cut = picture[:height * step, :width * step]
    return cut.reshape(height, step, width, step, *picture.shape[2:]).mean(axis=(1, 3))


def sample_picture(picture: np.ndarray, alt: str, *, ink: bool) -> Markup:
    """Return one sample as an <img>; strokes become ink on the page's own paper, in both colour schemes.

    Shapes:  (H, W) or (H, W, 3), values in [0, 1]
    """
    small = shrunk(picture)
    levels = np.rint(small * 255).astype(np.uint8)
    if ink:
        levels = np.stack([np.zeros_like(levels), levels], axis=-1)
    height, width = small.shape[:2]
    return tag("img", src=data_uri(png(levels)), alt=alt, width=width, height=height,
               class_="sample-picture ink" if ink else "sample-picture")
