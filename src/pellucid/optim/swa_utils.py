"""Averages of a model's weights along its training, and what belongs to them.

Source: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization",
        arXiv:1803.05407 (equal weights); Polyak & Juditsky 1992 (exponential: the weight of the past decays).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

from ..autograd import no_grad
from ..nn.module import Module
from ..ops.create import tensor
from ..tensor import Tensor
from .lr_scheduler import LRScheduler
from .optimizer import Optimizer

__all__ = ["AveragedModel", "SWALR", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
           "get_swa_multi_avg_fn", "update_bn"]


def get_swa_avg_fn() -> Callable:
    """The rule of the equal mean:  a + (p - a) / (n + 1)."""
    def averaged(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)
    return averaged


def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """The rule of the exponential mean:  decay a + (1 - decay) p.

    Raises:  ValueError for a decay outside [0, 1].
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"get_ema_avg_fn: decay must be in [0, 1], got {decay}")

    def averaged(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param
    return averaged


def get_swa_multi_avg_fn() -> Callable:
    """The equal mean for lists of tensors, changed in place."""
    return _on_lists(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """The exponential mean for lists of tensors, changed in place."""
    return _on_lists(get_ema_avg_fn(decay))


def _on_lists(rule: Callable) -> Callable:
    @no_grad()
    def averaged(averaged_params: Sequence[Tensor], current_params: Sequence[Tensor],
                 num_averaged: Any) -> None:
        for mean, now in zip(averaged_params, current_params, strict=True):
            mean.copy_(rule(mean, now, num_averaged))
    return averaged


class AveragedModel(Module):
    """A copy of a model whose parameters are a running mean of the model's; call it as the model.

    avg_fn           the rule: (mean, now, how many so far) -> new mean; equal weights by default
    multi_avg_fn     a rule for lists of tensors, in place, instead
    use_buffers      average the buffers too (running statistics); otherwise they are copied

    state_dict keys: n_averaged, module.<the model's>
    """

    n_averaged: Tensor

    def __init__(self, model: Module, device: Any = None, avg_fn: Callable | None = None,
                 multi_avg_fn: Callable | None = None, use_buffers: bool = False) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: give avg_fn or multi_avg_fn, not both")
        self.module = deepcopy(model)
        self.register_buffer("n_averaged", tensor(0))
        self.multi_avg_fn = multi_avg_fn or _on_lists(avg_fn or get_swa_avg_fn())
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the model's present weights into the mean; the first ones are the mean."""
        means, now = list(self._tensors(self.module)), list(self._tensors(model))
        if int(self.n_averaged) == 0:
            for a, b in zip(means, now, strict=True):
                a.copy_(b.detach())
        else:
            self.multi_avg_fn([a.detach() for a in means], [b.detach() for b in now], self.n_averaged)
        if not self.use_buffers:
            for a, b in zip(self.module.buffers(), model.buffers(), strict=True):
                a.copy_(b.detach())
        self.n_averaged += 1

    def _tensors(self, model: Module) -> Iterable[Tensor]:
        buffers = model.buffers() if self.use_buffers else ()
        return itertools.chain(model.parameters(), buffers)


@no_grad()
def update_bn(loader: Iterable, model: Module, device: Any = None) -> None:
    """Measure the statistics of batch normalisations anew, over all batches of a loader with equal weights.

    An averaged model has weights that no batch has passed: its own statistics are of other weights.
    A batch may be a list or tuple, of which the first part is what the model takes.
    """
    norms = [each for each in model.modules() if getattr(each, "running_mean", None) is not None
             and hasattr(each, "reset_running_stats")]
    if not norms:
        return
    momenta, was_training = [norm.momentum for norm in norms], model.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None                                     # the equal mean of all batches
    model.train()
    for batch in loader:
        model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Go from the present rate to swa_lr within anneal_epochs, and stay there.

        lr = swa_lr a + base (1 - a)         a = (1 - cos(pi t)) / 2 or t, t = min(1, step / anneal_epochs)

    anneal_strategy: "cos" or "linear". swa_lr: a number, or one for each group.
    """

    def __init__(self, optimizer: Optimizer, swa_lr: float | Sequence[float], anneal_epochs: int = 10,
                 anneal_strategy: str = "cos", last_epoch: int = -1) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs must be a whole number, 0 or more, got {anneal_epochs}")
        rates = swa_lr if isinstance(swa_lr, (list, tuple)) else [swa_lr] * len(optimizer.param_groups)
        if len(rates) != len(optimizer.param_groups):
            raise ValueError(f"SWALR: swa_lr has {len(rates)} rates, the optimizer "
                             f"{len(optimizer.param_groups)} groups")
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _part(self, step: int) -> float:
        """How much of swa_lr there is in the rate after so many steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self.anneal_strategy == "cos" else t

    def get_lr(self) -> list[float]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        return [group["swa_lr"] * now + self._base(group["lr"], group["swa_lr"], before) * (1 - now)
                for group in self.optimizer.param_groups]

    @staticmethod
    def _base(lr: float, swa_lr: float, part: float) -> float:
        """The rate that the present one came from: lr = swa_lr part + base (1 - part), solved for base."""
        return swa_lr if part == 1 else (lr - part * swa_lr) / (1 - part)
