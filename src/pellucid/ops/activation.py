"""Activations: the bends between the layers of a network."""

from __future__ import annotations

import numpy as np

from ..engine import op
from .samples import distinct, normal
from .masks import keep

__all__ = ["relu", "sigmoid"]


@op(samples=distinct((2, 3)) + distinct((0, 3)))
def relu(x):
    """Keep what is positive, put 0 for the rest.

        y  = max(x, 0)
        dx = g where x > 0, else 0
    Shapes: x (...) -> (...)
    Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """
    return np.maximum(x, 0), ()


@relu.vjp
def _(g, y, _saved, _x):
    return keep.on(g, y > 0)


@op(samples=normal((2, 3)) + normal((0, 3)), promote="float")
def sigmoid(x):
    """Squash each element into (0, 1): the probability whose log-odds are x.

        y  = 1 / (1 + e^-x)
        dx = g y (1 - y)
    Shapes: x (...) -> (...)
    """
    return 1 / (1 + np.exp(-x)), ()


@sigmoid.vjp
def _(g, y, _saved, _x):
    return g * (y * (1 - y))
