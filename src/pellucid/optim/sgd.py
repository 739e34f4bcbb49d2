"""Stochastic gradient descent, plain and with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ops.updates import momentum as momentum_step
from ..tensor import wrap
from .optimizer import Optimizer


class SGD(Optimizer):
    """Step against the gradient, or along a running sum of gradients.

        d = g + weight_decay p
        b = momentum b + (1 - dampening) d           b = d at the first step; without momentum b = d
        p = p - lr b                                 nesterov: p = p - lr (d + momentum b)

    Source:  Robbins & Monro 1951; Polyak 1964; Sutskever et al. 2013, "On the importance of initialization
             and momentum in deep learning".
    Differs: from Sutskever's in that lr multiplies the sum, as in PyTorch.
    Raises:  ValueError for nesterov without momentum or with dampening.
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, differentiable: bool = False,
                 fused: bool | None = None) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(f"SGD: nesterov needs a momentum and no dampening, got momentum={momentum}, "
                             f"dampening={dampening}")
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening,
                                  "weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize,
                                  "foreach": foreach, "differentiable": differentiable, "fused": fused})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": None} if group["momentum"] else {}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        d = g + group["weight_decay"] * p if group["weight_decay"] else g
        if momentum:
            buffer = state["momentum_buffer"]
            if buffer is not None and not group["nesterov"]:
                momentum_step(p, d, buffer._data, keep=momentum, add=1 - group["dampening"],
                              lr=float(group["lr"]))
                return
            if buffer is None:
                state["momentum_buffer"] = buffer = wrap(np.array(d))
            else:
                buffer._data *= momentum
                buffer._data += d if not group["dampening"] else (1 - group["dampening"]) * d
            d = d + momentum * buffer._data if group["nesterov"] else buffer._data
        p -= float(group["lr"]) * d
