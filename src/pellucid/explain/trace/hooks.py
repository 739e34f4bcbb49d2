"""Listen to the engine while a trace runs, and leave it afterwards as it was.

Nothing in the engine asks whether a trace runs: what it calls is exchanged for a listening twin, and put
back. So a process that does not trace pays nothing.

    op.forward              every op: inputs and outputs
    node.next_number        which Node a call left behind
    Node.pull               every rule: the gradient that arrived, the gradients that leave
    autograd.walk           where a backward pass begins and ends; autograd._accumulate: what reaches .grad
    Function.apply          ops of a user's own
    Module.__call__         which module runs
    inplace.touch           changes in place
    Optimizer.step          before and after an update
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from typing import Any

import numpy as np

from ... import anomaly, autograd, inplace, node, storage
from ...function import Function, FunctionNode
from ...nn import Module
from ...node import Node
from ...op import REGISTRY, Op
from ...ops import inplace_methods
from ...optim.optimizer import Optimizer
from ...tensor import Tensor
from .recorder import Recorder
from .updates import made, stepped

ndarray = np.ndarray
CALL = REGISTRY["add"].call.__code__                             # of the one function that calls all ops
ASSIGN = inplace.assign.__code__


class Hooks:
    """The exchanged functions, and what stood in their places."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._before: list[tuple[Any, str, Any, Any]] = []
        self._imported: list[tuple[str, Callable, Callable]] = []

    def exchange(self, place: Any, name: str, ours: Any) -> None:
        """Put `ours` in a place, and remember what was there."""
        theirs = _found(place, name)
        self._before.append((place, name, theirs, ours))
        setattr(place, name, ours)

    def install(self) -> None:
        """Listen from now on."""
        recorder = self.recorder
        for op in list(REGISTRY.values()):
            self.exchange(op, "forward", heard(recorder, op, op.forward))
        self.exchange(node, "next_number", numbered(recorder, node.next_number))
        pull = pulled(recorder, anomaly._pull, True)
        if Node.pull is anomaly._pull:                           # else anomaly checks each, and calls this
            self.exchange(Node, "pull", pull)
        self.exchange(anomaly, "_pull", pull)
        self.exchange(FunctionNode, "pull", pulled(recorder, FunctionNode.pull, False))
        self.exchange(autograd, "walk", walked(recorder, autograd.walk))
        self.exchange(autograd, "backward", backed(recorder, autograd.backward))
        self.exchange(autograd, "_accumulate", accumulated(recorder, autograd._accumulate))
        self.exchange(Function, "apply", applied(recorder, vars(Function)["apply"].__func__))
        self.exchange(Module, "__call__", called(recorder, Module.__call__))
        self.everywhere({"touch": (inplace.touch, touched(recorder, inplace.touch)),
                         "settle": (storage.settle, settled(recorder, storage.settle)),
                         "note_view": (inplace.note_view, viewed(recorder, inplace.note_view))})
        self.exchange(inplace_methods, "_done_quickly", lambda *_: False)   # so that an op is called
        for cls in [Optimizer, *_below(Optimizer)]:
            self.listen_to(cls)
        self.exchange(Optimizer, "__init__", made(self.recorder, self.listen_to, Optimizer.__init__))

    def everywhere(self, functions: dict[str, tuple[Callable, Callable]]) -> None:
        """Exchange functions, theirs for ours, in all modules that have imported them."""
        self._imported = [(name, *pair) for name, pair in functions.items()]
        for module in _own_modules():
            for name, theirs, ours in self._imported:
                if module.__dict__.get(name) is theirs:
                    setattr(module, name, ours)

    def listen_to(self, cls: type) -> None:
        """Listen to the steps of a class of optimisers, if it has a step of its own."""
        step = vars(cls).get("step")
        if step is not None and not hasattr(step, "traced"):
            self.exchange(cls, "step", stepped(self.recorder, step))

    def remove(self) -> None:
        """Put everything back, but for what somebody else has exchanged meanwhile."""
        for place, name, theirs, ours in reversed(self._before):
            if _found(place, name) is ours:
                setattr(place, name, theirs)
        self._before.clear()
        for module in _own_modules():                            # also those that were imported meanwhile
            for name, theirs, ours in self._imported:
                if module.__dict__.get(name) is ours:
                    setattr(module, name, theirs)
        self._imported = []


