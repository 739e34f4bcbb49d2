"""Pictures drawn by a formula: what a network must see to tell them apart is known."""

from __future__ import annotations

import math

import numpy as np

from pellucid.datasets.samples import Samples


def shapes(n: int = 4000, size: int = 16, noise: float = 0.1, seed: int = 0) -> Samples:
    """Circles (class 0) and squares (class 1) of any size and place, filled or as outlines, under noise.

        d = distance from the edge, below 0 inside
        ink = 1/2 - d, from 0 to 1                    filled
              1 - |d|, from 0 to 1                    outline
        x = contrast ink + noise e                    contrast even on [0.5, 1], e normal

    A square has the area of the circle of the same radius, so neither the amount of ink nor the size tells
    the classes apart: the corners do.

    Shapes:  x (n, size size), y (n,)
    Raises:  ValueError if `noise` is negative, n is less than 2 or size less than 10.
    >>> shapes(10)
    <shapes: 10 samples of shape (256,), 2 classes>
    """
    if n < 2 or size < 10 or not noise >= 0:
        raise ValueError(f"shapes: wants n of at least 2, size of at least 10 and noise of at least 0, got "
                         f"n={n}, size={size}, noise={noise}")
    random = np.random.RandomState(seed)
    y = np.arange(n, dtype=np.int64) % 2
    radius = random.uniform(0.2 * size, 0.42 * size, (n, 1, 1))
    half = np.where(y[:, None, None] == 1, radius * math.sqrt(math.pi) / 2, radius)
    room = (size - 1) / 2 - radius                       # how far from the middle the centre may lie
    up, across = (room * random.uniform(-1, 1, (n, 1, 1)) for _ in range(2))
    rows, columns = (axis - (size - 1) / 2 for axis in np.ogrid[:size, :size])
    down, right = np.abs(rows - up), np.abs(columns - across)
    distance = np.where(y[:, None, None] == 1, np.maximum(down, right), np.hypot(down, right)) - half
    is_filled = random.random_sample((n, 1, 1)) < 0.5
    ink = np.clip(np.where(is_filled, 0.5 - distance, 1 - np.abs(distance)), 0, 1)
    x = random.uniform(0.5, 1, (n, 1, 1)) * ink + noise * random.standard_normal((n, size, size))
    order = random.permutation(n)
    return Samples(x[order].reshape(n, -1).astype(np.float32), y[order], ("circle", "square"),
                   image_shape=(size, size), name="shapes",
                   description=f"circles and squares, {size} x {size} pixels", source="made by a formula")


def patterns(n: int = 4000, size: int = 16, seed: int = 0) -> Samples:
    """Stripes (class 0), checkers (class 1) and gradients (class 2), of any width, place and contrast.

        stripes    1 where (u mod 2 w) < w, else 0             u along the rows or along the columns
        checkers   1 where exactly one of (u mod 2 w) < w and (v mod 2 w) < w
        gradients  from 0 to 1 along a direction of any angle
        x = low + (high - low) pattern                         low even on [0, 0.3], high on [0.7, 1]

    Widths w go from 2 pixels to half the size, so few numbers say all of a picture.

    Shapes:  x (n, size size), from 0 to 1, y (n,)
    Raises:  ValueError if n is less than 3 or size less than 4.
    >>> patterns(9, 8)
    <patterns: 9 samples of shape (64,), 3 classes>
    """
    if n < 3 or size < 4:
        raise ValueError(f"patterns: wants n of at least 3 and size of at least 4, got n={n}, size={size}")
    random = np.random.RandomState(seed)
    y = np.arange(n, dtype=np.int64) % 3
    width = random.randint(2, size // 2 + 1, (n, 1, 1))
    shift_u, shift_v = random.randint(0, 2 * width), random.randint(0, 2 * width)
    rows, columns = np.ogrid[:size, :size]
    on_u = (rows + shift_u) % (2 * width) < width
    on_v = (columns + shift_v) % (2 * width) < width
    stripes = np.where(random.random_sample((n, 1, 1)) < 0.5, on_u, on_v)
    angle = random.uniform(0, 2 * math.pi, (n, 1, 1))
    along = np.cos(angle) * rows + np.sin(angle) * columns
    low, high = along.min((1, 2), keepdims=True), along.max((1, 2), keepdims=True)
    kind = y[:, None, None]
    pattern = np.where(kind == 0, stripes, np.where(kind == 1, on_u ^ on_v, (along - low) / (high - low)))
    dark, light = random.uniform(0, 0.3, (n, 1, 1)), random.uniform(0.7, 1, (n, 1, 1))
    x = dark + (light - dark) * pattern
    order = random.permutation(n)
    return Samples(x[order].reshape(n, -1).astype(np.float32), y[order], ("stripes", "checkers", "gradient"),
                   image_shape=(size, size), name="patterns",
                   description=f"stripes, checkers and gradients, {size} x {size} pixels",
                   source="made by a formula")
