"""Attention head by head in compiled loops: the twin of the body in attention for float32.

Each head's scores go through the caches once, and the heads are shared out among the processors. The rule is
given the weights, or where these are many, ln sum e^s of each row, from which it makes them again.
"""

from __future__ import annotations

import math

import numpy as np

from ..kernels import singles
from . import attention_blocks
from .attention_blocks import KEEP, empty_like_rows, summed

LEAST = 1 << 12                                                  # scores
NOTHING = np.zeros((0, 0, 0, 0), np.float32)
NOWHERE = np.zeros((0, 0, 0, 0), bool)


def four(x, lead):
    """x (..., N, M) with two leading dimensions, repeated as lead says; the numbers of a row side by side."""
    if x.strides[-1] != x.itemsize and x.shape[-1] > 1:
        x = np.ascontiguousarray(x)
    x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    return x.reshape((1,) * (2 - len(lead)) + x.shape)


def masks(mask, keep, is_causal, size, dtype):
    """What is added to the scores and what dropout keeps, (1 or B, 1 or H, 1 or L, S) each or empty."""
    bias, kept = NOTHING, NOWHERE
    if mask is not None and not is_causal:
        bias = np.where(mask, dtype.type(0), dtype.type(-np.inf)) if mask.dtype == bool else mask
        bias = spread(bias, size)
    if keep is not None:
        kept = spread(keep, size)
    return bias, kept


def spread(mask, size):
    """A mask with four dimensions, the last of full size."""
    mask = np.ascontiguousarray(np.broadcast_to(mask, (*mask.shape[:-1], size)))
    return mask.reshape((1,) * (4 - mask.ndim) + mask.shape)


def fits(q, k, v, mask, keep):
    """Can the loops do it, and are there enough scores?"""
    if not (singles(q) and k.dtype is q.dtype and v.dtype is q.dtype and 2 <= q.ndim <= 4):
        return False
    if max(k.ndim, v.ndim) > 4 or math.prod(q.shape[:-1]) * k.shape[-2] < LEAST or not v.shape[-1]:
        return False
    if any(x is not None and (x.ndim > 4 or x.ndim < 1) for x in (mask, keep)):
        return False
    if mask is not None and mask.dtype not in (bool, q.dtype):
        return False
    from ..kernels import attention as loops

    return loops.found()


def forward(q, k, v, mask=None, keep=None, *, scale, is_causal=False, p=0.0):
    """attention."""
    if not fits(q, k, v, mask, keep):
        return attention_blocks.forward(q, k, v, mask, keep, scale=scale, is_causal=is_causal, p=p)
    from ..kernels import attention as loops

    lead = np.broadcast_shapes(*(x.shape[:-2] for x in (q, k, v)))
    q, k, v = (four(x, lead) for x in (q, k, v))
    bias, keep = masks(mask, keep, is_causal, k.shape[2], q.dtype)
    units, length, size = q.shape[0] * q.shape[1], q.shape[2], k.shape[2]
    y = empty_like_rows(q.shape[:2], length, v.shape[3], q.dtype)
    sums = np.empty((units, length), q.dtype)
    kept = np.empty((units, length, size) if units * length * size <= KEEP else (0, 0, 0), q.dtype)
    loops.forward(loops.team_for(units * length * size), q, k, v, bias, keep, *numbers(q.dtype, p, scale),
                  is_causal, y, sums, kept)
    return y.reshape(*lead, *y.shape[2:]), (sums, kept)


def numbers(dtype, p, scale):
    """The factor that makes up for dropout, and the scale, as numbers of dtype."""
    return dtype.type(0 if p == 1 else 1 / (1 - p)), dtype.type(scale)


def backward(g, y, saved, q, k, v, mask=None, keep=None, *, scale, is_causal=False, p=0.0, needs=(True,) * 4):
    """The rule of attention."""
    if len(saved) == 3:                                          # the other twin was there
        return attention_blocks.backward(g, y, saved, q, k, v, mask, keep, scale=scale, is_causal=is_causal,
                                         p=p, needs=needs)
    from ..kernels import attention as loops

    (sums, kept), given = saved, (q, k, v, mask)
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in (q, k, v)))
    g, q, k, v = (four(x, lead) for x in (g, q, k, v))
    bias, keep = masks(mask, keep, is_causal, k.shape[2], q.dtype)
    units, length, size = q.shape[0] * q.shape[1], q.shape[2], k.shape[2]
    dq, dk, dv = (empty_like_rows(x.shape[:2], x.shape[2], x.shape[3], q.dtype) for x in (q, k, v))
    wanted = mask is not None and mask.dtype != bool and needs[3]
    dbias = np.zeros((units, length, size) if wanted else (0, 0, 0), q.dtype)
    loops.backward(loops.team_for(units * length * size), g, q, k, v, bias, keep, *numbers(q.dtype, p, scale),
                   is_causal, sums, kept, dq, dk, dv, dbias)
    found = [d.reshape(*lead, *d.shape[2:]) for d in (dq, dk, dv)]
    found.append(dbias.reshape(*lead, length, size) if wanted else None)
    return tuple(summed(d, x) for d, x in zip(found, given, strict=True))
