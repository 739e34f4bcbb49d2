"""A step of an LSTM in one pass, forward and back, as loops that Numba compiles; see ops/recurrent_loops."""

from __future__ import annotations

import numpy as np

from . import jit
from .loops import exp

single = np.float32
ONE, TWO, HIGHEST = single(1), single(2), single(88)
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
