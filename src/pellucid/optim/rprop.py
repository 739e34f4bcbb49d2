"""Rprop: the sign of a gradient alone counts, and each coordinate learns its own step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tensor import wrap
from .optimizer import Optimizer, count, first_step, zeros


class Rprop(Optimizer):
    """Lengthen a coordinate's step while its gradient keeps its sign, shorten it where the sign turns.

        s = s eta+   where g prev > 0,   s eta-   where g prev < 0;   smallest <= s <= largest
        g = 0        where g prev < 0: after a turn the coordinate waits once
        p = p - s sign(g)                        prev = g

    etas = (eta-, eta+), step_sizes = (smallest, largest); s starts at lr. For whole batches: the sign of a
    small batch's gradient turns by chance.
    Source: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation learning".
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
                 step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False, differentiable: bool = False) -> None:
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: etas must be below and above 1, both positive, got {etas}")
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
                                  "maximize": maximize, "differentiable": differentiable,
                                  "capturable": capturable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        steps = np.full_like(p, float(group["lr"]))
        return {"step": first_step(), "prev": zeros(p), "step_size": wrap(steps)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        count(state)
        before, steps = state["prev"]._data, state["step_size"]._data
        (shorter, longer), (smallest, largest) = group["etas"], group["step_sizes"]
        agreement = g * before
        factor = np.where(agreement > 0, p.dtype.type(longer), np.where(agreement < 0, p.dtype.type(shorter),
                                                                        p.dtype.type(1)))
        np.clip(steps * factor, smallest, largest, out=steps)
        g = np.where(agreement < 0, p.dtype.type(0), g)
        p -= steps * np.sign(g)
        np.copyto(before, g)
