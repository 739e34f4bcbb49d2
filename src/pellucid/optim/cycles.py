"""Schedules that go up and down (and take the momentum the other way), and one that watches a metric."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .lr_scheduler import LRScheduler
from .optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Multiply the lr by factor when a metric has not improved for more than `patience` steps.

        improved:  mode 'min', threshold_mode 'rel':  metric < best (1 - threshold)
                   mode 'min', threshold_mode 'abs':  metric < best - threshold      ('max': the other way)
        lr = max(lr factor, min_lr)   unless it would change by eps or less
    """

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
                 threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0, min_lr: Any = 0,
                 eps: float = 1e-8) -> None:
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor}")
        for name, value, known in (("mode", mode, ("min", "max")),
                                   ("threshold_mode", threshold_mode, ("rel", "abs"))):
            if value not in known:
                raise ValueError(f"ReduceLROnPlateau: {name} must be one of {known}, got {value!r}")
        self.optimizer, self.factor, self.patience, self.eps = optimizer, factor, patience, eps
        self.mode, self.cooldown = mode, cooldown
        self.threshold, self.threshold_mode = threshold, threshold_mode
        groups = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        if len(self.min_lrs) != groups:
            raise ValueError(f"ReduceLROnPlateau: {groups} groups of parameters need as many min_lr, "
                             f"got {len(self.min_lrs)}")
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def is_better(self, a: float, best: float) -> bool:
        """Is a an improvement on best?"""
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * a > sign * best * (1 + sign * self.threshold)
        return sign * a > sign * best + self.threshold

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the metric after an epoch, and reduce the lr if it is time."""
        current = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(current, self.best):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, low in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lr = max(group["lr"] * self.factor, low)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]


def _momentum_of(group: dict[str, Any]) -> float:
    return group["betas"][0] if "betas" in group else group["momentum"]


def _set_momentum(group: dict[str, Any], value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


def _each(optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    values = list(value) if isinstance(value, (list, tuple)) else [value] * len(optimizer.param_groups)
    if len(values) != len(optimizer.param_groups):
        raise ValueError(f"{name}: {len(optimizer.param_groups)} groups of parameters need as many values, "
                         f"got {len(values)}")
    return values


class CyclicLR(LRScheduler):
    """Go between base_lr and max_lr in triangles.

        x     = position in the cycle, 0 .. 1 .. 0   (up for step_size_up steps, down for step_size_down)
        scale = 1 (triangular), 1 / 2^(cycle - 1) (triangular2), gamma^t (exp_range)
        lr    = base_lr + (max_lr - base_lr) x scale

    The momentum goes the other way. Source: Smith 2017, "Cyclical Learning Rates", arXiv:1506.01186.
    """

    def __init__(self, optimizer: Optimizer, base_lr: Any, max_lr: Any, step_size_up: int = 2000,
                 step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0,
                 scale_fn: Callable | None = None, scale_mode: str = "cycle", cycle_momentum: bool = True,
                 base_momentum: Any = 0.8, max_momentum: Any = 0.9, last_epoch: int = -1) -> None:
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"CyclicLR: mode must be triangular, triangular2 or exp_range, got {mode!r}")
        bases = _each(optimizer, "base_lr", base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, bases, strict=True):
                group["lr"] = group["initial_lr"] = lr
        self.max_lrs = _each(optimizer, "max_lr", max_lr)
        down = float(step_size_up if step_size_down is None else step_size_down)
        self.total_size = float(step_size_up) + down
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma = mode, gamma
        self._scale = scale_fn
        self.by_cycle = scale_mode == "cycle" if scale_fn is not None else mode != "exp_range"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            _require_momentum(optimizer, "CyclicLR", "cycle_momentum")
            self.base_momentums = _each(optimizer, "base_momentum", base_momentum)
            self.max_momentums = _each(optimizer, "max_momentum", max_momentum)
            bounds = zip(optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in bounds:
                if last_epoch == -1:
                    _set_momentum(group, high)
                group["base_momentum"], group["max_momentum"] = low, high
        super().__init__(optimizer, last_epoch)
        self.base_lrs = bases

    def scale(self, x: float) -> float:
        """The height of the triangle, by cycle number or by t."""
        if self._scale is not None:
            return self._scale(x)
        return {"triangular": 1.0, "triangular2": 1 / 2.0 ** (x - 1)}.get(self.mode, self.gamma ** x)

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale(cycle if self.by_cycle else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums,
                                        strict=True):
                _set_momentum(group, high - (high - low) * height)
        return [base + (high - base) * height for base, high in zip(self.base_lrs, self.max_lrs, strict=True)]


def _require_momentum(optimizer: Optimizer, name: str, option: str) -> None:
    if not any(key in optimizer.defaults for key in ("momentum", "betas")):
        raise ValueError(f"{name}: {option}=True needs an optimizer with momentum or betas, "
                         f"got {type(optimizer).__name__}")


class OneCycleLR(LRScheduler):
    """Warm up to max_lr, then fall far below the start; the momentum goes the other way.

        initial = max_lr / div_factor,  final = initial / final_div_factor
        anneal  from a to b at p in [0, 1]:  cos: b + (a - b)(1 + cos(pi p)) / 2,  linear: a + (b - a) p

    Source: Smith & Topin 2018, "Super-Convergence", arXiv:1708.07120.
    Raises: ValueError without total_steps or (epochs and steps_per_epoch), and for a step after the last one.
    """

    def __init__(self, optimizer: Optimizer, max_lr: Any, total_steps: int | None = None,
                 epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
                 anneal_strategy: str = "cos", cycle_momentum: bool = True, base_momentum: Any = 0.85,
                 max_momentum: Any = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
                 three_phase: bool = False, last_epoch: int = -1) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps <= 0:
            raise ValueError(f"OneCycleLR: total_steps must be a positive integer, got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError("OneCycleLR: anneal_strategy must be 'cos' or 'linear', "
                             f"got {anneal_strategy!r}")
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        self.cycle_momentum = cycle_momentum
        self._phases = self._plan(pct_start, three_phase)
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, _each(optimizer, "max_lr", max_lr), strict=True):
                group["initial_lr"], group["max_lr"] = high / div_factor, high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            _require_momentum(optimizer, "OneCycleLR", "cycle_momentum")
            if last_epoch == -1:
                lows, highs = (_each(optimizer, name, value) for name, value in
                               (("base_momentum", base_momentum), ("max_momentum", max_momentum)))
                for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
                    group["base_momentum"], group["max_momentum"] = low, high
                    _set_momentum(group, high)
        super().__init__(optimizer, last_epoch)

    def _plan(self, pct_start: float, three_phase: bool) -> list[tuple]:
        """(last step, lr from, lr to, momentum from, momentum to) of each phase."""
        first = pct_start * self.total_steps
        up = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
        if not three_phase:
            return [(first - 1, *up),
                    (self.total_steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        return [(first - 1, *up), (2 * first - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (self.total_steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum")]

    def _anneal(self, start: float, end: float, p: float) -> float:
        if self.anneal_strategy == "linear":
            return start + (end - start) * p
        return end + (start - end) / 2 * (1 + math.cos(math.pi * p))

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(f"OneCycleLR: step {t} comes after the last of {self.total_steps} steps")
        begin = 0.0
        for i, phase in enumerate(self._phases):
            end = phase[0]
            if t <= end or i == len(self._phases) - 1:
                break
            begin = end
        p = (t - begin) / (end - begin)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._anneal(group[phase[1]], group[phase[2]], p))
            if self.cycle_momentum:
                _set_momentum(group, self._anneal(group[phase[3]], group[phase[4]], p))
        return rates
