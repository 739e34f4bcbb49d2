"""Pixels in another dtype: floats go from 0 to 1, integers from 0 to the largest there is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dtypes import as_dtype
from ...tensor import Tensor, wrap


def convert_image_dtype(image: Tensor, dtype: Any) -> Tensor:
    """A picture with the same brightness in another dtype.

        integer -> float    y = x / largest
        float -> integer    y = floor((largest + 1 - 0.001) x)
        integer -> integer  by powers of 2
    Raises:  RuntimeError for float32 to int32 or int64 and float64 to int64, which cannot hold every level.
    """
    x, wanted = image._data, as_dtype(dtype).dtype
    if x.dtype == wanted:
        return image
    if x.dtype.kind == "f":
        if wanted.kind == "f":
            return wrap(x.astype(wanted))
        if (x.dtype, wanted) in _TOO_FINE:
            raise RuntimeError(f"convert_image_dtype: {x.dtype} does not hold every level of {wanted}")
        largest = np.iinfo(wanted).max
        return wrap((x * x.dtype.type(largest + 1.0 - 1e-3)).astype(wanted))
    largest = np.iinfo(x.dtype).max
    if wanted.kind == "f":
        return wrap(x.astype(wanted) / wanted.type(largest))
    factor = (np.iinfo(wanted).max + 1) // (largest + 1)
    if factor:
        return wrap(x.astype(wanted) * wanted.type(factor))
    return wrap((x // x.dtype.type((largest + 1) // (np.iinfo(wanted).max + 1))).astype(wanted))


_TOO_FINE = {(np.dtype(a), np.dtype(b)) for a, b in (("f4", "i4"), ("f4", "i8"), ("f8", "i8"))}
