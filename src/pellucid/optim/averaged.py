"""ASGD: gradient descent whose answer is the mean of the places it passed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tensor import wrap
from .adam import decayed
from .optimizer import Optimizer, count, first_step, zeros


class ASGD(Optimizer):
    """Descend with a falling rate, and keep a running mean of the places in state[p]["ax"].

        g   = g + weight_decay p
        p   = p (1 - lambd eta) - eta g              eta = lr / (1 + lambd lr t)^alpha
        ax  = ax + mu (p - ax)                       mu  = 1 / max(1, t - t0): until t0 ax is p itself

    The parameters themselves are not averaged: copy ax into them at the end.
    Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
                 t0: float = 1e6, weight_decay: float = 0, foreach: bool | None = None,
                 maximize: bool = False, differentiable: bool = False, capturable: bool = False) -> None:
        super().__init__(params, {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0,
                                  "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
                                  "differentiable": differentiable, "capturable": capturable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        eta, mu = np.full((), float(group["lr"]), np.float32), np.ones((), np.float32)
        return {"step": first_step(), "eta": wrap(eta), "mu": wrap(mu), "ax": zeros(p)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        t = count(state)
        g = decayed(p, g, group)
        eta, mu, mean = float(state["eta"]._data), float(state["mu"]._data), state["ax"]._data
        p *= 1 - group["lambd"] * eta
        p -= eta * g
        if mu == 1:
            np.copyto(mean, p)
        else:
            mean += (p - mean) * mu
        lr, lambd = float(group["lr"]), group["lambd"]
        state["eta"]._data[...] = lr / (1 + lambd * lr * t) ** group["alpha"]
        state["mu"]._data[...] = 1 / max(1, t - group["t0"])
