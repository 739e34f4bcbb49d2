"""Recurrent layers: a state that is carried from one element of a sequence to the next.

One op is one layer in one direction over whole sequences. Their rows come time after time, as a
PackedSequence holds them: x (N, C) begins with the first elements of all sequences, batch_sizes[0] of them;
then come the second elements of the batch_sizes[1] sequences that are long enough, and so on. Longer
sequences come first, so that the sequences of a step are the first of the batch. B sequences of T elements
have the batch_sizes (B,) * T, and x (T, B, C) is these rows. With reverse=True a sequence is read from its
end.

The bodies say what is computed, on arrays or on Tensors; on arrays, the twins in recurrent_loops compute it.
"""

from __future__ import annotations

import numpy as np

from ..engine import op
from . import recurrent_loops as loops
from .samples import case, n

EVEN = {"batch_sizes": (2, 2, 2), "reverse": False}
UNEVEN = {"batch_sizes": (3, 2, 1), "reverse": False}
BACKWARDS = {"batch_sizes": (3, 1, 1), "reverse": True}


def in_order(parts, reverse):
    """The rows of all steps, one below the other."""
    return np.concatenate(parts[::-1] if reverse else parts)


def onward(new, h):
    """The states after a step: those of sequences that are over, or have not begun, stay."""
    return new if len(new) == len(h) else np.concatenate((new, h[len(new):]))


def affine(x, weight, bias):
    """x weight^T + bias."""
    y = np.matmul(x, np.transpose(weight))
    return y if bias is None else y + bias


def sigmoid(z):
    """1 / (1 + e^-z)."""
    return 1 / (1 + np.exp(-z))


def split(z, count):
    """z (n, count H) as count arrays (n, H)."""
    size = z.shape[1] // count
    return [z[:, k * size:(k + 1) * size] for k in range(count)]


@op(samples=case(n(6, 3), n(2, 2), n(2, 3), n(2, 2), n(2), n(2), **EVEN)
    + case(n(6, 3), n(3, 2), n(2, 3), n(2, 2), n(2), n(2), **UNEVEN)
    + case(n(5, 3), n(3, 2), n(2, 3), n(2, 2), None, None, **BACKWARDS)
    + case(n(6, 3), n(2, 2), n(2, 3), n(2, 2), n(2), n(2), nonlinearity="relu", **EVEN))
def rnn_layer(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, batch_sizes, reverse, nonlinearity="tanh"):
    """Carry a state through sequences: each is squashed from the input and the state before.

        y[t] = tanh z[t]                         z[t] = W_ih x[t] + b_ih + W_hh y[t-1] + b_hh,  y[-1] = h0
        and, second, the state after the last element of each sequence; relu in place of tanh if asked for
        dz[t] = (g[t] + W_hh^T dz[t+1]) (1 - y[t]^2)         relu: dz[t] = 0 where y[t] = 0
        dx = dz W_ih                             dh0 = dz[0] W_hh
        dw_ih = sum_t dz[t]^T x[t]               dw_hh = sum_t dz[t]^T y[t-1]
        db_ih = sum_t dz[t]                      db_hh = sum_t dz[t]
    Shapes: x (N, C), h0 (B, H), w_ih (H, C), w_hh (H, H), b_ih and b_hh (H,) -> (N, H) and (B, H)
    Source: Elman 1990, "Finding Structure in Time"; back through time: Werbos 1990.
    """
    h, ys = h0, []
    for rows in loops.steps_of(batch_sizes, reverse):
        z = affine(x[rows], w_ih, b_ih) + affine(h[:loops.size_of(rows)], w_hh, b_hh)
        ys.append(np.tanh(z) if nonlinearity == "tanh" else np.maximum(z, 0))
        h = onward(ys[-1], h)
    return (in_order(ys, reverse), h), ()


@op(samples=case(n(6, 3), n(2, 2), n(2, 2), n(8, 3), n(8, 2), n(8), n(8), **EVEN)
    + case(n(6, 3), n(3, 2), n(3, 2), n(8, 3), n(8, 2), n(8), n(8), **UNEVEN)
    + case(n(5, 3), n(3, 1), n(3, 2), n(8, 3), n(8, 1), None, None, n(1, 2), **BACKWARDS))
