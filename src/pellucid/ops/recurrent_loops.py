"""The loops over time of recurrent layers, on arrays: fast twins of the bodies in recurrent, and their rules.

The rows of all sequences lie time after time (N, C); a step is a slice of them. What does not depend on the
state before is done for all steps at once: the inputs' product with the weights, and on the way back every
product but the one that leads from a step to the step before it. Weights are turned once, to one matrix per
gate, so that each gate's numbers lie together.

A sigmoid is a tanh of half the argument, (1 + tanh(z / 2)) / 2: the halves are taken of the weights, and one
tanh serves all gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..kernels import ready
from .row_parts import product

ndarray = np.ndarray
CHUNK = 20_000                                                   # numbers per gate that the cache holds
COMPILED = 1 << 11                                               # cells from which compiled steps pay
FEWEST = 4                                                       # sequences for a processor of its own
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


def carried(states: ndarray, first: ndarray, size: int) -> ndarray:
    """The states of a step, for `size` sequences in the next: those that begin there have a first state."""
    if len(states) >= size:
        return states[:size]
    return np.concatenate((states, first[len(states):size]))


def before(states: ndarray, first: ndarray, steps: list[slice], k: int) -> ndarray:
    """The states that step k starts from."""
    return carried(states[steps[k - 1]] if k else first, first, size_of(steps[k]))


def all_before(states: ndarray, first: ndarray, steps: list[slice], some: range | None = None) -> ndarray:
    """The state before each row of all or some steps, in the order of the rows."""
    parts = [before(states, first, steps, k) for k in some or range(len(steps))]
    return np.concatenate(parts[::-1] if steps[0].start else parts)


def chunks_backward(steps: list[slice], size: int) -> Iterator[tuple[range, slice]]:
    """Runs of steps and their rows, the last run first; what is made for a run stays in the cache."""
    count = max(CHUNK // max(size * max(map(size_of, steps)), 1), 1)
    for end in range(len(steps), 0, -count):
        run = range(max(end - count, 0), end)
        low, high = sorted((run[0], run[-1]), key=lambda k: steps[k].start)
        yield run, slice(steps[low].start, steps[high].stop)


def within(rows: slice, outer: slice) -> slice:
    """Some rows, counted from the start of the others around them."""
    return slice(rows.start - outer.start, rows.stop - outer.start)


def last_of(states: ndarray, steps: list[slice]) -> ndarray:
    """The state of each sequence after its last step."""
    following = map(size_of, steps[1:])
    ends = [states[step][size:] for step, size in zip(steps, following, strict=False) if size < size_of(step)]
    return np.concatenate((states[steps[-1]], *ends[::-1]))


def product_with(weight: ndarray, halves: ndarray, order: Sequence[int], n_steps: int) -> Callable:
    """The function that takes x (n, C) to x weight^T as one matrix per gate (gates, n, H).

    weight (gates H, C); its gates come in the given order, times 1/2 or 1. Where there are many steps, the
    weights are turned for it in memory.
    """
    n_gates = len(order)
    if n_steps < MANY_STEPS:
        def product(x: ndarray) -> ndarray:
            z = np.matmul(x, weight.T).reshape(len(x), n_gates, len(weight) // n_gates)
            return z.swapaxes(0, 1)[list(order)] * halves
        return product
    by_gate = weight.reshape(n_gates, -1, weight.shape[1])[list(order)]
    by_gate *= halves
    turned = np.ascontiguousarray(by_gate.swapaxes(1, 2))
    return lambda x: np.matmul(x, turned)


def from_input(x: ndarray, weight: ndarray, biases: Sequence[ndarray | None], halves: ndarray,
               order: Sequence[int], n_steps: int) -> ndarray:
    """What the inputs of all steps give to each gate: (gates, N, H)."""
    given = product_with(weight, halves, order, n_steps)(x)
    present = [bias for bias in biases if bias is not None]
    if present:
        given += np.add.reduce(present).reshape(len(order), 1, -1)[list(order)] * halves
    return given


def halved(x: ndarray, n_sigmoids: int, n_gates: int) -> ndarray:
    """The factors of the gates: 1/2 for sigmoids, which come first, and 1 for the others."""
    return np.array([0.5] * n_sigmoids + [1] * (n_gates - n_sigmoids), x.dtype).reshape(-1, 1, 1)


def together(states: ndarray, steps: list[slice], rows: int) -> Any:
    """The compiled loops over all steps and what shares them out; None where they cannot run or do not pay.

    They need float32 and sequences that are all of one length.
    """
    if states.dtype != np.float32 or rows * states.shape[1] < COMPILED or not ready():
        return None
    if len(steps) < 2 or size_of(steps[0]) * len(steps) != rows or len(states) * len(steps) != rows:
        return None
    from ..kernels import recurrent

    address, parts = recurrent.crew(rows * states.shape[1])
    return recurrent, (address, min(parts, max(len(states) // FEWEST, 1)))


def gate_panels(loops: Any, weight: ndarray, halves: ndarray, order: Sequence[int]) -> ndarray:
    """weight (gates H, H) as panels of each gate (gates, panels, H, 16); gates as in `product_with`."""
    by_gate = weight.reshape(len(order), -1, weight.shape[1])[list(order)] * halves
    return np.stack([loops.panels_of(gate.T) for gate in by_gate])


def rnn_forward(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, batch_sizes, reverse, nonlinearity="tanh"):
    """rnn_layer."""
    steps = steps_of(batch_sizes, reverse)
    y = np.matmul(x, w_ih.T)
    for bias in (b_ih, b_hh):
        if bias is not None:
            y += bias
    if loops := together(h0, steps, len(y)):
        loops[0].rnn_steps(loops[1], loops[0].panels_of(w_hh.T), np.ascontiguousarray(h0),
                           nonlinearity == "tanh", reverse, y)
        return (y, last_of(y, steps)), ()
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
    dstate = np.array(last, order="C")
    if loops := together(h0, steps, len(y)):
        dz, given = np.empty_like(y), map(np.ascontiguousarray, (slopes, y))
        loops[0].rnn_steps_back(loops[1], *given, loops[0].panels_of(w_hh), nonlinearity == "tanh", reverse,
                                dstate, dz)
        steps_back: list[slice] = []
    else:
        dz, steps_back = 1 - y * y if nonlinearity == "tanh" else (y > 0).astype(y.dtype), steps[::-1]
    for rows in steps_back:
        dh = dstate[:size_of(rows)]
        dh += slopes[rows]
        dz[rows] *= dh
        np.matmul(dz[rows], w_hh, out=dh)
    dx, dw_ih, db_ih = to_input(dz, x, w_ih, needs[0], needs[2], needs[4:5])
    dw_hh = summed_over(dz, all_before(y, h0, steps)) if needs[3] else None
    return dx, dstate, dw_ih, dw_hh, db_ih, bias_slope(dz, needs[5:6])


def bias_slope(dz: ndarray, wanted: Sequence[bool]) -> ndarray | None:
    """The sum over all rows: a product with ones is NumPy's fastest."""
    return np.matmul(np.ones(len(dz), dz.dtype), dz) if any(wanted) else None


