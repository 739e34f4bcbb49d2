"""Learning rate schedules that depend on the step count alone.

t counts scheduler steps from 0, base is the first lr. A schedule is a factor(t) on the base. `step`
multiplies the present lr by factor(t) / factor(t - 1), so schedules on one optimiser multiply.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from .optimizer import Optimizer


class LRScheduler:
    """What schedules share. A subclass gives `get_lr()`: the learning rate of each group at `last_epoch`.

    last_epoch: -1 starts anew; another number resumes there, and the groups must hold their `initial_lr`.
    Raises:     TypeError for an optimiser that is none, KeyError on resuming without `initial_lr`.
    """

    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: optimizer must be an Optimizer, "
                            f"got {type(optimizer).__name__}")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"{type(self).__name__}: param_groups[{i}] has no 'initial_lr', needed to "
                               f"resume at last_epoch={last_epoch}")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_last_lr(self) -> list[float]:
        """The learning rates that the last step set, one per group."""
        return self._last_lr

    def get_lr(self) -> list[float]:
        raise NotImplementedError(f"{type(self).__name__}.get_lr")

    def step(self, epoch: int | None = None) -> None:
        """Go to the next t (or to `epoch`) and set the learning rates."""
        self._step_count += 1
        if self._step_count == 2 and self.optimizer._step_count == 0:
            warnings.warn("scheduler.step() came before optimizer.step(): the first learning rate is skipped",
                          UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_get_closed_form_lr", None)
        self._set(self.get_lr() if epoch is None or closed is None else closed())

    def _set(self, rates: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions."""
        left_out = ("optimizer", "lr_lambdas", "_scale")
        return {key: value for key, value in self.__dict__.items() if key not in left_out}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state made by `state_dict`."""
        self.__dict__.update(state_dict)


class _FactorLR(LRScheduler):
    """A schedule given by factor(t): lr = base factor(t)."""

    def factor(self, t: int) -> float:
        raise NotImplementedError

    def change(self, t: int) -> float:
        """factor(t) / factor(t - 1)."""
        before = self.factor(t - 1)
        return self.factor(t) / before if before else 1.0

    def get_lr(self) -> list[float]:
        change = 1.0 if self._is_initial and self.last_epoch > 0 else \
            self.factor(0) if self.last_epoch == 0 else self.change(self.last_epoch)
        return [group["lr"] * change for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[float]:
        return [base * self.factor(self.last_epoch) for base in self.base_lrs]


class StepLR(_FactorLR):
    """Multiply by gamma every step_size steps.

        lr = base gamma^floor(t / step_size)
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1,
                 last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.gamma ** (t // self.step_size)

    def change(self, t: int) -> float:
        return self.gamma if t % self.step_size == 0 else 1.0


class MultiStepLR(_FactorLR):
    """Multiply by gamma at each milestone.

        lr = base gamma^(number of milestones <= t)
    """

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1,
                 last_epoch: int = -1) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)

    def change(self, t: int) -> float:
        return self.gamma ** self.milestones[t]


class ConstantLR(_FactorLR):
    """Multiply by factor until total_iters.

        lr = base factor  for t < total_iters, then base
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5,
                 last_epoch: int = -1) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor must be in [0, 1], got {factor}")
        self._factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self._factor if t < self.total_iters else 1.0


class LinearLR(_FactorLR):
    """Change the factor linearly from start_factor to end_factor over total_iters steps.

        lr = base (start + (end - start) min(t, total_iters) / total_iters)
    """

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
                 total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor must be in (0, 1], got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor must be in [0, 1], got {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        way = min(t, self.total_iters)
        return self.start_factor + (self.end_factor - self.start_factor) * way / self.total_iters


class ExponentialLR(_FactorLR):
    """Multiply by gamma every step.

        lr = base gamma^t
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return self.gamma ** t

    def change(self, t: int) -> float:
        return self.gamma


