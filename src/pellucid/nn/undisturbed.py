"""Look at models without leaving a trace: modes, random streams and hooks are afterwards as they were."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..generator import get_rng_state, set_rng_state
from ..tensor import Tensor


@contextlib.contextmanager
def undisturbed(*models: Any) -> Iterator[None]:
    """Inside, the models are in evaluation mode and nothing is recorded; at the end all is as before.

    Put back are each module's mode and the states of Pellucid's, NumPy's, Python's and, for a model of
    PyTorch, PyTorch's random numbers.
    """
    torch = sys.modules.get("torch")
    modes = [(module, module.training) for model in models for module in model.modules()]
    states = get_rng_state(), np.random.get_state(), random.getstate()
    torch_state = torch.random.get_rng_state() if torch else None
    try:
        for model in models:
            model.eval()
        with no_grad(), torch.no_grad() if torch else contextlib.nullcontext():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        if torch:
            torch.random.set_rng_state(torch_state)


@contextlib.contextmanager
def hooked(modules: Any, before: Any, after: Any) -> Iterator[None]:
    """Inside, before(module, args) and after(module, args, output) are called around each module."""
    handles = []
    try:
        for module in modules:
            handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
        yield
    finally:
        for handle in handles:
            handle.remove()


def arrays_in(value: Any) -> list[np.ndarray]:
    """The arrays of all tensors in an output, in order, through tuples, lists, dicts and dataclasses."""
    if isinstance(value, Tensor):
        return [value._data]
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        return [value.detach().cpu().numpy()]
    if isinstance(value, dict):
        return [array for part in value.values() for array in arrays_in(part)]
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in arrays_in(part)]
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        return [array for name in value.__dataclass_fields__ for array in arrays_in(getattr(value, name))]
    return []
