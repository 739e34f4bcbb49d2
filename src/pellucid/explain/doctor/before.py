"""doctor(model, data, loss, optimizer): a look at everything before the training begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...nn import Module
from ...tensor import Tensor
from ...train import batches
from . import broken, samples, slopes, trial, wiring
from .case import Case, arrays_of, batches_of
from .course import first_loss
from .figures import slopes_of
from .finding import Diagnosis, Finding
from .kept import kept
from .losses import losses_in
from .recording import Graph, Recorder, shown_line
from .remedies import fix

__all__ = ["doctor"]

BATCH = 32
TITLE = "doctor, before training"


def doctor(model: Module, data: Any, loss: Any, optimizer: Any = None, *, validation: Any = None,
           epochs: int = 5, trials: bool = True) -> Diagnosis:
    """Examine a training before it begins: its data, its wiring, and whether it can learn one batch by heart.

    model       as it would be trained, in the mode in which it would be
    data        a pair (x, y) of arrays, a Dataset or a DataLoader; validation likewise
    loss        a function of (prediction, target)
    optimizer   made from model.parameters()
    epochs      the budget of `doctor.fix`
    trials      also train copies for some hundred steps on one batch: a few seconds at most

    Model, optimiser, gradients, modes and random streams are afterwards as before. `doctor.fix(finding)`
    mends what can be mended on copies, trains before and after for the same budget, and compares.

    Raises:  TypeError for what is no model, no optimiser, no loss or no data; ValueError for less than one
             epoch.
    >>> from pellucid import nn, optim, rand
    >>> from pellucid.nn import functional as F
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(1))
    >>> x, y = rand(40, 4), tensor([0, 1, 2, 1] * 10)
    >>> doctor(model, (x, y), nn.CrossEntropyLoss(), optim.Adam(model.parameters()))[0].kind
    'softmax before the loss'
    """
    _check(model, loss, optimizer, epochs)
    _check_data("data", data)
    if validation is not None:
        _check_data("validation", validation)
    known, others = arrays_of(data), None if validation is None else arrays_of(validation)
    found = [] if known is None else list(samples.findings(*known, None if others is None else others[0]))
    if any(finding.kind == "inputs not finite" for finding in found):
        return Diagnosis(found, TITLE)
    case = Case(model, data, loss, optimizer, validation=validation, epochs=epochs,
                zero_grad=not any(p.grad is not None for p in model.parameters()),
                eval_mode=not model.training)
    x, target = batches_of(data, BATCH)
    with kept(model, optimizer, batches.generators([data])):
        found += _stale(model)
        found += _one_step(model, loss, optimizer, x, target)
        # Where the cause is known, trials would only show that it is one.
        is_known = any(f.severity == 3 and f.confidence >= 0.9 for f in found)
        if trials and optimizer is not None and not is_known:
            found += trial.findings(model, optimizer, loss, *cut(x, target), _chance(model, loss, x, target))
    return Diagnosis([replace(finding, case=case) for finding in found], TITLE)


doctor.fix = fix  # type: ignore[attr-defined]


def _check(model: Any, loss: Any, optimizer: Any, epochs: Any) -> None:
    """Refuse what cannot be examined, in words."""
    if not isinstance(model, Module):
        raise TypeError(f"doctor: model must be a Module, got {_kind(model)}")
    if not callable(loss) or isinstance(loss, type):
        raise TypeError(f"doctor: loss must be a function of (prediction, target), got {_kind(loss)}")
    if optimizer is not None and not hasattr(optimizer, "param_groups"):
        raise TypeError("doctor: optimizer must be one of pellucid.optim, made from model.parameters(), "
                        f"got {_kind(optimizer)}")
    if not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"doctor: epochs must be a positive number, got {epochs!r}")


def _kind(value: Any) -> str:
    """What a value is; of a class, that it still has to be called."""
    if isinstance(value, type):
        return f"the class {value.__name__} itself: call it first, as in {value.__name__}(...)"
    return type(value).__name__


def _check_data(name: str, data: Any) -> None:
    """Refuse what gives no batches."""
    is_one_array = isinstance(data, (Tensor, np.ndarray, str, dict))
    if is_one_array or not hasattr(data, "__iter__") and not hasattr(data, "__getitem__"):
        raise TypeError(f"doctor: {name} must be a pair (x, y) of arrays, a Dataset or a DataLoader, got "
                        f"{_kind(data)}")


def _stale(model: Module) -> Iterator[Finding]:
    old = [name for name, p in model.named_parameters() if p.grad is not None and p.grad._data.any()]
    if old:
        yield Finding("gradients not cleared", f"{len(old)} parameters hold gradients already, {old[0]} "
                      "among them: the first step would add to "
                      "them.", old[0].rpartition(".")[0], confidence=0.7)


def _one_step(model: Module, loss: Any, optimizer: Any, x: Any, target: Any) -> list[Finding]:
    """What one forward and backward pass shows."""
    model.zero_grad()
    found: list[Finding] = list(wiring.modes(model))
    prediction: Any = None
    with Recorder() as recorder:
        try:
            prediction = model(*x) if isinstance(x, (tuple, list)) else model(x)
            value = loss(prediction, target)
        except Exception as error:                               # whatever it is, it ends the training
            found += answers(prediction, target)
            return found + [failure(error, found, recorder)]
    if not isinstance(value, Tensor):
        return found + [Finding("no gradient", f"the loss is a {type(value).__name__} and no Tensor: from it "
                                f"no way leads back to the {sum(1 for _ in model.parameters())} "
                                "parameters.", confidence=0.98)]
    if value._node is None:
        return found + [Finding("no gradient", "the loss depends on no parameter that requires a gradient, "
                                f"of {sum(1 for _ in model.parameters())} that the model "
                                "has.", confidence=0.97)]
    graph = recorder.graph(value)
    if not np.isfinite(value._data).all():
        return found + list(broken.not_finite(graph, graph.loss, 0)) + list(wiring.masked_rows(graph))
    found += wiring.findings(graph, rows_of(x, target))
    try:
        value.backward()
    except Exception as error:
        return found + [failure(error, found, recorder)]
    return found + _after_backward(model, optimizer, graph)


def _chance(model: Module, loss: Any, x: Any, target: Any) -> float | None:
    """What a guess would cost, in the units of the loss."""
    with Recorder() as recorder:
        value = loss(model(*x) if isinstance(x, (tuple, list)) else model(x), target)
    known = [(each.chance, float(np.mean(each.call.y))) for each in losses_in(recorder.graph(value))]
    if len(known) != 1 or known[0][0] is None or not known[0][1] > 0:
        return None
    return known[0][0] * float(value._data.mean()) / known[0][1]


def _after_backward(model: Module, optimizer: Any, graph: Graph) -> list[Finding]:
    """What the gradients of one step show."""
    held = None if optimizer is None else {id(p) for g in optimizer.param_groups for p in g["params"]}
    found = list(wiring.parameters_left_out([graph], model, held))
    first = list(losses_in(graph))
    if len(first) == 1 and first[0].chance is not None and first[0].is_of_samples:
        found += first_loss(first[0])
    names = {id(p): name for name, p in model.named_parameters()}
    found += slopes.from_layer_to_layer([slopes_of(graph, names, list(model.parameters()))])
    return found


def answers(prediction: Any, target: Any) -> Iterator[Finding]:
    """Labels that are the number of no output; (n, 1) answers for (n,) targets."""
    if not isinstance(prediction, Tensor) or not isinstance(target, Tensor):
        return
    p, t = prediction._data, target._data
    if t.dtype.kind in "iu" and p.ndim == t.ndim + 1 and p.ndim >= 2 and p.shape[:1] == t.shape[:1]:
        yield from samples.label_range(t, p.shape[1])
    if t.dtype.kind == "f" and p.shape in ((len(p), 1), (len(p),)) and len(p) > 1 and \
            {p.shape, t.shape} == {(len(p), 1), (len(p),)}:
        yield Finding("shapes broadcast", f"the network answers {p.shape} and the targets are {t.shape}: "
                      "their difference would be "
                      f"{(len(p), len(p))}.", confidence=0.96, numbers={"n": len(p)})


def failure(error: Exception, found: list[Finding], recorder: Recorder) -> Finding:
    """The error of the first step, and how far it came."""
    last = max(recorder.calls.values(), key=lambda call: call.number, default=None)
    reached = f" The last operation that worked was {last.op} of shape {np.shape(last.y)}." if last else ""
    place = error.__traceback__
    line = ""
    while place is not None:
        path = place.tb_frame.f_code.co_filename
        if "pellucid" not in path.replace("\\", "/").split("/")[-4:]:
            line = shown_line((path, place.tb_lineno)) or line
        place = place.tb_next
    return Finding("fails", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}.{reached}",
                   last.layer if last else "", line, 0.5 if found else 0.99)


def rows_of(x: Any, target: Any) -> int:
    """How many samples a batch holds: flat indices beside offsets are more than those."""
    if isinstance(target, Tensor) and target.ndim:
        return len(target)
    return len(x[0] if isinstance(x, (tuple, list)) else x)


def cut(x: Any, target: Any) -> tuple[Any, Any]:
    """The first rows of a batch; all of one whose parts are not rows of samples."""
    n = trial.SAMPLES
    if not isinstance(x, (tuple, list)):
        return x[:n], target[:n]
    if any(len(part) != len(target) for part in x):
        return x, target
    return tuple(part[:n] for part in x), target[:n]
