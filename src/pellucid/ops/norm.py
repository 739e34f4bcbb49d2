"""Normalisation: shift and scale numbers so that a group of them has mean 0 and variance 1."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..inplace import touch
from ..kernels import floats, singles
from ..tensor import OpError
from .alike import channel_rows
from .conv_columns import channels_last
from .samples import case, n, normal

__all__ = ["batch_norm", "instance_norm", "layer_norm", "rms_norm"]


def as_rows(name, x, normalized_shape, weight=None, bias=None):
    """x as (N, C): a row holds what is normalised together, the axes that normalized_shape names."""
    sizes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    shape = tuple(x.shape)
    if not sizes or shape[-len(sizes):] != sizes:
        raise OpError(f"{name}: x of shape {shape} must end in normalized_shape {sizes}")
    for what, value in (("weight", weight), ("bias", bias)):
        if value is not None and value.shape != sizes:
            raise OpError(f"{name}: {what} has shape {tuple(value.shape)}, normalized_shape is {sizes}")
    return np.reshape(x, (math.prod(shape[:-len(sizes)]), math.prod(sizes)))


def weighted(rows, weight=None):
    """The mean of weight[c] rows[i, c] over c, as (N, 1). A product with a vector is NumPy's fastest sum."""
    size = rows.shape[1]
    share = np.ones((size, 1), rows.dtype) if weight is None else np.reshape(weight, (size, 1))
    return np.matmul(rows, share / max(size, 1))


@op(samples=normal((2, 3, 4), normalized_shape=(4,)) + case(n(2, 3, 4), (4,), n(4), n(4))
    + case(n(2, 3, 4), (3, 4), n(3, 4), n(3, 4), 0.1) + case(n(2, 4), (4,), n(4))
    + case(n(2, 4), 4, None, n(4)) + case(n(0, 4), (4,), n(4), n(4)))
