"""`torch.fft`: the order of frequencies. The transforms give complex numbers, which are not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes, ops
from .absent import absences
from .tensor import Tensor, wrap

__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]
globals().update(absences("fft", "there are no complex numbers here; numpy.fft transforms arrays", """
    fft fft2 fftn hfft hfft2 hfftn ifft ifft2 ifftn ihfft ihfft2 ihfftn irfft irfft2 irfftn rfft rfft2 rfftn
"""))


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None,
            requires_grad: bool = False) -> Tensor:
    """The frequencies of a transform of n samples at distance d:  0, 1, ..., -2, -1 over n d.

    >>> fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    return _made(np.fft.fftfreq(n, d), dtype, requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """The frequencies of a transform of n real samples:  0, 1, ..., n / 2 over n d."""
    return _made(np.fft.rfftfreq(n, d), dtype, requires_grad)


def _made(numbers: np.ndarray, dtype: Any, requires_grad: bool) -> Tensor:
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    return wrap(numbers.astype(kind.dtype)).requires_grad_(requires_grad)


def fftshift(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Frequency 0 from the front to the middle, along dim or along all dimensions."""
    return _rolled(input, dim, lambda n: n // 2)


def ifftshift(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Frequency 0 from the middle to the front: fftshift's inverse."""
    return _rolled(input, dim, lambda n: -(n // 2))


def _rolled(x: Tensor, dim: Any, by: Any) -> Tensor:
    dims = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    return ops.roll(x, [by(x.shape[each]) for each in dims], list(dims))
