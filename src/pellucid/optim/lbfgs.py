"""L-BFGS: Newton's direction from the last few changes of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..autograd import enable_grad
from ..inplace import touch
from .optimizer import Optimizer
from .wolfe import strong_wolfe


class LBFGS(Optimizer):
    """Minimise a deterministic loss by limited-memory BFGS. `step(closure)` runs up to max_iter iterations.

        s_k = x_k+1 - x_k,  y_k = grad_k+1 - grad_k,  rho_k = 1 / (y_k . s_k)         the last history_size
        d = -H grad         by the two-loop recursion, H_0 = (s . y) / (y . y)
        x = x + t d         t = lr, or found by line_search_fn="strong_wolfe"

    Source: Nocedal & Wright 2006, "Numerical Optimization", algorithms 7.4 and 3.5.
    Raises: ValueError for several groups, or a step without closure.
    """

    def __init__(self, params: Iterable, lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
                 tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
                 line_search_fn: str | None = None) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn must be None or 'strong_wolfe', got {line_search_fn!r}")
        super().__init__(params, {"lr": lr, "max_iter": max_iter,
                                  "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                                  "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
                                  "history_size": history_size, "line_search_fn": line_search_fn})
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS: takes one group of parameters, got several")
        self._params = self.param_groups[0]["params"]

    def _gradient(self) -> np.ndarray:
        """All gradients in one vector."""
        return np.concatenate([(np.zeros_like(p._data) if p._grad is None else p._grad._data).ravel()
                               for p in self._params])

    def _move(self, t: float, d: np.ndarray) -> None:
        """x = x + t d, over all parameters."""
        at = 0
        for p in self._params:
            n = p._data.size
            p._data += t * d[at:at + n].reshape(p._data.shape)
            touch(p)
            at += n

    def _place(self, values: list[np.ndarray]) -> None:
        for p, value in zip(self._params, values, strict=True):
            np.copyto(p._data, value)
            touch(p)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Run up to max_iter iterations; closure clears the gradients, computes the loss, calls backward."""
        if closure is None:
            raise ValueError("LBFGS: step needs a closure that computes the loss and its gradients anew")
        group, state = self.param_groups[0], self.state[self._params[0]]
        recorded = enable_grad()(closure)
        first = recorded()
        loss, g = float(first), self._gradient()
        evaluations = 1
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        state["func_evals"] += 1
        self._step_count += 1
        if np.abs(g).max(initial=0) <= group["tolerance_grad"]:
            return first
        for iteration in range(1, group["max_iter"] + 1):
            d = self._direction(state, g, group["history_size"])
            state["prev_flat_grad"], before = g.copy(), loss
            state["prev_loss"] = loss
            cautious = min(1.0, 1.0 / float(np.abs(g).sum())) if state["n_iter"] == 1 else 1.0
            t = cautious * float(group["lr"])
            slope = float(g @ d)
            state["d"], state["t"] = d, t
            if slope > -group["tolerance_change"]:
                break
            loss, g, t, used = self._advance(recorded, loss, g, d, t, slope, group, iteration)
            state["t"] = t
            evaluations += used
            state["func_evals"] += used
            if (iteration == group["max_iter"] or evaluations >= group["max_eval"]
                    or np.abs(g).max() <= group["tolerance_grad"]
                    or np.abs(d * t).max() <= group["tolerance_change"]
                    or abs(loss - before) < group["tolerance_change"]):
                break
        return first

    def _direction(self, state: dict[str, Any], g: np.ndarray, memory: int) -> np.ndarray:
        """-H g by the two-loop recursion over the remembered changes."""
        state["n_iter"] += 1
        if state["n_iter"] == 1:
            state["old_dirs"], state["old_stps"], state["ro"], state["H_diag"] = [], [], [], 1.0
            return -g
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        curvature = float(y @ s)
        if curvature > 1e-10:
            for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / curvature)):
                state[name] = [*state[name], value][-memory:]
            state["H_diag"] = curvature / float(y @ y)
        ys, ss, rhos = state["old_dirs"], state["old_stps"], state["ro"]
        q, alphas = -g, []
        for y, s, rho in zip(reversed(ys), reversed(ss), reversed(rhos), strict=True):
            alphas.append(float(s @ q) * rho)
            q = q - alphas[-1] * y
        r = q * state["H_diag"]
        for y, s, rho, alpha in zip(ys, ss, rhos, reversed(alphas), strict=True):
            r = r + s * (alpha - float(y @ r) * rho)
        return r

    def _advance(self, closure: Callable, loss: float, g: np.ndarray, d: np.ndarray, t: float, slope: float,
                 group: dict[str, Any], iteration: int) -> tuple[float, np.ndarray, float, int]:
        """Move along d; return the loss and gradient there, the step and the evaluations it took."""
        if group["line_search_fn"] is None:
            self._move(t, d)
            if iteration == group["max_iter"]:
                return loss, g, t, 0                             # nobody looks at the loss after that
            return float(closure()), self._gradient(), t, 1
        start = [p._data.copy() for p in self._params]

        def at(step: float) -> tuple[float, np.ndarray]:
            self._move(step, d)
            value, gradient = float(closure()), self._gradient()
            self._place(start)
            return value, gradient

        loss, g, t, used = strong_wolfe(at, t, d, loss, g, slope, group["tolerance_change"])
        self._move(t, d)
        return loss, g, t, used
