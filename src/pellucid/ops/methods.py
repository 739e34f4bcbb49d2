"""Which functions are methods of Tensor too, and Python's operators on tensors."""

from __future__ import annotations

from ..tensor import Tensor
from . import arithmetic, elementwise, linalg, reduce, shape


def add_methods(module: object, names: str) -> None:
    """Make the functions of a module, named in a string, methods of Tensor."""
    for name in names.split():
        setattr(Tensor, name, getattr(module, name))


add_methods(arithmetic, "add sub mul")
add_methods(elementwise, "neg exp log tanh")
add_methods(reduce, "sum")
add_methods(shape, "permute")
add_methods(linalg, "matmul")

Tensor.__add__ = arithmetic.add  # type: ignore[attr-defined]
Tensor.__mul__ = arithmetic.mul  # type: ignore[attr-defined]