def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalise the last axes to mean 0 and variance 1, then scale and shift.

        n  = (x - mean x) / s              s = sqrt(var x + eps)
        y  = n weight + bias
        dx = (h - mean h - n mean(h n)) / s          with h = g weight
        dweight = g n                      dbias = g
    Shapes: x (..., C), normalized_shape (C,), weight (C,), bias (C,) -> (..., C); each mean is over C, the
            variance divides by C. normalized_shape may name several axes.
    Source: Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450.
    """
    rows = as_rows("layer_norm", x, normalized_shape, weight, bias)
    centred = rows - weighted(rows)
    scale = 1 / np.sqrt(weighted(centred * centred) + eps)
    normed = centred * scale                                     # kept for the rule, apart from y
    y = np.copy(normed) if weight is None else normed * np.reshape(weight, (-1,))
    y = y if bias is None else y + np.reshape(bias, (-1,))
    return np.reshape(y, x.shape), (normed, scale)


@layer_norm.vjp
def _(g, _y, saved, x, normalized_shape, weight=None, bias=None, eps=1e-5, *, needs=(True,) * 4):
    normed, scale = saved
    g = np.reshape(g, normed.shape)
    product = g * normed
    ones = np.ones(g.shape[0], g.dtype)
    dweight = None if weight is None else np.reshape(np.matmul(ones, product), weight.shape)
    dbias = None if bias is None else np.reshape(np.matmul(ones, g), bias.shape)
    if not needs[0]:
        return None, None, dweight, dbias
    h = g if weight is None else g * np.reshape(weight, (-1,))
    dx = (h - weighted(g, weight) - normed * weighted(product, weight)) * scale
    return np.reshape(dx, x.shape), None, dweight, dbias


def _of_one_dtype(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    return floats(x) and all(value is None or value.dtype is x.dtype for value in (weight, bias))


@layer_norm.kernel("numba", fits=_of_one_dtype, least=1 << 13)
def _(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    from ..kernels import loops

    rows = np.ascontiguousarray(as_rows("layer_norm", x, normalized_shape, weight, bias))
    normed, y, scale = np.empty_like(rows), np.empty_like(rows), np.empty((len(rows), 1), rows.dtype)
    factors = (np.empty(0, x.dtype) if value is None else np.ascontiguousarray(value).reshape(-1)
               for value in (weight, bias))
    loops.layer_norm(loops.crew(x.size), rows, *factors, eps, normed, scale, y)
    return y.reshape(x.shape), (normed, scale)


@layer_norm.vjp_kernel("numba", fits=floats, least=1 << 13)
def _(g, _y, saved, x, normalized_shape, weight=None, bias=None, eps=1e-5, *, needs=(True,) * 4):
    from ..kernels import loops

    normed, scale = saved
    size = normed.shape[1]
    factor = np.ones(size, g.dtype) if weight is None else np.ascontiguousarray(weight).reshape(-1)
    dx = np.empty(normed.shape if needs[0] else (0, 0), g.dtype)
    g = np.ascontiguousarray(g).reshape(normed.shape)
    dweight, dbias = loops.layer_norm_back(loops.crew(g.size), g, normed, scale, factor, dx)
    return (dx.reshape(x.shape) if needs[0] else None, None,
            None if weight is None else dweight.reshape(weight.shape),
            None if bias is None else dbias.reshape(bias.shape))


@op(samples=normal((2, 3, 4), normalized_shape=(4,)) + case(n(2, 3, 4), (3, 4), n(3, 4), 0.1)
    + case(n(0, 4), (4,), n(4)))
def rms_norm(x, normalized_shape, weight=None, eps=None):
    """Divide the last axes by the root of their mean square, then scale.

        n  = x / s                         s = sqrt(mean x^2 + eps)
        y  = n weight
        dx = (h - n mean(h n)) / s         with h = g weight
        dweight = g n
    Shapes: x (..., C), normalized_shape (C,), weight (C,) -> (..., C); each mean is over C. Without eps it
            is the distance from 1 to the next number of x's dtype. normalized_shape may name several axes.
    Source: Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467.
    """
    rows = as_rows("rms_norm", x, normalized_shape, weight)
    eps = float(np.finfo(np.dtype(x.dtype)).eps) if eps is None else eps
    scale = 1 / np.sqrt(weighted(rows * rows) + eps)
    normed = rows * scale
    y = np.copy(normed) if weight is None else normed * np.reshape(weight, (-1,))
    return np.reshape(y, x.shape), (normed, scale)


@rms_norm.vjp
def _(g, _y, saved, x, normalized_shape, weight=None, eps=None, *, needs=(True,) * 3):
    normed, scale = saved
    g = np.reshape(g, normed.shape)
    product = g * normed
    dweight = None
    if weight is not None:
        dweight = np.reshape(np.matmul(np.ones(g.shape[0], g.dtype), product), weight.shape)
    if not needs[0]:
        return None, None, dweight
    h = g if weight is None else g * np.reshape(weight, (-1,))
    return np.reshape((h - normed * weighted(product, weight)) * scale, x.shape), None, dweight


def channel_sums(x):
    """The sum of each channel (dimension 1) over the batch and all places, as (C,).

    As products with ones, NumPy's fastest sums: of one matrix where the channels lie innermost in memory,
    else of a row for each channel of each sample.
    """
    batch, channels, places = x.shape[0], x.shape[1], math.prod(x.shape[2:])
    if isinstance(x, np.ndarray) and x.ndim > 2 and x.strides[1] == x.itemsize:
        rows = np.reshape(np.transpose(x, (0, *range(2, x.ndim), 1)), (batch * places, channels))
        return np.matmul(np.ones(batch * places, x.dtype), rows)
    sums = np.matmul(np.reshape(x, (batch * channels, places)), np.ones(places, x.dtype)) if x.ndim > 2 else x
    return np.matmul(np.ones(batch, x.dtype), np.reshape(sums, (batch, channels)))


def per_channel(value, ndim):
    """A (C,) vector in the shape (1, C, 1, ...): it meets dimension 1 of a tensor of ndim dimensions."""
    return np.reshape(value, (1, -1) + (1,) * (ndim - 2))


@op(samples=normal((5, 3), (3,), (3,)) + normal((4, 3, 2), (3,), (3,)) + case(n(5, 3), None, None, eps=0.1))
def normalise_batch(x, weight, bias, *, eps=1e-5):
    """Normalise each channel (dimension 1) over the batch and all places, then scale and shift.

        m  = mean x         v = var x              s = sqrt(v + eps)
        n  = (x - m) / s
        y  = n weight + bias, m, v
        dx = (h - mean h - n mean(h n)) / s + (dm + 2 (x - m) dv) / N       h = g weight; dm, dv from m, v
        dweight = sum g n                          dbias = sum g
    Shapes: x (B, C) or (B, C, ...), weight (C,), bias (C,) -> y like x, m (C,), v (C,); mean, var and sum
            over the N numbers of a channel, the variance divides by N.
    Source: Ioffe & Szegedy 2015, "Batch Normalization", arXiv:1502.03167.
    """
    count = math.prod(x.shape) // max(x.shape[1], 1)
    mean = channel_sums(x) / count
    centred = x - per_channel(mean, x.ndim)
    variance = channel_sums(centred * centred) / count
    scale = 1 / np.sqrt(variance + eps)
    normed = centred * per_channel(scale, x.ndim)
    y = np.copy(normed) if weight is None else normed * per_channel(weight, x.ndim)
    y = y if bias is None else y + per_channel(bias, x.ndim)
    return (y, mean, variance), (normed, scale)


@normalise_batch.vjp
def _(g, _y, saved, x, weight, bias, *, eps=1e-5, needs=(True,) * 3):
    (g, dmean, dvariance), (normed, scale) = g, saved
    dweight, dbias = channel_sums(g * normed), channel_sums(g)
    dx = None
    if needs[0]:
        count = math.prod(x.shape) // max(x.shape[1], 1)
        slope = scale if weight is None else scale * weight
        shift, along = (dmean - slope * dbias) / count, (2 * dvariance / scale - slope * dweight) / count
        dx = g * per_channel(slope, x.ndim) + normed * per_channel(along, x.ndim) + per_channel(shift, x.ndim)
    return dx, None if weight is None else dweight, None if bias is None else dbias


def _of_rows(x, weight, bias, *, eps=1e-5):
    """Do channels lie innermost, enough of them and all of one dtype?"""
    return (singles(x) and x.ndim > 1 and x.shape[1] >= 8 and channel_rows(x) is not None
            and all(value is None or value.dtype is x.dtype for value in (weight, bias)))


@normalise_batch.kernel("numba", fits=_of_rows, least=1 << 13)
def _(x, weight, bias, *, eps=1e-5):
    from ..kernels import passes

    y, normed = np.empty_like(x), np.empty_like(x)
    factor = np.ones(x.shape[1], x.dtype) if weight is None else np.ascontiguousarray(weight)
    shift = np.zeros(x.shape[1], x.dtype) if bias is None else np.ascontiguousarray(bias)
    mean, variance, scale = passes.normalise_channels(
        passes.crew(x.size), channel_rows(x), factor, shift, eps, channel_rows(normed), channel_rows(y))
    return (y, mean, variance), (normed, scale)


def _of_rows_too(g, _y, saved, x, weight, bias, *, eps=1e-5, needs=()):
    return g[0].dtype is x.dtype and _of_rows(x, weight, bias) and channel_rows(saved[0]) is not None


@normalise_batch.vjp_kernel("numba", fits=_of_rows_too)
def _(g, _y, saved, x, weight, bias, *, eps=1e-5, needs=(True,) * 3):
    from ..kernels import passes

    (g, dmean, dvariance), (normed, scale) = g, saved
    team, count = passes.crew(g.size), math.prod(x.shape) // x.shape[1]
    rows, normed = channels_last(g).reshape(-1, x.shape[1]), channel_rows(normed)
    dbias, dweight = passes.channel_slopes(team, rows, normed)
    dx = None
    if needs[0]:
        slope = scale if weight is None else scale * weight
        shift, along = (dmean - slope * dbias) / count, (2 * dvariance / scale - slope * dweight) / count
        dx = np.empty_like(x)
        passes.channels_back(team, rows, normed, slope, along, shift, channel_rows(dx))
    return dx, None if weight is None else dweight, None if bias is None else dbias


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1,
               eps=1e-5):
    """Normalise each channel by the statistics of the batch (training), or by the running ones (evaluation).

        y = (input - m) / sqrt(v + eps) weight + bias
        running_mean <- (1 - momentum) running_mean + momentum m        in training
        running_var  <- (1 - momentum) running_var + momentum v N / (N - 1)
    Shapes:  input (B, C, ...), the others (C,) -> like input; N numbers per channel
    Source:  Ioffe & Szegedy 2015, "Batch Normalization", arXiv:1502.03167.
    Raises:  RuntimeError for one number per channel in training: its variance is 0, the result only the bias.
    """
    shape = tuple(input.shape)
    for what, value in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight),
                        ("bias", bias)):
        if value is not None and (len(shape) < 2 or tuple(value.shape) != shape[1:2]):
            raise OpError(f"batch_norm: input of shape {shape} has its channels in dim 1, {what} has shape "
                          f"{tuple(value.shape)}")
    if not training:
        if running_mean is None or running_var is None:
            raise OpError("batch_norm: running_mean and running_var must be given when training=False")
        scale = 1 / (running_var + eps).sqrt()
        scale = scale if weight is None else scale * weight
        shift = -running_mean * scale if bias is None else bias - running_mean * scale
        return input * per_channel(scale, input.ndim) + per_channel(shift, input.ndim)
    count = math.prod(shape) // shape[1] if len(shape) > 1 and shape[1] else 0
    if count == 1:
        raise OpError(f"batch_norm: training needs more than 1 value per channel, got input of shape {shape}")
    y, mean, variance = normalise_batch(input, weight, bias, eps=eps)
    blend(running_mean, mean, momentum)
    blend(running_var, variance, momentum * count / max(count - 1, 1), keep=1 - momentum)
    return y


def blend(running, new, share, keep=None):
    """Move a running statistic towards a new value, in place and outside the graph."""
    if running is not None:
        running._data[...] = (1 - share if keep is None else keep) * running._data + share * new._data
        touch(running)


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
                  momentum=0.1, eps=1e-5):
    """Normalise each channel of each sample to mean 0 and variance 1, then scale and shift.

        y = (input - m) / sqrt(v + eps) weight + bias        m, v over the places of one channel of one sample
    The running statistics move towards the mean of m and of v L / (L - 1) over the batch.
    Shapes: input (B, C, ...), the others (C,) -> like input; L places
    Source: Ulyanov, Vedaldi & Lempitsky 2016, "Instance Normalization", arXiv:1607.08022.
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    shape = tuple(input.shape)
    places = math.prod(shape[2:])
    if places == 1:
        raise OpError("instance_norm: needs more than 1 value per channel and sample, got input of shape "
                      f"{shape}")
    flat = input.reshape((1, shape[0] * shape[1], places))
    y, mean, variance = normalise_batch(flat, None, None, eps=eps)
    for running, new, factor in ((running_mean, mean, 1), (running_var, variance, places / (places - 1))):
        blend(running, (new * factor).detach().reshape(shape[:2]).mean(0), momentum)
    y = y.reshape(shape)
    y = y if weight is None else y * per_channel(weight, len(shape))
    return y if bias is None else y + per_channel(bias, len(shape))
