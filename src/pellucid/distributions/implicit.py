"""Draws of Gamma and Beta through which gradients flow to the parameters.

They are made by rejection, which has no derivative. But the cdf F(x; a) of a draw x is a uniform number, and
when the parameter moves while that number stays, x has to follow:  dx/da = -(dF/da) / p(x).
Source:  Figurnov, Mohamed & Mnih 2018, "Implicit Reparameterization Gradients", arXiv:1805.08498.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import is_grad_enabled
from ..function import Function
from ..generator import pick
from ..generator.rejection import standard_gamma
from ..ops.incomplete import beta_slopes, gamma_slope
from ..tensor import Tensor, wrap


def once_only(name: str) -> None:
    """Refuse second derivatives, which would be wrong in silence."""
    if is_grad_enabled():
        raise NotImplementedError(f"{name}: rsample has first derivatives only, create_graph=True wants more")


class GammaDraw(Function):
    """Draws of the gamma distribution of rate 1, in the shape of the concentration."""

    @staticmethod
    def forward(ctx: Any, concentration: Tensor) -> Tensor:
        a = np.ascontiguousarray(concentration._data).reshape(concentration.shape)
        drawn = np.maximum(standard_gamma(pick(None), a).astype(a.dtype), np.finfo(a.dtype).tiny)
        ctx.concentration, ctx.drawn = a, drawn
        return wrap(drawn)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        once_only("Gamma")
        return g * wrap(gamma_slope(ctx.concentration, ctx.drawn).astype(ctx.drawn.dtype))


class DirichletDraw(Function):
    """Draws of the Dirichlet distribution: gamma draws, divided by their sum over the last dimension.

    Part i alone has the distribution Beta(a_i, the sum of the others). When a_i moves, x_i follows as a Beta
    draw, and the others give way in proportion:  dx_j/da_i = dx_i/da_i (1 if j = i else -x_j / (1 - x_i)).
    """

    @staticmethod
    def forward(ctx: Any, concentration: Tensor) -> Tensor:
        a = concentration._data
        drawn = standard_gamma(pick(None), np.ascontiguousarray(a, np.float64).reshape(a.shape))
        x = (drawn / drawn.sum(-1, keepdims=True)).astype(a.dtype)
        x = np.clip(x, np.finfo(a.dtype).tiny, 1)
        ctx.concentration, ctx.drawn = a, x
        return wrap(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        once_only("Dirichlet")
        a, x = ctx.concentration.astype(np.float64), ctx.drawn.astype(np.float64)
        rest = np.maximum(1 - x, np.finfo(ctx.drawn.dtype).eps)
        moved, _ = beta_slopes(a, a.sum(-1, keepdims=True) - a, np.minimum(x, 1 - 1e-16))
        slope = g._data.astype(np.float64)
        others = (slope * x).sum(-1, keepdims=True) - slope * x
        return wrap((moved * (slope - others / rest)).astype(g._data.dtype))
