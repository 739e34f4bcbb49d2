"""Faults that one recorded step shows: how the network is wired to its loss and its optimiser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...nn import Module
from .finding import Finding
from .losses import LOSSES, OF_LABELS, OF_PROBABILITIES, losses_in
from .recording import VIEWS, Call, Graph

SOFT = {"softmax"}
SQUASH = {"sigmoid"}


def findings(graph: Graph, batch: int | None) -> Iterator[Finding]:
    """Everything that the graph of one step shows. batch: how many samples it holds, if that is known."""
    yield from twice_soft(graph)
    yield from wrong_axis(graph, batch)
    yield from broadcast(graph, batch)
    yield from masked_rows(graph)


def twice_soft(graph: Graph) -> Iterator[Finding]:
    """Probabilities where the loss wants scores, or where it wants logarithms."""
    for loss in losses_in(graph):
        given = loss.given
        if given is None:
            continue
        where: dict[str, Any] = {"layer": given.layer, "line": given.line}
        if loss.op in OF_LABELS - {"nll_of_labels"} | OF_PROBABILITIES and given.op in SOFT | SQUASH:
            what = given.op
            yield Finding("softmax before the loss", f"cross_entropy got the output of {what}, values from "
                          f"{loss.answers.min():.3g} to {loss.answers.max():.3g}.", **where, confidence=0.98,
                          numbers={"what": "softmax", "found": what})
        elif loss.op == "bernoulli_nll_of_logits" and given.op in SQUASH | SOFT:
            yield Finding("softmax before the loss", "binary_cross_entropy_with_logits got the output of "
                          f"{given.op}, values from {loss.answers.min():.3g} to {loss.answers.max():.3g}.",
                          **where, confidence=0.98, numbers={"what": "sigmoid", "found": given.op})
        elif loss.op == "nll_of_labels" and given.op != "log" and loss.answers.size and \
                loss.answers.min() >= 0:
            yield Finding("probabilities where logarithms belong", "nll_loss got values from "
                          f"{loss.answers.min():.3g} to {loss.answers.max():.3g}; logarithms of "
                          "probabilities are never positive.", **where, confidence=0.97)


def wrong_axis(graph: Graph, batch: int | None) -> Iterator[Finding]:
    """Softmax along the samples, or along another axis than the one that is summed over afterwards."""
    by_source = {graph.source(call, 0, {"drop", "clone"}): call for call in graph if call.op == "matmul"}
    answers = {loss.given.number for loss in losses_in(graph) if loss.given is not None}
    answers |= {made.number for call in graph if call.op == "log" and (made := graph.source(call, 0, VIEWS))}
    for call in graph:
        if call.op not in ("softmax", "log_softmax") or np.ndim(call.y) < 2:
            continue
        ndim = call.y.ndim
        axis = call.arrays[1] % ndim
        sums = call.y.shape[axis]
        told = f"{call.op} along axis {axis} of shape {call.y.shape}: "
        where: dict[str, Any] = {"layer": call.layer, "line": call.line}
        if axis != ndim - 1 and call in by_source:
            yield Finding("softmax over the wrong axis", told + "the product that follows sums over the "
                          f"last axis, along which these weights add up to {call.y.sum(-1).min():.3g} to "
                          f"{call.y.sum(-1).max():.3g}, not to 1.", **where, confidence=0.9,
                          numbers={"right": -1})
        elif axis == 0 and call.number in answers and (batch in (None, sums)):
            yield Finding("softmax over the wrong axis", told + f"it goes over the {sums} samples of the "
                          "batch, so their probabilities of one class add up to 1.", **where, confidence=0.97,
                          numbers={"right": 1})


def broadcast(graph: Graph, batch: int | None) -> Iterator[Finding]:
    """(n, 1) against (n,) in a difference or a product near the loss."""
    for call in graph:
        if call.op not in ("sub", "add", "mul") or np.ndim(call.y) != 2 or len(call.arrays) < 2:
            continue
        shapes = [np.shape(array) for array in call.arrays[:2]]
        n = call.y.shape[0]
        if n > 1 and call.y.shape == (n, n) and sorted(shapes, key=len) == [(n,), (n, 1)] \
                and batch in (None, n) and not graph_of_pairs(graph, call):
            yield Finding("shapes broadcast", f"{call.op} of shapes {shapes[0]} and {shapes[1]} gave "
                          f"{call.y.shape}: {n * n} numbers for {n} samples.", call.layer, call.line,
                          0.95 if call.op == "sub" else 0.6, {"n": n})


def graph_of_pairs(graph: Graph, call: Call) -> bool:
    """Are all pairs of rows meant: do both sides come from the same tensor, as in a table of distances?"""
    sources = [graph.source(call, i, VIEWS | {"sum", "square", "pow"}) for i in (0, 1)]
    return sources[0] is not None and sources[1] is not None


def masked_rows(graph: Graph) -> Iterator[Finding]:
    """A row of attention scores in which every key is masked."""
    for call in graph:
        if call.op == "softmax" and np.ndim(call.arrays[0]) >= 2:
            scores = np.moveaxis(call.arrays[0], call.arrays[1], -1)
            hidden = (scores <= np.finfo(scores.dtype).min / 2) | np.isneginf(scores) | (scores <= -1e8)
        elif call.op == "attention" and len(call.arrays) > 3 and isinstance(call.arrays[3], np.ndarray):
            mask = call.arrays[3]
            hidden = ~mask if mask.dtype.kind == "b" else np.isneginf(mask) | (mask <= -1e8)
        else:
            continue
        rows = hidden.all(-1)
        if rows.any():
            place = tuple(int(i) for i in np.argwhere(rows)[0])
            yield Finding("attention row all masked", f"{int(rows.sum())} of {rows.size} rows of {call.op} "
                          f"see no key, the first at {place}; all {hidden.shape[-1]} keys are "
                          "masked.", call.layer,
                          call.line, 0.95 if np.isneginf(_least(call)) else 0.85)


def _least(call: Call) -> float:
    arrays = [a for a in call.arrays[:4] if isinstance(a, np.ndarray) and a.dtype.kind == "f" and a.size]
    return float(min((a.min() for a in arrays), default=0.0))


def parameters_left_out(graphs: list[Graph], model: Module, held: set[int] | None) -> Iterator[Finding]:
    """Parameters that no loss depends on, or that the optimiser does not hold. After backward."""
    names = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    used = {key for graph in graphs for key in graph.leaves}
    none = [name for name, p in names if id(p) not in used]
    zero = [name for name, p in names if id(p) in used and p._grad is not None and not p._grad._data.any()
            and p._data.any()]
    modules = dict(model.named_modules())
    if none and len(none) <= len(names):
        owner = none[0].rpartition(".")[0]
        yield Finding("no gradient", f"{len(none)} of {len(names)} parameters have no influence on the "
                      f"loss: {_some(none)}.", f"{owner} ({type(modules[owner]).__name__})" if owner else "",
                      _line_near(graphs, modules.get(owner)), 0.93, {"parameters": none})
    elif zero and len(zero) == len([n for n, p in names if id(p) in used]):
        yield Finding("no gradient", f"the gradients of all {len(zero)} parameters are exactly 0.", "",
                      _line_near(graphs, None), 0.8, {"parameters": zero})
    out = [name for name, p in names if held is not None and id(p) in used and id(p) not in held]
    if out:
        yield Finding("not in the optimizer", f"the optimiser holds none of {_some(out)}.",
                      out[0].rpartition(".")[0], "", 0.9, {"parameters": out})


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _line_near(graphs: list[Graph], module: Any) -> str:
    """The line that called a module; else the one on which the loss was computed."""
    calls = [call for graph in graphs for call in graph if module is None or module in call.modules]
    calls = calls or [call for graph in graphs for call in graph if call.op in LOSSES or call.op == "mean"]
    return calls[-1].line if calls else ""


def modes(model: Module, line: str = "") -> Iterator[Finding]:
    """Dropout or batch norm, all of them in eval mode."""
    minds = [(name, m) for name, m in model.named_modules()
             if type(m).__name__.startswith(("Dropout", "AlphaDropout", "BatchNorm", "SyncBatchNorm"))
             and getattr(m, "p", 1) > 0]
    if minds and not any(m.training for _, m in minds):
        kinds = sorted({type(m).__name__ for _, m in minds})
        yield Finding("training in eval mode", f"all {len(minds)} layers of kind {', '.join(kinds)} are in "
                      "eval mode while gradients are "
                      "computed.", f"{minds[0][0]} ({type(minds[0][1]).__name__})",
                      line, 0.9)
