"""Adam and its relatives: running means of the gradient and of its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ops import updates
from .optimizer import Optimizer, count, first_step, zeros


def decayed(p: np.ndarray, g: np.ndarray, group: dict[str, Any]) -> np.ndarray:
    """L2 regularisation: g + weight_decay p (or g itself)."""
    return g + group["weight_decay"] * p if group["weight_decay"] else g


def left_by_decay(group: dict[str, Any]) -> float:
    """Decoupled weight decay leaves 1 - lr weight_decay of each parameter.

    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", arXiv:1711.05101.
    """
    return 1 - float(group["lr"]) * group["weight_decay"]


def shrink(p: np.ndarray, group: dict[str, Any]) -> None:
    """Apply the decoupled weight decay: p = (1 - lr weight_decay) p."""
    if group["weight_decay"]:
        p *= left_by_decay(group)


def moments(g: np.ndarray, state: dict[str, Any], betas: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Update m = b1 m + (1 - b1) g and v = b2 v + (1 - b2) g^2, and return both."""
    m, v = state["exp_avg"]._data, state["exp_avg_sq"]._data
    updates.moments(g, m, v, betas)
    return m, v


def adam_start(p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
    """Both moments at zero; with amsgrad also the largest second moment."""
    state = {"step": first_step(), "exp_avg": zeros(p), "exp_avg_sq": zeros(p)}
    if group["amsgrad"]:
        state["max_exp_avg_sq"] = zeros(p)
    return state


def adam_step(p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any],
              decoupled: bool) -> None:
    """The step that Adam and AdamW share; decoupled says which way the weight decay goes."""
    largest = state["max_exp_avg_sq"]._data if group["amsgrad"] else None
    decay = {"shrink": left_by_decay(group)} if decoupled else {"decay": group["weight_decay"]}
    updates.adam(p, g, state["exp_avg"]._data, state["exp_avg_sq"]._data, largest, betas=group["betas"],
                 eps=group["eps"], lr=float(group["lr"]), t=count(state), **decay)


class Adam(Optimizer):
    """Step by the running mean of the gradient over the root of the running mean of its square.

        g = g + weight_decay p
        m = b1 m + (1 - b1) g                        m^ = m / (1 - b1^t)
        v = b2 v + (1 - b2) g^2                      v^ = v / (1 - b2^t);  amsgrad: v^ of the largest v so far
        p = p - lr m^ / (sqrt(v^) + eps)             t counts steps from 1

    Source: Kingma & Ba 2015, "Adam", arXiv:1412.6980; Reddi et al. 2018 (amsgrad).
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None, decoupled_weight_decay: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach,
                                  "capturable": capturable, "differentiable": differentiable, "fused": fused,
                                  "decoupled_weight_decay": decoupled_weight_decay})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return adam_start(p, group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        adam_step(p, g, state, group, group["decoupled_weight_decay"])


class AdamW(Optimizer):
    """Adam with the weight decay taken out of the gradient.

        p = p - lr weight_decay p
        m = b1 m + (1 - b1) g                        m^ = m / (1 - b1^t)
        v = b2 v + (1 - b2) g^2                      v^ = v / (1 - b2^t);  amsgrad: v^ of the largest v so far
        p = p - lr m^ / (sqrt(v^) + eps)

    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", arXiv:1711.05101.
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach,
                                  "capturable": capturable, "differentiable": differentiable, "fused": fused,
                                  "decoupled_weight_decay": True})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return adam_start(p, group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        adam_step(p, g, state, group, True)


class NAdam(Optimizer):
    """Adam with Nesterov's look ahead in the first moment.

        mu_t = b1 (1 - 0.96^(t momentum_decay) / 2)          and mu_t+1 alike;  M = mu_1 mu_2 ... mu_t
        m, v as in Adam
        p = p - lr [ (1 - mu_t) g / (1 - M) + mu_t+1 m / (1 - M mu_t+1) ] / (sqrt(v / (1 - b2^t)) + eps)

    Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam".
    """

    def __init__(self, params: Iterable, lr: float = 2e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False,
                 *, foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "momentum_decay": momentum_decay, "maximize": maximize, "foreach": foreach,
                                  "decoupled_weight_decay": decoupled_weight_decay, "capturable": capturable,
                                  "differentiable": differentiable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        product = first_step()
        product._data += 1
        return {"step": first_step(), "mu_product": product, "exp_avg": zeros(p), "exp_avg_sq": zeros(p)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        t = count(state)
        if group["decoupled_weight_decay"]:
            shrink(p, group)
        else:
            g = decayed(p, g, group)
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (t, t + 1))
        state["mu_product"]._data *= mu
        product = float(state["mu_product"]._data)
        m, v = moments(g, state, group["betas"])
        root = np.sqrt(v / (1 - beta2 ** t)) + group["eps"]
        lr = float(group["lr"])
        p -= lr * (1 - mu) / (1 - product) * g / root
        p -= lr * mu_next / (1 - product * mu_next) * m / root


class RAdam(Optimizer):
    """Adam whose adaptive part waits until its variance is bounded.

        rho_inf = 2 / (1 - b2) - 1                   rho = rho_inf - 2 t b2^t / (1 - b2^t)
        p = p - lr m^ r sqrt(1 - b2^t) / (sqrt(v) + eps)     if rho > 5, else p - lr m^
        r = sqrt( (rho - 4)(rho - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho) )

    Source: Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond", arXiv:1908.03265.
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, decoupled_weight_decay: bool = False, *,
                 foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "maximize": maximize, "foreach": foreach, "capturable": capturable,
                                  "decoupled_weight_decay": decoupled_weight_decay,
                                  "differentiable": differentiable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": first_step(), "exp_avg": zeros(p), "exp_avg_sq": zeros(p)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        t = count(state)
        if group["decoupled_weight_decay"]:
            shrink(p, group)
        else:
            g = decayed(p, g, group)
        m, v = moments(g, state, group["betas"])
        far = 2 / (1 - beta2) - 1
        rho = far - 2 * t * beta2 ** t / (1 - beta2 ** t)
        step = float(group["lr"]) / (1 - beta1 ** t) * m
        if rho > 5:
            r = math.sqrt((rho - 4) * (rho - 2) * far / ((far - 4) * (far - 2) * rho))
            step = step * (r * math.sqrt(1 - beta2 ** t) / (np.sqrt(v) + group["eps"]))
        p -= step


class Adamax(Optimizer):
    """Adam with the largest recent gradient in place of the root mean square.

        m = b1 m + (1 - b1) g
        u = max(b2 u, |g| + eps)
        p = p - lr / (1 - b1^t) m / u

    Source: Kingma & Ba 2015, "Adam", arXiv:1412.6980, section 7.1.
    """

    def __init__(self, params: Iterable, lr: float = 2e-3, betas: tuple = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False,
                 differentiable: bool = False, capturable: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
                                  "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
                                  "capturable": capturable})

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": first_step(), "exp_avg": zeros(p), "exp_inf": zeros(p)}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        t = count(state)
        g = decayed(p, g, group)
        m, u = state["exp_avg"]._data, state["exp_inf"]._data
        m += (1 - beta1) * (g - m)
        u *= beta2
        np.maximum(u, np.abs(g) + group["eps"], out=u)
        p -= float(group["lr"]) / (1 - beta1 ** t) * m / u