class PolynomialLR(_FactorLR):
    """Fall to zero over total_iters steps.

        lr = base (1 - min(t, total_iters) / total_iters)^power
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0,
                 last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return (1 - min(t, self.total_iters) / self.total_iters) ** self.power


class LambdaLR(LRScheduler):
    """Multiply the base by a function of t (one function, or one per group).

        lr = base f(t)
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable | Sequence[Callable],
                 last_epoch: int = -1) -> None:
        self.lr_lambdas = _one_each(optimizer, lr_lambda, "LambdaLR")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(LRScheduler):
    """Multiply the present lr by a function of t.

        lr = lr f(t)
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable | Sequence[Callable],
                 last_epoch: int = -1) -> None:
        self.lr_lambdas = _one_each(optimizer, lr_lambda, "MultiplicativeLR")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [group["lr"] * (1 if self._is_initial else f(self.last_epoch))
                for group, f in zip(self.optimizer.param_groups, self.lr_lambdas, strict=True)]


def _one_each(optimizer: Optimizer, functions: Any, name: str) -> list[Callable]:
    groups = len(optimizer.param_groups)
    functions = list(functions) if isinstance(functions, (list, tuple)) else [functions] * groups
    if len(functions) != groups:
        raise ValueError(f"{name}: {groups} groups of parameters need as many functions, "
                         f"got {len(functions)}")
    return functions


class CosineAnnealingLR(LRScheduler):
    """Go along half a cosine from base to eta_min in T_max steps (and up again after).

        lr = eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2

    Source: Loshchilov & Hutter 2017, "SGDR", arXiv:1608.03983, eq. 5.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t, low = self.last_epoch, self.eta_min
        if t == 0 or self._is_initial:
            return [group["lr"] for group in self.optimizer.param_groups]
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:         # from the bottom there is no ratio
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [group["lr"] + (base - low) * rise
                    for base, group in zip(self.base_lrs, self.optimizer.param_groups, strict=True)]
        ratio = (1 + math.cos(math.pi * t / self.T_max)) / (1 + math.cos(math.pi * (t - 1) / self.T_max))
        return [low + (group["lr"] - low) * ratio for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[float]:
        half = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * half for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Fall along half a cosine, jump back to base, and make each period T_mult times as long.

        lr = eta_min + (base - eta_min) (1 + cos(pi T_cur / T_i)) / 2,   T_1 = T_0, T_i+1 = T_mult T_i

    Source: Loshchilov & Hutter 2017, "SGDR", arXiv:1608.03983.
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
                 last_epoch: int = -1) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name} must be a positive integer, "
                                 f"got {value}")
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        half = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * half for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go one step on, or to `epoch` (which may have a fraction: epoch + batch / batches)."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            if epoch < 0:
                raise ValueError(f"CosineAnnealingWarmRestarts: epoch must be at least 0, got {epoch}")
            start, length = 0, self.T_0
            if self.T_mult == 1:
                start = int(epoch // length) * length
            while epoch >= start + length:
                start, length = start + length, length * self.T_mult
            self.T_cur, self.T_i, self.last_epoch = epoch - start, length, math.floor(epoch)
        self._step_count += 1
        self._set(self.get_lr())


class SequentialLR(LRScheduler):
    """Use one schedule after the other, changing at the milestones; each starts at its own t = 0."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int],
                 last_epoch: int = -1) -> None:
        _same_optimizer(optimizer, schedulers, "SequentialLR")
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} "
                             f"milestones, got {len(milestones)}")
        self.optimizer, self._schedulers, self._milestones = optimizer, list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        _take_back(self._schedulers)                             # each has set itself up as if it were alone
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Let the schedule whose turn it is take a step."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        return _nested_state(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        _load_nested(self, state_dict)


class ChainedScheduler(LRScheduler):
    """Step several schedules at once: their factors multiply."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("ChainedScheduler: needs at least one scheduler, got none")
        self.optimizer = optimizer or schedulers[0].optimizer
        _same_optimizer(self.optimizer, schedulers, "ChainedScheduler")
        self._schedulers = list(schedulers)
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:  # type: ignore[override]
        """Let every schedule take a step."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        return _nested_state(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        _load_nested(self, state_dict)


def _same_optimizer(optimizer: Optimizer, schedulers: Sequence[LRScheduler], name: str) -> None:
    for i, scheduler in enumerate(schedulers):
        if getattr(scheduler, "optimizer", None) is not optimizer:
            raise ValueError(f"{name}: schedulers[{i}] is on another optimizer")


def _take_back(schedulers: Sequence[Any]) -> None:
    for scheduler in schedulers:
        if hasattr(scheduler, "_schedulers"):
            _take_back(scheduler._schedulers)
        else:
            scheduler.last_epoch -= 1


def _nested_state(self: Any) -> dict[str, Any]:
    state = {key: value for key, value in self.__dict__.items() if key not in ("optimizer", "_schedulers")}
    return {**state, "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}


def _load_nested(self: Any, state_dict: dict[str, Any]) -> None:
    self.__dict__.update({key: value for key, value in state_dict.items() if key != "_schedulers"})
    for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
        scheduler.load_state_dict(state)


from .cycles import CyclicLR, OneCycleLR, ReduceLROnPlateau  # noqa: E402,F401 (PyTorch's place for them)
