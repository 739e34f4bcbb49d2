"""Attention head by head, as loops that Numba compiles; see ops/attention_heads.

The scores of a few rows of one head stay in the nearest caches from the product that makes them to the one
that uses them. q (B, H, L, D), k (B, H, S, D) and v (B, H, S, E) may lie in any order, with the numbers of a
row side by side. bias has as many dimensions, where 1 stands for any size; keep too. Both may be empty: none.
"""

from __future__ import annotations

import numpy as np
from numba import types

from . import jit
from .loops import exp, largest
from .products import found, matmul, share_products, team_for

__all__ = ["found", "team_for"]
single = np.float32
ONE, ZERO = single(1), single(0)
ROWS = 64                                                        # of scores at a time

READ = types.Array(types.float32, 4, "A", readonly=True)
WRITTEN, HEADS = types.Array(types.float32, 4, "A"), types.Array(types.float32, 3, "C")
BIAS, KEEP = (types.Array(kind, 4, "C", readonly=True) for kind in (types.float32, types.boolean))
TEAM, NUMBER, SUMS = types.UniTuple(types.intp, 4), types.float32, types.Array(types.float32, 2, "C")


@jit()
def scores(gemm, q, k, scale, bias, start, s):
    """s = scale q k^T + bias for rows from `start` on and the first keys; bias (1 or L, S) of one head."""
    matmul(gemm, scale, q, k.T, ZERO, s)
    for i in range(s.shape[0] if bias.size else 0):
        row, more = s[i], bias[start + i if bias.shape[0] > 1 else 0]
        for j in range(row.size):
            row[j] += more[j]


@jit("reassoc")
def softmax_rows(s, bits, limits, sums):
    """Make rows of scores into weights, from limits on 0, and ln sum e^s for each; bits are those of s."""
    for i in range(s.shape[0]):
        row, top = s[i, :limits[i]], largest(bits[i, :limits[i]])
        if top == -np.inf:                                       # no key
            top = ZERO
        total = ZERO
        for j in range(row.size):
            e = exp(row[j] - top)
            row[j] = e
            total += e
        part = ONE / total if total != 0 else ZERO
        for j in range(row.size):
            row[j] *= part
        s[i, limits[i]:] = ZERO
        sums[i] = top + np.log(total) if total != 0 else single(np.inf)


@jit()
def weights_again(s, limits, sums):
    """The weights that softmax_rows made of these scores."""
    for i in range(s.shape[0]):
        row = s[i, :limits[i]]
        for j in range(row.size):
            row[j] = exp(row[j] - sums[i])
        s[i, limits[i]:] = ZERO


@jit()
def dropped(s, keep, start, factor, y):
    """y = s keep factor for rows from `start` on; keep (1 or L, S) of one head."""
    for i in range(s.shape[0]):
        row, other, mine = s[i], keep[start + i if keep.shape[0] > 1 else 0], y[i]
        for j in range(row.size):
            mine[j] = row[j] * factor if other[j] else ZERO


@jit()
def head_of(x, b, h):
    """x[b, h], where 1 stands for any size."""
    return x[b if x.shape[0] > 1 else 0, h if x.shape[1] > 1 else 0]


@jit()
def limits_of(start, rows, keys, is_causal):
    """How many keys each row sees."""
    limits = np.full(rows, keys)
    for i in range(rows if is_causal else 0):
        limits[i] = min(start + i + 1, keys)
    return limits


@jit()
def forward_part(first, last, gemm, q, k, v, bias, keep, factor, scale, is_causal, y, sums, kept):
    length, size = q.shape[2], k.shape[2]
    memory = np.empty((2, min(ROWS, length) * size), np.float32)
    for unit in range(np.int64(first), np.int64(last)):
        b, h = unit // q.shape[1], unit % q.shape[1]
        for start in range(0, length, ROWS):
            stop = min(start + ROWS, length)
            rows, keys = stop - start, min(stop, size) if is_causal else size
            s = memory[0, :rows * keys].reshape(rows, keys)
            scores(gemm, q[b, h, start:stop], k[b, h, :keys], scale, head_of(bias, b, h), start, s)
            softmax_rows(s, s.view(np.int32), limits_of(start, rows, keys, is_causal), sums[unit, start:stop])
            if kept.size:
                kept[unit, start:stop, :keys] = s
            if keep.size:
                other = memory[1, :rows * keys].reshape(rows, keys)
                dropped(s, head_of(keep, b, h), start, factor, other)
                s = other
            matmul(gemm, ONE, s, v[b, h, :keys], ZERO, y[b, h, start:stop])


