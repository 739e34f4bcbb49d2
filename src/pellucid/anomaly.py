"""Stop a backward pass at the first derivative that is not a number, and say whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .node import Node
from .tensor import OpError, Tensor

_pull = Node.pull
_on = {"mode": False, "check_nan": True}


def _checked_pull(self: Node, g: Any, create_graph: bool, useful: set | None) -> Sequence:
    """Node.pull, and a look at what comes out of it."""
    grads = _pull(self, g, create_graph, useful)
    for i, grad in enumerate(grads):
        values = grad._data if isinstance(grad, Tensor) else grad
        if isinstance(values, np.ndarray) and np.isnan(values).any():
            raise OpError(f"backward: {self.op.name} gave nan as the gradient of its input number {i}, "
                          f"of shape {values.shape}")
    return grads


class set_detect_anomaly:                                        # PyTorch spells both in lower case
    """Check every gradient for nan from now on, or stop to; as a context manager, until its end.

    Raises:  RuntimeError in the backward pass that meets a nan, naming the operation.
    Differs: from PyTorch in that it does not show where in the forward pass the operation was called.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = dict(_on)
        self._set(mode=bool(mode), check_nan=bool(check_nan))

    def _set(self, mode: bool, check_nan: bool) -> None:
        _on.update(mode=mode, check_nan=check_nan)
        Node.pull = _checked_pull if mode and check_nan else _pull  # type: ignore[method-assign]

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._set(**self._before)


class detect_anomaly(set_detect_anomaly):
    """Check every gradient for nan inside: `with detect_anomaly(): ...`."""

    def __init__(self, check_nan: bool = True) -> None:
        self._wanted = check_nan

    def __enter__(self) -> None:
        super().__init__(True, self._wanted)


def is_anomaly_enabled() -> bool:
    """Are gradients checked?"""
    return _on["mode"]


def is_anomaly_check_nan_enabled() -> bool:
    """Would they be checked for nan?"""
    return _on["check_nan"]
