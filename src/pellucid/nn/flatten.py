"""Layers that only change the shape."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .module import Module


class Flatten(Module):
    """Put the dimensions from start_dim to end_dim into one; by default all but the batch.

    Shapes:  x (N, d1, d2, ...) -> (N, d1 d2 ...)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Spread one dimension over several, the opposite of Flatten.

    Shapes:  x (..., D, ...) -> (..., d1, d2, ...) with d1 d2 ... = D; one size may be -1
    Raises:  TypeError for sizes that are not integers; RuntimeError when they do not multiply up to D.
    Differs: dimensions have no names.
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise TypeError(f"Unflatten: dim must be an integer, got {type(dim).__name__}")
        sizes = (unflattened_size,) if isinstance(unflattened_size, int) else unflattened_size
        for place, size in enumerate(sizes):
            if not isinstance(size, int):
                raise TypeError(f"Unflatten: unflattened_size must hold integers, got {type(size).__name__} "
                                f"at place {place}")
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
