"""The loops over time of recurrent layers, on arrays: fast twins of the bodies in recurrent, and their rules.

The rows of all sequences lie time after time (N, C); a step is a slice of them. What does not depend on the
state before is done for all steps at once: the inputs' product with the weights, and on the way back every
product but the one that leads from a step to the step before it. Weights are turned once, to one matrix per
gate, so that each gate's numbers lie together.

A sigmoid is a tanh of half the argument, (1 + tanh(z / 2)) / 2: the halves are taken of the weights, and one
tanh serves all gates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ndarray = np.ndarray
MANY_STEPS = 8                                                   # from here on turning weights in memory pays


def steps_of(batch_sizes: Sequence[int], reverse: bool) -> list[slice]:
    """The rows of each step, in the order in which they are walked through."""
    steps, start = [], 0
    for size in batch_sizes:
        steps.append(slice(start, start + size))
        start += size
    return steps[::-1] if reverse else steps


def size_of(step: slice) -> int:
    """How many sequences last at this step."""
    return step.stop - step.start


def before(states: ndarray, first: ndarray, steps: list[slice], k: int) -> ndarray:
    """The states that step k starts from; a sequence that begins there has its first state."""
    size = size_of(steps[k])
    if k == 0:
        return first[:size]
    earlier = states[steps[k - 1]]
    if len(earlier) >= size:
        return earlier[:size]
    return np.concatenate((earlier, first[len(earlier):size]))


def all_before(states: ndarray, first: ndarray, steps: list[slice]) -> ndarray:
    """The state before each row, in the order of the rows."""
    parts = [before(states, first, steps, k) for k in range(len(steps))]
    return np.concatenate(parts[::-1] if steps[0].start else parts)


def last_of(states: ndarray, steps: list[slice]) -> ndarray:
    """The state of each sequence after its last step."""
    following = map(size_of, steps[1:])
    ends = [states[step][size:] for step, size in zip(steps, following, strict=False) if size < size_of(step)]
    return np.concatenate((states[steps[-1]], *ends[::-1]))


def turned(weight: ndarray, halves: ndarray, order: Sequence[int], n_steps: int) -> ndarray:
    """weight (gates H, C) as one matrix per gate (gates, C, H), in the given order and times 1/2 or 1."""
    by_gate = weight.reshape(len(order), -1, weight.shape[1])[list(order)]
    by_gate *= halves
    by_gate = by_gate.swapaxes(1, 2)
    return np.ascontiguousarray(by_gate) if n_steps >= MANY_STEPS else by_gate


def from_input(x: ndarray, weight: ndarray, biases: Sequence[ndarray | None], halves: ndarray,
               order: Sequence[int]) -> ndarray:
    """What the inputs of all steps give to each gate: (gates, N, H)."""
    given = np.matmul(x, turned(weight, halves, order, len(x)))
    for bias in biases:
        if bias is not None:
            given += bias.reshape(len(order), 1, -1)[list(order)] * halves
    return given


def halved(x: ndarray, n_sigmoids: int, n_gates: int) -> ndarray:
    """The factors of the gates: 1/2 for sigmoids, which come first, and 1 for the others."""
    return np.array([0.5] * n_sigmoids + [1] * (n_gates - n_sigmoids), x.dtype).reshape(-1, 1, 1)


def rnn_forward(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, batch_sizes, reverse, nonlinearity="tanh"):
    """rnn_layer."""
    steps = steps_of(batch_sizes, reverse)
    y = np.matmul(x, w_ih.T)
    for bias in (b_ih, b_hh):
        if bias is not None:
            y += bias
    turned = np.ascontiguousarray(w_hh.T) if len(steps) >= MANY_STEPS else w_hh.T
    for k, rows in enumerate(steps):
        h = y[rows]
        h += np.matmul(before(y, h0, steps, k), turned)
        if nonlinearity == "tanh":
            np.tanh(h, out=h)
        else:
            np.maximum(h, 0, out=h)
    return (y, last_of(y, steps)), ()


def rnn_backward(g, y, _saved, x, h0, w_ih, w_hh, _b_ih=None, _b_hh=None, *, batch_sizes, reverse,
                 nonlinearity="tanh", needs=(True,) * 6):
    """The rule of rnn_layer."""
    (slopes, last), y = g, y[0]
    steps = steps_of(batch_sizes, reverse)
    dz = 1 - y * y if nonlinearity == "tanh" else (y > 0).astype(y.dtype)
    dstate = np.copy(last)
    for rows in reversed(steps):
        dh = dstate[:size_of(rows)]
        dh += slopes[rows]
        dz[rows] *= dh
        np.matmul(dz[rows], w_hh, out=dh)
    dx, dw_ih, db_ih = to_input(dz, x, w_ih, needs[0], needs[2], needs[4:5])
    dw_hh = np.matmul(dz.T, all_before(y, h0, steps)) if needs[3] else None
    return dx, dstate, dw_ih, dw_hh, db_ih, bias_slope(dz, needs[5:6])


def bias_slope(dz: ndarray, wanted: Sequence[bool]) -> ndarray | None:
    """The sum over all rows: a product with ones is NumPy's fastest."""
    return np.matmul(np.ones(len(dz), dz.dtype), dz) if any(wanted) else None


