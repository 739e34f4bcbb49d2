"""Trials on copies: can one batch be learned by heart, and is it the learning rate that stands in the way?"""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

import numpy as np

from ...nn import Module
from ...optim import Adam
from .finding import Finding

SAMPLES, STEPS, SECONDS = 32, 120, 4.0                           # of one trial
FEWEST = 20                                                      # steps that a trial must have had time for
FACTORS, FAR = (0.01, 0.1, 10.0, 100.0), (1e3, 1e4)              # FAR: where the loss has not moved at all


def findings(model: Module, optimizer: Any, loss: Any, x: Any, target: Any,
             chance: float | None) -> list[Finding]:
    """Try to overfit one batch; if that fails, try other learning rates, and Adam."""
    pair = model, optimizer
    own = losses(pair, loss, x, target)
    start = own[0]
    if learned(own, chance) or np.isfinite(own[-1]) and len(own) < min(FEWEST, STEPS):
        return []                                                # what ran out of time at once shows nothing
    # What falls by a fifth without a jump is slow, not wrong; what ran out of time shows nothing.
    calm = np.isfinite(own[-1]) and max(own) < 3 * start
    if calm and (lowest(own) < 0.8 * start or len(own) < STEPS and lowest(own) < start):
        return []
    rate = planned(optimizer.param_groups[0])
    others = {factor: losses(pair, loss, x, target, factor) for factor in FACTORS}
    if calm and not any(learned(each, chance) for each in others.values()):
        others |= {factor: losses(pair, loss, x, target, factor) for factor in FAR}
    factor, best = min(others.items(), key=lambda item: lowest(item[1]))
    told = (f"{len(own)} steps on {_count(x, target)} samples at a rate of {rate:g} took the loss from "
            f"{start:.4g} to {own[-1]:.4g}")
    numbers = {"better_lr": f"{rate * factor:.1g}", "factor": factor, "losses": own[::10]}
    if learned(best, chance) or lowest(best) < 0.5 * min(lowest(own), start):
        kind = "learning rate too low" if factor > 1 else "learning rate too high"
        return [Finding(kind, f"{told}; at {rate * factor:.2g} it came to {lowest(best):.4g}.",
                        confidence=0.9,
                        numbers=numbers)]
    adam = losses(pair, loss, x, target, rate=0.01)
    seconds = losses(pair, loss, x, target, rate=0.001)
    reached = min(lowest(each) for each in (own, best, adam, seconds))
    if learned(adam, chance) or learned(seconds, chance):
        return [Finding("learning rate too low" if lowest(own) <= start else "learning rate too high",
                        f"{told}; Adam at {0.01 if learned(adam, chance) else 0.001} came to "
                        f"{min(lowest(adam), lowest(seconds)):.4g}.", confidence=0.6,
                        numbers={**numbers, "better_lr": 0.01,
                                 "factor": 10.0 if lowest(own) <= start else 0.1})]
    return [Finding("cannot overfit one batch", f"{told}; other rates and Adam came no further than "
                    f"{reached:.4g}.",
                    confidence=0.8, numbers=numbers)]


def losses(pair: tuple, loss: Any, x: Any, target: Any, factor: float = 1.0, rate: float | None = None,
           ) -> list[float]:
    """The losses of a copy trained on one batch; dropout is off, for it hides what was learned."""
    model, optimizer = deepcopy(pair)
    for module in model.modules():
        if "Dropout" in type(module).__name__:
            module.eval()
    if rate is not None:
        optimizer = Adam([p for p in model.parameters() if p.requires_grad], lr=rate)
    for group in optimizer.param_groups:
        group["lr"] = (planned(group) if rate is None else rate) * factor
    values: list[float] = []
    until = time.monotonic() + SECONDS

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss(model(*x) if isinstance(x, (tuple, list)) else model(x), target)
        value.backward()
        values.append(float(value.detach()._data))
        return value

    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            closure()
            if not np.isfinite(values[-1]) or time.monotonic() > until:
                break
            optimizer.step(closure) if type(optimizer).__name__ == "LBFGS" else optimizer.step()
    return values


def planned(group: dict[str, Any]) -> float:
    """The rate that a group is meant to have: a schedule may begin far below it."""
    return float(max(group.get("max_lr", 0), group.get("initial_lr", 0), group["lr"]))


def lowest(values: list[float]) -> float:
    """What the loss came down to: the mean of the last ten, infinite if it broke."""
    end = float(np.mean(values[-10:]))
    return end if np.isfinite(end) else float("inf")


def learned(values: list[float], chance: float | None) -> bool:
    """Is the loss near zero, or did it at least fall to half, of chance too?

    Healthy networks of the tests fall to 0.31 of the start or less in 120 steps, a blind one only to 0.95;
    label smoothing of 0.1 leaves 0.5 for ten classes, 0.22 of the start.
    """
    return lowest(values) < 0.55 * max(values[0], 1e-6) and (chance is None or lowest(values) < 0.65 * chance)


def _count(x: Any, target: Any) -> int:
    return len(target) if getattr(target, "ndim", 0) else len(x[0] if isinstance(x, (tuple, list)) else x)