def summed_over(dz: ndarray, x: ndarray) -> ndarray:
    """The sum over the rows of dz^T x. For one row, dot is seven times quicker; it copies what has gaps."""
    return np.dot(dz.T, x) if len(x) == 1 else product(dz.T, x)


def to_input(dz: ndarray, x: ndarray, weight: ndarray, for_x: bool, for_weight: bool,
             for_bias: Sequence[bool]) -> tuple[ndarray | None, ndarray | None, ndarray | None]:
    """The slopes of inputs, weights and bias of z = x weight^T + bias."""
    return (np.matmul(dz, weight) if for_x else None, summed_over(dz, x) if for_weight else None,
            bias_slope(dz, for_bias))


LSTM_ORDER = (0, 1, 3, 2)                                        # i, f, u, o: the sigmoids first


def lstm_forward(x, h0, c0, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, batch_sizes, reverse):
    """lstm_layer."""
    steps, halves = steps_of(batch_sizes, reverse), halved(x, 3, 4)
    gates = from_input(x, w_ih, (b_ih, b_hh), halves, LSTM_ORDER, len(steps))
    cells, shown = np.empty((2, len(x), c0.shape[1]), x.dtype)
    y = np.empty((len(x), h0.shape[1]), x.dtype)
    if w_hr is None and (loops := together(h0, steps, len(x))):
        panels, first = gate_panels(loops[0], w_hh, halves, LSTM_ORDER), map(np.ascontiguousarray, (h0, c0))
        loops[0].lstm_steps(loops[1], gates, panels, *first, reverse, cells, shown, y)
        return (y, last_of(y, steps), last_of(cells, steps)), (gates, cells, shown)
    from_state = product_with(w_hh, halves, LSTM_ORDER, len(steps))
    unit, _ = units(cells)
    h, c = h0, np.ascontiguousarray(c0)
    for rows in steps:
        n = rows.stop - rows.start
        if n != len(h):
            h, c = carried(h, h0, n), carried(c, c0, n)
        out = y[rows] if w_hr is None else np.empty((n, c0.shape[1]), x.dtype)
        unit(from_state(h), gates, rows.start, c, cells[rows], shown[rows], out)
        h, c = y[rows], cells[rows]
        if w_hr is not None:
            np.matmul(out, w_hr.T, out=h)
    return (y, last_of(y, steps), last_of(cells, steps)), (gates, cells, shown)


