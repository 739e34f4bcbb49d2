"""Recurrent layers through time, forward and back, as loops that Numba compiles; see ops/recurrent_loops.

Sequences do not meet, so each processor takes some of them through all steps.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .loops import exp
from .products import matmul, share_products, team_for

__all__ = ["team_for"]

single = np.float32
ZERO, HALF, ONE, TWO, HIGHEST = map(single, (0, 0.5, 1, 2, 88))
# tanh(x) / x as a polynomial in x^2 for |x| < 0.6, fitted to 3e-9.
EDGE = single(0.6)
T0, T1, T2, T3, T4, T5 = map(single, (
    0.999999997563098, -0.33333283971773464, 0.13331704702155303, -0.053769921783037807,
    0.020757475438078737, -0.005856427854851159))


@jit()
def tanh(x):
    size = abs(x)
    e = exp(-TWO * size)
    far = (ONE - e) / (ONE + e)
    u = x * x
    near = x * (((((T5 * u + T4) * u + T3) * u + T2) * u + T1) * u + T0)
    return near if size < EDGE else (far if x > 0 else -far)


@jit()
def sigmoid_of_double(x):
    """1 / (1 + e^-2x)."""
    v = -TWO * x
    return ONE / (ONE + exp(HIGHEST if v > HIGHEST else v))       # (min would lose nan)


@jit()
def lstm_unit(z, gates, start, c_before, c, shown, y):
    """z (4, n, H): what the states give; gates (4, N, H): what the inputs give, from row `start` on, and then
    the gates themselves: i, f, o, u. The first three are halved. Fills rows (n, H) of c, shown and y.
    """
    _, rows, size = z.shape
    for r in range(rows):
        row = start + r
        for j in range(size):
            i = sigmoid_of_double(gates[0, row, j] + z[0, r, j])
            f = sigmoid_of_double(gates[1, row, j] + z[1, r, j])
            o = sigmoid_of_double(gates[2, row, j] + z[2, r, j])
            u = tanh(gates[3, row, j] + z[3, r, j])
            cell = f * c_before[r, j] + i * u
            t = tanh(cell)
            gates[0, row, j], gates[1, row, j], gates[2, row, j], gates[3, row, j] = i, f, o, u
            c[r, j], shown[r, j], y[r, j] = cell, t, o * t


@jit()
def lstm_unit_back(dh, dc, gates, start, c_before, shown, dz):
    """Fill dz (n, 4 H), in PyTorch's order i, f, u, o, and make dc (n, H) that of the cell before."""
    rows, size = dh.shape
    for r in range(rows):
        row = start + r
        i, f, o, u = gates[0, row], gates[1, row], gates[2, row], gates[3, row]
        h, d, t, before = dh[r], dc[r], shown[r], c_before[r]
        dzi, dzf, dzu, dzo = dz[r, :size], dz[r, size:2 * size], dz[r, 2 * size:3 * size], dz[r, 3 * size:]
        for j in range(size):                                    # few arrays each, or it is one by one
            dzo[j] = h[j] * t[j] * o[j] * (ONE - o[j])
            d[j] += h[j] * o[j] * (ONE - t[j] * t[j])
        for j in range(size):
            dzi[j] = d[j] * u[j] * i[j] * (ONE - i[j])
            dzu[j] = d[j] * i[j] * (ONE - u[j] * u[j])
        for j in range(size):
            dzf[j] = d[j] * before[j] * f[j] * (ONE - f[j])
            d[j] *= f[j]


