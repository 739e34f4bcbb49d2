"""Numbers that are none: the first operation, in the order of the computation, that gave nan or infinity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...tensor import Tensor
from ...train import batches
from .course import Course
from .finding import Finding
from .kept import kept
from .recording import Graph, Recorder


def not_finite(graph: Graph, value: float, step: int) -> Iterator[Finding]:
    """The first call whose result is not finite though what it was given is."""
    for call in graph:
        arrays = [a for a in call.arrays if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        own = [edge for edge in call.edges if isinstance(edge, Tensor)]
        bad = next((edge for edge in own if not np.isfinite(edge._data).all()), None)
        if bad is not None:
            yield Finding("not finite", f"the loss is {value} at step {step + 1}; the parameter of shape "
                          f"{tuple(bad.shape)} that {call.op} used already held nan or infinity: an earlier "
                          "step was too large.", call.layer, call.line, 0.97)
            return
        if not all(np.isfinite(a).all() for a in arrays):
            yield Finding("not finite", f"the loss is {value} at step {step + 1}; {call.op} was given nan or "
                          "infinity from outside the graph, as the inputs are.", call.layer, call.line, 0.95)
            return
        if not np.isfinite(call.y).all():
            low = min((float(a.min()) for a in arrays if a.size), default=0.0)
            high = max((float(a.max()) for a in arrays if a.size), default=0.0)
            yield Finding("not finite", f"the loss is {value} at step {step + 1}; the first result that is "
                          f"not finite is that of {call.op}, given values from {low:.4g} to "
                          f"{high:.4g}.", call.layer,
                          call.line,
                          0.99)
            return
    yield Finding("not finite", f"the loss is {value} at step {step + 1}.", "",
                  graph.calls[-1].line if graph.calls
                  else "", 0.9)


def first_not_finite(model: Any, loss: Any, batch: Any, step: int) -> list[Finding]:
    """The same for a batch whose loss was not finite, by computing it again."""
    x, target, _ = batches.parts(batch)
    with kept(model), Recorder() as recorder:
        value = loss(model(*x) if isinstance(x, (tuple, list)) else model(x), target)
    return list(not_finite(recorder.graph(value), float(value._data), step))


def broken_gradients(course: Course) -> list[Finding]:
    """Gradients that are not finite though the loss is."""
    bad = [slope for slope in course.looks[-1].slopes if not np.isfinite(slope.grad)]
    if not bad:
        return []
    last = max(bad, key=lambda slope: slope.order)               # backward came to it first
    return [Finding("not finite", f"the loss is {course.losses[-1]:.4g} at step {course.steps + 1}, but the "
                    f"gradients of {len(bad)} parameters are nan or infinite, that of {last.name} "
                    "first.", last.layer,
                    last.line, 0.97)]
