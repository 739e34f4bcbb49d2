"""Pictures that might have been: shifted, turned, stretched and bent, a whole batch at a time.

    train = batches(x, y, lambda x: distort(x, shift=2, degrees=10, bend=30), batch_size=64)
    fit(model, train, ...)                               # every epoch sees each picture in another form

All takes and gives plain arrays (N, C, H, W). What is random is drawn from Pellucid's stream, in which a
training run that is resumed goes on where it was. Only what a network trains on is distorted, never what it
is validated or tested on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..generator import Generator, pick
from ..tensor import OpError, Tensor, wrap
from ..utils.data import DataLoader, Dataset

Vary = Callable[[np.ndarray], np.ndarray]


def flip(x: np.ndarray, generator: Generator | None = None) -> np.ndarray:
    """Each picture as it is or mirrored, left and right exchanged, with equal chances.

    Shapes:  x (N, C, H, W) -> (N, C, H, W)
    """
    mirrored = pick(generator).uniform(len(x)) < 0.5
    y = x.copy()
    y[mirrored] = x[mirrored, :, :, ::-1]
    return y


def shift(x: np.ndarray, most: int, generator: Generator | None = None) -> np.ndarray:
    """Each picture moved by whole pixels, up to `most` of them up or down and left or right.

        y[n, c, i, j] = x[n, c, i + a[n], j + b[n]], 0 outside of x          a, b even on -most ... most
    On pictures that are standardised, the 0 outside is the mean colour. Also known as a random crop.

    Shapes:  x (N, C, H, W) -> (N, C, H, W)
    >>> shift(np.ones((1, 1, 2, 2)), 0).tolist()
    [[[[1.0, 1.0], [1.0, 1.0]]]]
    """
    wide = np.pad(x, ((0, 0), (0, 0), (most, most), (most, most)))
    parts = np.lib.stride_tricks.sliding_window_view(wide, x.shape[2:], (2, 3))      # (N, C, A, B, H, W)
    a, b = pick(generator).randint(0, 2 * most + 1, (2, len(x)))
    return np.ascontiguousarray(parts[np.arange(len(x)), :, a, b])


def distort(x: np.ndarray, *, shift: float = 0.0, degrees: float = 0.0, scale: float = 0.0,
            shear: float = 0.0, bend: float = 0.0, smooth: float = 4.0,
            generator: Generator | None = None) -> np.ndarray:
    """Each picture moved, turned, stretched, slanted and bent at random; 0 is drawn where it had nothing.

        y[n, c, p] = x[n, c, m + A[n] (p - m) + t[n] + f[n, p]]     p a pixel, m the middle of the picture
        A = [[cos a, -sin a], [sin a, cos a]] [[r, 0], [k, s]]
        f = bend (e * Gaussian of deviation `smooth`)               e even on [-1, 1] in each pixel and axis

    shift   |t| in pixels, at most, in each axis        degrees  |a| at most
    scale   r and s are at most this far from 1         shear    |k| at most
    bend    how strongly pixels move on their own, in neighbourhoods as wide as `smooth` pixels: the elastic
            distortion; 34 with smooth=4 is the source's choice for digits of 28 x 28

    Between pixels it interpolates bilinearly.
    Shapes:  x (N, C, H, W) -> (N, C, H, W)
    Source:  Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks applied to
             visual document analysis", section 2.
    """
    streams, (n, _, height, width) = pick(generator), x.shape
    turn, slant, tall, broad, up, across = (
        most * streams.uniform((n, 1, 1), -1.0, 1.0)
        for most in (np.deg2rad(degrees), shear, scale, scale, shift, shift))
    i = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[:, None]            # (H, 1), from the middle
    j = np.arange(width, dtype=np.float32) - (width - 1) / 2                         # (W,)
    i, j = (1 + tall) * i, slant * i + (1 + broad) * j                               # (N, H, 1), (N, H, W)
    cos, sin = np.cos(turn), np.sin(turn)
    rows = cos * i - sin * j + (up + (height - 1) / 2)                               # (N, H, W)
    columns = sin * i + cos * j + (across + (width - 1) / 2)
    if bend:
        blur_rows, blur_columns = blur_matrix(height, smooth), blur_matrix(width, smooth)
        noise = streams.uniform((2, n, height, width), -1.0, 1.0)
        down, right = bend * (blur_rows @ noise @ blur_columns)
        rows, columns = rows + down, columns + right
    return sample(x, rows, columns)


def blur_matrix(size: int, deviation: float) -> np.ndarray:
    """The matrix that blurs a row of `size` pixels: a Gaussian of sum 1 about each pixel, 0 outside.

        B[i, j] = exp(-(i - j)^2 / 2 deviation^2) / sum over all k of exp(-k^2 / 2 deviation^2)
    """
    away = np.arange(size)[:, None] - np.arange(size)
    far = np.arange(-size, size + 1)
    total = np.exp(-0.5 * (far / deviation) ** 2).sum()
    return (np.exp(-0.5 * (away / deviation) ** 2) / total).astype(np.float32)


def sample(x: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read pictures at places between their pixels, bilinearly; outside of them there is 0.

        y[n, c, p] = sum over the four pixels q about (rows[n, p], columns[n, p]) of share(q) x[n, c, q]

    Shapes:  x (N, C, H, W), rows and columns (N, P, Q) -> (N, C, P, Q)
    >>> x = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> sample(x, np.array([[[0.5]]]), np.array([[[0.5]]])).item()
    1.5
    """
    n, channels, height, width = x.shape
    wide = np.pad(x, ((0, 0), (0, 0), (1, 2), (1, 2)))                 # so that all four exist
    stride = width + 3
    rows = np.clip(rows, -1, height).astype(x.dtype, copy=False) + 1
    columns = np.clip(columns, -1, width).astype(x.dtype, copy=False) + 1
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down = (rows - top.astype(x.dtype))[:, None]                       # (N, 1, P, Q), from 0 to 1
    right = (columns - left.astype(x.dtype))[:, None]
    first = np.arange(n * channels).reshape(n, channels, 1, 1) * ((height + 3) * stride)
    place = first + (top * stride + left)[:, None]                     # of the upper left pixel
    pixels = wide.reshape(-1)
    a, b, c, d = (pixels[place + hop] for hop in (0, 1, stride, stride + 1))
    upper = a + right * (b - a)
    return upper + down * (c + right * (d - c) - upper)


class Varied(Dataset):
    """Pictures and labels; each time that pictures are asked for, they come in another form.

    Shapes:  x (N, C, H, W), y (N,); a list of indices gives a whole batch
    Raises:  RuntimeError for different lengths.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, vary: Vary) -> None:
        if len(x) != len(y):
            raise OpError(f"Varied: x has {len(x)} pictures, y {len(y)} labels; wants one for each")
        self.x, self.y, self.vary = x, y, vary

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        x, y = self.__getitems__([index])
        return x[0], y[0]

    def __getitems__(self, indices: list[int]) -> list[Tensor]:
        """A whole batch: the pictures, varied together, and their labels."""
        return [wrap(self.vary(self.x[indices])), wrap(self.y[indices])]


def batches(x: np.ndarray, y: np.ndarray, vary: Vary, batch_size: int) -> DataLoader:
    """Batches of pictures in another form in every epoch, and in another order."""
    return DataLoader(Varied(x, y, vary), batch_size=batch_size, shuffle=True, collate_fn=_as_it_is)


def _as_it_is(batch: Any) -> Any:
    return batch