@jit()
def lstm_steps_part(first, last, gemm, gates, w, h0, c0, reverse, cells, shown, y):
    """Some of the sequences, through all steps."""
    a, b = np.int64(first), np.int64(last)
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    z = np.empty((4, b - a, h0.shape[1]), np.float32)
    h, c = h0[a:b], c0[a:b]
    for k in range(n_steps if b > a else 0):
        start = (n_steps - 1 - k if reverse else k) * many + a
        stop = start + b - a
        matmul(gemm, HALF, h, w[0].T, ZERO, z[0])                # i, f, o and u, which PyTorch has before o
        matmul(gemm, HALF, h, w[1].T, ZERO, z[1])
        matmul(gemm, HALF, h, w[3].T, ZERO, z[2])
        matmul(gemm, ONE, h, w[2].T, ZERO, z[3])
        lstm_unit(z, gates, start, c, cells[start:stop], shown[start:stop], y[start:stop])
        h, c = y[start:stop], cells[start:stop]


@jit()
def lstm_steps(team, gates, w, h0, c0, reverse, cells, shown, y):
    """All steps of an LSTM, for w (4, H, H) and h0, c0 (n, H); the others as in lstm_unit, with n T rows."""
    share_products(team, h0.shape[0], lstm_steps_part,
                   (team[2], gates, w, h0, c0, reverse, cells, shown, y))


@jit()
def lstm_steps_back_part(first, last, gemm, slopes, gates, w, c0, reverse, cells, shown, dh, dc, dz):
    a, b = np.int64(first), np.int64(last)
    many, n_steps = c0.shape[0], dz.shape[0] // c0.shape[0]
    own, cell = dh[a:b], dc[a:b]
    for k in range(n_steps if b > a else 0):
        t = k if reverse else n_steps - 1 - k
        start = t * many + a
        stop = start + b - a
        for r in range(b - a):
            for j in range(own.shape[1]):
                own[r, j] += slopes[start + r, j]
        before = c0[a:b]
        if k + 1 < n_steps:
            earlier = (t + 1 if reverse else t - 1) * many + a
            before = cells[earlier:earlier + b - a]
        lstm_unit_back(own, cell, gates, start, before, shown[start:stop], dz[start:stop])
        matmul(gemm, ONE, dz[start:stop], w, ZERO, own)


@jit()
def lstm_steps_back(team, slopes, gates, w, c0, reverse, cells, shown, dh, dc, dz):
    """All steps back: from dh, dc (n, H) of the last state to those of the first; fills dz (n T, 4 H)."""
    share_products(team, c0.shape[0], lstm_steps_back_part,
                   (team[2], slopes, gates, w, c0, reverse, cells, shown, dh, dc, dz))


@jit()
def rnn_steps_part(first, last, gemm, w, h0, is_tanh, reverse, y):
    a, b = np.int64(first), np.int64(last)
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    h = h0[a:b]
    for k in range(n_steps if b > a else 0):
        start = (n_steps - 1 - k if reverse else k) * many + a
        z = y[start:start + b - a]
        matmul(gemm, ONE, h, w.T, ONE, z)
        for r in range(b - a):
            row = z[r]
            if is_tanh:
                for j in range(row.size):
                    row[j] = tanh(row[j])
            else:
                for j in range(row.size):
                    row[j] = ZERO if row[j] <= 0 else row[j]
        h = z


@jit()
def rnn_steps(team, w, h0, is_tanh, reverse, y):
    """All steps of a simple RNN: y (n T, H) holds what the inputs give, and then the states; w (H, H)."""
    share_products(team, h0.shape[0], rnn_steps_part, (team[2], w, h0, is_tanh, reverse, y))


@jit()
def rnn_steps_back_part(first, last, gemm, slopes, y, w, is_tanh, reverse, dh, dz):
    a, b = np.int64(first), np.int64(last)
    many, n_steps = dh.shape[0], y.shape[0] // dh.shape[0]
    own = dh[a:b]
    for k in range(n_steps if b > a else 0):
        start = (k if reverse else n_steps - 1 - k) * many + a
        for r in range(b - a):
            d, g, h, z = own[r], slopes[start + r], y[start + r], dz[start + r]
            if is_tanh:
                for j in range(d.size):
                    z[j] = (d[j] + g[j]) * (ONE - h[j] * h[j])
            else:
                for j in range(d.size):
                    z[j] = d[j] + g[j] if h[j] > 0 else ZERO
        matmul(gemm, ONE, dz[start:start + b - a], w, ZERO, own)


