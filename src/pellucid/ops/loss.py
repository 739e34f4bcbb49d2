"""Losses: how far an answer is from what was wanted, per element or per row; `nn.functional` averages.
"""

from __future__ import annotations

import numpy as np

from ..engine import op
from ..kernels import singles
from ..tensor import Tensor
from .samples import apart, case, ints, n, normal, u

__all__: list[str] = []                                          # the public losses are in nn.functional


@op(samples=normal((2, 3), (2, 3)) + normal((0, 3), (0, 3)) + normal((2, 3), ()), promote="number")
def squared_error(x, y):
    """Square the difference of two tensors.

        y  = (x - y)^2
        dx = 2 g (x - y)
        dy = -dx
    Shapes: x and y broadcast to the result.
    """
    d = x - y
    return d * d, ()


@squared_error.vjp
def _(g, _out, _saved, x, y, *, needs=(True, True)):
    dx = g * (x - y) * 2
    return dx, -dx if needs[1] else None


@op(samples=case(apart(2, 3), np.zeros((2, 3))) + case(np.zeros((2, 3)), apart(2, 3)), promote="number")
def absolute_error(x, y):
    """Take the distance of two tensors, element by element.

        y  = |x - y|
        dx = g sign(x - y)
        dy = -dx
    Shapes: x and y broadcast to the result.
    """
    return np.abs(x - y), ()


@absolute_error.vjp
def _(g, _out, _saved, x, y, *, needs=(True, True)):
    dx = g * np.sign(x - y)
    return dx, -dx if needs[1] else None


@op(samples=case(apart(2, 3), np.zeros((2, 3)), delta=0.4) + case(np.zeros(4), apart(4)), promote="number")
def huber_error(x, y, *, delta=1.0):
    """Square small differences, and grow in a straight line where they are larger than delta.

        d  = x - y        c = d, clipped to [-delta, delta]
        y  = c d - c^2 / 2               d^2 / 2 inside, delta |d| - delta^2 / 2 outside
        dx = g c
        dy = -dx
    Shapes: x and y broadcast to the result.
    Source: Huber 1964, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35.
    """
    d = x - y
    c = np.clip(d, -delta, delta)
    return c * (d - c / 2), ()


@huber_error.vjp
def _(g, _out, _saved, x, y, *, delta=1.0, needs=(True, True)):
    dx = g * np.clip(x - y, -delta, delta)
    return dx, -dx if needs[1] else None


@op(samples=case(u(0.1, 0.9, 2, 3), u(0.1, 0.9, 2, 3)) + case(u(0.1, 0.9, 4), np.array([0.0, 1, 1, 0])),
    promote="number")
def bernoulli_nll(x, y):
    """Surprise at the outcome y, 0 or 1 or between, of an event that was given the probability x.

        y  = -(y ln x + (1 - y) ln(1 - x))       both logarithms at least -100
        dx = g (x - y) / (x (1 - x))             the denominator at least 1e-12
        dy = g (ln(1 - x) - ln x)
    Shapes: x and y broadcast to the result.
    """
    return -(y * np.maximum(np.log(x), -100) + (1 - y) * np.maximum(np.log(1 - x), -100)), ()


@bernoulli_nll.vjp
def _(g, _out, _saved, x, y, *, needs=(True, True)):
    dx = g * (x - y) / np.maximum(x * (1 - x), 1e-12)
    if not needs[1]:
        return dx, None
    return dx, g * (np.maximum(np.log(1 - x), -100) - np.maximum(np.log(x), -100))


@op(samples=normal((2, 3), (2, 3)) + case(n(2, 3), u(0, 1, 2, 3), u(0.5, 3, 3)) + normal((0, 3), (0, 3)),
    promote="number")
