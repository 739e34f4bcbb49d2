"""Convolution, and what its derivatives are made of: three ops, each the others' derivative.

All three speak of one sum over the places where window, input and output meet,

    E = sum over n, o, c, i, k of  g[n, o, i] weight[o, c, k] x[n, c, i stride + k dilation - padding]

with i a place of the output and k a place of the kernel (as many numbers as there are dimensions). The
derivative of E by g is the convolution, by x its way back, by weight the slope of the weights. E is linear in
each of the three, so any derivative of any of these ops, of any order, is again one of them.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from . import conv_columns, conv_samples, conv_winograd
from .index import put_into_zeros
from .norm import channel_sums, per_channel
from .samples import case, n

ONE = {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}
TWO = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 1}
GROUPED = {"stride": (1,), "padding": (1,), "dilation": (1,), "groups": 2}
DEPTHWISE = {"stride": (2,), "padding": (1,), "dilation": (1,), "groups": 3}
SAME = {"stride": (1, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 1}


def met(place, stride, dilation, sizes):
    """The places of the padded input that meet place `place` of the kernel, one per place of the output."""
    return (slice(None), slice(None)) + tuple(
        slice(k * step, k * step + hop * (size - 1) + 1, hop)
        for k, hop, step, size in zip(place, stride, dilation, sizes, strict=True))


def output_sizes(sizes, kernel, stride, padding, dilation):
    """How many places the window has: (size + 2 padding - dilation (kernel - 1) - 1) // stride + 1."""
    return tuple((size + 2 * pad - step * (k - 1) - 1) // hop + 1
                 for size, k, hop, pad, step in zip(sizes, kernel, stride, padding, dilation, strict=True))