@jit(takes=(TEAM, READ, READ, READ, BIAS, KEEP, NUMBER, NUMBER, types.boolean, WRITTEN, SUMS, HEADS))
def forward(team, q, k, v, bias, keep, factor, scale, is_causal, y, sums, kept):
    """y (B, H, L, E), sums (B H, L) and, if it is not empty, the weights: kept (B H, L, S)."""
    share_products(team, q.shape[0] * q.shape[1], forward_part,
                   (team[2], q, k, v, bias, keep, factor, scale, is_causal, y, sums, kept))


@jit("reassoc")
def slopes(weights, dw):
    """dw becomes the slope of the scores: weights (dw - sum weights dw)."""
    for i in range(dw.shape[0]):
        row, own = weights[i], dw[i]
        total = ZERO
        for j in range(row.size):
            total += row[j] * own[j]
        for j in range(row.size):
            own[j] = row[j] * (own[j] - total)


@jit()
def backward_part(first, last, gemm, g, q, k, v, bias, keep, factor, scale, is_causal, sums, kept,
                  dq, dk, dv, dbias):
    length, size = q.shape[2], k.shape[2]
    memory = np.empty((3, min(ROWS, length) * size), np.float32)
    for unit in range(np.int64(first), np.int64(last)):
        b, h = unit // q.shape[1], unit % q.shape[1]
        dk[b, h], dv[b, h] = ZERO, ZERO
        for start in range(0, length, ROWS):
            stop = min(start + ROWS, length)
            rows, keys = stop - start, min(stop, size) if is_causal else size
            w, dw, other = (memory[0, :rows * keys].reshape(rows, keys),
                            memory[1, :rows * keys].reshape(rows, keys),
                            memory[2, :rows * keys].reshape(rows, keys))
            if kept.size:
                w[:] = kept[unit, start:stop, :keys]
            else:
                scores(gemm, q[b, h, start:stop], k[b, h, :keys], scale, head_of(bias, b, h), start, w)
                weights_again(w, limits_of(start, rows, keys, is_causal), sums[unit, start:stop])
            matmul(gemm, ONE, g[b, h, start:stop], v[b, h, :keys].T, ZERO, dw)
            used = w
            if keep.size:
                mask = head_of(keep, b, h)
                dropped(dw, mask, start, factor, dw)
                dropped(w, mask, start, factor, other)
                used = other
            matmul(gemm, ONE, used.T, g[b, h, start:stop], ONE, dv[b, h, :keys])
            slopes(w, dw)
            if dbias.size:
                dbias[unit, start:stop, :keys] = dw
            matmul(gemm, scale, dw, k[b, h, :keys], ZERO, dq[b, h, start:stop])
            matmul(gemm, scale, dw.T, q[b, h, start:stop], ONE, dk[b, h, :keys])


@jit(takes=(TEAM, READ, READ, READ, READ, BIAS, KEEP, NUMBER, NUMBER, types.boolean, SUMS, HEADS,
            WRITTEN, WRITTEN, WRITTEN, HEADS))
def backward(team, g, q, k, v, bias, keep, factor, scale, is_causal, sums, kept, dq, dk, dv, dbias):
    """dq, dk, dv in the shapes of q, k, v, and if it is not empty dbias (B H, L, S), which starts at 0."""
    share_products(team, q.shape[0] * q.shape[1], backward_part,
                   (team[2], g, q, k, v, bias, keep, factor, scale, is_causal, sums, kept, dq, dk, dv, dbias))
