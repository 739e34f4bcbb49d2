"""fix(finding): mend on copies what can be mended, train before and after for the same budget, compare."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Any

import numpy as np

from ...nn import Identity, LeakyReLU, Module, ReLU, Sigmoid, Softmax, Tanh, init
from ...tensor import Tensor
from .case import Case, arrays_of
from .finding import Diagnosis, Finding


@dataclass(frozen=True, repr=False)
class Cure:
    """What `fix` did: losses of each epoch without and with the change, and the network that it trained."""

    finding: Finding
    changed: str                                               # a sentence; "" where nothing could be applied
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    model: Any = None
    optimizer: Any = None
    reason: str = ""                                             # why nothing was applied
    failure: str = ""                                            # the error that training raised without it

    @property
    def applied(self) -> bool:
        return bool(self.changed)

    @property
    def helped(self) -> bool:
        """Is the last loss lower, or a number where it was none before?"""
        if not self.applied or not self.after or not np.isfinite(self.after[-1]):
            return False
        return not self.before or not np.isfinite(self.before[-1]) or self.after[-1] < self.before[-1]

    @property
    def verdict(self) -> str:
        """Whether it helped, in words; where the change changes what the loss means, that."""
        if self.finding.kind in OTHER_LOSSES:
            return OTHER_LOSSES[self.finding.kind]
        if not self.helped:
            return "it did not help"
        hardly = bool(self.before) and self.after[-1] > 0.98 * self.before[-1]
        return "it hardly helped" if hardly else "it helped"

    def __repr__(self) -> str:
        if not self.applied:
            by_hand = indent(self.finding.do, " " * 11).lstrip()
            return f"fix: {self.finding.kind}: {self.reason}\n  by hand: {by_hand}"
        rows = [f"fix: {self.finding.kind}: {self.changed}", "   epoch    loss before     loss after"]
        for i in range(max(len(self.before), len(self.after))):
            cells = [f"{part[i]:>14.5g}" if i < len(part) else f"{'-':>14}" for part in (self.before,
                                                                                         self.after)]
            rows.append(f"  {i + 1:>6} {' '.join(cells)}")
        rows += [f"  before, it fails: {self.failure}"] if self.failure else []
        return "\n".join([*rows, f"  {self.verdict}"])


OTHER_LOSSES = {                                                 # losses before and after cannot be compared
    "training in eval mode": "with dropout the training loss is higher, on new data it may be lower: compare "
                             "the validation losses",
    "class imbalance": "a weighed loss is another one: compare what is answered for the rare classes",
}


Remedy = Callable[[Case, Module, Any, Finding], "tuple[str, Case] | str"]


def fix(finding: Finding, epochs: int | None = None) -> Cure:
    """Apply what a finding advises to copies, train them again from the same start, and compare.

    epochs: of each of the two trainings; without it those that the training had, 5 before a training.
    The model and the optimiser that were examined stay as they are; those trained are in the result. Where a
    change cannot be made from here, the result says so, and what to change by hand.

    Raises:  TypeError for what is no finding; ValueError for less than one epoch.
    """
    if not isinstance(finding, Finding):
        all_of_them = ": take one of them, as in fix(found[0])" if isinstance(finding, Diagnosis) else ""
        raise TypeError(f"fix: finding must be one of a diagnosis, got {type(finding).__name__}{all_of_them}")
    if epochs is not None and (not isinstance(epochs, int) or epochs < 1):
        raise ValueError(f"fix: epochs must be a positive number, got {epochs!r}")
    case = finding.case
    if case is None:
        return Cure(finding, "", reason="cannot be applied: the doctor knows neither data nor loss of this "
                    "training, only what it watched")
    remedy = REMEDIES.get(finding.kind)
    if remedy is None:
        return Cure(finding, "", reason="cannot be applied automatically")
    case = replace(case, epochs=epochs or case.epochs)
    model, optimizer = case.copies()
    done = remedy(case, model, optimizer, finding)
    if isinstance(done, str):
        return Cure(finding, "", reason=f"cannot be applied automatically: {done}")
    changed, mended = done
    before: tuple[float, ...] = ()
    failure = ""
    try:
        before = tuple(case.train(*case.copies()))
    except (RuntimeError, IndexError, ValueError) as error:      # the fault itself may be an error
        failure = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    after = tuple(mended.train(model, optimizer))
    return Cure(finding, changed, before, after, model, optimizer, failure=failure)


def _no_softmax(case: Case, model: Module, _optimizer: Any, finding: Finding) -> tuple[str, Case] | str:
    soft = finding.numbers.get("found", "softmax")
    if soft == "sigmoid" and finding.numbers.get("what") != "sigmoid":
        return "a sigmoid before cross_entropy"
    kind = Softmax if soft == "softmax" else Sigmoid
    last = [(owner, name) for owner in model.modules() for name, child in owner._modules.items()
            if isinstance(child, kind)]
    if last:
        owner, name = last[-1]
        setattr(owner, name, Identity())
        return f"the {kind.__name__} at the end was taken out", case
    loss = case.loss

    def undone(prediction: Tensor, target: Any) -> Any:          # softmax(ln softmax(x)) = softmax(x)
        p = prediction.clamp(1e-7, 1 - 1e-7)
        return loss(p.log() if soft == "softmax" else (p / (1 - p)).log(), target)
    return f"the loss was given the scores again: {soft} undone before it", replace(case, loss_now=undone)


def _rate(case: Case, _model: Module, optimizer: Any, finding: Finding) -> tuple[str, Case] | str:
    factor = finding.numbers.get("factor")
    if not factor:
        return "no better rate is known"
    old = optimizer.param_groups[0]["lr"]
    for group in optimizer.param_groups:
        group["lr"] *= factor
        if "initial_lr" in group:
            group["initial_lr"] *= factor
    return f"the learning rate is {optimizer.param_groups[0]['lr']:.3g} in place of {old:.3g}", case


def _clear(case: Case, _model: Module, _optimizer: Any, _finding: Finding) -> tuple[str, Case]:
    return "gradients are cleared before each backward pass", replace(case, zero_grad=True)


def _train_mode(case: Case, _model: Module, _optimizer: Any, _finding: Finding) -> tuple[str, Case]:
    return "the model is in training mode", replace(case, eval_mode=False)


def _clip(case: Case, _model: Module, _optimizer: Any, _finding: Finding) -> tuple[str, Case]:
    return "gradients are clipped to a norm of 1", replace(case, clip=1.0)


def _scale(case: Case, _model: Module, _optimizer: Any, _finding: Finding) -> tuple[str, Case] | str:
    known = arrays_of(case.data)
    if known is None or known[0].dtype.kind != "f":
        return "the inputs do not lie in memory as an array"
    axes = 0 if known[0].ndim == 2 else None
    mean = known[0].mean(axes, dtype=np.float64)
    spread = known[0].std(axes, dtype=np.float64)
    spread = np.where(spread > 1e-8, spread, 1)

    def scaled(x: Any, y: Any) -> tuple[Any, Any]:
        return Tensor(((x._data - mean) / spread).astype(x._data.dtype)), y
    return "inputs are standardised by the training data's mean and deviation", replace(case, change=scaled)


def _shape(case: Case, _model: Module, _optimizer: Any, _finding: Finding) -> tuple[str, Case]:
    loss = case.loss

    def fitting(prediction: Tensor, target: Any) -> Any:
        return loss(prediction, target.reshape(prediction.shape))
    return "targets are given the shape of the answers", replace(case, loss_now=fitting)


def _labels(case: Case, _model: Module, _optimizer: Any, finding: Finding) -> tuple[str, Case] | str:
    known, n = arrays_of(case.data), finding.numbers.get("n_classes", 0)
    if known is None or known[1] is None:
        return "the labels do not lie in memory as an array"
    classes = np.unique(known[1])
    if len(classes) > n:
        return f"there are {len(classes)} different labels and {n} outputs; the network needs more outputs"

    def renumbered(x: Any, y: Tensor) -> tuple[Any, Any]:
        from ... import from_numpy

        return x, from_numpy(np.searchsorted(classes, y._data).astype(np.int64))
    return f"labels {classes[0]} to {classes[-1]} are renumbered from 0", replace(case, change=renumbered)


def _alive(case: Case, model: Module, _optimizer: Any, _finding: Finding) -> tuple[str, Case] | str:
    n = _replaced(model, ReLU, lambda: LeakyReLU(0.01))
    if not n:
        return "the network has no ReLU modules; write F.leaky_relu for F.relu in its forward"
    fresh = _drawn_again(model)
    return f"{n} ReLU became LeakyReLU(0.01), and {fresh} layers were drawn again", case


def _open(case: Case, model: Module, _optimizer: Any, finding: Finding) -> tuple[str, Case] | str:
    if finding.kind == "saturation":
        n = _drawn_again(model)
        return f"{n} layers were drawn again", case
    n = _replaced(model, Sigmoid, ReLU) + _replaced(model, Tanh, ReLU)
    if not n:
        return "the network has no Sigmoid or Tanh modules to replace"
    for p in model.parameters():
        if p.ndim > 1:
            init.kaiming_normal_(p)
    return f"{n} Sigmoid or Tanh became ReLU, weights drawn by Kaiming's rule", case


def _replaced(model: Module, old: type, new: Callable[[], Module]) -> int:
    places = [(owner, name) for owner in model.modules() for name, child in owner._modules.items()
              if type(child) is old]
    last = next(reversed(list(model.modules())), None)
    count = 0
    for owner, name in places:
        if old is ReLU or owner._modules[name] is not last:      # the last sigmoid gives a probability
            setattr(owner, name, new())
            count += 1
    return count


def _drawn_again(model: Module) -> int:
    count = 0
    for module in model.modules():
        reset: Any = getattr(module, "reset_parameters", None)
        if callable(reset):
            reset()
            count += 1
    return count


def _weigh(case: Case, _model: Module, _optimizer: Any, finding: Finding) -> tuple[str, Case] | str:
    weights = finding.numbers.get("weights")
    loss = deepcopy(case.loss)
    if not weights or len(weights) < 3 and not hasattr(loss, "weight"):
        return "the loss takes no weight"
    table = Tensor(np.asarray(weights, np.float32))
    if hasattr(loss, "weight"):
        loss.weight = table
        return f"classes are weighed {weights}", replace(case, loss_now=loss)
    if "weight" in getattr(getattr(loss, "__code__", None), "co_varnames", ()):
        return f"classes are weighed {weights}", replace(
            case, loss_now=lambda prediction, target: case.loss(prediction, target, weight=table))
    return "the loss takes no weight"


REMEDIES: dict[str, Remedy] = {
    "softmax before the loss": _no_softmax, "learning rate too high": _rate, "learning rate too low": _rate,
    "gradients not cleared": _clear, "training in eval mode": _train_mode, "exploding gradients": _clip,
    "inputs not scaled": _scale, "shapes broadcast": _shape, "labels out of range": _labels,
                               "dead units": _alive,
    "saturation": _open, "vanishing gradients": _open, "class imbalance": _weigh,
}