def units(cells: ndarray) -> tuple[Any, Any]:
    """A step of an LSTM, forward and back; compiled where that is possible and pays."""
    if cells.dtype == np.float32 and cells.size >= COMPILED and ready():
        from ..kernels import recurrent
        return recurrent.lstm_unit, recurrent.lstm_unit_back
    return lstm_unit, None


def lstm_unit(z: ndarray, gates: ndarray, start: int, c_before: ndarray, c: ndarray, shown: ndarray,
              y: ndarray) -> None:
    """z (4, n, H): what the states give; gates (4, N, H): what the inputs give, from row `start` on, and then
    the gates themselves: i, f, o, u. The first three are halved. Fills rows (n, H) of c, shown and y.
    """
    gate = gates[:, start:start + len(c)]
    z += gate
    np.tanh(z, out=z)
    z[:3] *= 0.5
    np.add(z[:3], 0.5, out=gate[:3])
    gate[3] = z[3]
    i, f, o, u = gate
    np.multiply(f, c_before, out=c)
    c += np.multiply(i, u, out=z[0])
    np.tanh(c, out=shown)
    np.multiply(o, shown, out=y)


def lstm_backward(g, y, saved, x, h0, c0, w_ih, w_hh, _b_ih=None, _b_hh=None, w_hr=None, *, batch_sizes,
                  reverse, needs=(True,) * 8):
    """The rule of lstm_layer."""
    (slopes, last_h, last_c), (gates, cells, shown), y = g, saved, y[0]
    steps, size = steps_of(batch_sizes, reverse), c0.shape[1]
    dz = np.empty((len(x), 4 * size), x.dtype)                   # in PyTorch's order: i, f, u, o
    dy = None if w_hr is None else np.empty_like(slopes)         # with what comes from later steps
    by_gate = w_hh.reshape(4, size, -1)                          # smaller products are quicker than one
    dh, dc, c0 = np.array(last_h, order="C"), np.array(last_c, order="C"), np.ascontiguousarray(c0)
    compiled, (_, unit_back) = w_hr is None and together(h0, steps, len(x)), units(cells)
    if compiled:
        given = np.ascontiguousarray(slopes), gates, compiled[0].panels_of(w_hh)
        compiled[0].lstm_steps_back(compiled[1], *given, c0, reverse, cells, shown, dh, dc, dz)
    for chunk, rows in () if compiled else chunks_backward(steps, size):
        if unit_back is None:
            c_before = all_before(cells, c0, steps, chunk)
            factors = cell_slopes(gates[:, rows], shown[rows], c_before)
        for k in reversed(chunk):
            n, at = size_of(steps[k]), steps[k]
            dr, d = dh[:n], dz[at].reshape(n, 4, size).swapaxes(0, 1)
            dr += slopes[at]
            if dy is not None:
                dy[at] = dr
                dr = np.matmul(dr, w_hr)
            if unit_back is None:
                lstm_unit_back(dr, dc[:n], gates[1, at], *factors, within(at, rows), d)
            else:
                unit_back(dr, dc[:n], gates, at.start, before(cells, c0, steps, k), shown[at], dz[at])
            np.add.reduce(np.matmul(d, by_gate), axis=0, out=dh[:n])
    dx, dw_ih, db = to_input(dz, x, w_ih, needs[0], needs[3], needs[5:7])
    dw_hh = summed_over(dz, all_before(y, h0, steps)) if needs[4] else None
    dw_hr = None if dy is None else summed_over(dy, gates[2] * shown)
    return dx, dh, dc, dw_ih, dw_hh, db, None if db is None else np.copy(db), dw_hr


