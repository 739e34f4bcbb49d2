"""Recurrent layers through time, forward and back, as loops that Numba compiles; see ops/recurrent_loops.

Sequences do not meet, so each processor takes some of them through all steps. The weights come as panels, for
products with few rows; results that panels give are as wide as these, H' >= H.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .crew import crew, share
from .loops import exp
from .panels import multiply, panels_of

__all__ = ["crew", "panels_of"]

single = np.float32
ZERO, ONE, TWO, HIGHEST = map(single, (0, 1, 2, 88))
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
    """z (4, n, H'): what the states give; gates (4, N, H): what the inputs give, from row `start` on, then
    the gates themselves: i, f, o, u. The first three are halved. Fills rows (n, H) of c, shown and y.
    """
    rows, size = c.shape
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
    """Fill dz (n, 4 H), in PyTorch's order i, f, u, o; dh (n, H'); dc (n, H) becomes that of the cell before.
    """
    rows, size = dc.shape
    for r in range(rows):
        row = start + r
        i, f, o, u = gates[0, row], gates[1, row], gates[2, row], gates[3, row]
        h, d, t, before = dh[r, :size], dc[r], shown[r], c_before[r]
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
def lstm_steps_part(first, last, gates, panels, h0, c0, reverse, cells, shown, y):
    """Some of the sequences, through all steps."""
    a, b = np.int64(first), np.int64(last)
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    z = np.empty((4, b - a, panels.shape[1] * panels.shape[3]), np.float32)
    h, c = h0[a:b], c0[a:b]
    for k in range(n_steps if b > a else 0):
        start = (n_steps - 1 - k if reverse else k) * many + a
        stop = start + b - a
        for gate in range(4):
            multiply(h, panels[gate], z[gate])
        lstm_unit(z, gates, start, c, cells[start:stop], shown[start:stop], y[start:stop])
        h, c = y[start:stop], cells[start:stop]


@jit()
def lstm_steps(team, gates, panels, h0, c0, reverse, cells, shown, y):
    """All steps of an LSTM, for panels of each gate and h0, c0 (n, H); the others as in lstm_unit, with n T
    rows.
    """
    share(team, h0.shape[0], lstm_steps_part, (gates, panels, h0, c0, reverse, cells, shown, y))


@jit()
def widened(x, width):
    """x (n, H) with room behind its rows: (n, width)."""
    wide = np.empty((x.shape[0], width), x.dtype)
    wide[:, :x.shape[1]] = x
    return wide


@jit()
def lstm_steps_back_part(first, last, slopes, gates, panels, c0, reverse, cells, shown, dh, dc, dz):
    a, b, size = np.int64(first), np.int64(last), c0.shape[1]
    many, n_steps = c0.shape[0], dz.shape[0] // c0.shape[0]
    own, cell = widened(dh[a:b], panels.shape[0] * panels.shape[2]), dc[a:b]
    for k in range(n_steps if b > a else 0):
        t = k if reverse else n_steps - 1 - k
        start = t * many + a
        stop = start + b - a
        for r in range(b - a):
            for j in range(size):
                own[r, j] += slopes[start + r, j]
        before = c0[a:b]
        if k + 1 < n_steps:
            earlier = (t + 1 if reverse else t - 1) * many + a
            before = cells[earlier:earlier + b - a]
        lstm_unit_back(own, cell, gates, start, before, shown[start:stop], dz[start:stop])
        multiply(dz[start:stop], panels, own)
    dh[a:b] = own[:, :size]


@jit()
def lstm_steps_back(team, slopes, gates, panels, c0, reverse, cells, shown, dh, dc, dz):
    """All steps back: from dh, dc (n, H) of the last state to those of the first; fills dz (n T, 4 H)."""
    share(team, c0.shape[0], lstm_steps_back_part,
          (slopes, gates, panels, c0, reverse, cells, shown, dh, dc, dz))


@jit()
def rnn_steps_part(first, last, panels, h0, is_tanh, reverse, y):
    a, b = np.int64(first), np.int64(last)
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    h, given = h0[a:b], np.empty((b - a, panels.shape[0] * panels.shape[2]), np.float32)
    for k in range(n_steps if b > a else 0):
        start = (n_steps - 1 - k if reverse else k) * many + a
        z = y[start:start + b - a]
        multiply(h, panels, given)
        for r in range(b - a):
            row, more = z[r], given[r]
            if is_tanh:
                for j in range(row.size):
                    row[j] = tanh(row[j] + more[j])
            else:
                for j in range(row.size):
                    v = row[j] + more[j]
                    row[j] = ZERO if v <= 0 else v
        h = z


@jit()
def rnn_steps(team, panels, h0, is_tanh, reverse, y):
    """All steps of a simple RNN: y (n T, H) holds what the inputs give, and then the states."""
    share(team, h0.shape[0], rnn_steps_part, (panels, h0, is_tanh, reverse, y))


@jit()
def rnn_steps_back_part(first, last, slopes, y, panels, is_tanh, reverse, dh, dz):
    a, b, size = np.int64(first), np.int64(last), dh.shape[1]
    many, n_steps = dh.shape[0], y.shape[0] // dh.shape[0]
    own = widened(dh[a:b], panels.shape[0] * panels.shape[2])
    for k in range(n_steps if b > a else 0):
        start = (k if reverse else n_steps - 1 - k) * many + a
        for r in range(b - a):
            d, g, h, z = own[r], slopes[start + r], y[start + r], dz[start + r]
            if is_tanh:
                for j in range(size):
                    z[j] = (d[j] + g[j]) * (ONE - h[j] * h[j])
            else:
                for j in range(size):
                    z[j] = d[j] + g[j] if h[j] > 0 else ZERO
        multiply(dz[start:start + b - a], panels, own)
    dh[a:b] = own[:, :size]


@jit()
def rnn_steps_back(team, slopes, y, panels, is_tanh, reverse, dh, dz):
    """All steps back: from dh (n, H) of the last state to that of the first; fills dz (n T, H)."""
    share(team, dh.shape[0], rnn_steps_back_part, (slopes, y, panels, is_tanh, reverse, dh, dz))


@jit()
def gru_steps_part(first, last, gates, panels, bias, h0, reverse, candidates, y):
    a, b = np.int64(first), np.int64(last)
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    s = np.empty((3, b - a, panels.shape[1] * panels.shape[3]), np.float32)
    h = h0[a:b]
    for k in range(n_steps if b > a else 0):
        start = (n_steps - 1 - k if reverse else k) * many + a
        for gate in range(3):
            multiply(h, panels[gate], s[gate])
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
def gru_steps(team, gates, panels, bias, h0, reverse, candidates, y):
    """All steps of a GRU: gates (3, n T, H) of what the inputs give, the first two halved, and then r, z, n;
    panels of each gate, bias (H,) of the candidates. Fills candidates and y (n T, H).
    """
    share(team, h0.shape[0], gru_steps_part, (gates, panels, bias, h0, reverse, candidates, y))


@jit()
def gru_steps_back_part(first, last, slopes, gates, candidates, y, panels, h0, reverse, dh, dz):
    a, b, size = np.int64(first), np.int64(last), h0.shape[1]
    many, n_steps = h0.shape[0], y.shape[0] // h0.shape[0]
    own, given = dh[a:b], np.empty((b - a, panels.shape[0] * panels.shape[2]), np.float32)
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
        multiply(dz[start:start + b - a, size:], panels, given)
        for r in range(b - a):
            for j in range(size):
                own[r, j] += given[r, j]


@jit()
def gru_steps_back(team, slopes, gates, candidates, y, panels, h0, reverse, dh, dz):
    """All steps back: dh (n, H) of the last state becomes the first's; fills dz (n T, 4 H): n, r, z, q."""
    share(team, h0.shape[0], gru_steps_back_part,
          (slopes, gates, candidates, y, panels, h0, reverse, dh, dz))