def lstm_layer(x, h0, c0, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, batch_sizes, reverse):
    """Carry a state and a cell through sequences; gates say what the cell takes in, keeps and shows.

        z[t] = W_ih x[t] + b_ih + W_hh y[t-1] + b_hh         [i, f, u, o] = z with s = sigmoid, tanh for u
        c[t] = s(f) c[t-1] + s(i) tanh(u)                    y[-1] = h0, c[-1] = c0
        y[t] = s(o) tanh c[t]                    times W_hr, if there is one (a projection)
        and the states and the cells after the last element of each sequence.
    Backward, with i, f, u, o for the gates' values after squashing:
        dh = g[t] + W_hh^T dz[t+1]               (times W_hr^T, if there is one)
        dc = f[t+1] dc[t+1] + dh o (1 - tanh^2 c)
        dz = [dc u i (1 - i), dc c[t-1] f (1 - f), dc i (1 - u^2), dh tanh(c) o (1 - o)]
        dx = dz W_ih                             dh0 = dz[0] W_hh                dc0 = f[0] dc[0]
        dw_ih = sum_t dz[t]^T x[t]               dw_hh = sum_t dz[t]^T y[t-1]
        db_ih = sum_t dz[t]                      db_hh = sum_t dz[t]
        dw_hr = sum_t dh[t]^T (o tanh c)
    Shapes: x (N, C), h0 (B, P), c0 (B, H), w_ih (4 H, C), w_hh (4 H, P), b_ih and b_hh (4 H,), w_hr (P, H)
            -> (N, P), (B, P) and (B, H); P = H without w_hr
    Source: Hochreiter & Schmidhuber 1997, "Long Short-Term Memory"; forget gate: Gers et al. 2000;
            projection: Sak, Senior & Beaufays 2014, arXiv:1402.1128.
    """
    h, c, ys, gates, cells, shown = h0, c0, [], [], [], []
    for rows in loops.steps_of(batch_sizes, reverse):
        size = loops.size_of(rows)
        i, f, u, o = split(affine(x[rows], w_ih, b_ih) + affine(h[:size], w_hh, b_hh), 4)
        i, f, o, u = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(u)
        cells.append(f * c[:size] + i * u)
        shown.append(np.tanh(cells[-1]))
        y = o * shown[-1]
        ys.append(y if w_hr is None else affine(y, w_hr, None))
        gates.append(np.stack((i, f, o, u), axis=1))
        h, c = onward(ys[-1], h), onward(cells[-1], c)
    kept = np.transpose(in_order(gates, reverse), (1, 0, 2)), *(in_order(a, reverse) for a in (cells, shown))
    return (in_order(ys, reverse), h, c), kept


@op(samples=case(n(6, 3), n(2, 2), n(6, 3), n(6, 2), n(6), n(6), **EVEN)
    + case(n(6, 3), n(3, 2), n(6, 3), n(6, 2), n(6), n(6), **UNEVEN)
    + case(n(5, 3), n(3, 2), n(6, 3), n(6, 2), None, None, **BACKWARDS))
def gru_layer(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, batch_sizes, reverse):
    """Carry a state through sequences; a gate says how much of it is kept, another what the new sees of it.

        [r, z, n] = W_ih x[t] + b_ih             [p, v, q] = W_hh y[t-1] + b_hh
        r = sigmoid(r + p)                       z = sigmoid(z + v)              n = tanh(n + r q)
        y[t] = (1 - z) n + z y[t-1]              y[-1] = h0
        and, second, the state after the last element of each sequence.
        dh = g[t] + z[t+1] dh[t+1] + W_hh^T ds[t+1]
        dm = [dn q r (1 - r), dh (y[t-1] - n) z (1 - z), dn]     with dn = dh (1 - z) (1 - n^2)
        ds = the same with dn r for dn in the third place
        dx = dm W_ih                             dh0 = z[0] dh[0] + ds[0] W_hh
        dw_ih = sum_t dm[t]^T x[t]               dw_hh = sum_t ds[t]^T y[t-1]
        db_ih = sum_t dm[t]                      db_hh = sum_t ds[t]
    Shapes: x (N, C), h0 (B, H), w_ih (3 H, C), w_hh (3 H, H), b_ih and b_hh (3 H,) -> (N, H) and (B, H)
    Source: Cho et al. 2014, arXiv:1406.1078.
    Differs: from the source, as PyTorch does: r gates W_hh y[t-1] after the product.
    """
    h, ys, gates, candidates = h0, [], [], []
    for rows in loops.steps_of(batch_sizes, reverse):
        old = h[:loops.size_of(rows)]
        (r, z, new), (p, v, q) = split(affine(x[rows], w_ih, b_ih), 3), split(affine(old, w_hh, b_hh), 3)
        r, z = sigmoid(r + p), sigmoid(z + v)
        new = np.tanh(new + r * q)
        ys.append((1 - z) * new + z * old)
        gates.append(np.stack((r, z, new), axis=1))
        candidates.append(q)
        h = onward(ys[-1], h)
    kept = np.transpose(in_order(gates, reverse), (1, 0, 2)), in_order(candidates, reverse)
    return (in_order(ys, reverse), h), kept


for _op, _forward, _backward in ((rnn_layer, loops.rnn_forward, loops.rnn_backward),
                                 (lstm_layer, loops.lstm_forward, loops.lstm_backward),
                                 (gru_layer, loops.gru_forward, loops.gru_backward)):
    _op.op.forward = _op.kernel("loops")(_forward)
    _op.op.vjp_on_arrays(_backward)