def lstm_unit_back(dh: ndarray, dc: ndarray, f: ndarray, to_z: ndarray, to_c: ndarray, here: slice,
                   dz: ndarray) -> None:
    """One step back: write dz (4, n, H), and make dc that of the cell before. The step is rows `here`."""
    np.multiply(dh, to_z[3, here], out=dz[3])
    dc += np.multiply(dh, to_c[here], out=to_c[here])
    np.multiply(dc, to_z[:3, here], out=dz[:3])
    dc *= f


def cell_slopes(gates: ndarray, shown: ndarray, c_before: ndarray) -> tuple[ndarray, ndarray]:
    """What is multiplied with dc (i, f, u) and dh (o) to give dz, and with dh to give its part in dc."""
    i, f, o, u = gates
    to_z = np.empty_like(gates)
    a = i * u
    np.multiply(a, i, out=to_z[0])
    np.subtract(a, to_z[0], out=to_z[0])                         # u i (1 - i)
    a *= u
    np.subtract(i, a, out=to_z[2])                               # i (1 - u^2)
    np.subtract(1, f, out=to_z[1])
    to_z[1] *= f
    to_z[1] *= c_before                                          # c_before f (1 - f)
    a = o * shown
    np.multiply(a, o, out=to_z[3])
    np.subtract(a, to_z[3], out=to_z[3])                         # tanh(c) o (1 - o)
    a *= shown
    return to_z, np.subtract(o, a, out=a)                        # o (1 - tanh^2 c)


def gru_forward(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, batch_sizes, reverse):
    """gru_layer."""
    steps, halves = steps_of(batch_sizes, reverse), halved(x, 2, 3)
    gates = from_input(x, w_ih, (b_ih,), halves, (0, 1, 2), len(steps))
    b_hn = None if b_hh is None else b_hh[2 * h0.shape[1]:]
    if b_hh is not None:
        gates[:2] += b_hh[:2 * h0.shape[1]].reshape(2, 1, -1) * 0.5
    y, candidates = np.empty((2, len(x), h0.shape[1]), x.dtype)
    if loops := together(h0, steps, len(x)):
        panels, first = gate_panels(loops[0], w_hh, halves, (0, 1, 2)), np.ascontiguousarray(h0)
        bias = np.zeros(h0.shape[1], x.dtype) if b_hn is None else np.ascontiguousarray(b_hn)
        loops[0].gru_steps(loops[1], gates, panels, bias, first, reverse, candidates, y)
        return (y, last_of(y, steps)), (gates, candidates)
    from_state = product_with(w_hh, halves, (0, 1, 2), len(steps))
    for k, rows in enumerate(steps):
        h = before(y, h0, steps, k)
        s = from_state(h)
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
    dstate = np.array(last, order="C")
    loops = together(h0, steps, len(x))
    if loops:
        given = (np.ascontiguousarray(slopes), gates, candidates, y, loops[0].panels_of(w_hh),
                 np.ascontiguousarray(h0))
        loops[0].gru_steps_back(loops[1], *given, reverse, dstate, dz)
    for k in () if loops else reversed(range(len(steps))):
        rows = steps[k]
        dh = dstate[:size_of(rows)]
        dh += slopes[rows]
        kept = through_unit(dh, gates[:, rows], candidates[rows], before(y, h0, steps, k), dz[rows])
        np.matmul(dz[rows, size:], w_hh, out=dh)
        dh += kept
    inputs, states = dz[:, :3 * size], dz[:, size:]
    dx, dw_ih, db_ih = to_input(inputs, x, np.roll(w_ih, size, axis=0), needs[0], needs[2], needs[4:5])
    dw_hh = summed_over(states, all_before(y, h0, steps)) if needs[3] else None
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
