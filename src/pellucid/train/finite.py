"""When the loss is not a number: find the first module whose output was not finite, and say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..tensor import Tensor


class NonFiniteLoss(FloatingPointError):
    """The loss became nan or infinite. Names the epoch, the batch and where it began."""


def arrays(value: Any) -> list[np.ndarray]:
    """The floating arrays in a tensor or a structure of tensors."""
    if isinstance(value, Tensor):
        return [value._data] if value._data.dtype.kind == "f" else []
    if isinstance(value, dict):
        value = list(value.values())
    return [a for part in value for a in arrays(part)] if isinstance(value, (list, tuple)) else []


def broken(value: Any) -> str | None:
    """How a value is not finite: 'nan at [3, 0]', or None when it is."""
    for array in arrays(value):
        wrong = ~np.isfinite(array)
        if wrong.any():
            place = np.argwhere(wrong)[0].tolist()
            count = int(wrong.sum())
            return f"{array[tuple(place)]} at {place} (of {count} such values in shape {array.shape})"
    return None


def explain(model: Any, forward: Callable[[], Any], x: Any, target: Any) -> str:
    """Where the first value that is not finite came from."""
    for name, value in (("the input x", x), ("the target", target)):
        if broken(value):
            return f"{name} of this batch holds {broken(value)}"
    for name, parameter in model.named_parameters():
        if broken(parameter):
            return (f"the parameter {name} holds {broken(parameter)}, so an earlier step was too large: "
                    "lower the learning rate or clip the gradient")
    first: list[str] = []

    def look(name: str) -> Callable:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            problem = broken(output)
            if problem and not first and not broken(inputs):
                first.append(f"the first module whose output was not finite is {name or 'the model'} "
                             f"({type(module).__name__}): {problem}")
        return hook

    handles = [module.register_forward_hook(look(name)) for name, module in model.named_modules()]
    try:
        with no_grad():
            output = forward()
    finally:
        for handle in handles:
            handle.remove()
    if first:
        return first[0]
    if broken(output):
        return f"the model's output holds {broken(output)}"
    return ("every module's output was finite: the loss function itself gave it (log of 0, or a division "
            "by 0?)")
