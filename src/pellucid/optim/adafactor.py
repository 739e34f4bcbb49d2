"""Adafactor: Adam's second moment of a matrix, kept as one row and one column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tensor import wrap
from .optimizer import Optimizer, count, first_step, zeros


class Adafactor(Optimizer):
    """Divide by the root of a running mean of squared gradients that takes n + m numbers, not n m.

        b = t^beta2_decay                            the weight of the new step; it shrinks
        r = (1 - b) r + b mean of g^2 along rows     c the same along columns
        v = r c / max(mean r, eps1)                  vectors: v = (1 - b) v + b g^2
        u = g / max(sqrt(v), eps1)
        u = u / max(1, rms(u) / d)                   no step is larger than d, in the mean
        p = (1 - lr weight_decay) p
        p = p - max(eps2, rms(p)) min(lr, 1 / sqrt(t)) u        relative to the size of p

    eps = (eps1, eps2); eps1 None is the dtype's. rms is the root of the mean square.
    Source: Shazeer & Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
            arXiv:1804.04235; the learning rate as PyTorch has it.
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, beta2_decay: float = -0.8,
                 eps: tuple = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
                 foreach: bool | None = None, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d,
                                  "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize})

    def check(self, group: dict[str, Any]) -> None:
        """Refuse options out of range."""
        first, second = group["eps"]
        if not group["beta2_decay"] <= 0:
            raise ValueError(f"Adafactor: beta2_decay must be at most 0, got {group['beta2_decay']}")
        if first is not None and not first >= 0 or not second >= 0:
            raise ValueError("Adafactor: both eps must be at least 0 (the first may be None), got "
                             f"{group['eps']}")
        if not group["d"] >= 1:
            raise ValueError(f"Adafactor: d must be at least 1, got {group['d']}")
        super().check({key: value for key, value in group.items() if key != "eps"})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        if p.ndim < 2:
            return {"step": first_step(), "variance": zeros(p)}
        row, column = np.zeros_like(p[..., :1]), np.zeros_like(p[..., :1, :])
        return {"step": first_step(), "row_var": wrap(row), "col_var": wrap(column)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        t, lr = count(state), float(group["lr"])
        first, second = group["eps"]
        first = float(np.finfo(p.dtype).eps) if first is None else first
        relative = max(second, _rms(p)) * min(lr, 1 / math.sqrt(t))
        if group["weight_decay"]:
            p *= 1 - lr * group["weight_decay"]
        v = self._second_moment(g, state, t ** group["beta2_decay"], first)
        u = g / np.sqrt(np.maximum(v, first * first))
        u *= relative / max(1.0, _rms(u) / group["d"])
        p -= u

    def _second_moment(self, g: np.ndarray, state: dict[str, Any], new: float, least: float) -> np.ndarray:
        """The running mean of g^2, for a matrix the outer product of its row and column means."""
        square = g * g
        if g.ndim < 2:
            v = state["variance"]._data
            v += new * (square - v)
            return v
        row, column = state["row_var"]._data, state["col_var"]._data
        row += new * (square.mean(-1, keepdims=True) - row)
        column += new * (square.mean(-2, keepdims=True) - column)
        return row * column / np.maximum(row.mean(-2, keepdims=True), least)


def _rms(x: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.linalg.norm(x.reshape(-1))) / math.sqrt(x.size) if x.size else 0.0
