"""`torch.types`: what annotations in scripts mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .dtypes import device
from .tensor import Size, Tensor

Number = int | float | bool
Device = device | str | int | None
TensorOrTensors = Tensor | Sequence[Tensor]

__all__ = ["Any", "Device", "Number", "Sequence", "Size", "TensorOrTensors"]
