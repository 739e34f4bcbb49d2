"""The arithmetic of an optimiser's step on the arrays of one parameter, compiled where they are large."""

from __future__ import annotations

import math

import numpy as np

from ..kernels import floats

LEAST = 1 << 14                                                  # elements: from here on a loop is quicker


def compiled(p, *others):
    """Can a loop over the memory of p and the others do the step, and is it worth it?"""
    return p.size >= LEAST and p.flags.writeable and floats(p) and all(
        array.dtype is p.dtype and array.flags.c_contiguous for array in (p, *others))


def adam(p, g, m, v, largest, *, betas, eps, lr, t, shrink=1.0, decay=0.0):
    """Adam's step number t, in place.

        p = shrink p                       d = g + decay p
        m = b1 m + (1 - b1) d              v = b2 v + (1 - b2) d^2
        p = p - lr m^ / (sqrt(v^) + eps)   m^ = m / (1 - b1^t), v^ = v / (1 - b2^t)
    largest: None, or the largest v so far, which then stands for v in v^ (amsgrad).
    """
    beta1, beta2 = betas
    rate, root = lr / (1 - beta1 ** t), math.sqrt(1 - beta2 ** t)
    if largest is None and compiled(p, g, m, v):
        from ..kernels import updates

        numbers = map(p.dtype.type, (beta1, beta2, rate, 1 / root, eps, shrink, decay))
        flat = (array.reshape(-1) for array in (p, g, m, v))
        updates.adam(updates.crew(p.size), *flat, *numbers)
        return
    if shrink != 1:
        p *= shrink
    d = g + decay * p if decay else g
    moments(d, m, v, betas)
    if largest is not None:
        v = np.maximum(largest, v, out=largest)
    step = np.asarray(np.sqrt(v))
    step /= root
    step += eps
    np.divide(m, step, out=step)
    step *= rate
    p -= step


def moments(g, m, v, betas):
    """Running means of the gradient and of its square, in place.

        m = b1 m + (1 - b1) g              v = b2 v + (1 - b2) g^2
    """
    m += (1 - betas[0]) * (g - m)
    v *= betas[1]
    v += (1 - betas[1]) * (g * g)


def momentum(p, d, b, *, keep, add, lr):
    """A step along a running sum, in place: b = keep b + add d, p = p - lr b."""
    if compiled(p, d, b):
        from ..kernels import updates

        flat = (array.reshape(-1) for array in (p, d, b))
        updates.momentum(updates.crew(p.size), *flat, *map(p.dtype.type, (keep, add, lr)))
        return
    b *= keep
    b += d if add == 1 else add * d
    p -= lr * b


def adadelta(p, g, v, u, *, rho, eps, lr):
    """Adadelta's step, in place.

        v = rho v + (1 - rho) g^2          d = sqrt(u + eps) / sqrt(v + eps) g
        u = rho u + (1 - rho) d^2          p = p - lr d
    """
    if compiled(p, g, v, u):
        from ..kernels import updates

        flat = (array.reshape(-1) for array in (p, g, v, u))
        updates.adadelta(updates.crew(p.size), *flat, *map(p.dtype.type, (rho, eps, lr)))
        return
    v *= rho
    v += (1 - rho) * (g * g)
    d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    u *= rho
    u += (1 - rho) * (d * d)
    p -= lr * d
