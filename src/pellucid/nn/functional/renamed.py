"""Functions under names of old, and pools that always give the places too."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from ...ops import pool_adaptive, pool_max
from ...ops.resample import interpolate
from ...tensor import Tensor


def upsample(input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
             align_corners: bool | None = None) -> Tensor:
    """`interpolate` under its name of old."""
    warnings.warn("upsample is interpolate's name of old", UserWarning, stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with the place at or before, under a name of old."""
    warnings.warn("upsample_nearest is a name of old for interpolate", UserWarning, stacklevel=2)
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` between 4 neighbours, corners in their places, under a name of old."""
    warnings.warn("upsample_bilinear is a name of old for interpolate(align_corners=True)", UserWarning,
                  stacklevel=2)
    return interpolate(input, size, scale_factor, "bilinear", True)


def _with_indices(pool: Callable) -> Callable:
    """A maximum pool that gives the largest values and their places."""
    @functools.wraps(pool)
    def both(*args: Any, **kwargs: Any) -> Any:
        return pool(*args, **{**kwargs, "return_indices": True})

    both.__name__ = both.__qualname__ = f"{pool.__name__}_with_indices"
    return both


max_pool1d_with_indices = _with_indices(pool_max.max_pool1d)
max_pool2d_with_indices = _with_indices(pool_max.max_pool2d)
max_pool3d_with_indices = _with_indices(pool_max.max_pool3d)
adaptive_max_pool1d_with_indices = _with_indices(pool_adaptive.adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _with_indices(pool_adaptive.adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _with_indices(pool_adaptive.adaptive_max_pool3d)
