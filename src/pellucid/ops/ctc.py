"""Connectionist temporal classification: the probability of a short text under a long row of guesses."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .samples import case, n

__all__: list[str] = []                                          # the public loss is nn.functional.ctc_loss
NEVER = -1e30                                                    # ln 0, but finite, so that slopes are


def _stretched(targets, blank):
    """The states (N, 2 L + 1), labels with blanks around each, and the cost of skipping a blank: 0 or NEVER.

    A blank between equal labels is what keeps them apart, so it cannot be skipped.
    """
    count, length = targets.shape
    states = np.full((count, 2 * length + 1), blank)
    states[:, 1::2] = targets
    skip = np.full(states.shape, NEVER)
    skip[:, 3::2] = np.where(states[:, 3::2] != states[:, 1:-2:2], 0.0, NEVER)
    return states, skip


def _later(a, steps, fill):
    """The columns moved to the right by some steps, `fill` in front."""
    front = np.full((a.shape[0], min(steps, a.shape[1])), fill, a.dtype)
    return np.concatenate([front, a[:, :a.shape[1] - front.shape[1]]], axis=1)


def _sooner(a, steps, fill):
    """The columns moved to the left by some steps, `fill` behind."""
    back = np.full((a.shape[0], min(steps, a.shape[1])), fill, a.dtype)
    return np.concatenate([a[:, back.shape[1]:], back], axis=1)


def _ends(target_lengths, width, dtype):
    """0 for the states in which a text may end, its last label and the blank behind it; NEVER elsewhere."""
    places = np.arange(width)
    last = 2 * np.asarray(target_lengths)[:, None]
    return np.where((places == last) | (places == last - 1), 0.0, NEVER).astype(dtype)


@op(samples=case(n(4, 2, 3), np.array([[1, 2], [2, 2]]), np.array([4, 4]), np.array([2, 2]))
    + case(n(5, 3, 4), np.array([[1, 0], [3, 3], [2, 0]]), np.array([5, 4, 2]), np.array([1, 2, 0]), blank=0)
    + case(n(3, 1, 2), np.array([[1]]), np.array([3]), np.array([1])))
def ctc(x, targets, input_lengths, target_lengths, *, blank=0):
    """Surprise at a text when each moment guesses a letter or a blank, and the text may be stretched at will.

    A path goes through the states blank, letter 1, blank, letter 2, ..., blank: at each moment it stays,
    takes one step, or skips a blank between different letters. a sums the ways to a state, b those from it:

        a[t, s] = p[t, s] (a[t-1, s] + a[t-1, s-1] + a[t-1, s-2] if it may skip)    p = e^x at the letter of s
        b[t, s] = sum of p[t+1, r] b[t+1, r] over the states r = s, s+1, s+2 if it may skip
        y  = -ln (a at the last letter + a at the blank behind it, when the input ends)
        dx[t, c] = -g sum over states s of letter c of a[t, s] b[t, s] e^y
    Computed with logarithms throughout.

    Shapes: x (T, N, C) logarithms of probabilities, targets (N, L), both lengths (N,) -> (N,)
    Source: Graves, Fernandez, Gomez & Schmidhuber 2006, "Connectionist Temporal Classification: Labelling
            Unsegmented Sequence Data with Recurrent Neural Networks", ICML, sections 4.1 and 4.2.
    """
    states, skip = _stretched(np.asarray(targets), blank)
    rows, dtype = np.arange(x.shape[1])[:, None], np.dtype(x.dtype)
    skip = skip.astype(dtype)
    p = x[:, rows, states]
    start = np.where(np.arange(states.shape[1]) < 2, 0.0, NEVER).astype(dtype)
    a = p[0] + start
    ways = [a]
    for t in range(1, x.shape[0]):
        step = np.logaddexp(np.logaddexp(a, _later(a, 1, NEVER)), _later(a, 2, NEVER) + skip)
        a = np.where((t < np.asarray(input_lengths))[:, None], p[t] + step, a)
        ways.append(a)
    ends = a + _ends(target_lengths, states.shape[1], dtype)
    top = np.max(ends, axis=1, keepdims=True)
    y = -np.log(np.sum(np.exp(ends - top), axis=1)) - top[:, 0]
    return y, (np.stack(ways), p)


@ctc.vjp
def _(g, y, saved, x, targets, input_lengths, target_lengths, *, blank=0):
    ways, p = saved
    states, skip = _stretched(np.asarray(targets), blank)
    dtype, lengths = np.dtype(x.dtype), np.asarray(input_lengths)
    ends = _ends(target_lengths, states.shape[1], dtype)
    skip = _sooner(skip.astype(dtype), 2, NEVER)
    letters = (states[:, :, None] == np.arange(x.shape[2])).astype(dtype)
    y = np.where(y < -NEVER / 10, y, 0)                          # a text that no path spells has no slope
    b, slopes = ends, []
    for t in reversed(range(x.shape[0])):
        step = ends
        if t + 1 < x.shape[0]:
            step = np.logaddexp(np.logaddexp(b, _sooner(b, 1, NEVER)), _sooner(b, 2, NEVER) + skip)
            step = np.where((t + 1 == lengths)[:, None], ends, step)
        share = np.exp(ways[t] + step + np.reshape(y, (-1, 1))) * (t < lengths)[:, None]
        slopes.append(np.matmul(np.expand_dims(share, 1), letters)[:, 0])
        b = p[t] + step
    return -np.stack(slopes[::-1]) * np.reshape(g, (1, -1, 1))