def to_input(dz: ndarray, x: ndarray, weight: ndarray, for_x: bool, for_weight: bool,
             for_bias: Sequence[bool]) -> tuple[ndarray | None, ndarray | None, ndarray | None]:
    """The slopes of inputs, weights and bias of z = x weight^T + bias."""
    return (np.matmul(dz, weight) if for_x else None, np.matmul(dz.T, x) if for_weight else None,
            bias_slope(dz, for_bias))


LSTM_ORDER = (0, 1, 3, 2)                                        # i, f, u, o: the sigmoids first


def lstm_forward(x, h0, c0, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, batch_sizes, reverse):
    """lstm_layer."""
    steps, halves = steps_of(batch_sizes, reverse), halved(x, 3, 4)
    gates = from_input(x, w_ih, (b_ih, b_hh), halves, LSTM_ORDER)
    w_hh = turned(w_hh, halves, LSTM_ORDER, len(steps))
    cells = np.empty((len(x), c0.shape[1]), x.dtype)
    y = np.empty((len(x), h0.shape[1]), x.dtype)
    for k, rows in enumerate(steps):
        z = np.matmul(before(y, h0, steps, k), w_hh)
        z += gates[:, rows]
        np.tanh(z, out=z)
        z[:3] *= 0.5
        z[:3] += 0.5
        gates[:, rows] = z
        i, f, o, u = z
        i *= u
        f *= before(cells, c0, steps, k)
        c = np.add(f, i, out=cells[rows])
        np.tanh(c, out=u)
        if w_hr is None:
            np.multiply(o, u, out=y[rows])
        else:
            o *= u
            np.matmul(o, w_hr.T, out=y[rows])
    return (y, last_of(y, steps), last_of(cells, steps)), (gates, cells)


def lstm_backward(g, y, saved, x, h0, c0, w_ih, w_hh, _b_ih=None, _b_hh=None, w_hr=None, *, batch_sizes,
                  reverse, needs=(True,) * 8):
    """The rule of lstm_layer."""
    (slopes, last_h, last_c), (gates, cells) = g, saved
    steps = steps_of(batch_sizes, reverse)
    dz = np.empty((len(x), len(w_hh)), x.dtype)
    dout = None if w_hr is None else np.empty_like(slopes)       # the slopes of h, with what comes from later
    dh, dc = np.copy(last_h), np.copy(last_c)
    for k in reversed(range(len(steps))):
        rows = steps[k]
        size = size_of(rows)
        dh[:size] += slopes[rows]
        dr = dh[:size]
        if dout is not None:
            dout[rows] = dr
            dr = np.matmul(dr, w_hr)
        through_cell(dr, dc[:size], gates[:, rows], cells[rows], before(cells, c0, steps, k), dz[rows])
        np.matmul(dz[rows], w_hh, out=dh[:size])
    dx, dw_ih, db_ih = to_input(dz, x, w_ih, needs[0], needs[3], needs[5:6])
    dw_hh = np.matmul(dz.T, all_before(y[0], h0, steps)) if needs[4] else None
    dw_hr = None if dout is None else np.matmul(dout.T, gates[2] * np.tanh(cells))
    return dx, dh, dc, dw_ih, dw_hh, db_ih, bias_slope(dz, needs[6:7]), dw_hr


