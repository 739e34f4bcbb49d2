"""Parameters of distributions: broadcast together, and probabilities made from logits or logits from them."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..dtypes import get_default_dtype
from ..generator import pick
from ..ops.shape import broadcast_tensors
from ..ops.softmax import log_softmax, softmax
from ..tensor import Size, Tensor, wrap

EULER = 0.57721566490153286                                      # Euler and Mascheroni's constant


def broadcast_all(*values: Any) -> list[Tensor]:
    """Numbers and tensors as tensors of one shape. Numbers take the dtype of the first floating tensor.

    >>> [v.shape for v in broadcast_all(pellucid.zeros(3), 2.0)]
    [pellucid.Size([3]), pellucid.Size([3])]

    Raises:  ValueError for anything else.
    """
    dtype, plain = None, False
    for value in values:
        if isinstance(value, Tensor):
            dtype = value._data.dtype if dtype is None and value._data.dtype.kind == "f" else dtype
        elif isinstance(value, Number):
            plain = True
        else:
            raise ValueError(f"parameters must be numbers or tensors, got {type(value).__name__}")
    if plain:
        dtype = get_default_dtype().dtype if dtype is None else dtype
        values = tuple(v if isinstance(v, Tensor) else wrap(np.asarray(v, dtype)) for v in values)
    shape = values[0]._data.shape
    if all(v._data.shape == shape for v in values):
        return list(values)
    return list(broadcast_tensors(*values))


def tensor_of(value: Any) -> Tensor:
    """A parameter as a tensor: a number gets the default dtype."""
    return broadcast_all(value)[0]


def plain_numbers(*values: Any) -> bool:
    """Are all of these numbers, so that the distribution has no batch?"""
    return all(isinstance(value, Number) for value in values)


def eps_of(x: Tensor) -> float:
    """The distance from 1 to the next number in the dtype of x."""
    return float(np.finfo(x._data.dtype).eps)


def tiny_of(x: Tensor) -> float:
    """The smallest normal positive number in the dtype of x."""
    return float(np.finfo(x._data.dtype).tiny)


def clamp_probs(probs: Tensor) -> Tensor:
    """Keep probabilities away from 0 and 1 by eps, so that their logarithms are finite."""
    eps = eps_of(probs)
    return probs.clamp(eps, 1 - eps)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities from logits.

        p = 1 / (1 + e^-l)                       is_binary: l = log(p / (1 - p))
        p_k = e^(l_k) / sum_j e^(l_j)            else, over the last dimension
    """
    return logits.sigmoid() if is_binary else softmax(logits, -1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logits from probabilities, which are clamped so that no logit is infinite.

        l = log p - log(1 - p)                   is_binary
        l_k = log p_k                            else
    """
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def normalised_logits(logits: Tensor) -> Tensor:
    """Logits shifted so that their exponentials sum to 1: l - log sum_j e^(l_j)."""
    return log_softmax(logits, -1)


def summed(x: Tensor, n: int) -> Tensor:
    """The sum over the last n dimensions."""
    return x.sum(tuple(range(-n, 0))) if n else x


def standard_normal(shape: Any, dtype: Any) -> Tensor:
    """Independent numbers of mean 0 and variance 1, PyTorch's for the seed."""
    return wrap(pick(None).normal(tuple(shape), dtype=dtype))


def standard_uniform(shape: Any, dtype: Any, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Independent numbers spread evenly over [low, high), PyTorch's for the seed."""
    return wrap(pick(None).uniform(tuple(shape), low, high, dtype=dtype))


class lazy_property:
    """An attribute that is computed when first asked for, with gradients, and kept.

    So `Categorical(logits=l)` makes its `probs` only for those who want them.
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__
        self.name = compute.__name__

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        if owner is None:
            return self
        with enable_grad():
            value = self.compute(owner)
        owner.__dict__[self.name] = value
        return value


def one_of(name: str, **given: Any) -> tuple[str, Any]:
    """The one of two or more parametrisations that was given.

    Raises:  ValueError unless exactly one was.
    """
    found = [(key, value) for key, value in given.items() if value is not None]
    if len(found) != 1:
        raise ValueError(f"{name}: give exactly one of {', '.join(given)}, got "
                         f"{', '.join(key for key, _ in found) or 'none'}")
    return found[0]


def sizes(shape: Any, name: str) -> Size:
    """A shape as a Size; an int is not one."""
    try:
        return Size(shape)
    except TypeError:
        raise TypeError(f"{name}: expected a sequence of sizes, as (3,), got {shape!r}") from None
