"""How a tensor is shown: four digits, aligned columns, the middle of large ones left out.

One format serves all numbers of a tensor. Floats that are all whole are shown as `2.`, others with 4 digits;
where the largest is more than 1000 times the smallest, above 10^8, or (not whole) the smallest below 10^-4,
all are shown as `1.2346e+05`. Zeros, nan and infinities do not count in this.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes
from .tensor import Tensor

__all__ = ["set_printoptions"]


class _Options:
    """What set_printoptions sets."""

    precision = 4                                                # digits after the point
    threshold: float = 1000                                      # elements; of more, the middle is left out
    edgeitems = 3                                                # how many then stay at each end
    linewidth = 80
    sci_mode: bool | None = None                                 # 1.2346e+05 always, never, where needed


options = _Options()
_PROFILES: dict[str, dict] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(precision: int | None = None, threshold: float | None = None,
                     edgeitems: int | None = None, linewidth: int | None = None, profile: str | None = None,
                     sci_mode: bool | None = None) -> None:
    """Set how tensors are shown; what is not given stays, but for sci_mode.

    profile   "default", "short" (2 digits) or "full" (nothing left out), before the others
    sci_mode  True: always as 1.2346e+05, False: never, None: where the numbers need it
    """
    if profile is not None:
        if profile not in _PROFILES:
            known = ", ".join(_PROFILES)
            raise ValueError(f"set_printoptions: profile must be one of {known}, got {profile!r}")
        vars(options).update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    vars(options).update({name: value for name, value in given.items() if value is not None})
    options.sci_mode = sci_mode


def text(self: Tensor) -> str:
    """The text of a tensor, as `print` and `repr` show it."""
    indent = len("tensor(")
    if self._data.size:
        body = _body(self._data, indent)
    else:
        body = "[]"
    return _with_suffixes("tensor(" + body, _suffixes(self), indent)


def _suffixes(x: Tensor) -> list[str]:
    """What follows the numbers: the size of an empty tensor, an unusual dtype, where gradients go."""
    found = []
    empty = not x._data.size
    if empty and x._data.ndim != 1:
        found.append(f"size={tuple(x._data.shape)}")
    usual = () if empty else (dtypes.int64, dtypes.bool_)
    if x.dtype not in (dtypes.get_default_dtype(), *usual):
        found.append(f"dtype={x.dtype}")
    if x.grad_fn is not None:
        found.append(f"grad_fn=<{_camel(x.grad_fn.name())}>")
    elif x.requires_grad:
        found.append("requires_grad=True")
    return found


def _camel(name: str) -> str:
    """log_softmax -> LogSoftmaxBackward0, PyTorch's way to name what made a tensor."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward0"


def _with_suffixes(start: str, suffixes: list[str], indent: int) -> str:
    """Append the suffixes, each on a new line where it does not fit."""
    length = len(start) - start.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > options.linewidth:
            start += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            start += ", " + suffix
            length += len(suffix) + 2
    return start + ")"


def _body(array: np.ndarray, indent: int) -> str:
    """The numbers in their brackets."""
    cut = array.size > options.threshold
    shown = _edges(array) if cut else array
    width, show = _format(shown.reshape(-1))
    return _rows(array, indent, cut, width, show)


def _edges(array: np.ndarray) -> np.ndarray:
    """What remains when the middle of every long dimension is left out."""
    for axis, size in enumerate(array.shape):
        if size > 2 * options.edgeitems:
            front, n = (slice(None),) * axis, options.edgeitems
            start, end = front + (slice(n),), front + (slice(size - n, None),)
            array = np.concatenate((array[start], array[end]), axis)
    return array


def _format(values: np.ndarray) -> tuple[int, Callable[[Any], str]]:
    """The width of a number in a tensor that shows these values, and the function that writes one."""
    if values.dtype.kind != "f":
        return max(len(str(value)) for value in values.tolist()), str
    numbers = values.astype(np.float64)
    numbers = numbers[np.isfinite(numbers) & (numbers != 0)]
    whole = bool((numbers == np.ceil(numbers)).all())
    scientific = _spread_out(np.abs(numbers), whole) if options.sci_mode is None else options.sci_mode
    digits = options.precision
    if numbers.size == 0:
        scientific = False                                       # zeros, nan and infinities only
    if scientific:
        spec = f".{digits}e"
    else:
        spec = ".0f" if whole else f".{digits}f"
    point = "." if whole and not scientific else ""

    def show(value: float) -> str:
        return format(value, spec) + (point if math.isfinite(value) else "")

    return max((len(show(value)) for value in numbers.tolist()), default=1), show


def _spread_out(sizes: np.ndarray, whole: bool) -> bool:
    """Do numbers of these absolute values need powers of ten?"""
    if not sizes.size:
        return False
    smallest, largest = sizes.min(), sizes.max()
    return bool(largest / smallest > 1000 or largest > 1e8 or (not whole and smallest < 1e-4))


def _rows(array: np.ndarray, indent: int, cut: bool, width: int, show: Callable) -> str:
    """The brackets of one dimension, and within them those of the next."""
    if array.ndim == 0:
        return show(array.item()).rjust(width)
    n = options.edgeitems
    cut_here = cut and array.shape[0] > 2 * n
    parts = list(array[:n]) + list(array[-n:] if n else ()) if cut_here else list(array)
    if array.ndim == 1:
        texts = [show(value.item()).rjust(width) for value in parts]
    else:
        texts = [_rows(part, indent + 1, cut, width, show) for part in parts]
    if cut_here:
        texts.insert(n, " ..." if array.ndim == 1 else "...")
    if array.ndim > 1:
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(texts) + "]"
    per_line = max(1, (options.linewidth - indent) // (width + 2))
    lines = [", ".join(texts[i:i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


Tensor.__repr__ = text  # type: ignore[method-assign,assignment]
