"""`torch.testing`: two results that should be the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .tensor import Tensor

__all__ = ["assert_close"]
# How much rounding is allowed: relative and absolute, by dtype; integers and bools must be equal.
TOLERANCES = {"float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5),
              "float64": (1e-7, 1e-7)}


def assert_close(actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None,
                 atol: float | None = None, equal_nan: bool = False, check_device: bool = True,
                 check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
                 msg: str | Callable[[str], str] | None = None) -> None:
    """Complain unless |actual - expected| <= atol + rtol |expected| everywhere, dtypes and shapes equal.

    The two may be tensors, numbers, or sequences and mappings of them. The tolerances are those of the wider
    dtype unless both are given.

    Raises:  AssertionError that tells how many elements differ, and by how much; ValueError where only one of
             rtol and atol is given.
    """
    if (rtol is None) != (atol is None):
        raise ValueError("assert_close: give both of rtol and atol, or neither")
    for place, a, b in _pairs(actual, expected, ""):
        problem = _difference(a, b, rtol, atol, equal_nan, check_dtype, check_stride)
        if problem:
            text = f"{place}: {problem}" if place else problem
            raise AssertionError(msg(text) if callable(msg) else msg if msg is not None else text)


def _pairs(a: Any, b: Any, place: str) -> list[tuple[str, Any, Any]]:
    """What stands at the same places of two sequences or mappings; of anything else, the two themselves."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            alone = sorted(map(str, a.keys() ^ b.keys()))
            raise AssertionError(f"The keys differ: {', '.join(alone)} are on one side only")
        return [pair for key in a for pair in _pairs(a[key], b[key], f"{place}[{key!r}]")]
    if all(isinstance(each, Sequence) and not isinstance(each, str) for each in (a, b)):
        if len(a) != len(b):
            raise AssertionError(f"The lengths differ: {len(a)} and {len(b)}")
        return [pair for i in range(len(a)) for pair in _pairs(a[i], b[i], f"{place}[{i}]")]
    return [(place, a, b)]


def _difference(a: Any, b: Any, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool,
                check_stride: bool) -> str:
    """What is wrong between two, in words; empty if nothing is."""
    if isinstance(a, Tensor) != isinstance(b, Tensor):
        return f"The types differ: {type(a).__name__} and {type(b).__name__}"
    if check_stride and isinstance(a, Tensor) and a.stride() != b.stride():
        return f"The strides differ: {a.stride()} and {b.stride()}"
    x, y = (each.detach().numpy() if isinstance(each, Tensor) else np.asarray(each) for each in (a, b))
    if x.shape != y.shape:
        return f"The shapes differ: {x.shape} and {y.shape}"
    if check_dtype and isinstance(a, Tensor) and x.dtype != y.dtype:
        return f"The dtypes differ: {a.dtype} and {b.dtype}"
    known = [TOLERANCES.get(each.dtype.name, (0.0, 0.0)) for each in (x, y)]
    near = (max(each[0] for each in known) if rtol is None else rtol,
            max(each[1] for each in known) if atol is None else atol)
    kind = np.result_type(x, y, np.float64 if x.dtype.kind == "f" or y.dtype.kind == "f" else np.int64)
    wrong = ~np.isclose(x.astype(kind), y.astype(kind), near[0], near[1], equal_nan)
    if not wrong.any():
        return ""
    gap = np.abs(x.astype(kind) - y.astype(kind))
    where = np.unravel_index(int(np.argmax(np.where(wrong, gap, -1))), x.shape)
    return (f"{int(wrong.sum())} of {wrong.size} elements differ by more than {near[1]:g} + {near[0]:g} "
            f"|expected|, most at {tuple(map(int, where))}: {x[where]!r} and {y[where]!r}")