def through_cell(dh: ndarray, dc: ndarray, gates: ndarray, c: ndarray, c_before: ndarray,
                 dz: ndarray) -> None:
    """One step back through an LSTM's cell: write dz (n, 4 H), and make dc that of the cell before."""
    i, f, o, u = gates
    dzi, dzf, dzu, dzo = (dz[:, k * c.shape[1]:(k + 1) * c.shape[1]] for k in range(4))
    rest = 1 - gates[:3]
    t = np.tanh(c)
    a = dh * o
    b = a * t
    np.multiply(b, rest[2], out=dzo)                             # dh t o (1 - o)
    b *= t
    a -= b
    dc += a                                                      # dh o (1 - t^2)
    np.multiply(dc, i, out=a)
    np.multiply(a, u, out=b)
    np.multiply(b, rest[0], out=dzi)                             # dc u i (1 - i)
    b *= u
    np.subtract(a, b, out=dzu)                                   # dc i (1 - u^2)
    dc *= f
    np.multiply(dc, c_before, out=a)
    np.multiply(a, rest[1], out=dzf)                             # dc c_before f (1 - f)


def gru_forward(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, batch_sizes, reverse):
    """gru_layer."""
    steps, halves = steps_of(batch_sizes, reverse), halved(x, 2, 3)
    gates = from_input(x, w_ih, (b_ih,), halves, (0, 1, 2))
    b_hn = None if b_hh is None else b_hh[2 * h0.shape[1]:]
    if b_hh is not None:
        gates[:2] += b_hh[:2 * h0.shape[1]].reshape(2, 1, -1) * 0.5
    w_hh = turned(w_hh, halves, (0, 1, 2), len(steps))
    y, candidates = np.empty((2, len(x), h0.shape[1]), x.dtype)
    for k, rows in enumerate(steps):
        h = before(y, h0, steps, k)
        s = np.matmul(h, w_hh)
        q, rz = s[2], s[:2]
        if b_hn is not None:
            q += b_hn
        candidates[rows] = q
        rz += gates[:2, rows]
        np.tanh(rz, out=rz)
        rz *= 0.5
        rz += 0.5
        gates[:2, rows] = rz
        q *= rz[0]
        n = gates[2, rows]
        n += q
        np.tanh(n, out=n)
        np.subtract(h, n, out=q)
        q *= rz[1]
        np.add(n, q, out=y[rows])
    return (y, last_of(y, steps)), (gates, candidates)


def gru_backward(g, y, saved, x, h0, w_ih, w_hh, _b_ih=None, _b_hh=None, *, batch_sizes, reverse,
                 needs=(True,) * 6):
    """The rule of gru_layer. The slopes lie as n, r, z, q: inputs have the first three, states the last."""
    (slopes, last), (gates, candidates), y = g, saved, y[0]
    steps, size = steps_of(batch_sizes, reverse), h0.shape[1]
    dz = np.empty((len(x), 4 * size), x.dtype)
    dstate = np.copy(last)
    for k in reversed(range(len(steps))):
        rows = steps[k]
        dh = dstate[:size_of(rows)]
        dh += slopes[rows]
        kept = through_unit(dh, gates[:, rows], candidates[rows], before(y, h0, steps, k), dz[rows])
        np.matmul(dz[rows, size:], w_hh, out=dh)
        dh += kept
    inputs, states = dz[:, :3 * size], dz[:, size:]
    dx, dw_ih, db_ih = to_input(inputs, x, np.roll(w_ih, size, axis=0), needs[0], needs[2], needs[4:5])
    dw_hh = np.matmul(states.T, all_before(y, h0, steps)) if needs[3] else None
    return (dx, dstate, None if dw_ih is None else np.roll(dw_ih, -size, axis=0), dw_hh,
            None if db_ih is None else np.roll(db_ih, -size), bias_slope(states, needs[5:6]))


def through_unit(dh: ndarray, gates: ndarray, q: ndarray, h: ndarray, dz: ndarray) -> ndarray:
    """One step back through a GRU's unit: write dz (n, 4 H), return what the state before gets directly."""
    r, z, n = gates
    dzn, dzr, dzz, dzq = (dz[:, k * h.shape[1]:(k + 1) * h.shape[1]] for k in range(4))
    rest = 1 - gates[:2]
    kept = dh * z
    a = h - n
    a *= kept
    np.multiply(a, rest[1], out=dzz)                             # dh (h - n) z (1 - z)
    np.subtract(dh, kept, out=a)                                 # dn
    b = a * n
    b *= n
    a -= b
    dzn[:] = a                                                   # dn (1 - n^2)
    a *= r
    dzq[:] = a
    a *= q
    np.multiply(a, rest[0], out=dzr)                             # dz_n q r (1 - r)
    return kept
