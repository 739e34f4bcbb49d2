"""An optimiser's step in one pass over the arrays of a parameter, as loops; see ops/updates."""

from __future__ import annotations

import numpy as np

from . import jit
from .crew import crew, share

__all__ = ["crew"]


@jit()
def adam_part(first, last, p, g, m, v, keep1, keep2, rate, root, eps, shrink, decay):
    """shrink multiplies p before the step; decay times p is added to g."""
    one = p.dtype.type(1)
    for i in range(first, last):
        w = p[i] * shrink
        d = g[i] + decay * w
        m[i] += (one - keep1) * (d - m[i])
        v[i] = keep2 * v[i] + (one - keep2) * (d * d)
        p[i] = w - rate * m[i] / (np.sqrt(v[i]) * root + eps)


@jit()
def adam(team, p, g, m, v, keep1, keep2, rate, root, eps, shrink, decay):
    share(team, p.size, adam_part, (p, g, m, v, keep1, keep2, rate, root, eps, shrink, decay))


@jit()
def momentum_part(first, last, p, d, b, keep, add, rate):
    for i in range(first, last):
        b[i] = keep * b[i] + add * d[i]
        p[i] -= rate * b[i]


@jit()
def momentum(team, p, d, b, keep, add, rate):
    share(team, p.size, momentum_part, (p, d, b, keep, add, rate))


@jit()
def adadelta_part(first, last, p, g, v, u, rho, eps, rate):
    rest = p.dtype.type(1) - rho
    for i in range(first, last):
        v[i] = rho * v[i] + rest * (g[i] * g[i])
        d = np.sqrt(u[i] + eps) / np.sqrt(v[i] + eps) * g[i]
        u[i] = rho * u[i] + rest * (d * d)
        p[i] -= rate * d


@jit()
def adadelta(team, p, g, v, u, rho, eps, rate):
    share(team, p.size, adadelta_part, (p, g, v, u, rho, eps, rate))