def bernoulli_nll_of_logits(x, y, positive=None):
    """Surprise at the outcome y, 0 or 1, of an event whose log-odds were x; at 1 it counts `positive` times.

        l  = ln(1 + e^-x) = -ln p                with p = sigmoid x, the probability of 1
        y  = (1 - y) (x + l) + y positive l      x + l = -ln(1 - p)
        dx = g ((1 - y) p - y positive (1 - p))
        dy = g (positive l - x - l)
        dpositive = g y l
    Shapes: x, y and positive broadcast to the result.
    """
    less = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))
    return (1 - y) * (x + less) + (y * less if positive is None else y * positive * less), (less,)


@bernoulli_nll_of_logits.vjp
def _(g, _out, saved, x, y, positive=None, *, needs=(True, True, True)):
    less, = saved                                                # ln(1 + e^-x); p and 1 - p from it are exact
    positives = y if positive is None else y * positive
    dx = g * ((1 - y) * np.exp(-less) + positives * np.expm1(-less))
    if not (needs[1] or needs[-1]):
        return dx, None, None
    dy = g * ((-x) if positive is None else positive * less - x - less)
    return (dx, dy) if positive is None else (dx, dy, g * y * less)


@op(samples=case(n(2, 3), u(0.2, 1, 2, 3)) + case(n(2, 3), u(0.2, 1, 3)), promote="number")
def relative_entropy(x, y):
    """How much longer messages get when y is the true probability and e^x is taken for it.

        y  = y (ln y - x)        0 where y is 0
        dx = -g y
        dy = g (ln y + 1 - x)
    Shapes: x (logarithms of probabilities) and y (probabilities) broadcast to the result.
    Source: Kullback & Leibler 1951, "On Information and Sufficiency", Annals of Mathematical Statistics 22.
    """
    return y * (np.log(np.where(y == 0, 1, y)) - x), ()


@relative_entropy.vjp
def _(g, _out, _saved, x, y, *, needs=(True, True)):
    return -g * y, g * (np.log(y) + 1 - x) if needs[1] else None


@op(samples=case(n(3, 4), n(3), ints(4, 3)) + case(n(0, 4), n(0), ints(4, 0)), primitive=True)
def add_in_rows(x, value, columns):
    """Add one number to each row of x, in the column named for that row.

        y  = x, but y[i, columns[i]] = x[i, columns[i]] + value[i]
        dx = g
        dvalue[i] = g[i, columns[i]]
    Shapes: x (N, C), value (N,), columns (N,) -> (N, C)
    """
    y = np.copy(x)
    y[np.arange(len(columns)), columns] += value
    return y, ()


@add_in_rows.vjp
def _(g, _y, _saved, _x, _value, columns):
    return g, g[np.arange(len(columns)), columns]


def add_to_own(x, value, columns):
    """add_in_rows for an x that nobody else has: arrays are written to, not copied."""
    if isinstance(x, Tensor) or isinstance(value, Tensor):
        return add_in_rows(x, value, columns)
    x[np.arange(len(columns)), columns] += value
    return x


@op(samples=case(n(3, 4), ints(4, 3)) + case(n(0, 4), ints(4, 0)))
def nll_of_labels(x, labels):
    """Surprise at each row's label, when the row holds the logarithms of the probabilities.

        y  = -x[i, labels[i]]
        dx = -g at the label, 0 elsewhere
    Shapes: x (N, C), labels (N,) -> (N,)
    """
    return -x[np.arange(len(labels)), labels], (x.shape,)


@nll_of_labels.vjp
def _(g, _y, saved, _x, labels):
    return add_to_own(np.zeros(saved[0], g.dtype), -g, labels)


