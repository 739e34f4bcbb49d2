"""Group normalisation: statistics of some channels of one sample, whatever the others of the batch are."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..kernels import singles
from ..tensor import OpError
from .alike import channel_rows
from .conv_columns import channels_last, channels_second
from .norm import channel_sums, per_channel, weighted
from .samples import case, n

__all__ = ["group_norm"]


def in_groups(x, groups):
    """x (B, C, ...) as (B groups, numbers of a group)."""
    batch, size = x.shape[0], math.prod(x.shape[1:])
    return np.reshape(x, (batch * groups, size // groups))


@op(samples=case(n(2, 4, 3), n(4), n(4), groups=2) + case(n(2, 6, 2, 2), None, None, groups=3, eps=0.1)
    + case(n(3, 4), n(4), None, groups=2) + case(n(2, 2, 3), None, n(2), groups=1)
    + case(n(0, 4, 2), n(4), n(4), groups=2))
def normalise_groups(x, weight=None, bias=None, *, groups, eps=1e-5):
    """Normalise each group of channels of each sample, then scale and shift each channel.

        m  = mean x         s = sqrt(var x + eps)
        n  = (x - m) / s
        y  = n weight + bias
        dx = (h - mean h - n mean(h n)) / s          with h = g weight
        dweight = sum g n                            dbias = sum g
    Shapes: x (B, C, ...), groups divides C, weight (C,), bias (C,) -> like x; means over the channels and
            places of a group, the variance divides by their number; sums over the batch and places.
    Source: Wu & He 2018, "Group Normalization", arXiv:1803.08494.
    """
    rows = in_groups(x, groups)
    mean = weighted(rows)                                        # (B groups, 1)
    centred = rows - mean
    scale = 1 / np.sqrt(weighted(centred * centred) + eps)
    y = np.reshape(centred * scale, x.shape)
    y = y if weight is None else y * per_channel(weight, x.ndim)
    return (y if bias is None else y + per_channel(bias, x.ndim)), (mean, scale)


@normalise_groups.vjp
def _(g, _y, saved, x, weight=None, bias=None, *, groups, eps=1e-5, needs=(True,) * 3):
    mean, scale = saved
    rows = (in_groups(x, groups) - mean) * scale
    dweight = None if weight is None else channel_sums(g * np.reshape(rows, x.shape))
    dbias = None if bias is None else channel_sums(g)
    if not needs[0]:
        return None, dweight, dbias
    h = in_groups(g if weight is None else g * per_channel(weight, x.ndim), groups)
    dx = (h - weighted(h) - rows * weighted(h * rows)) * scale
    return np.reshape(dx, x.shape), dweight, dbias


def _of_rows(x, weight=None, bias=None, *, groups, eps=1e-5):
    """Do channels lie innermost, all of one dtype?"""
    return (singles(x) and x.ndim > 2 and channel_rows(x) is not None
            and all(value is None or value.dtype is x.dtype for value in (weight, bias)))


def _by_sample(x):
    """x (B, C, ...) as (B, places, C), whose channels lie innermost."""
    return channels_last(x).reshape(x.shape[0], math.prod(x.shape[2:]), x.shape[1])


@normalise_groups.kernel("numba", fits=_of_rows, least=1 << 13)
def _(x, weight=None, bias=None, *, groups, eps=1e-5):
    from ..kernels import grouped

    y, channels = np.empty_like(x), x.shape[1]
    factor = np.ones(channels, x.dtype) if weight is None else np.ascontiguousarray(weight)
    shift = np.zeros(channels, x.dtype) if bias is None else np.ascontiguousarray(bias)
    mean, scale = np.empty((2, x.shape[0], groups), x.dtype)
    grouped.normalise(grouped.crew(x.size), _by_sample(x), factor, shift, x.dtype.type(eps), mean, scale,
                      _by_sample(y))
    return y, (mean.reshape(-1, 1), scale.reshape(-1, 1))


def _of_rows_too(g, _y, _saved, x, weight=None, bias=None, *, groups, eps=1e-5, needs=()):
    return g.dtype is x.dtype and _of_rows(x, weight, bias, groups=groups)


@normalise_groups.vjp_kernel("numba", fits=_of_rows_too, least=1 << 13)
def _(g, _y, saved, x, weight=None, bias=None, *, groups, eps=1e-5, needs=(True,) * 3):
    from ..kernels import grouped

    mean, scale = (each.reshape(-1, groups) for each in saved)
    factor = np.ones(x.shape[1], x.dtype) if weight is None else np.ascontiguousarray(weight)
    dx = np.empty((x.shape[0], *x.shape[2:], x.shape[1]), x.dtype)
    dweight, dbias = grouped.normalise_back(grouped.crew(g.size), _by_sample(g), _by_sample(x), factor, mean,
                                            scale, _by_sample(channels_second(dx)))
    return (channels_second(dx) if needs[0] else None, None if weight is None else dweight,
            None if bias is None else dbias)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalise each group of channels of each sample to mean 0 and variance 1, then scale and shift.

        y = (input - m) / sqrt(v + eps) weight + bias        m, v over the channels and places of a group
    Shapes: input (B, C, ...), num_groups divides C, weight (C,), bias (C,) -> like input
    Source: Wu & He 2018, "Group Normalization", arXiv:1803.08494.
    Raises: RuntimeError for groups that do not divide the channels, weight or bias of another size.
    """
    shape = tuple(input.shape)
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise OpError(f"group_norm: num_groups {num_groups} must divide the channels, dim 1 of shape {shape}")
    for what, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape[1:2]:
            raise OpError(f"group_norm: input of shape {shape} has its channels in dim 1, {what} has shape "
                          f"{tuple(value.shape)}")
    return normalise_groups(input, weight, bias, groups=num_groups, eps=eps)
