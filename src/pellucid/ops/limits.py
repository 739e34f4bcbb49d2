"""Facts about dtypes: their limits, and what arithmetic makes of two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..dtypes import as_dtype
from ..tensor import Tensor

__all__ = ["can_cast", "finfo", "iinfo", "result_type"]


def result_type(tensor: Any, other: Any) -> dtypes.dtype:
    """The dtype of arithmetic on two tensors or numbers.

    >>> result_type(1, 1.5)
    pellucid.float32
    """
    return dtypes.DTYPES[dtypes.mix([v._data if isinstance(v, Tensor) else v for v in (tensor, other)])]


def can_cast(from_: Any, to: Any) -> bool:
    """May a result of one dtype be written into a tensor of another: never to a lower family, any width."""
    return dtypes.can_hold(as_dtype(to), as_dtype(from_))


class finfo:
    """The limits of a floating dtype.

    >>> finfo(dtypes.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, dtype: Any = None) -> None:
        kind = dtypes.get_default_dtype() if dtype is None else as_dtype(dtype)
        if not kind.is_floating_point:
            raise TypeError(f"finfo: needs a floating dtype, got {kind}; iinfo is for integers")
        limits = np.finfo(kind.dtype)
        self.dtype, self.bits = kind.name, limits.bits
        self.eps, self.max, self.min, self.tiny = map(float,
                                                      (limits.eps, limits.max, limits.min, limits.tiny))
        self.smallest_normal, self.resolution = self.tiny, 10.0 ** -limits.precision

    def __repr__(self) -> str:
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
                f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
                f"dtype={self.dtype})")


class iinfo:
    """The limits of an integer dtype.

    >>> iinfo(dtypes.uint8).max
    255
    """

    def __init__(self, dtype: Any) -> None:
        kind = as_dtype(dtype)
        if kind.kind not in "iu":
            raise TypeError(f"iinfo: needs an integer dtype, got {kind}; finfo is for floats")
        limits = np.iinfo(kind.dtype)
        self.dtype, self.bits, self.min, self.max = kind.name, limits.bits, int(limits.min), int(limits.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