def _found(place: Any, name: str) -> Any:
    """What stands in a place now.

    vars() of an op would give it a dict for good, and Python reads attributes from that more slowly.
    """
    return getattr(place, name) if isinstance(place, Op) else vars(place).get(name)


def _own_modules() -> list[Any]:
    package = __name__.partition(".")[0] + "."
    return [module for path, module in list(sys.modules.items())
            if path.startswith(package) and hasattr(module, "__dict__")]


def _below(cls: type) -> list[type]:
    children: list[type] = cls.__subclasses__()
    return children + [each for child in children for each in _below(child)]


def heard(recorder: Recorder, op: Op, forward: Callable) -> Callable:
    """A forward that tells what went in and came out, where the engine calls it on a user's behalf."""
    getframe, thread = sys._getframe, recorder.thread

    def run(*raw: Any, **params: Any) -> Any:
        frame = getframe(1)
        if frame.f_code is not CALL or recorder.deaf or get_ident() != thread:
            return forward(*raw, **params)
        recorder.deaf = True
        start = perf_counter()
        try:
            y, saved = forward(*raw, **params)
        finally:
            recorder.deaf = False
        seconds = perf_counter() - start
        if y.__class__ is tuple:
            y = tuple(map(np.asarray, y))
        elif y.__class__ is not ndarray:
            y = np.asarray(y)
        recorder.call(op, raw, params, y, frame, seconds)
        return y, saved
    return run


def numbered(recorder: Recorder, next_number: Callable) -> Callable:
    """A counter of Nodes that tells which step the next Node belongs to."""
    def number() -> int:
        new = next_number()
        if recorder.pending >= 0 and get_ident() == recorder.thread:
            recorder.steps_of[new] = recorder.pending
            recorder.pending = -1
        return new
    return number


def pulled(recorder: Recorder, pull: Callable, an_op: bool) -> Callable:
    """A pull that tells which gradient arrived and which leave.

    Inside a rule on arrays nothing is recorded; with create_graph, and in the backward of a Function, the
    ops are steps of their own.
    """
    def run(self: Any, g: Any, create_graph: bool, useful: set | None) -> Any:
        if recorder.deaf or get_ident() != recorder.thread:
            return pull(self, g, create_graph, useful)
        if create_graph or not an_op:
            what = self.op if an_op else self.function
            return recorder.pull_open(pull, self, what, g, create_graph, useful)
        if g.__class__ is not ndarray:                           # a sum without dimensions, or of several
            g = tuple(map(np.asarray, g)) if g.__class__ is tuple else np.asarray(g)
        recorder.deaf = True
        start = perf_counter()
        try:
            grads = pull(self, g, create_graph, useful)
        finally:
            recorder.deaf = False
        return recorder.pull(self, self.op, g, grads, useful, perf_counter() - start)
    return run


def walked(recorder: Recorder, walk: Callable) -> Callable:
    """A walk that tells where it begins, and keeps what is on its way apart from other walks."""
    def run(starts: Any, create_graph: bool, keep: bool, wanted: Any = None) -> dict:
        if recorder.deaf or get_ident() != recorder.thread:
            return walk(starts, create_graph, keep, wanted)
        starts = list(starts)
        outside, recorder.arriving = recorder.arriving, {}
        recorder.begin(starts)
        try:
            found = walk(starts, create_graph, keep, wanted)
            for edge, g in found.items():
                recorder.arrived(edge, np.asarray(g._data if isinstance(g, Tensor) else g))
            recorder.last = {edge: parts for edge, parts in recorder.arriving.items()
                             if isinstance(edge, Tensor)}
        finally:
            recorder.arriving = outside
        return found
    return run


