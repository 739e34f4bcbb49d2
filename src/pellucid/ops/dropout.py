"""Dropout: silence a random part of a layer while training, so that no unit can rely on a few others.

Every function returns x itself when `training` is false or p is 0, and draws the numbers of PyTorch's stream:
one per element, or one per channel for those that drop whole channels.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np

from ..engine import op
from ..generator import pick
from ..generator.streams import laid_out_like
from ..inplace import assign
from ..kernels import singles
from ..storage import as_seen, hides
from ..tensor import OpError, Tensor
from .alike import dense, flat, laid_as, lie_alike
from .arithmetic import mul
from .samples import bools, case, n

__all__ = ["alpha_dropout", "dropout", "feature_alpha_dropout", "feature_dropout"]
SELU_FLOOR = -1.7580993408473766                                 # where selu ends on the left: -scale alpha


@op(samples=case(n(3, 4), bools(3, 4), p=0.4) + case(n(2, 3, 4), bools(2, 3, 1), p=0.25)
    + case(n(0, 3), bools(0, 3), p=0.5))
def drop(x, keep, *, p):
    """Set what is not kept to zero, and scale the rest so that the mean stays what it was.

        y  = x keep / (1 - p)
        dx = g keep / (1 - p)
    Shapes: x (...), keep (bool) the same or with sizes of 1 -> (...)
    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, "Dropout: A Simple Way to Prevent
            Neural Networks from Overfitting", JMLR 15.
    """
    scale = _scale(x.dtype, p)
    return x * keep * scale, scale


def _scale(dtype, p):
    """1 / (1 - p), rounded as PyTorch rounds it."""
    work = np.float64 if dtype.itemsize == 8 else np.float32
    return float(dtype.type(work(1) / work(1 - p)))


@drop.vjp
def _(g, _y, scale, _x, keep, *, p):
    return g * keep * scale


@drop.kernel("numba", fits=lambda x, keep, *, p: singles(x) and keep.dtype == bool and lie_alike(x, keep),
             least=1 << 14)
def _(x, keep, *, p):
    scale = _scale(x.dtype, p)
    return _scaled(x, keep, scale), scale


@drop.vjp_kernel("numba", fits=lambda g, _y, _scale, _x, keep, *, p: (
    singles(g) and keep.dtype == bool and g.shape == keep.shape and dense(keep)), least=1 << 14)
def _(g, _y, scale, _x, keep, *, p):
    return _scaled(laid_as(g, keep), keep, scale)


def _scaled(x, keep, scale):
    from ..kernels import passes

    y = np.empty_like(x)
    flat_x, flat_keep, flat_y = flat(x, keep, y)
    passes.drop(passes.crew(x.size), flat_x, flat_keep, x.dtype.type(scale), flat_y)
    return y


@op(samples=case(n(3, 4), bools(3, 4), p=0.4) + case(n(2, 3, 4), bools(2, 3, 1), p=0.25), primitive=True)
def drop_to_floor(x, keep, *, p):
    """Set what is not kept to the lowest value of selu, then restore mean 0 and variance 1.

        y  = a (x keep + f (1 - keep)) - a f p         f = -1.758..., where selu ends on the left
        dx = a g keep                                  a = 1 / sqrt((1 - p) (1 + p f^2))
    Shapes: x (...), keep (bool) the same or with sizes of 1 -> (...)
    Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks",
            arXiv:1706.02515, section 3.
    """
    a = 1 / math.sqrt((1 - p) * (1 + p * SELU_FLOOR**2))
    keep = keep.astype(x.dtype)
    floor = (1 - keep) * (a * SELU_FLOOR) - a * SELU_FLOOR * p
    return x * (keep * a) + floor, a


@drop_to_floor.vjp
def _(g, _y, a, _x, keep, *, p):
    return g * keep * a


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to zero with probability p, and scale the others by 1 / (1 - p)."""
    return _dropped("dropout", drop, input, p, training, inplace)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for selu networks: keeps mean 0 and variance 1. See `drop_to_floor` for the formula."""
    return _dropped("alpha_dropout", drop_to_floor, input, p, training, inplace)


def feature_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each channel input[i, j] to zero with probability p, and scale the others by 1 / (1 - p)."""
    return _dropped("feature_dropout", drop, input, p, training, inplace, axes=2)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                          inplace: bool = False) -> Tensor:
    """Alpha dropout of whole channels input[i, j]."""
    return _dropped("feature_alpha_dropout", drop_to_floor, input, p, training, inplace, axes=2)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of input (N, C, L) or (C, L) to zero with probability p, and scale the others."""
    axes = _channel_axes("dropout1d", input, (2, 3))
    return _dropped("dropout1d", drop, input, p, training, inplace, axes)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of input (N, C, H, W) to zero with probability p, and scale the others.

    As in PyTorch, input with 2 axes (N, C) is taken with a warning: its elements are dropped one by one.
    Differs: input with 3 axes is (N, C, L), as in PyTorch, which warns; other numbers of axes raise.
    """
    if input.ndim == 2:
        warnings.warn(f"dropout2d: got shape {tuple(input.shape)}, without pictures: each element is a "
                      "channel; dropout says the same", stacklevel=3)
    else:
        _channel_axes("dropout2d", input, (3, 4))
    return _dropped("dropout2d", drop, input, p, training, inplace, axes=2)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of input (N, C, D, H, W) or (C, D, H, W) to zero with probability p, scale the rest.

    Differs: other numbers of axes raise; PyTorch warns.
    """
    axes = _channel_axes("dropout3d", input, (4, 5))
    return _dropped("dropout3d", drop, input, p, training, inplace, axes)


def _channel_axes(name: str, x: Tensor, allowed: tuple[int, int]) -> int:
    """How many leading axes choose a channel: 2 in a batch (N, C, ...), 1 without one (C, ...)."""
    if x.ndim not in allowed:
        raise OpError(f"{name}: x must have {allowed[0]} or {allowed[1]} axes, got shape {tuple(x.shape)}")
    return 2 if x.ndim == allowed[1] else 1


def _drawn(x: Tensor, p: float) -> np.ndarray:
    """For each element true with probability p, drawn in the order that PyTorch's tensor has in memory."""
    def draw(shape: tuple[int, ...]) -> np.ndarray:
        return pick(None).bernoulli(p, shape, np.bool_)

    if x._base is not None or not hides(x):
        return laid_out_like(as_seen(x), draw)
    drawn = draw(x._data.shape)                                  # row-major for the user; put it where x lies
    keep = np.empty_like(x._data, np.bool_)
    np.copyto(keep, drawn)
    return keep


def _dropped(name: str, rule: Callable, x: Tensor, p: float, training: bool, inplace: bool,
             axes: int | None = None) -> Tensor:
    """Draw what to keep, for each element or for each index of the first `axes` axes, and apply the rule."""
    if not 0 <= p <= 1:
        raise OpError(f"{name}: p must lie in [0, 1], got {p}")
    if not x.dtype.is_floating_point:
        raise OpError(f"{name}: x must be floating, got {x.dtype}")
    if axes is not None and x.ndim < axes:
        raise OpError(f"{name}: x must have at least {axes} axes, got shape {tuple(x.shape)}")
    if not training or p == 0 or x._data.size == 0:
        return x
    if p == 1:                                                   # draws nothing
        y = mul(x, 0.0)
    elif axes is None:
        y = rule(x, _drawn(x, 1 - p), p=p)
    else:
        shape = x._data.shape[:axes] + (1,) * (x.ndim - axes)
        y = rule(x, pick(None).bernoulli(1 - p, shape, np.bool_), p=p)
    return assign(x, y, name) if inplace else y
