"""Activations with a bend at 0: identity or nearly so on one side, small on the other.

Where a function has a corner, its slope there is PyTorch's choice; each rule says which.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..kernels import singles
from ..tensor import OpError
from .alike import dense, flat, laid_as
from .bounds import at_least, at_most
from .gather import choose
from .masks import keep
from .samples import apart, case, distinct, n, normal
from .special import normal_cdf

__all__ = ["relu", "leaky_relu", "prelu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus"]


@op(samples=distinct((2, 3)) + distinct((0, 3)))
def relu(x):
    """Keep what is positive, put 0 for the rest.

        y  = max(x, 0)
        dx = g where x > 0, else 0
    Shapes: x (...) -> (...)
    Source: Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """
    return at_least(x, 0), ()


@relu.vjp
def _(g, y, _saved, _x):
    return keep.on(g, ~(y <= 0))                                 # where y is nan, g passes


@relu.kernel("numba", fits=lambda x: singles(x) and dense(x), least=1 << 14)
def _(x):
    from ..kernels import passes

    y = np.empty_like(x)
    passes.relu(passes.crew(x.size), *flat(x, y))
    return y, ()


@relu.vjp_kernel("numba", fits=lambda g, y, _saved, _x: singles(g) and g.dtype is y.dtype and dense(y),
                 least=1 << 14)
def _(g, y, _saved, _x):
    from ..kernels import passes

    dx = np.empty_like(y)
    passes.relu_back(passes.crew(y.size), *flat(laid_as(g, y), y, dx))
    return dx


@op(samples=distinct((2, 3)) + distinct((2, 3), negative_slope=-0.2), promote="float")
def leaky_relu(x, negative_slope=0.01):
    """Keep what is positive, and a little of the rest.

        y  = max(x, 0) + negative_slope min(x, 0)
        dx = g where x > 0, else negative_slope g
    Shapes: x (...) -> (...)
    Source: Maas, Hannun & Ng 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models".
    """
    if 0 < negative_slope <= 1:                                  # then the larger of the two lines is right
        return np.maximum(x, negative_slope * x), ()
    return at_least(x, 0) + negative_slope * at_most(x, 0), ()


@leaky_relu.vjp
def _(g, _y, _saved, x, negative_slope=0.01):
    return choose.on(x <= 0, negative_slope * g, g)


@op(samples=case(apart(2, 3), n(1)) + case(apart(2, 3, 4), n(3, 1)), promote="number")
def prelu_with(x, weight):
    """Keep what is positive, and a learned share of the rest; weight has the dimensions of x.

        y  = max(x, 0) + weight min(x, 0)
        dx = g where x > 0, else weight g
        dweight = g min(x, 0)
    Shapes: x and weight broadcast to the result.
    """
    return at_least(x, 0) + weight * at_most(x, 0), ()


@prelu_with.vjp
def _(g, _y, _saved, x, weight, *, needs=(True, True)):
    return (choose.on(x <= 0, weight * g, g) if needs[0] else None,
            g * at_most(x, 0) if needs[1] else None)


def prelu(input, weight):
    """Keep what is positive, and a learned share of the rest.

        y = max(input, 0) + weight min(input, 0)
    Shapes: input (B, C, ...), weight (C,) or (1,) -> (B, C, ...)
    Source: He, Zhang, Ren & Sun 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.
    Raises: RuntimeError when weight has neither 1 nor C elements.
    """
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise OpError(f"prelu: weight must have shape (1,) or ({channels},), the channels of input "
                      f"{tuple(input.shape)}, got {tuple(weight.shape)}")
    if weight.numel() > 1:
        weight = weight.reshape((-1,) + (1,) * (input.ndim - 2))
    return prelu_with(input, weight.reshape(()) if input.ndim == 0 else weight)


@op(samples=distinct((2, 3)) + distinct((2, 3), alpha=0.7), promote="float")
def elu(x, alpha=1.0):
    """Keep what is positive, and bend the rest towards -alpha.

        y  = x where x > 0, else alpha (e^x - 1)
        dx = g where x > 0, else g alpha e^x
    Shapes: x (...) -> (...)
    Source: Clevert, Unterthiner & Hochreiter 2016, "Fast and Accurate Deep Network Learning by Exponential
            Linear Units", arXiv:1511.07289.
    """
    return at_least(x, 0) + alpha * np.expm1(at_most(x, 0)), ()


@elu.vjp
def _(g, _y, _saved, x, alpha=1.0):
    slope = np.exp(at_most(x, 0))
    if alpha == 1:
        return g * slope                                         # e^0 = 1 on the right
    return choose.on(x <= 0, g * (alpha * slope), g)


@op(samples=distinct((2, 3)) + distinct((2, 3), alpha=0.7), promote="float")
def celu(x, alpha=1.0):
    """Keep what is positive, and bend the rest towards -alpha, without a corner for any alpha.

        y  = max(x, 0) + alpha (e^(min(x, 0) / alpha) - 1)
        dx = g e^(min(x, 0) / alpha)
    Shapes: x (...) -> (...)
    Source: Barron 2017, "Continuously Differentiable Exponential Linear Units", arXiv:1704.07483.
    """
    return at_least(x, 0) + alpha * np.expm1(at_most(x, 0) / alpha), ()


@celu.vjp
def _(g, _y, _saved, x, alpha=1.0):
    return g * np.exp(at_most(x, 0) / alpha)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@op(samples=distinct((2, 3)), promote="float")
def selu(x):
    """An elu whose constants pull mean and variance towards 0 and 1 from layer to layer.

        y  = s x where x > 0, else s a (e^x - 1)        a = 1.67326..., s = 1.05070...
        dx = g s where x > 0, else g s a e^x
    Shapes: x (...) -> (...)
    Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks",
            arXiv:1706.02515.
    """
    return _SELU_SCALE * at_least(x, 0) + (_SELU_SCALE * _SELU_ALPHA) * np.expm1(at_most(x, 0)), ()


@selu.vjp
def _(g, _y, _saved, x):
    down = x <= 0
    slope = (_SELU_SCALE * _SELU_ALPHA) * np.exp(at_most(x, 0))
    return choose.on(down, g * slope, _SELU_SCALE * g)


@op(samples=normal((2, 3)) + normal((0, 3)), promote="float")
def gelu_exact(x):
    """Weigh each element by the probability that a standard normal number is below it.

        y  = x P        P = (1 + erf(x / sqrt 2)) / 2
        dx = g (P + x e^(-x^2 / 2) / sqrt(2 pi))
    Shapes: x (...) -> (...)
    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", arXiv:1606.08415.
    """
    below = normal_cdf.on(x)
    return x * below, (below,)


@gelu_exact.vjp
def _(g, _y, saved, x):
    return g * (saved[0] + x * (np.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))))


@gelu_exact.kernel("numba", fits=singles, least=1 << 13)
def _(x):
    from ..kernels import loops

    x = np.ascontiguousarray(x)
    y, below = np.empty_like(x), np.empty_like(x)
    loops.gelu(loops.crew(x.size), x.reshape(-1), y.reshape(-1), below.reshape(-1))
    return y, (below,)


@gelu_exact.vjp_kernel("numba", fits=singles, least=1 << 13)
def _(g, _y, saved, x):
    from ..kernels import loops

    dx = np.empty(x.shape, x.dtype)
    flat = (np.ascontiguousarray(a).reshape(-1) for a in (g, x, saved[0]))
    loops.gelu_back(loops.crew(x.size), *flat, dx.reshape(-1))
    return dx


_GELU_A, _GELU_B = math.sqrt(2 / math.pi), 0.044715


@op(samples=normal((2, 3)), promote="float")
def gelu_tanh(x):
    """The gelu with tanh in place of erf, as GPT-2 has it.

        y  = x (1 + t) / 2        t = tanh(a (x + b x^3)),  a = sqrt(2 / pi),  b = 0.044715
        dx = g ((1 + t) / 2 + x (1 - t^2) a (1 + 3 b x^2) / 2)
    Shapes: x (...) -> (...)
    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", arXiv:1606.08415.
    """
    t = np.tanh(x * (_GELU_A + (_GELU_A * _GELU_B) * (x * x)))
    return 0.5 * x * (1 + t), (t,)


@gelu_tanh.vjp
def _(g, _y, saved, x):
    t = saved[0]
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * (_GELU_A + (3 * _GELU_A * _GELU_B) * (x * x)))


def gelu(input, *, approximate="none"):
    """Weigh each element by the probability that a standard normal number is below it.

        y = input P(input)        P = (1 + erf(input / sqrt 2)) / 2, or its tanh approximation

    approximate: "none" or "tanh"
    Shapes: input (...) -> (...)
    Raises: RuntimeError for another approximate.
    """
    if approximate not in ("none", "tanh"):
        raise OpError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return gelu_exact(input) if approximate == "none" else gelu_tanh(input)


@op(samples=normal((2, 3)) + normal((0, 3)), promote="float")
def silu(x):
    """Weigh each element by its own sigmoid (also called swish).

        y  = x s        s = 1 / (1 + e^-x)
        dx = g s (1 + x (1 - s))
    Shapes: x (...) -> (...)
    Source: Elfwing, Uchibe & Doya 2018, "Sigmoid-Weighted Linear Units", arXiv:1702.03118.
    """
    s = 1 / (1 + np.exp(-x))
    return x * s, (s,)


@silu.vjp
def _(g, _y, saved, x):
    s = saved[0]
    return g * (s * (1 + x * (1 - s)))


@silu.kernel("numba", fits=lambda x: singles(x) and dense(x), least=1 << 13)
def _(x):
    from ..kernels import loops

    y, share = np.empty_like(x), np.empty_like(x)
    loops.silu(loops.crew(x.size), *flat(x, y, share))
    return y, (share,)


@silu.vjp_kernel("numba", fits=lambda g, _y, _saved, x: singles(g) and g.dtype is x.dtype and dense(x),
                 least=1 << 13)
def _(g, _y, saved, x):
    from ..kernels import loops

    dx = np.empty_like(x)
    loops.silu_back(loops.crew(x.size), *flat(laid_as(g, x), x, laid_as(saved[0], x), dx))
    return dx


@op(samples=normal((2, 3)), promote="float")
def mish(x):
    """Weigh each element by the tanh of its softplus.

        y  = x t        t = tanh(ln(1 + e^x))
        dx = g (t + x (1 - t^2) / (1 + e^-x))
    Shapes: x (...) -> (...)
    Source: Misra 2019, "Mish: A Self Regularized Non-Monotonic Activation Function", arXiv:1908.08681.
    """
    e = np.exp(at_most(x, 20))                                # t is 1 beyond
    t = e * (e + 2) / (e * (e + 2) + 2)
    return x * t, (t,)


@mish.vjp
def _(g, _y, saved, x):
    t = saved[0]
    return g * (t + x * (1 - t * t) / (1 + np.exp(-x)))


@op(samples=normal((2, 3)) + normal((2, 3), beta=2.0) + normal((2, 3), threshold=0.5), promote="float")
def softplus(x, beta=1.0, threshold=20.0):
    """A relu without the corner.

        y  = ln(1 + e^(beta x)) / beta        x itself where beta x > threshold
        dx = g / (1 + e^(-beta x))            g where beta x > threshold
    Shapes: x (...) -> (...)
    Source: Dugas, Bengio, Belisle, Nadeau & Garcia 2001, "Incorporating Second-Order Functional Knowledge for
            Better Option Pricing".
    """
    z = beta * x
    tail = keep.on(np.log1p(np.exp(-np.abs(z))), z <= threshold)
    return at_least(x, 0) + tail / beta, ()


@softplus.vjp
def _(g, _y, _saved, x, beta=1.0, threshold=20.0):
    z = beta * x
    return g / (1 + keep.on(np.exp(-z), z <= threshold))
