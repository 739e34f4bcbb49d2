"""Word vectors' steps as loops over bags and pairs of words; see ops/words. Imported at its first use."""

from __future__ import annotations

import numpy as np

from . import jit


@jit("reassoc")
def mean_row(table, places, y):
    """y = the mean of the rows of a bag."""
    y[:] = 0
    share = y.dtype.type(1) / y.dtype.type(max(places.size, 1))
    for place in places:
        row = table[place]
        for j in range(y.size):
            y[j] += share * row[j]


@jit("reassoc")
def add_scaled(y, scale, x):
    for j in range(y.size):
        y[j] += scale * x[j]


@jit("reassoc")
def product(x, y):
    total = x.dtype.type(0)
    for j in range(x.size):
        total += x[j] * y[j]
    return total


@jit("reassoc")
def targets_of_bag(h, outputs, places, lr, errors, back):
    """How far a bag is off from each of its targets, the first the true one; the slope of h; the loss."""
    zero, one, loss = h.dtype.type(0), h.dtype.type(1), 0.0
    back[:] = zero
    for t in range(places.size):
        errors[t] = zero
        if places[t] < 0:
            continue
        row = outputs[places[t]]
        score = product(h, row)
        e = np.exp(-abs(score))                                  # at most 1, whatever the score
        probability = one / (one + e) if score >= zero else e / (one + e)
        loss += np.log1p(e) + max(score if t else -score, zero)
        errors[t] = lr * ((zero if t else one) - probability)
        add_scaled(back, errors[t], row)
    return loss


@jit("reassoc")
def negative_sampling(inputs, outputs, flat, starts, targets, rates, batch):
    """Step after step, each on a batch of bags: first all slopes, then all changes. Returns the loss."""
    count, kind = targets.shape[0], inputs.dtype
    h = np.empty((batch, inputs.shape[1]), kind)
    back = np.empty((batch, inputs.shape[1]), kind)
    errors = np.empty((batch, targets.shape[1]), kind)
    loss = 0.0
    for first in range(0, count, batch):
        bags, lr = min(batch, count - first), rates[first // batch]
        for i in range(bags):
            b = first + i
            mean_row(inputs, flat[starts[b]:starts[b + 1]], h[i])
            loss += targets_of_bag(h[i], outputs, targets[b], lr, errors[i], back[i])
        for i in range(bags):
            b = first + i
            for t in range(targets.shape[1]):
                if targets[b, t] >= 0:
                    add_scaled(outputs[targets[b, t]], errors[i, t], h[i])
            size = starts[b + 1] - starts[b]
            for k in range(starts[b], starts[b + 1]):
                add_scaled(inputs[flat[k]], kind.type(1) / kind.type(size), back[i])
    return loss


@jit("reassoc")
def glove(words, others, biases, other_biases, squares, rows, columns, logs, weights, lr, eps, batch):
    """Adagrad's step after step, each on a batch of pairs; the slopes of one row are added up first."""
    count, size, kind = rows.size, words.shape[1], words.dtype
    one, loss = kind.type(1), 0.0
    slopes = np.zeros((2, words.shape[0], size + 1), kind)
    is_touched = np.zeros((2, words.shape[0]), np.bool_)
    touched = np.empty((2, batch), np.int64)
    for first in range(0, count, batch):
        found = np.zeros(2, np.int64)
        for n in range(first, min(first + batch, count)):
            i, j = rows[n], columns[n]
            off = product(words[i], others[j]) + biases[i] + other_biases[j] - logs[n]
            loss += weights[n] * off * off
            slope = kind.type(2) * weights[n] * off
            add_scaled(slopes[0, i, :size], slope, others[j])
            add_scaled(slopes[1, j, :size], slope, words[i])
            slopes[0, i, size] += slope
            slopes[1, j, size] += slope
            for side, place in ((0, i), (1, j)):
                if not is_touched[side, place]:
                    is_touched[side, place] = True
                    touched[side, found[side]] = place
                    found[side] += 1
        for side in range(2):
            table, bias = (words, biases) if side == 0 else (others, other_biases)
            for n in range(found[side]):
                place = touched[side, n]
                is_touched[side, place] = False
                g, s = slopes[side, place], squares[side, place]
                for j in range(size + 1):
                    s[j] += g[j] * g[j]
                    change = lr * g[j] / (np.sqrt(s[j]) + eps)
                    if j < size:
                        table[place, j] -= change
                    else:
                        bias[place] -= change
                    g[j] = one - one
    return loss