@op(samples=case(n(3, 4), ints(4, 3)) + case(n(3, 4), ints(4, 3), smoothing=0.3) + case(n(0, 4), ints(4, 0)))
def cross_entropy_of_labels(x, labels, *, smoothing=0.0):
    """Surprise at each row's label when the row of scores is turned into probabilities by softmax.

        p  = softmax x       q = 1 - s at the label, plus s / C everywhere       s = smoothing
        y  = -sum_c q_c ln p_c
        dx = g (p - q)
    Shapes: x (N, C), labels (N,) -> (N,); softmax and the sum run over C.
    Source: for s > 0, Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2015, "Rethinking the Inception Architecture
            for Computer Vision", arXiv:1512.00567, section 7.
    """
    shifted = x - np.max(x, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1)
    aim = shifted[np.arange(len(labels)), labels]
    if smoothing:
        aim = aim * (1 - smoothing) + np.mean(shifted, axis=1) * smoothing
    return np.log(total) - aim, (e, total)


@cross_entropy_of_labels.kernel("one array")
def _(x, labels, *, smoothing=0.0):
    """The same, with e in the memory of the shifted scores: for a vocabulary, half the memory and time."""
    e = x - np.max(x, axis=1, keepdims=True)
    aim = e[np.arange(len(labels)), labels]
    if smoothing:
        aim = aim * (1 - smoothing) + np.mean(e, axis=1) * smoothing
    np.exp(e, out=e)
    total = np.sum(e, axis=1)
    return np.log(total) - aim, (e, total)


_labels = cross_entropy_of_labels.op  # type: ignore[attr-defined]
_labels.forward = _labels.kernels["one array"]


@cross_entropy_of_labels.vjp
def _(g, _y, saved, _x, labels, *, smoothing=0.0):
    e, total = saved
    dx = e * np.reshape(g / total, (-1, 1))
    if smoothing:
        dx = dx - np.reshape(g * (smoothing / e.shape[1]), (-1, 1))
    return add_to_own(dx, g * (smoothing - 1), labels)


def _labels_of_rows(x, labels, *, smoothing=0.0):
    """Can a loop take them: float32, and every label a column? It does not look where it reads."""
    return (singles(x) and labels.ndim == 1 and labels.size > 0
            and 0 <= labels.min() and labels.max() < x.shape[1])


@cross_entropy_of_labels.kernel("numba", fits=_labels_of_rows, least=1 << 13)
def _(x, labels, *, smoothing=0.0):
    from ..kernels import loops

    x = np.ascontiguousarray(x)
    e, total, y = np.empty_like(x), np.empty(len(x), x.dtype), np.empty(len(x), x.dtype)
    loops.cross_entropy(loops.crew(x.size), x.view(np.int32), x, labels, x.dtype.type(smoothing), e, total, y)
    return y, (e, total)


def _saved_singles(g, _y, saved, _x, labels, *, smoothing=0.0):
    return saved[0].size >= 1 << 13 and singles(saved[0]) and _labels_of_rows(saved[0], labels)


@cross_entropy_of_labels.vjp_kernel("numba", fits=_saved_singles)
def _(g, _y, saved, _x, labels, *, smoothing=0.0):
    from ..kernels import loops

    dx = np.empty_like(saved[0])
    loops.cross_entropy_back(loops.crew(dx.size), np.ascontiguousarray(g), *saved, labels,
                             dx.dtype.type(smoothing), dx)
    return dx


@op(samples=case(n(3, 4), u(0, 1, 3, 4)) + case(n(0, 4), n(0, 4)), promote="number")
def cross_entropy_of_probabilities(x, q):
    """Mean surprise in each row when q are the true probabilities and softmax of x is taken for them.

        p  = softmax x
        y  = -sum_c q_c ln p_c
        dx = g (p sum_c q_c - q)                 q need not add up to 1
        dq = -g ln p
    Shapes: x (N, C), q (N, C) -> (N,); softmax and the sums run over C.
    """
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.sum(q * log_p, axis=1), (log_p,)


@cross_entropy_of_probabilities.vjp
def _(g, _y, saved, _x, q, *, needs=(True, True)):
    log_p, = saved
    g = np.reshape(g, (-1, 1))
    dx = g * (np.exp(log_p) * np.sum(q, axis=1, keepdims=True) - q)
    return dx, -g * log_p if needs[1] else None
