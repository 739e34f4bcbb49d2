"""Pictures in another size: each new place takes the nearest old one, or a weighted sum of its neighbours."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..engine import op
from ..tensor import OpError, Tensor
from .pool_adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .pool_mean import spread_over_windows
from .samples import case, n

__all__: list[str] = []
DIMS = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}
CURVE = -0.75                                                    # of the cubic, as PyTorch has it


def taps(mode: str, given: int, size: int, scale: float, corners: bool,
         dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Which old places each new place along a dimension takes, and with which shares: (size, J) each."""
    real = np.float64 if dtype.char in "dO" else np.float32      # O: formulas, whose numbers are exact
    new = np.arange(size).astype(real)
    if mode.startswith("nearest"):
        new = np.arange(size).astype(np.float32) + np.float32(0.5 if mode == "nearest-exact" else 0)
        places = np.minimum(np.floor(new * np.float32(scale)).astype(np.int64), given - 1)
        return places[:, None], np.ones((size, 1), dtype)
    if corners:
        at = new * real((given - 1) / (size - 1) if size > 1 else 0)
    else:
        at = real(scale) * (new + real(0.5)) - real(0.5)
    if mode == "cubic":
        first = np.floor(at)
        shares = _cubic(at - first)
        places = np.clip(first.astype(np.int64)[:, None] + np.arange(-1, 3), 0, given - 1)
    else:
        at = np.maximum(at, 0)
        first = np.minimum(np.floor(at), given - 1)
        shares = np.stack((1 - (at - first), at - first), axis=1)
        places = np.minimum(first.astype(np.int64)[:, None] + np.arange(2), given - 1)
    return places, shares.astype(dtype)


def _cubic(t: np.ndarray) -> np.ndarray:
    """The shares of the four neighbours at the distances 1 + t, t, 1 - t and 2 - t."""
    def near(d: np.ndarray) -> np.ndarray:
        return ((CURVE + 2) * d - (CURVE + 3)) * d * d + 1

    def far(d: np.ndarray) -> np.ndarray:
        return ((CURVE * d - 5 * CURVE) * d + 8 * CURVE) * d - 4 * CURVE

    return np.stack((far(t + 1), near(t), near(1 - t), far(2 - t)), axis=1)


kept_taps = functools.lru_cache(maxsize=64)(taps)


def along(values, axis, ndim):
    """A vector in the shape in which it meets one axis."""
    return np.reshape(values, (1,) * axis + (-1,) + (1,) * (ndim - axis - 1))


@op(samples=case(n(2, 3), axis=1, size=5, mode="linear", scale=0.6, corners=False)
    + case(n(2, 4, 2), axis=1, size=7, mode="linear", scale=0.5, corners=True)
    + case(n(2, 4), axis=1, size=3, mode="cubic", scale=4 / 3, corners=False)
    + case(n(5, 2), axis=0, size=3, mode="nearest", scale=5 / 3, corners=False)
    + case(n(5, 2), axis=0, size=7, mode="nearest-exact", scale=5 / 7, corners=False))
def resample_along(x, *, axis, size, mode, scale, corners):
    """Take weighted sums of neighbours along one axis.

        y[i] = sum_j share[i, j] x[place[i, j]]        1 neighbour for nearest, 2 for linear, 4 for cubic
        dx[p] = sum of share[i, j] g[i] over the i, j with place[i, j] = p
    New place i lies at old place scale (i + 1/2) - 1/2 (corners: the first and last places stay), at
    floor(scale i) for nearest.
    Shapes: x (..., N, ...) -> (..., size, ...)
    Source: Keys 1981, "Cubic convolution interpolation for digital image processing" (with a = -3/4).
    """
    places, shares = kept_taps(mode, x.shape[axis], size, scale, corners, np.dtype(x.dtype))
    y = 0.0
    for j in range(places.shape[1]):
        taken = np.take(x, places[:, j], axis=axis)
        y = taken if mode[0] == "n" else y + taken * along(shares[:, j], axis, x.ndim)
    return y, (x.shape,)


@resample_along.vjp
def _(g, _y, saved, _x, *, axis, size, mode, scale, corners):
    return resample_back.on(g, axis=axis, given=saved[0][axis], mode=mode, scale=scale, corners=corners)


@op(samples=case(n(2, 5), axis=1, given=3, mode="linear", scale=0.6, corners=False)
    + case(n(3, 2), axis=0, given=4, mode="cubic", scale=4 / 3, corners=True)
    + case(n(3, 2), axis=0, given=5, mode="nearest", scale=5 / 3, corners=False), primitive=True)
