"""First values for weights, drawn from PyTorch's streams: the same seed starts from the same weights.

A layer that adds up n inputs multiplies their variance by n var(w). These recipes choose var(w) so that
signals neither die out nor blow up on their way through the layers: forward with n = fan_in, backward with
n = fan_out. Every function overwrites the tensor it is given, unrecorded, and returns it.
"""

from __future__ import annotations

import functools
import math
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..generator import Generator, pick
from ..inplace import assign
from ..tensor import Tensor, wrap

__all__ = ["calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_",
           "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
           "xavier_uniform_", "zeros_"]
GAINS = {"linear": 1, "conv1d": 1, "conv2d": 1, "conv3d": 1, "conv_transpose1d": 1, "conv_transpose2d": 1,
         "conv_transpose3d": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


_here = threading.local()                                        # `skipped`, of each thread


@contextmanager
def skipping() -> Iterator[None]:
    """Leave tensors as they are where first values would be drawn: others are loaded next."""
    before = getattr(_here, "skipped", False)
    _here.skipped = True
    try:
        yield
    finally:
        _here.skipped = before


def unrecorded(function: Callable) -> Callable:
    """Run a function without recording a graph; inside `skipping` hand its tensor back at once."""
    @functools.wraps(function)
    def call(tensor: Tensor, *arguments: Any, **named: Any) -> Any:
        if getattr(_here, "skipped", False):
            return tensor
        with no_grad():
            return function(tensor, *arguments, **named)
    return call


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor on the standard deviation that makes up for what an activation takes away.

        gain = sqrt(2 / (1 + slope^2)) for leaky_relu, slope = param or 0.01

    >>> calculate_gain("tanh")
    1.6666666666666667

    Source:  He, Zhang, Ren & Sun 2015, "Delving Deep into Rectifiers", arXiv:1502.01852; tanh and selu are
             PyTorch's choices.
    Raises:  ValueError for a name that is not known, or a slope that is not a number.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: param must be the negative slope, a number, got {param!r}")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        known = ", ".join([*GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: nonlinearity must be one of {known}, got {nonlinearity!r}")
    return GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output adds up (fan_in), and how many outputs each input reaches (fan_out).

    Shapes:  weight (out, in, *kernel)  ->  in * prod(kernel), out * prod(kernel)
    """
    shape = tuple(tensor.shape)
    if len(shape) < 2:
        raise ValueError(f"fans: a weight of shape (out, in, ...) has fans, this tensor has shape {shape}")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


_calculate_fan_in_and_fan_out = fans                             # PyTorch's name, which scripts call


def _fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return fans(tensor)[mode.lower() == "fan_out"]


@unrecorded
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with numbers spread evenly over [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@unrecorded
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0,
            generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers of mean `mean` and standard deviation `std`."""
    return tensor.normal_(mean, std, generator=generator)


@unrecorded
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return assign(tensor, wrap(np.full(tensor.shape, val, tensor._data.dtype)), "constant_")


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0)


