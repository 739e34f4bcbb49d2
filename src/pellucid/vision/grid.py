"""Many pictures as one, and pictures as files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from ..extras import need
from ..io import write_bytes
from ..io.png import png
from ..tensor import Tensor, wrap
from .pictures import picture_of

__all__ = ["make_grid", "save_image"]


def make_grid(tensor: Any, nrow: int = 8, padding: int = 2, normalize: bool = False,
              value_range: tuple[float, float] | None = None, scale_each: bool = False,
              pad_value: float = 0.0) -> Tensor:
    """Pictures side by side, nrow in a row, with a border of `padding` pixels around each.

    normalize   bring the values to [0, 1], from value_range, or from the smallest and largest there are
    scale_each  from those of each picture by itself
    Shapes:  (N, C, H, W), (C, H, W), (H, W) or a list of (C, H, W) -> (3 or C, height, width)
    """
    x = _batch(tensor)
    if normalize:
        x = np.stack([_to_unit(each, value_range) for each in x]) if scale_each else _to_unit(x, value_range)
    if len(x) == 1:
        return wrap(x[0])
    columns = min(nrow, len(x))
    rows = -(-len(x) // columns)
    height, width = x.shape[2] + padding, x.shape[3] + padding
    grid = np.full((x.shape[1], rows * height + padding, columns * width + padding), pad_value, x.dtype)
    for i, picture in enumerate(x):
        top, left = i // columns * height + padding, i % columns * width + padding
        grid[:, top:top + x.shape[2], left:left + x.shape[3]] = picture
    return wrap(grid)


def _batch(tensor: Any) -> np.ndarray:
    """Pictures as (N, C, H, W), grey ones in three equal channels."""
    if isinstance(tensor, Sequence):
        tensor = [each._data for each in tensor]
        x = np.stack(tensor)
    elif isinstance(tensor, Tensor):
        x = tensor._data
    else:
        raise TypeError(f"make_grid: tensor must be a tensor or a list of them, got {type(tensor).__name__}")
    if x.ndim == 2:
        x = x[None]
    if x.ndim == 3:
        x = x[None]
    if x.ndim != 4:
        raise ValueError(f"make_grid: tensor must have 2, 3 or 4 dimensions, got shape {x.shape}")
    return np.repeat(x, 3, axis=1) if x.shape[1] == 1 else x


def _to_unit(x: np.ndarray, value_range: tuple[float, float] | None) -> np.ndarray:
    low, high = (float(x.min()), float(x.max())) if value_range is None else value_range
    return (np.clip(x, low, high) - x.dtype.type(low)) / x.dtype.type(max(high - low, 1e-5))


def save_image(tensor: Any, fp: str | os.PathLike[str] | IO[bytes], format: str | None = None,
               **grid: Any) -> None:
    """Write pictures with values in [0, 1] as one picture file; see make_grid for the other arguments.

        level = floor(255 x + 1/2), within 0 and 255
    PNG needs nothing else; other formats, by the file's name or `format`, need Pillow.
    Raises:  MissingExtra without Pillow for another format.
    """
    x = make_grid(tensor, **grid)._data
    levels = np.clip(x * x.dtype.type(255) + x.dtype.type(0.5), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    path = os.fspath(fp) if isinstance(fp, (str, os.PathLike)) else ""
    if (format or os.path.splitext(path)[1].lstrip(".") or "png").lower() != "png":
        need("PIL.Image", extra="vision")
        picture_of(np.ascontiguousarray(levels)).save(fp, format=format)
    elif isinstance(fp, (str, os.PathLike)):
        write_bytes(path, png(levels))
    else:
        fp.write(png(levels))