def resample_back(x, *, axis, given, mode, scale, corners):
    """Give each element back to the neighbours it was the weighted sum of.

        y[p] = sum of share[i, j] x[i] over the i, j with place[i, j] = p
        dx[i] = sum_j share[i, j] g[place[i, j]]
    Shapes: x (..., N, ...) -> (..., given, ...)
    """
    places, shares = kept_taps(mode, given, x.shape[axis], scale, corners, np.dtype(x.dtype))
    order = np.argsort(places.reshape(-1), kind="stable")        # what belongs together side by side
    ordered = places.reshape(-1)[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    rows = np.take(x, order // places.shape[1], axis=axis)
    if mode[0] != "n":
        rows = rows * along(shares.reshape(-1)[order], axis, x.ndim)
    y = np.zeros((*x.shape[:axis], given, *x.shape[axis + 1:]), x.dtype)
    y[(slice(None),) * axis + (ordered[starts],)] = np.add.reduceat(rows, starts, axis=axis)
    return y, (x.shape,)


@resample_back.vjp
def _(g, _y, saved, _x, *, axis, given, mode, scale, corners):
    return resample_along.on(g, axis=axis, size=saved[0][axis], mode=mode, scale=scale, corners=corners)


def _new_sizes(given: tuple, size: Any, scale_factor: Any, recompute: Any) -> tuple[tuple, list]:
    """The new sizes, and for each dimension how far apart new places lie in old ones."""
    dims = len(given)
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: needs either size or scale_factor, got size={size}, "
                         f"scale_factor={scale_factor}")
    value = size if scale_factor is None else scale_factor
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * dims
    if len(values) != dims:
        what = "size" if scale_factor is None else "scale_factor"
        raise ValueError(f"interpolate: {what} must be a number or {dims} of them, one for each of {given}; "
                         f"got {value}")
    if scale_factor is None:
        sizes = tuple(int(v) for v in values)
        return sizes, [have / max(new, 1) for have, new in zip(given, sizes, strict=True)]
    sizes = tuple(math.floor(have * float(v)) for have, v in zip(given, values, strict=True))
    if recompute:
        return sizes, [have / max(new, 1) for have, new in zip(given, sizes, strict=True)]
    return sizes, [1 / float(v) for v in values]


def interpolate(input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
                antialias: bool = False) -> Tensor:
    """Bring a sequence, a picture or a volume to another size.

        y[i] = sum_j share[i, j] input[place[i, j]]        in each dimension
    mode:   nearest (the place at or before), nearest-exact (the nearest by their middles), linear, bilinear,
            trilinear (2 neighbours per dimension), bicubic (4), area (means of windows)
    align_corners: the first and last places stay where they are, instead of the edges
    recompute_scale_factor: take the ratio of the sizes in place of scale_factor, which was rounded
    Shapes:  input (N, C, S...), size (S'...) or scale_factor -> (N, C, S'...), S' = floor(S scale_factor)
    Raises:  ValueError unless exactly one of size and scale_factor is given, and for align_corners without
             neighbours; NotImplementedError for a mode that has another number of dimensions, and antialias.
    """
    dims, given = input.ndim - 2, input._data.shape[2:]
    if antialias:
        raise NotImplementedError("interpolate: antialias=True is not there; blur first, with avg_pool2d")
    if mode not in (*DIMS, "nearest", "nearest-exact", "area"):
        raise NotImplementedError("interpolate: mode must be nearest, nearest-exact, area, "
                                  f"{', '.join(DIMS)}, got {mode!r}")
    if not 1 <= dims <= 3 or DIMS.get(mode, dims) != dims:
        raise NotImplementedError(f"interpolate: mode {mode!r} needs {DIMS.get(mode, '1 to 3')} dimensions "
                                  f"behind (N, C), got shape {tuple(input.shape)}")
    if align_corners is not None and mode not in DIMS:
        raise ValueError(f"interpolate: align_corners goes with {', '.join(DIMS)} only, got mode {mode!r}")
    sizes, scales = _new_sizes(given, size, scale_factor, recompute_scale_factor)
    if min((*sizes, *given)) < 1:
        told = "" if scale_factor is None else f", floor({tuple(given)} * {scale_factor})"
        raise OpError(f"interpolate: sizes must be 1 or more, got {tuple(given)} to become {sizes}{told}")
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[dims - 1](input, sizes)
    if mode[0] == "n" and all(new == have * (new // have) and scale == have / new
                              for have, new, scale in zip(given, sizes, scales, strict=True)):
        times = tuple(new // have for have, new in zip(given, sizes, strict=True))
        return spread_over_windows(input, kernel=times, stride=times, padding=(0,) * dims, size=sizes)
    kind = mode if mode[0] == "n" else "cubic" if mode == "bicubic" else "linear"
    y = input
    for axis, (new, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        if new != given[axis - 2] or (scale != 1 and kind != "linear"):          # linear as in PyTorch
            y = resample_along(y, axis=axis, size=new, mode=kind, scale=scale, corners=bool(align_corners))
    return y if y is not input else input.clone()
