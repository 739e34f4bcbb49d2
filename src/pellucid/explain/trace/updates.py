"""Listen to optimisers: what a parameter was before a step, its gradient, and what it is after."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from typing import Any

from ...optim.optimizer import Optimizer
from .places import users
from .recorder import Recorder


def made(recorder: Recorder, listen_to: Callable[[type], None], init: Callable) -> Callable:
    """Optimizer.__init__ that also finds classes that were defined after the trace began."""
    def run(self: Optimizer, *args: Any, **kwargs: Any) -> None:
        recorder.optimizers += 1
        for cls in type(self).__mro__:
            if issubclass(cls, Optimizer):
                listen_to(cls)
        init(self, *args, **kwargs)
    return run


def stepped(recorder: Recorder, step: Callable) -> Callable:
    """An optimiser's step that tells what it changed."""
    def run(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if recorder.deaf or get_ident() != recorder.thread or recorder.in_step:
            return step(self, *args, **kwargs)
        recorder.in_step = True
        try:
            result = observed(recorder, self, step, args, kwargs)
        finally:
            recorder.in_step = False
        if recorder.optimizer_steps == recorder.wanted:
            recorder.stop()
        return result
    run.traced = True                                            # type: ignore[attr-defined]
    return run


def observed(recorder: Recorder, optimizer: Optimizer, step: Callable, args: tuple, kwargs: dict) -> Any:
    """Run a step and record, for each parameter, what it was, its gradient and what it became."""
    names = recorder.names
    changing = [(group, p) for group in optimizer.param_groups for p in group["params"]]
    before = [(names.parameter(p), p._data.copy()) for _, p in changing]
    gradients = [names.gradient_of(p) for _, p in changing]
    user = users(sys._getframe(2))
    start = perf_counter()
    result = step(optimizer, *args, **kwargs)
    seconds = perf_counter() - start
    recorder.optimizer_steps += 1
    place = (None, 0) if user is None else (user.f_code, user.f_lasti)
    for (group, p), was, gradient in zip(changing, before, gradients, strict=True):
        if gradient < 0 and p._grad is not None:                 # a closure made it
            gradient = names.gradient_of(p)
        if gradient >= 0:
            recorder.update(optimizer, group, p, was, gradient, place, seconds / len(changing))
    return result
