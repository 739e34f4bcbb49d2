"""Pictures looked at through a grid of places: turned, stretched, bent, with gradients to picture and grid.

Composed of other operations, whose derivatives make these functions' own.
Source:  Jaderberg et al. 2015, "Spatial Transformer Networks", arXiv:1506.02025.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..tensor import OpError, Tensor, wrap
from .elementwise import floor, round
from .gather import where
from .join import stack
from .products import matmul

MODES, PADDINGS = ("bilinear", "nearest"), ("zeros", "border", "reflection")


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The places that an affine map takes the places of a picture to, for grid_sample.

        y[n, i, j] = theta[n] (x_j, y_i, 1)          both from -1 to 1 over the picture
    align_corners: -1 and 1 are the middles of the outermost pixels; otherwise their outer edges
    Shapes:  theta (N, 2, 3), size (N, C, H, W) -> (N, H, W, 2); theta (N, 3, 4), size (N, C, D, H, W) ->
             (N, D, H, W, 3)
    Raises:  ValueError for other shapes.
    """
    dims = len(size) - 2
    if dims not in (2, 3) or tuple(theta.shape) != (size[0], dims, dims + 1):
        raise OpError(f"affine_grid: theta {tuple(theta.shape)} and size {tuple(size)} do not fit; wanted "
                      "(N, 2, 3) and (N, C, H, W), or (N, 3, 4) and (N, C, D, H, W)")
    lines = [_line(n, bool(align_corners), theta._data.dtype) for n in size[2:]]
    places = np.meshgrid(*lines, indexing="ij")[::-1]            # x, the last dimension, comes first
    base = np.stack([*places, np.ones_like(places[0])], axis=-1).reshape(1, -1, dims + 1)
    return matmul(wrap(base), theta.transpose(1, 2)).reshape(size[0], *size[2:], dims)


def _line(n: int, align_corners: bool, dtype: np.dtype) -> np.ndarray:
    if n == 1:
        return np.zeros(1, dtype)
    line = np.linspace(-1, 1, n)
    return (line if align_corners else line * (n - 1) / n).astype(dtype)


def grid_sample(input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
                align_corners: bool | None = None) -> Tensor:
    """Look at a picture at the places of a grid, between pixels too.

        y[n, c, i, j] = sum over the 4 pixels around grid[n, i, j] of input[n, c, pixel] share
        share         = product over the dimensions of 1 - |place - pixel|
    mode:          bilinear, or nearest (ties to even)
    padding_mode:  beyond the picture lie zeros, its border, or its reflection
    align_corners: -1 and 1 are the middles of the outermost pixels; otherwise their outer edges
    Shapes:  input (N, C, H, W), grid (N, H', W', 2) of (x, y) -> (N, C, H', W'); with one dimension more,
             input (N, C, D, H, W), grid (N, D', H', W', 3) -> (N, C, D', H', W')
    Raises:  ValueError for other shapes, modes and paddings; NotImplementedError for bicubic.
    """
    _refuse(input, grid, mode, padding_mode)
    sizes = input.shape[2:]
    places = [_inside(_unscaled(grid[..., i], n, bool(align_corners)), n, padding_mode, bool(align_corners))
              for i, n in enumerate(reversed(sizes))][::-1]      # in the order of the dimensions
    if mode == "nearest":
        return _pixels(input, [round(place.detach()) for place in places])
    lower = [floor(place.detach()) for place in places]
    y = None
    for corner in itertools.product((0, 1), repeat=len(sizes)):
        share: Tensor | None = None
        for place, low, step in zip(places, lower, corner, strict=True):
            part = place - low if step else low + 1 - place
            share = part if share is None else share * part
        assert share is not None
        pixels = _pixels(input, [low + step for low, step in zip(lower, corner, strict=True)])
        seen = pixels * share.unsqueeze(1)
        y = seen if y is None else y + seen
    assert y is not None
    return y


def _refuse(x: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    if mode == "bicubic":
        raise NotImplementedError("grid_sample: mode 'bicubic' is not in Pellucid; bilinear and nearest are")
    for name, value, known in (("mode", mode, MODES), ("padding_mode", padding_mode, PADDINGS)):
        if value not in known:
            raise ValueError(f"grid_sample: {name} must be one of {', '.join(known)}, got {value!r}")
    if x.ndim not in (4, 5) or grid.ndim != x.ndim or grid.shape[0] != x.shape[0] \
            or grid.shape[-1] != x.ndim - 2:
        raise OpError(f"grid_sample: input {tuple(x.shape)} and grid {tuple(grid.shape)} do not fit; wanted "
                      "(N, C, H, W) and (N, H', W', 2), or (N, C, D, H, W) and (N, D', H', W', 3)")


def _unscaled(place: Tensor, n: int, align_corners: bool) -> Tensor:
    """From -1 ... 1 to pixels."""
    return (place + 1) * ((n - 1) / 2) if align_corners else ((place + 1) * n - 1) / 2


def _inside(place: Tensor, n: int, padding_mode: str, align_corners: bool) -> Tensor:
    """A place brought into the picture, where the padding says so."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, span = (0.0, n - 1) if align_corners else (-0.5, n)
        if span == 0:
            return place * 0
        away = (place - low).abs()
        turns = floor(away.detach() / span)
        rest = away - turns * span
        place = where(turns % 2 == 0, rest + low, span - rest + low)
    inner = where(place <= 0, 0.0, place)
    return where(place >= n - 1, float(n - 1), inner)


def _pixels(x: Tensor, places: Sequence[Tensor]) -> Tensor:
    """x[n, :, place] for whole places; 0 outside."""
    number, channels, sizes = x.shape[0], x.shape[1], x.shape[2:]
    is_inside, flat = None, np.zeros(places[0].shape, np.int64)
    for place, n in zip(places, sizes, strict=True):
        whole = np.nan_to_num(place._data, nan=-1, posinf=-1, neginf=-1)
        fits = (whole >= 0) & (whole <= n - 1)
        is_inside = fits if is_inside is None else is_inside & fits
        flat = flat * n + np.clip(whole, 0, n - 1).astype(np.int64)
    rows = x.reshape(number, channels, -1)
    seen = stack([rows[i][:, wrap(flat[i].reshape(-1))] for i in range(number)])
    return seen.reshape(number, channels, *flat.shape[1:]) * wrap(
        np.asarray(is_inside).astype(x._data.dtype)).unsqueeze(1)
