"""Attention block by block: the fast twin of the body in attention, and its rule.

Scores are as many as queries times keys, so they decide over speed and memory. They are made for a few rows
at a time, as many as the processor's cache holds, and each block is read and written as rarely as possible:

    e = exp(q k^T scale + mask)      y = (e v) / sum e       once the product, once the exponential
    ds = e (g / sum e  v^T - d)      d = sum(g y) / sum e    once the product, once each - and *

The largest score is taken away before the exponential only if the sums turn out too large or too small
without that. Exponentials are kept for the way back while they are few, and made again where they are many.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

ndarray = np.ndarray
BLOCK = 1 << 18                                                  # scores at a time: 1 MiB of float32
CAUSAL_ROWS = 64                                                 # at a time: the first need few keys
KEEP = 1 << 20                                                   # so many are kept for the way back: 4 MiB


def blocks(shape: tuple[int, ...], rows: int) -> Iterator[tuple[slice, ...]]:
    """Parts of the scores (..., L, S) with so many rows at most: slices of all dimensions but the last."""
    room = max(BLOCK // max(shape[-1], 1), 1)                    # rows of scores in a block
    height = max(min(rows, shape[-2], room), 1)
    parts, fits = [cut(shape[-2], height)], room // height
    for size in reversed(shape[:-2]):
        parts.insert(0, cut(size, min(max(fits, 1), max(size, 1))))
        fits //= max(size, 1)
    return itertools.product(*parts)


def cut(size: int, count: int) -> list[slice]:
    """Slices of `count` that cover `size` places."""
    return [slice(first, min(first + count, size)) for first in range(0, size, count)]


def with_leading(x: ndarray, lead: tuple[int, ...]) -> ndarray:
    """x (..., N, M) seen as (*lead, N, M)."""
    return np.broadcast_to(x, (*lead, *x.shape[-2:]))


def empty_like_rows(lead: tuple[int, ...], length: int, width: int, dtype: np.dtype) -> ndarray:
    """(B, H, L, D) whose memory lies as (B, L, H, D), so that joining the heads afterwards copies nothing."""
    if len(lead) != 2:
        return np.empty((*lead, length, width), dtype)
    return np.empty((lead[0], length, lead[1], width), dtype).swapaxes(1, 2)


class Sides:
    """Queries, keys, values and what masks them, with the same leading dimensions, at least one."""

    def __init__(self, q, k, v, mask, keep, scale, is_causal) -> None:
        given = [x.shape[:-2] for x in (q, k, v)]
        self.lead = np.broadcast_shapes(*given)
        lead = self.lead or (1,)
        self.q, self.k, self.v = (with_leading(x, lead) for x in (q * scale, k, v))
        self.shape = (*lead, q.shape[-2], k.shape[-2])
        bias, allowed = (None, mask) if mask is not None and mask.dtype == bool else (mask, None)
        if is_causal:
            allowed = np.tri(*self.shape[-2:], dtype=bool)
        self.bias, self.keep = (None if x is None else np.broadcast_to(x, self.shape) for x in (bias, keep))
        if allowed is not None:
            allowed = np.broadcast_to(allowed.astype(q.dtype), self.shape)
        self.allowed, self.is_causal = allowed, is_causal

    def places(self) -> Iterator[tuple[tuple, tuple, tuple]]:
        """Of each block, where its queries, its keys and its scores are. Causal rows need the first keys."""
        for mine in blocks(self.shape, CAUSAL_ROWS if self.is_causal else self.shape[-2]):
            keys = slice(0, mine[-1].stop if self.is_causal else None)
            yield mine, (*mine[:-1], keys), (*mine, keys)

    def exponentials(self, mine: tuple, keys: tuple, both: tuple, shifted: bool) -> ndarray:
        """e^s for a block, 0 where a key is masked; with `shifted`, e^(s - largest s of the row)."""
        s = np.matmul(self.q[mine], np.swapaxes(self.k[keys], -1, -2))
        if self.bias is not None:
            s += self.bias[both]
        if shifted:
            if self.allowed is not None:
                np.copyto(s, -np.inf, where=self.allowed[both] == 0)
            top = np.maximum.reduce(s, axis=-1, keepdims=True)
            s -= np.where(np.isfinite(top), top, 0)
        np.exp(s, out=s)
        if self.allowed is not None and not shifted:
            s *= self.allowed[both]
        return s


def forward(q, k, v, mask=None, keep=None, *, scale, is_causal=False, p=0.0):
    """attention."""
    sides = Sides(q, k, v, mask, keep, scale, is_causal)
    y, scales, kept = attended(sides, p, shifted=False)
    limit = float(np.finfo(q.dtype).max) ** 0.4
    shifted = not bool(np.all((scales > 1 / limit) & (scales < limit)))
    if shifted:
        y, scales, kept = attended(sides, p, shifted=True)
    return y.reshape(*sides.lead, *y.shape[-2:]), (scales, tuple(kept), shifted)


def attended(sides: Sides, p: float, shifted: bool) -> tuple[ndarray, ndarray, list[ndarray]]:
    """The weighted means, 1 / sum e for each row (0 for a row without keys), and e where it is kept."""
    y = empty_like_rows(sides.shape[:-2], sides.shape[-2], sides.v.shape[-1], sides.q.dtype)
    scales = np.empty((*sides.shape[:-1], 1), y.dtype)
    kept = []
    for mine, keys, both in sides.places():
        e = sides.exponentials(mine, keys, both, shifted)
        sums = np.matmul(e, np.ones((e.shape[-1], 1), e.dtype))
        scale = scales[mine]
        np.divide(1, sums, out=scale)
        if shifted:
            scale[sums == 0] = 0
        if math.prod(sides.shape) <= KEEP:
            kept.append(e)
        e, factor = dropped(e, sides.keep, both, p)
        np.multiply(np.matmul(e, sides.v[keys]), scale * factor, out=y[mine])
    return y, scales, kept


def dropped(e: ndarray, keep: ndarray | None, both: tuple, p: float) -> tuple[ndarray, float]:
    """What dropout leaves of a block of weights, and the factor that makes up for what it takes."""
    if keep is None:
        return e, 1
    return e * keep[both], 0 if p == 1 else 1 / (1 - p)


def backward(g, y, saved, q, k, v, mask=None, keep=None, *, scale, is_causal=False, p=0.0, needs=(True,) * 4):
    """The rule of attention."""
    sides, (scales, kept, shifted) = Sides(q, k, v, mask, keep, scale, is_causal), saved
    lead = sides.shape[:-2]
    g, y, scales = (with_leading(x, lead) for x in (g, y, scales))
    dq, dk, dv = (empty_like_rows(lead, x.shape[-2], x.shape[-1], q.dtype) for x in (q, k, v))
    at_once = all(mine[-1] == slice(0, sides.shape[-2]) for mine, *_ in sides.places())
    unseen = is_causal and sides.shape[-1] > sides.shape[-2]     # keys that come after the last query
    if unseen or not at_once:                                    # several rows of blocks add to the same keys
        dk[...], dv[...] = 0, 0
    dmask = np.zeros(sides.shape, q.dtype) if sides.bias is not None and needs[3] else None
    for i, (mine, keys, both) in enumerate(sides.places()):
        e = kept[i] if kept else sides.exponentials(mine, keys, both, shifted)
        weights, factor = dropped(e, sides.keep, both, p)
        slope = g[mine] * scales[mine]
        inner = np.matmul(slope * y[mine], np.ones((y.shape[-1], 1), y.dtype))
        slope *= factor
        multiplied(np.swapaxes(weights, -1, -2), slope, dv[keys], at_once)
        ds = np.matmul(slope, np.swapaxes(sides.v[keys], -1, -2))
        if sides.keep is not None:
            ds *= sides.keep[both]
        ds -= inner
        ds *= e
        np.matmul(ds, sides.k[keys], out=dq[mine])
        multiplied(np.swapaxes(ds, -1, -2), sides.q[mine], dk[keys], at_once)
        if dmask is not None:
            dmask[both] = ds
    dq *= scale
    return tuple(summed(d, x) for d, x in zip((dq, dk, dv, dmask), (q, k, v, mask), strict=True))


def multiplied(x: ndarray, y: ndarray, out: ndarray, at_once: bool) -> None:
    """Write x @ y into out, or add it."""
    if at_once:
        np.matmul(x, y, out=out)
    else:
        out += np.matmul(x, y)


def summed(d: ndarray | None, x: ndarray | None) -> ndarray | None:
    """The slope of x from that of x repeated along leading dimensions."""
    if d is None or x is None or d.shape == x.shape:
        return d
    extra = d.ndim - x.ndim
    axes = tuple(i for i in range(d.ndim) if i < extra or x.shape[i - extra] == 1 < d.shape[i])
    return np.add.reduce(d, axis=axes, keepdims=True).reshape(x.shape)
