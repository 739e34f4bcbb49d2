"""Optimisers that scale each coordinate by its past gradients, without Adam's first moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ops import updates
from ..tensor import wrap
from .adam import decayed
from .optimizer import Optimizer, count, first_step, zeros


class Adagrad(Optimizer):
    """Divide by the root of the sum of all squared gradients so far.

        g = g + weight_decay p
        s = s + g^2
        p = p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    Source: Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods".
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
                 initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
                 maximize: bool = False, differentiable: bool = False, fused: bool | None = None) -> None:
        super().__init__(params, {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
                                  "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
                                  "maximize": maximize, "differentiable": differentiable, "fused": fused})
        for group in self.param_groups:                          # PyTorch makes this state at once
            for p in group["params"]:
                self.state[p] = self.start(p._data, group)

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": first_step(), "sum": wrap(np.full_like(p, group["initial_accumulator_value"]))}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        t = count(state)
        g = decayed(p, g, group)
        s = state["sum"]._data
        s += g * g
        p -= float(group["lr"]) / (1 + (t - 1) * group["lr_decay"]) * g / (np.sqrt(s) + group["eps"])


class RMSprop(Optimizer):
    """Divide by the root of a running mean of squared gradients.

        g = g + weight_decay p
        v = alpha v + (1 - alpha) g^2
        a = sqrt(v) + eps                            centered: a = sqrt(v - mean^2) + eps, mean that of g
        b = momentum b + g / a                       without momentum b = g / a
        p = p - lr b

    Source: Tieleman & Hinton 2012, lecture 6.5; Graves 2013, arXiv:1308.0850 (centered).
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0, momentum: float = 0, centered: bool = False,
                 capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps,
                                  "centered": centered, "weight_decay": weight_decay,
                                  "capturable": capturable, "foreach": foreach,
                                  "maximize": maximize, "differentiable": differentiable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        state = {"step": first_step(), "square_avg": zeros(p)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros(p)
        if group["centered"]:
            state["grad_avg"] = zeros(p)
        return state

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        count(state)
        g = decayed(p, g, group)
        v, alpha = state["square_avg"]._data, group["alpha"]
        v *= alpha
        v += (1 - alpha) * (g * g)
        if group["centered"]:
            mean = state["grad_avg"]._data
            mean += (1 - alpha) * (g - mean)
            root = np.sqrt(v - mean * mean) + group["eps"]
        else:
            root = np.sqrt(v) + group["eps"]
        step = g / root
        if group["momentum"] > 0:
            buffer = state["momentum_buffer"]._data
            buffer *= group["momentum"]
            buffer += step
            step = buffer
        p -= float(group["lr"]) * step


class Adadelta(Optimizer):
    """Step by the ratio of the running size of past steps to that of past gradients: no unit is left over.

        g = g + weight_decay p
        v = rho v + (1 - rho) g^2
        d = sqrt(u + eps) / sqrt(v + eps) g
        u = rho u + (1 - rho) d^2
        p = p - lr d

    Source: Zeiler 2012, "ADADELTA", arXiv:1212.5701.
    """

    def __init__(self, params: Iterable, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
                 weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
                 maximize: bool = False, differentiable: bool = False) -> None:
        if not 0 <= rho <= 1:
            raise ValueError(f"Adadelta: rho must be in [0, 1], got {rho}")
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay,
                                  "maximize": maximize, "capturable": capturable, "foreach": foreach,
                                  "differentiable": differentiable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": first_step(), "square_avg": zeros(p), "acc_delta": zeros(p)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        count(state)
        g = decayed(p, g, group)
        updates.adadelta(p, g, state["square_avg"]._data, state["acc_delta"]._data, rho=group["rho"],
                         eps=group["eps"], lr=float(group["lr"]))
