"""All parameters of a model as one long vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...ops import cat
from ...tensor import OpError, Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters in one row; a gradient flows back to them.

    Shapes:  any number of (...) -> (total number of elements,)
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give the parameters the values of one long vector; the opposite of parameters_to_vector.

    Raises:  TypeError for anything but a tensor; RuntimeError when the number of elements is another, and
             then no parameter has changed.
    Differs: PyTorch makes the parameters views of vec; here they keep their own memory.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: vec must be a Tensor, got {type(vec).__name__}")
    parameters = list(parameters)
    wanted = sum(p._data.size for p in parameters)
    if vec._data.shape != (wanted,):
        raise OpError(f"vector_to_parameters: vec has shape {vec._data.shape}, the parameters have {wanted} "
                      f"elements")
    start = 0
    for p in parameters:
        p.detach().copy_(vec.detach()[start:start + p._data.size].reshape(p._data.shape))
        start += p._data.size