def by_group(x, groups):
    """(N, C, ...) as (N, groups, C / groups, places)."""
    count, channels = x.shape[:2]
    return np.reshape(x, (count, groups, channels // groups, math.prod(x.shape[2:])))


def with_border(x, padding):
    """Zeros around x, `padding` of them on both sides of each dimension behind the channels."""
    return np.pad(x, ((0, 0), (0, 0), *((pad, pad) for pad in padding))) if any(padding) else x


def first(y, shape):
    """The first places of y, where there is room for more windows than were used."""
    return y if y.shape == shape else y[tuple(map(slice, shape))]


@op(samples=case(n(2, 2, 5), n(3, 2, 2), n(3), **ONE) + case(n(2, 2, 4, 5), n(3, 2, 3, 2), None, **TWO)
    + case(n(2, 4, 4), n(2, 2, 3), n(2), **GROUPED) + case(n(2, 3, 5), n(3, 1, 3), n(3), **DEPTHWISE)
    + case(n(1, 2, 3, 4), n(2, 2, 3, 3), n(2), **SAME) + case(n(0, 2, 3), n(3, 2, 2), n(3), **ONE),
    hides=True)
def convolution(x, weight, bias=None, *, stride, padding, dilation, groups):
    """Slide windows of weights over x: each output is the weighted sum of what its window covers.

        y[n, o, i] = bias[o] + sum_{c, k} weight[o, c, k] x[n, c, i stride + k dilation - padding]
        dx = convolution_input(g, weight)
        dweight = convolution_weight(x, g)        dbias = sum g        over n and i
    Shapes: x (N, C, S...), weight (O, C / groups, K...), bias (O,) -> (N, O, S'...), in every dimension
            S' = (S + 2 padding - dilation (K - 1) - 1) // stride + 1. Outside of x there are zeros. The
            channels of x and y are split into groups, each of which sees its own part of x alone.
    Source: LeCun, Boser, Denker et al. 1989, "Backpropagation applied to handwritten zip code recognition";
            Dumoulin & Visin 2016, arXiv:1603.07285 (the sizes); groups: Krizhevsky et al. 2012.
    """
    sizes = output_sizes(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    wide, y = with_border(x, padding), 0.0
    for place in np.ndindex(*weight.shape[2:]):
        part = by_group(wide[met(place, stride, dilation, sizes)], groups)
        y = y + np.matmul(group_matrix(weight, place, groups), part)
    y = np.reshape(y, (x.shape[0], weight.shape[0], *sizes))
    return (y if bias is None else y + per_channel(bias, y.ndim)), (x.shape, weight.shape)


def group_matrix(weight, place, groups):
    """The weights of one place of the kernel, as (groups, O / groups, C / groups)."""
    at = weight[(slice(None), slice(None)) + place]
    return np.reshape(at, (groups, weight.shape[0] // groups, weight.shape[1]))


@convolution.vjp(x="weight", weight="x")
def _(g, _y, saved, x, weight, _bias=None, *, stride, padding, dilation, groups, needs=(True,) * 3):
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    shape, kernel = saved
    return (convolution_input.on(g, weight, sizes=shape[2:], **how) if needs[0] else None,
            convolution_weight.on(x, g, kernel=kernel[2:], **how) if needs[1] else None,
            channel_sums(g) if len(needs) > 2 and needs[2] else None)


@op(samples=case(n(2, 3, 4), n(3, 2, 2), n(2), sizes=(5,), **ONE)
    + case(n(2, 3, 2, 3), n(3, 2, 3, 2), None, sizes=(4, 5), **TWO)
    + case(n(2, 2, 4), n(2, 2, 3), n(4), sizes=(4,), **GROUPED)
    + case(n(2, 3, 3), n(3, 1, 3), n(3), sizes=(6,), **DEPTHWISE)
    + case(n(2, 2, 2, 2), n(2, 2, 2, 2), n(2), sizes=(2, 4), **SAME)
    + case(n(0, 3, 2), n(3, 2, 2), n(2), sizes=(3,), **ONE), hides=True)
def convolution_input(x, weight, bias=None, *, sizes, stride, padding, dilation, groups):
    """Give each element of x back, weighted, to the places that its window covered: convolution's way back.

        y[n, c, i stride + k dilation - padding] = bias[c] + sum_{o, i, k} weight[o, c, k] x[n, o, i]
        dx = convolution(g, weight)
        dweight = convolution_weight(g, x)        dbias = sum g        over n and i
    Shapes: x (N, O, S'...), weight (O, C / groups, K...), bias (C,) -> (N, C, S...), S = sizes: what
            convolution with these settings makes S' of. Also called transposed convolution; with a stride
            it enlarges.
    Source: Zeiler, Krishnan, Taylor & Fergus 2010, "Deconvolutional networks"; Dumoulin & Visin 2016,
            arXiv:1603.07285.
    """
    count, per_group = x.shape[0], weight.shape[1]
    wide = (count, per_group * groups, *(size + 2 * pad for size, pad in zip(sizes, padding, strict=True)))
    rows, y = by_group(x, groups), 0.0
    for place in np.ndindex(*weight.shape[2:]):
        given = np.matmul(np.swapaxes(group_matrix(weight, place, groups), 1, 2), rows)
        given = np.reshape(given, (count, per_group * groups, *x.shape[2:]))
        y = y + put_into_zeros.on(given, wide, met(place, stride, dilation, x.shape[2:]))
    inside = tuple(slice(pad, pad + size) for size, pad in zip(sizes, padding, strict=True))
    y = y[(slice(None), slice(None)) + inside]
    return (y if bias is None else y + per_channel(bias, y.ndim)), (x.shape, weight.shape)


@convolution_input.vjp(x="weight", weight="x")
def _(g, _y, saved, x, weight, _bias=None, *, sizes, stride, padding, dilation, groups, needs=(True,) * 3):
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    shape, kernel = saved
    return (first(convolution.on(g, weight, **how), shape) if needs[0] else None,
            convolution_weight.on(g, x, kernel=kernel[2:], **how) if needs[1] else None,
            channel_sums(g) if len(needs) > 2 and needs[2] else None)


@op(samples=case(n(2, 2, 5), n(2, 3, 4), kernel=(2,), **ONE)
    + case(n(2, 2, 4, 5), n(2, 3, 2, 3), kernel=(3, 2), **TWO)
    + case(n(2, 4, 4), n(2, 2, 4), kernel=(3,), **GROUPED)
    + case(n(2, 3, 5), n(2, 3, 3), kernel=(3,), **DEPTHWISE)
    + case(n(2, 2, 2, 4), n(2, 2, 1, 2), kernel=(2, 2), **TWO)
    + case(n(0, 2, 3), n(0, 3, 2), kernel=(2,), **ONE), hides=True)
def convolution_weight(x, u, *, kernel, stride, padding, dilation, groups):
    """Multiply each u with what its window covers in x, and add up over all windows: the weights' slope.

        y[o, c, k] = sum_{n, i} u[n, o, i] x[n, c, i stride + k dilation - padding]
        dx = convolution_input(u, g)
        du = convolution(x, g)
    Shapes: x (N, C, S...), u (N, O, S'...) -> (O, C / groups, K...), K = kernel
    Source: LeCun, Boser, Denker et al. 1989, "Backpropagation applied to handwritten zip code recognition".
    """
    wide, rows = with_border(x, padding), by_group(u, groups)
    products = []
    for place in np.ndindex(*kernel):
        part = by_group(wide[met(place, stride, dilation, u.shape[2:])], groups)
        product = np.add.reduce(np.matmul(rows, np.swapaxes(part, 2, 3)), axis=0)
        products.append(np.reshape(product, (u.shape[1], x.shape[1] // groups)))
    y = np.reshape(np.stack(products, axis=-1), (u.shape[1], x.shape[1] // groups, *kernel))
    return y, (x.shape, u.shape)


@convolution_weight.vjp(x="u", u="x")
def _(g, _y, saved, x, u, *, kernel, stride, padding, dilation, groups, needs=(True,) * 2):
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return (convolution_input.on(u, g, sizes=saved[0][2:], **how) if needs[0] else None,
            first(convolution.on(x, g, **how), saved[1]) if needs[1] else None)


for _op, _name in ((convolution, "forward"), (convolution_input, "back_to_input"),
                   (convolution_weight, "back_to_weight")):
    _fits = "fits_" + _name.removeprefix("back_to_")
    _op.op.forward = _op.kernel("columns")(getattr(conv_columns, _name))
    for _way, _where in (("samples", conv_samples), ("winograd", conv_winograd)):
        _op.kernel(_way, fits=getattr(_where, _fits))(getattr(_where, _name))