@unrecorded
def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity: a linear layer that hands its inputs on, as many as fit.

    Raises:  ValueError unless tensor has 2 axes.
    """
    _want_axes("eye_", tensor, (2,))
    return assign(tensor, wrap(np.eye(*tensor.shape, dtype=tensor._data.dtype)), "eye_")


@unrecorded
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it hands its input channels on, as many as fit in each group.

        y[group outs + c, c, middle of the kernel] = 1, else 0
    Shapes:  (out, in, *kernel) with 1, 2 or 3 kernel axes
    Raises:  ValueError for other shapes, and when groups does not divide out.
    """
    _want_axes("dirac_", tensor, (3, 4, 5))
    out, channels, *kernel = tensor.shape
    if out % groups:
        raise ValueError(f"dirac_: groups must divide the {out} output channels, got {groups}")
    y = np.zeros(tensor.shape, tensor._data.dtype)
    per_group = out // groups
    c = np.arange(min(per_group, channels))
    middle = tuple(size // 2 for size in kernel)
    for group in range(groups):
        y[(group * per_group + c, c) + middle] = 1
    return assign(tensor, wrap(y), "dirac_")


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill evenly so that variances stay alike forward and backward, on average of the two.

        y ~ uniform over [-a, a)       a = gain sqrt(6 / (fan_in + fan_out))

    Source:  Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural
             networks", AISTATS, eq. 16.
    """
    a = math.sqrt(3.0) * (gain * math.sqrt(2.0 / sum(fans(tensor))))
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers so that variances stay alike forward and backward, on average of the two.

        y ~ normal(0, std)             std = gain sqrt(2 / (fan_in + fan_out))

    Source:  Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural
             networks", AISTATS, eq. 12.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                     generator: Generator | None = None) -> Tensor:
    """Fill evenly so that variances stay alike through rectifiers: forward (fan_in) or backward (fan_out).

        y ~ uniform over [-bound, bound)       bound = gain sqrt(3 / fan)

    a  the slope of a leaky_relu left of 0
    Source:  He, Zhang, Ren & Sun 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.
    """
    if tensor._data.size == 0:
        return _nothing_to_fill(tensor)
    bound = math.sqrt(3.0) * (calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                    generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers so that variances stay alike through rectifiers.

        y ~ normal(0, std)             std = gain / sqrt(fan)

    a  the slope of a leaky_relu left of 0
    Source:  He, Zhang, Ren & Sun 2015, "Delving Deep into Rectifiers", arXiv:1502.01852, eq. 10 and 14.
    """
    if tensor._data.size == 0:
        return _nothing_to_fill(tensor)
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


@unrecorded
def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
                  generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers that lie in [a, b]: those outside are drawn again until they do.

    When more than 0.3 of the normal distribution lies inside, normals are drawn. When less does, that would
    take many rounds: then numbers spread evenly over [a, b) are drawn, and each is kept with the probability

        density(y) / (highest density in [a, b])

    Source:  von Neumann 1951, "Various techniques used in connection with random digits" (rejection).
    Raises:  ValueError unless std > 0 and a < b. Warns when the mean lies more than 2 std outside [a, b].
    """
    if not (std > 0 and a < b):
        raise ValueError(f"trunc_normal_: std must be positive and a below b, got std={std}, a={a}, b={b}")
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(f"trunc_normal_: mean {mean} is more than 2 std outside [{a}, {b}]; "
                      "the numbers may not be distributed as they should", stacklevel=3)
    below = [0.5 * (1.0 + math.erf((end - mean) / std / math.sqrt(2.0))) for end in (a, b)]
    if below[1] - below[0] > 0.3:
        return _redraw_normals(tensor, mean, std, a, b, generator)
    return _accept_uniforms(tensor, mean, std, a, b, generator)


def _redraw_normals(tensor: Tensor, mean: float, std: float, a: float, b: float,
                    generator: Generator | None) -> Tensor:
    low, high = (tensor._data.dtype.type(end) for end in (a, b))
    y = tensor.normal_(mean, std, generator=generator)._data
    while (outside := (y < low) | (y > high)).any():
        again = wrap(np.empty_like(y)).normal_(mean, std, generator=generator)._data
        y = np.where(outside, again, y)
    return assign(tensor, wrap(y), "trunc_normal_")


def _accept_uniforms(tensor: Tensor, mean: float, std: float, a: float, b: float,
                     generator: Generator | None) -> Tensor:
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2     # the highest log density, up to a constant

    def refused(candidate: np.ndarray) -> np.ndarray:
        u = wrap(np.empty_like(candidate)).uniform_(generator=generator)._data
        with np.errstate(divide="ignore"):
            return np.log(u) > np.square((candidate - mean) / std) * -0.5 - peak

    y = tensor.uniform_(a, b, generator=generator)._data
    pending = refused(y)
    while pending.any():
        candidate = wrap(np.empty_like(y)).uniform_(a, b, generator=generator)._data
        y = np.where(pending, candidate, y)
        pending = pending & refused(candidate)
    return assign(tensor, wrap(y), "trunc_normal_")


@unrecorded
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with a random orthogonal matrix times gain: it turns vectors and keeps their length.

        z = q r        z normal, q with orthonormal columns, r upper triangular
        y = gain q sign(diag r)                          each turn equally likely

    Axes after the first count as one; with fewer rows than columns, the rows are orthonormal.
    Source:  Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep
             linear neural networks", arXiv:1312.6120; Mezzadri 2007, arXiv:math-ph/0609050 (the signs).
    Raises:  ValueError for fewer than 2 axes.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: tensor must have at least 2 axes, got shape {tuple(tensor.shape)}")
    if tensor._data.size == 0:
        return tensor
    dtype, rows = tensor._data.dtype, tensor.shape[0]
    z = wrap(np.empty((rows, tensor._data.size // rows), dtype)).normal_(generator=generator)._data
    tall = z if rows >= z.shape[1] else z.T
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diagonal(r))
    q = q if tall is z else q.T
    y = q.reshape(tensor.shape) * dtype.type(gain)
    return assign(tensor, wrap(y.astype(dtype, copy=False)), "orthogonal_")


@unrecorded
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix with normal numbers, and set a share of each column (rounded up) to zero.

    The rows to be zero come from the shared generator, whatever `generator` is, as in PyTorch.
    Source:  Martens 2010, "Deep learning via Hessian-free optimization", ICML.
    Raises:  ValueError unless tensor has 2 axes.
    """
    _want_axes("sparse_", tensor, (2,))
    rows, columns = tensor.shape
    y = tensor.normal_(0, std, generator=generator)._data
    for column in range(columns):
        y[pick(None).permutation(rows)[:math.ceil(sparsity * rows)], column] = 0
    return tensor


def _want_axes(name: str, tensor: Tensor, allowed: tuple[int, ...]) -> None:
    if tensor.ndim not in allowed:
        numbers = " or ".join(map(str, allowed))
        raise ValueError(f"{name}: tensor must have {numbers} axes, got shape {tuple(tensor.shape)}")


def _nothing_to_fill(tensor: Tensor) -> Tensor:
    warnings.warn(f"a tensor of shape {tuple(tensor.shape)} has no elements to initialise", stacklevel=3)
    return tensor


def _of_old(function: Callable) -> Callable:
    """A function under its name of old, without the underscore; it warns, as in PyTorch."""
    name = function.__name__.rstrip("_")

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(f"nn.init.{name} is a name of old: use nn.init.{name}_", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    renamed.__name__ = renamed.__qualname__ = name
    return renamed


uniform, normal, constant, eye = map(_of_old, (uniform_, normal_, constant_, eye_))
dirac, orthogonal, sparse = map(_of_old, (dirac_, orthogonal_, sparse_))
xavier_uniform, xavier_normal = map(_of_old, (xavier_uniform_, xavier_normal_))
kaiming_uniform, kaiming_normal = map(_of_old, (kaiming_uniform_, kaiming_normal_))