def backed(recorder: Recorder, backward: Callable) -> Callable:
    """backward() that counts, and ends the trace where it was to end after so many."""
    def run(*args: Any, **kwargs: Any) -> None:
        backward(*args, **kwargs)
        if not recorder.deaf and get_ident() == recorder.thread and recorder.inside < 0:
            recorder.last = {}
            recorder.backwards += 1
            if not recorder.optimizers and recorder.backwards == recorder.wanted:
                recorder.stop()
    return run


def accumulated(recorder: Recorder, accumulate: Callable) -> Callable:
    """What adds to .grad, and tells."""
    def run(leaf: Tensor, g: Any, create_graph: bool) -> None:
        if recorder.deaf or get_ident() != recorder.thread:
            return accumulate(leaf, g, create_graph)
        before = -1 if leaf._grad is None else recorder.memory.of(leaf._grad._data)
        accumulate(leaf, g, create_graph)
        if leaf._grad is not None:                               # a hook may have taken it
            recorder.gathered(leaf, before)
    return run


def applied(recorder: Recorder, apply: Callable) -> classmethod:
    """Function.apply as one step: what its forward calls inside is its own affair."""
    def run(cls: type, *inputs: Any) -> Any:
        if recorder.deaf or get_ident() != recorder.thread:
            return apply(cls, *inputs)
        recorder.deaf = True
        start = perf_counter()
        try:
            outs = apply(cls, *inputs)
        finally:
            recorder.deaf = False
        seconds = perf_counter() - start
        recorder.function(cls, inputs, outs if isinstance(outs, tuple) else (outs,), sys._getframe(1),
                          seconds)
        return outs
    return classmethod(run)


def called(recorder: Recorder, call: Callable) -> Callable:
    """Module.__call__ that tells which module runs."""
    def run(self: Module, *args: Any, **kwargs: Any) -> Any:
        if recorder.deaf or get_ident() != recorder.thread:
            return call(self, *args, **kwargs)
        names = recorder.names
        outside, names.module = names.module, names.enter(self, args, kwargs)
        try:
            return call(self, *args, **kwargs)
        finally:
            names.module = outside
    return run


def touched(recorder: Recorder, touch: Callable) -> Callable:
    """What notes a change in place, and tells of it when one tensor was written into another."""
    def run(tensor: Tensor) -> None:
        touch(tensor)
        if recorder.deaf or get_ident() != recorder.thread:
            return
        frame = sys._getframe(1)
        value = frame.f_locals.get("value") if frame.f_code is ASSIGN else None
        recorder.written(tensor, value, REGISTRY["overwrite"], frame)
    return run


def settled(recorder: Recorder, settle: Callable) -> Callable:
    """What moves a tensor's memory into row-major order: the same values in other arrays."""
    def run(tensor: Tensor, copy: np.ndarray | None = None) -> bool:
        if get_ident() != recorder.thread:
            return settle(tensor, copy)
        owner = storage.owner_of(tensor)
        views = [view for view in (reference() for reference in owner._views or ()) if view is not None]
        were = [(each, each._data) for each in (owner, *views)]
        moved = settle(tensor, copy)
        for each, array in were:
            if each._data is not array:
                recorder.same(array, each._data)
        return moved
    return run


def viewed(recorder: Recorder, note_view: Callable) -> Callable:
    """What makes a result a view: its array may be exchanged for one that looks into its parent's memory."""
    def run(out: Tensor, op: Op, inputs: Any, params: dict, index: int | None = None) -> Tensor:
        array = out._data
        note_view(out, op, inputs, params, index)
        if out._data is not array and get_ident() == recorder.thread:
            recorder.same(array, out._data)
        return out
    return run
