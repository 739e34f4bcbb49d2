"""Pictures in another size: each new pixel is a weighted mean of old ones near it.

    y[i] = sum_j w[i, j] x[j] / sum_j w[i, j]        w[i, j] = k((j + 1/2 - (i + 1/2) s) / max(s, 1))

s is the old size over the new one and k a kernel; where the picture shrinks the kernel widens with s, so that
no pixel is passed over. Rows and columns are done one after the other.
For bytes the results are those of Pillow 10 to 12, bit for bit. Pillow 13 takes the two passes in the other
order for some sizes, which changes the rounding.
Source:  Turkowski 1990, "Filters for Common Resampling Tasks", Graphics Gems.
"""

from __future__ import annotations

import enum
import functools
import math
from collections.abc import Callable

import numpy as np

PRECISION = 22                                                   # bits after the point in Pillow's weights


class InterpolationMode(enum.Enum):
    """Kernels by name, as in torchvision."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


def _box(t: float) -> float:
    return 1.0 if -0.5 < t <= 0.5 else 0.0


def _triangle(t: float) -> float:
    return max(1.0 - abs(t), 0.0)


def _hamming(t: float) -> float:
    t = abs(t)
    return 1.0 if t == 0 else 0.0 if t >= 1 else _sinc(t) * (0.54 + 0.46 * math.cos(math.pi * t))


def _cubic(t: float, a: float = -0.5) -> float:
    t = abs(t)
    if t < 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return (((t - 5) * t + 8) * t - 4) * a if t < 2 else 0.0


def _sinc(t: float) -> float:
    return 1.0 if t == 0 else math.sin(math.pi * t) / (math.pi * t)


def _lanczos(t: float) -> float:
    return _sinc(t) * _sinc(t / 3) if -3 <= t < 3 else 0.0


# The kernel and how far it reaches.
KERNELS: dict[InterpolationMode, tuple[Callable[[float], float], float]] = {
    InterpolationMode.BOX: (_box, 0.5), InterpolationMode.BILINEAR: (_triangle, 1.0),
    InterpolationMode.HAMMING: (_hamming, 1.0), InterpolationMode.BICUBIC: (_cubic, 2.0),
    InterpolationMode.LANCZOS: (_lanczos, 3.0)}


@functools.lru_cache(maxsize=32)
def weights(old: int, new: int, mode: InterpolationMode, antialias: bool = True) -> np.ndarray:
    """The matrix (new, old) by which one axis is resampled; each row sums to 1."""
    kernel, reach = KERNELS[mode]
    scale = old / new
    widened = max(scale, 1.0) if antialias else 1.0
    matrix = np.zeros((new, old))
    for i in range(new):
        centre = (i + 0.5) * scale
        first = max(int(centre - reach * widened + 0.5), 0)
        last = min(int(centre + reach * widened + 0.5), old)
        row = [kernel((j - centre + 0.5) / widened) for j in range(first, last)]
        matrix[i, first:last] = row
        matrix[i] /= sum(row) or 1.0
    return matrix


def nearest(old: int, new: int, exact: bool) -> np.ndarray:
    """Which old pixel each new one is: that under its centre, or (not exact) under its left edge."""
    return np.minimum(((np.arange(new) + (0.5 if exact else 0.0)) * (old / new)).astype(np.int64), old - 1)


def under_centres(old: int, new: int) -> np.ndarray:
    """The old pixel under the centre of each new one, found by steps as Pillow does: so it breaks ties."""
    steps = np.full(new, old / new)
    steps[0] /= 2
    return np.minimum(np.cumsum(steps).astype(np.int64), old - 1)


def resample_bytes(pixels: np.ndarray, height: int, width: int, mode: InterpolationMode) -> np.ndarray:
    """Bytes (H, W) or (H, W, C) in another size, rounded after each of the two passes as Pillow does."""
    old_height, old_width = pixels.shape[:2]
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        return pixels[under_centres(old_height, height)][:, under_centres(old_width, width)]
    if width != old_width:
        pixels = np.swapaxes(_pass(np.swapaxes(pixels, 0, 1), width, mode), 0, 1)
    return _pass(pixels, height, mode) if height != old_height else pixels


def _pass(pixels: np.ndarray, new: int, mode: InterpolationMode) -> np.ndarray:
    """Resample the first axis of bytes, with weights in units of 2^-22: exact in float64."""
    matrix = weights(pixels.shape[0], new, mode) * (1 << PRECISION)
    matrix = np.trunc(matrix + np.where(matrix < 0, -0.5, 0.5))
    sums = np.tensordot(matrix, pixels.astype(np.float64), 1)
    levels = np.floor((sums + (1 << (PRECISION - 1))) / (1 << PRECISION))
    return np.clip(levels, 0, 255).astype(np.uint8)


def resample_floats(x: np.ndarray, height: int, width: int, mode: InterpolationMode,
                    antialias: bool) -> np.ndarray:
    """Floats (..., H, W) in another size."""
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        exact = mode is InterpolationMode.NEAREST_EXACT
        return x[..., nearest(x.shape[-2], height, exact), :][..., nearest(x.shape[-1], width, exact)]
    rows = weights(x.shape[-2], height, mode, antialias).astype(x.dtype)
    columns = weights(x.shape[-1], width, mode, antialias).astype(x.dtype)
    return rows @ x @ columns.T