@jit()
def rnn_steps_back(team, slopes, y, w, is_tanh, reverse, dh, dz):
    """All steps back: from dh (n, H) of the last state to that of the first; fills dz (n T, H)."""
    share_products(team, dh.shape[0], rnn_steps_back_part,
                   (team[2], slopes, y, w, is_tanh, reverse, dh, dz))


@jit()
def gru_steps_part(first, last, gemm, gates, w, bias, h0, reverse, candidates, y):
    a, b = np.int64(first), np.int64(last)
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    s = np.empty((3, b - a, h0.shape[1]), np.float32)
    h = h0[a:b]
    for k in range(n_steps if b > a else 0):
        start = (n_steps - 1 - k if reverse else k) * many + a
        matmul(gemm, HALF, h, w[0].T, ZERO, s[0])
        matmul(gemm, HALF, h, w[1].T, ZERO, s[1])
        matmul(gemm, ONE, h, w[2].T, ZERO, s[2])
        for r in range(b - a):
            row = start + r
            for j in range(h0.shape[1]):
                q = s[2, r, j] + bias[j]
                reset = sigmoid_of_double(gates[0, row, j] + s[0, r, j])
                keep = sigmoid_of_double(gates[1, row, j] + s[1, r, j])
                n = tanh(gates[2, row, j] + reset * q)
                gates[0, row, j], gates[1, row, j], gates[2, row, j] = reset, keep, n
                candidates[row, j] = q
                y[row, j] = n + keep * (h[r, j] - n)
        h = y[start:start + b - a]


@jit()
def gru_steps(team, gates, w, bias, h0, reverse, candidates, y):
    """All steps of a GRU: gates (3, n T, H) of what the inputs give, the first two halved, and then r, z, n;
    w (3, H, H), bias (H,) of the candidates. Fills candidates and y (n T, H).
    """
    share_products(team, h0.shape[0], gru_steps_part,
                   (team[2], gates, w, bias, h0, reverse, candidates, y))


@jit()
def gru_steps_back_part(first, last, gemm, slopes, gates, candidates, y, w, h0, reverse, dh, dz):
    a, b, size = np.int64(first), np.int64(last), h0.shape[1]
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    own = dh[a:b]
    for k in range(n_steps if b > a else 0):
        t = k if reverse else n_steps - 1 - k
        start = t * many + a
        before = h0[a:b]
        if k + 1 < n_steps:
            earlier = (t + 1 if reverse else t - 1) * many + a
            before = y[earlier:earlier + b - a]
        for r in range(b - a):
            row = start + r
            d, g, h, q = own[r], slopes[row], before[r], candidates[row]
            reset, keep, n = gates[0, row], gates[1, row], gates[2, row]
            dzn, dzr = dz[row, :size], dz[row, size:2 * size]
            dzz, dzq = dz[row, 2 * size:3 * size], dz[row, 3 * size:]
            for j in range(size):                                # few arrays each, or it is one by one
                d[j] += g[j]
                dzz[j] = d[j] * (h[j] - n[j]) * keep[j] * (ONE - keep[j])
            for j in range(size):
                dzn[j] = d[j] * (ONE - keep[j]) * (ONE - n[j] * n[j])
                d[j] *= keep[j]
            for j in range(size):
                dzq[j] = dzn[j] * reset[j]
                dzr[j] = dzq[j] * q[j] * (ONE - reset[j])
        matmul(gemm, ONE, dz[start:start + b - a, size:], w, ONE, own)


@jit()
def gru_steps_back(team, slopes, gates, candidates, y, w, h0, reverse, dh, dz):
    """All steps back: dh (n, H) of the last state becomes the first's; fills dz (n T, 4 H): n, r, z, q."""
    share_products(team, h0.shape[0], gru_steps_back_part,
                   (team[2], slopes, gates, candidates, y, w, h0, reverse, dh, dz))
