"""Borders as layers: zeros, a constant, a mirror image, the edge repeated, or the other side again."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module


class _Pad(Module):
    """A border: (left, right, top, bottom, front, back), as far as there are dimensions."""

    mode: str
    dims: int

    def __init__(self, padding: Any) -> None:
        super().__init__()
        sides = 2 * self.dims
        self.padding = (padding,) * sides if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != sides:
            raise ValueError(f"{type(self).__name__}: padding must be a number or {sides} of them, got "
                             f"{padding}")

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """Lay a border of one value around a sequence.

        y[i] = x[i - before] inside, value outside
    Shapes:  x (..., L), padding (left, right) -> (..., left + L + right)
    """

    dims = 1


class ConstantPad2d(_ConstantPad):
    """Lay a border of one value around a picture.

        y[i] = x[i - before] inside, value outside
    Shapes:  x (..., H, W), padding (left, right, top, bottom) -> (..., top + H + bottom, left + W + right)
    """

    dims = 2


class ConstantPad3d(_ConstantPad):
    """Lay a border of one value around a volume.

        y[i] = x[i - before] inside, value outside
    Shapes:  x (..., D, H, W), padding (left, right, top, bottom, front, back) -> (..., D', H', W')
    """

    dims = 3


class ZeroPad1d(_ZeroPad):
    """Lay a border of zeros around a sequence.

        y[i] = x[i - before] inside, 0 outside
    Shapes:  x (..., L), padding (left, right) -> (..., left + L + right)
    """

    dims = 1


class ZeroPad2d(_ZeroPad):
    """Lay a border of zeros around a picture.

        y[i] = x[i - before] inside, 0 outside
    Shapes:  x (..., H, W), padding (left, right, top, bottom) -> (..., top + H + bottom, left + W + right)
    """

    dims = 2


class ZeroPad3d(_ZeroPad):
    """Lay a border of zeros around a volume.

        y[i] = x[i - before] inside, 0 outside
    Shapes:  x (..., D, H, W), padding (left, right, top, bottom, front, back) -> (..., D', H', W')
    """

    dims = 3


class ReflectionPad1d(_Pad):
    """Lay the mirror image of a sequence around it, without the edge: 3 2 | 1 2 3 | 2 1.

        y[-i] = x[i], y[N - 1 + i] = x[N - 1 - i]       in each dimension; i counts from x's edges
    Shapes:  x (..., L), padding (left, right) -> (..., left + L + right)
    """

    mode, dims = "reflect", 1


class ReflectionPad2d(_Pad):
    """Lay the mirror image of a picture around it, without the edge: 3 2 | 1 2 3 | 2 1.

        y[-i] = x[i], y[N - 1 + i] = x[N - 1 - i]       in each dimension; i counts from x's edges
    Shapes:  x (..., H, W), padding (left, right, top, bottom) -> (..., top + H + bottom, left + W + right)
    """

    mode, dims = "reflect", 2


class ReflectionPad3d(_Pad):
    """Lay the mirror image of a volume around it, without the edge: 3 2 | 1 2 3 | 2 1.

        y[-i] = x[i], y[N - 1 + i] = x[N - 1 - i]       in each dimension; i counts from x's edges
    Shapes:  x (..., D, H, W), padding (left, right, top, bottom, front, back) -> (..., D', H', W')
    """

    mode, dims = "reflect", 3


class ReplicationPad1d(_Pad):
    """Repeat the edge of a sequence around it: 1 1 | 1 2 3 | 3 3.

        y[-i] = x[0], y[N - 1 + i] = x[N - 1]           in each dimension; i counts from x's edges
    Shapes:  x (..., L), padding (left, right) -> (..., left + L + right)
    """

    mode, dims = "replicate", 1


class ReplicationPad2d(_Pad):
    """Repeat the edge of a picture around it: 1 1 | 1 2 3 | 3 3.

        y[-i] = x[0], y[N - 1 + i] = x[N - 1]           in each dimension; i counts from x's edges
    Shapes:  x (..., H, W), padding (left, right, top, bottom) -> (..., top + H + bottom, left + W + right)
    """

    mode, dims = "replicate", 2


class ReplicationPad3d(_Pad):
    """Repeat the edge of a volume around it: 1 1 | 1 2 3 | 3 3.

        y[-i] = x[0], y[N - 1 + i] = x[N - 1]           in each dimension; i counts from x's edges
    Shapes:  x (..., D, H, W), padding (left, right, top, bottom, front, back) -> (..., D', H', W')
    """

    mode, dims = "replicate", 3


class CircularPad1d(_Pad):
    """Lay the other side of a sequence around it: 2 3 | 1 2 3 | 1 2.

        y[-i] = x[N - i], y[N - 1 + i] = x[i - 1]       in each dimension; i counts from x's edges
    Shapes:  x (..., L), padding (left, right) -> (..., left + L + right)
    """

    mode, dims = "circular", 1


class CircularPad2d(_Pad):
    """Lay the other side of a picture around it: 2 3 | 1 2 3 | 1 2.

        y[-i] = x[N - i], y[N - 1 + i] = x[i - 1]       in each dimension; i counts from x's edges
    Shapes:  x (..., H, W), padding (left, right, top, bottom) -> (..., top + H + bottom, left + W + right)
    """

    mode, dims = "circular", 2


class CircularPad3d(_Pad):
    """Lay the other side of a volume around it: 2 3 | 1 2 3 | 1 2.

        y[-i] = x[N - i], y[N - 1 + i] = x[i - 1]       in each dimension; i counts from x's edges
    Shapes:  x (..., D, H, W), padding (left, right, top, bottom, front, back) -> (..., D', H', W')
    """

    mode, dims = "circular", 3
