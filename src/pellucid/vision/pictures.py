"""What a picture is: a Pillow image, an array of bytes, or a tensor; and how one becomes another."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from ..extras import need
from ..tensor import Tensor


@functools.cache
def pillow() -> Any:
    """The module PIL.Image, or None where Pillow is not installed."""
    try:
        return need("PIL.Image", extra="vision")
    except ImportError:
        return None


def is_pil(picture: Any) -> bool:
    """Is this a Pillow image? Without importing Pillow: what it did not make is none."""
    image = sys.modules.get("PIL.Image")
    return image is not None and isinstance(picture, image.Image)


def picture_of(pixels: np.ndarray) -> Any:
    """Bytes (H, W) or (H, W, 3) as a Pillow image where Pillow is installed, else as they are."""
    image = pillow()
    return pixels if image is None else image.fromarray(pixels)


def pixels_of(picture: Any, asker: str) -> np.ndarray:
    """The pixels of a Pillow image or an array, as an array (H, W) or (H, W, C).

    Raises:  TypeError for anything else.
    """
    if is_pil(picture):
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    if isinstance(picture, np.ndarray) and picture.ndim in (2, 3):
        return picture
    got = f"an array of shape {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
    raise TypeError(f"{asker}: wants a Pillow image, an array (H, W) or (H, W, C), or a tensor, got {got}")


def like(pixels: np.ndarray, picture: Any) -> Any:
    """Pixels as the kind of picture that `picture` is."""
    return picture_of(pixels) if is_pil(picture) else pixels


def size_of(picture: Any, asker: str = "get_image_size") -> tuple[int, int]:
    """Height and width."""
    if is_pil(picture):
        return picture.height, picture.width
    if isinstance(picture, Tensor):
        if picture.ndim < 2:
            raise TypeError(f"{asker}: a tensor picture has at least 2 dimensions (..., H, W), "
                            f"this one has shape {tuple(picture.shape)}")
        return picture.shape[-2], picture.shape[-1]
    return pixels_of(picture, asker).shape[:2]  # type: ignore[return-value]


def channels_of(picture: Any) -> int:
    """How many channels: 1 for grey, 3 for colour."""
    if isinstance(picture, Tensor):
        return 1 if picture.ndim == 2 else picture.shape[-3]
    pixels = pixels_of(picture, "get_image_num_channels")
    return 1 if pixels.ndim == 2 else pixels.shape[2]
