"""`torch.special`: functions with names of their own in mathematics.

Differs: of Bessel functions only i0 and i1 are here; orthogonal polynomials, erfcx, log_ndtr and zeta are
         missing.
"""

from __future__ import annotations

import math

from . import ops
from .ops import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    log1p,
    log_softmax,
    logit,
    logsumexp,
    polygamma,
    round,
    sigmoid,
    sinc,
    softmax,
    xlogy,
)
from .ops import igamma as gammainc
from .ops import igammac as gammaincc
from .ops import lgamma as gammaln
from .ops import mvlgamma as multigammaln
from .ops.bessel import i0, i0e, i1, i1e
from .tensor import Tensor

__all__ = ["digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc",
           "gammaln", "i0", "i0e", "i1", "i1e", "log1p", "log_softmax", "logit", "logsumexp", "multigammaln",
           "ndtr", "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy"]
expit, psi = sigmoid, digamma


def entr(input: Tensor) -> Tensor:
    """The part of an entropy that one probability has.

        y  = -x log x, 0 at 0, -inf below
        dx = -g (1 + log x)
    Shapes: x (...) -> (...)
    >>> from pellucid import tensor
    >>> entr(tensor([-1.0, 0.0, 1.0]))
    tensor([-inf, 0., 0.])
    """
    inside = ops.where(input < 0, 1.0, input)
    return ops.where(input < 0, -math.inf, 0 - xlogy(inside, inside))


def ndtr(input: Tensor) -> Tensor:
    """The probability that a standard normal number is at most x.

        y  = erfc(-x / sqrt 2) / 2
        dx = g exp(-x^2 / 2) / sqrt(2 pi)
    Shapes: x (...) -> (...)
    """
    return erfc(input * -math.sqrt(0.5)) * 0.5


def ndtri(input: Tensor) -> Tensor:
    """The number below which a standard normal one lies with probability x: ndtr's inverse.

        y  = sqrt 2 erfinv(2 x - 1)
        dx = g sqrt(2 pi) exp(y^2 / 2)
    Shapes: x (...) -> (...)
    """
    return erfinv(input * 2 - 1) * math.sqrt(2)


def xlog1py(input: Tensor, other: Tensor) -> Tensor:
    """x log(1 + y), where 0 times the log of 0 is 0.

        y  = x log1p(y)
        dx = g log1p(y)          dy = g x / (1 + y)
    Shapes: x (...), y (...), broadcast together
    """
    x = input if isinstance(input, Tensor) else ops.as_tensor(input)
    y = other if isinstance(other, Tensor) else ops.as_tensor(other)
    is_nothing = ops.logical_and(x == 0, ops.logical_not(ops.isnan(y)))
    return ops.where(is_nothing, 0.0, x * log1p(ops.where(is_nothing, 0.0, y)))
