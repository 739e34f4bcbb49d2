"""What happens while a trace runs: one short event for each op, rule and update, and the values they touch.

Everything here runs once for each op, so it only notes what cannot be found out later: which values went in
and came out, from where the op was called, and how long it took. Names, formulas and summaries are made when
the trace is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import get_ident
from time import perf_counter
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from ...node import Port
from ...op import Op
from ...tensor import Tensor
from .memory import Memory, where
from .names import Names
from .places import users

ndarray = np.ndarray
_new: Any = tuple.__new__                                        # half the time of a named tuple's own


class Call(NamedTuple):
    """A forward step: an op, or a user's Function, was called."""

    what: Any                                                    # the Op, or the class of the Function
    inputs: tuple                                                # numbers of values, or (constant,)
    params: dict
    outputs: tuple
    code: CodeType | None                                        # of the user's function, and where in it
    offset: int
    module: int                                                  # -1: in none
    seconds: float
    inside: int                                                  # the backward step it ran in, else -1


class Pull(NamedTuple):
    """A backward step: a rule was asked for the gradients of its inputs."""

    what: Any
    of: int                                                      # the forward step, -1: before the trace
    arrived: tuple                                               # for each output
    gradients: tuple                                             # for each input, -1: none
    seconds: float
    inside: int


class Update(NamedTuple):
    """One parameter in one step of an optimiser."""

    what: type
    number: int
    parameter: int
    gradient: int
    after: int
    change: int
    settings: dict
    state: dict[str, int]                                        # values by their names
    code: CodeType | None
    offset: int
    module: int
    seconds: float


class Recorder:
    """The events of a trace in the order in which they happened."""

    def __init__(self, keep: str | int, limit: int) -> None:
        self.memory = Memory(keep)
        self.events: list = []
        self.steps_of: dict[int, int] = {}                       # number of a Node -> its forward step
        self.names = Names(self.memory, self.steps_of, lambda step: self.events[step].outputs)
        self.limit, self.missed = limit, 0                       # steps that there was no room for
        self.thread = get_ident()
        self.deaf = False                                        # inside a body or a rule on arrays
        self.inside = -1
        self.pending = -1                                        # the step whose Node is being made
        self.arriving: dict = {}                                 # edge -> the gradients sent to it
        self.last: dict = {}                                     # of the leaves, after a walk
        self.backwards, self.optimizer_steps, self.optimizers = 0, 0, 0
        self.in_step = False
        self.wanted: int | None = None                           # how many steps of optimisers; then stop
        self.stop: Callable[[], Any] = lambda: None
        self.loss = -1
        self.starts: list[int] = []                              # the values where backward passes began

    def full(self) -> bool:
        """Count a step that there is no room for."""
        if len(self.events) < self.limit:
            return False
        self.missed += 1
        return True

    # Forward

    def call(self, op: Op, raw: tuple, params: dict, y: Any, frame: Any, seconds: float) -> None:
        """An op was called on these arrays and gave those."""
        self.pending = -1
        if len(self.events) >= self.limit:
            self.missed += 1
            return
        memory = self.memory
        inputs: list = []
        for value in raw:
            if value.__class__ is ndarray:
                number = memory.known(value)
                inputs.append(number if number >= 0 else self.names.first_seen(value, frame))
            else:
                inputs.append((lasting(value),))
        outputs = tuple([memory.add(part) for part in y]) if y.__class__ is tuple else (memory.add(y),)
        user = users(frame.f_back)
        code, offset = (None, 0) if user is None else (user.f_code, user.f_lasti)
        self.pending = len(self.events)
        self.events.append(_new(Call, (op, tuple(inputs), params, outputs, code, offset, self.names.module,
                                       seconds, self.inside)))

    def function(self, cls: type, given: Sequence, outs: Sequence, frame: Any, seconds: float) -> None:
        """A user's Function was applied."""
        if self.full():
            return
        inputs = tuple(self.names.tensor(value, frame) if isinstance(value, Tensor) else (lasting(value),)
                       for value in given)
        made = [out for out in outs if isinstance(out, Tensor)]
        outputs = tuple(self.memory.add(out._data) for out in made)
        user = users(frame)
        code, offset = (None, 0) if user is None else (user.f_code, user.f_lasti)
        for out in made:
            if out._node.__class__ is Port:
                self.steps_of[out._node.node.number] = len(self.events)
        self.events.append(Call(cls, inputs, {}, outputs, code, offset, self.names.module, seconds,
                                self.inside))

    def written(self, target: Tensor, value: Tensor | None, overwrite: Op, frame: Any) -> None:
        """A tensor's memory was written to: it holds another value now, and so does what shares it."""
        root = target if target._base is None else target._base
        self.pending = -1
        number = -1 if value is None else self.memory.known(value._data)
        if number >= 0 and self.memory.value(number).dtype == target._data.dtype:
            if root is target or where(root._data) == where(target._data) and \
                    root._data.shape == target._data.shape:      # all of it, as by way of detach()
                for tensor in (root, target):
                    self.memory.holds(tensor._data, number)
                    self.names.written(tensor, number)
                return
            before = self.memory.before(root._data)
            if before >= 0 and not self.full():
                user = users(frame)
                code, offset = (None, 0) if user is None else (user.f_code, user.f_lasti)
                self.pending = len(self.events)
                after = self.memory.add(root._data)
                params = {"path": path_to(target)}
                self.events.append(Call(overwrite, (before, number), params, (after,), code, offset,
                                        self.names.module, 0.0, self.inside))

    def same(self, was: ndarray, now: ndarray) -> None:
        """The numbers of an array lie in another array now."""
        number = self.memory.known(was)
        if number >= 0:
            self.memory.holds(now, number)

    # Backward

    def begin(self, starts: Sequence) -> None:
        """A backward pass begins at these (edge, gradient)."""
        for edge, _ in starts:
            step = self.steps_of.get(getattr(getattr(edge, "node", edge), "number", -1))
            if step is None:
                continue
            outputs = self.events[step].outputs
            value = outputs[edge.index if edge.__class__ is Port else 0]
            self.starts.append(value)
            if self.loss < 0:
                self.loss = value

    def arrived(self, edge: Any, array: ndarray) -> int:
        """The value of a gradient that came to an edge, with what it is the sum of."""
        parts = self.arriving.get(edge)
        number = self.memory.known(array)
        if number >= 0 and (parts is None or len(parts) == 1 or number not in parts):
            return number
        number = self.memory.add(array)
        if parts is not None and (len(parts) > 1 or self.memory.alike(parts[0], array)):
            self.memory.value(number).parts = list(parts)        # else a hook has put another in its place
        return number

    def pull(self, node: Any, what: Any, g: Any, grads: Sequence, useful: set | None,
             seconds: float) -> Sequence:
        """A rule was given g and gave these gradients; they are returned, as arrays."""
        if len(self.events) >= self.limit:
            self.missed += 1
            return grads
        memory, arriving = self.memory, self.arriving
        if node.outputs is None:
            gs: tuple = (self.arrived(node, g if g.__class__ is ndarray else array_of(g)),)
        else:
            gs = tuple([self.arrived(Port(node, i), array_of(part)) for i, part in enumerate(g)])
        found = []
        for i, (edge, grad) in enumerate(zip(node.edges, grads)):  # noqa: B905 (fewer: None)
            if edge is None or grad is None or useful is not None and _node(edge) not in useful:
                found.append(-1)
                continue
            if grad.__class__ is not ndarray:
                array = array_of(grad)
                if not isinstance(grad, Tensor):
                    grads = [*grads[:i], array, *grads[i + 1:]]
                grad = array
            number = gs[0] if grad is g else memory.known(grad)
            if number < 0:
                number = memory.add(grad)
            found.append(number)
            waiting = arriving.get(edge)
            if waiting is None:
                arriving[edge] = [number]
            else:
                waiting.append(number)
        of = self.steps_of.get(node.number, -1)
        if of >= 0 and self.events[of].what is not what:
            of = -1
        self.events.append(_new(Pull, (what, of, gs, tuple(found), seconds, self.inside)))
        return grads

    def pull_open(self, pull: Callable, node: Any, what: Any, g: Any, create_graph: bool,
                  useful: set | None) -> Sequence:
        """Ask a rule whose ops are steps of their own, and tell these the number of its step."""
        outside, first = self.inside, len(self.events)
        self.inside = mark = -2 - first
        start = perf_counter()
        try:
            grads = pull(node, g, create_graph, useful)
        finally:
            self.inside = outside
        seconds = perf_counter() - start
        if len(self.events) < self.limit:
            for number in range(first, len(self.events)):
                if self.events[number].inside == mark:
                    self.events[number] = self.events[number]._replace(inside=len(self.events))
        return self.pull(node, what, g, grads, useful, seconds)

    def gathered(self, leaf: Tensor, before: int) -> None:
        """backward() has added a gradient to leaf.grad, which held `before` (-1: nothing)."""
        grad = leaf._grad
        assert grad is not None
        came = self.last.get(leaf, [])
        number = self.memory.known(grad._data)
        if number < 0 and before < 0 and len(came) == 1 and not self.of_another(came[0], leaf) \
                and self.memory.alike(came[0], grad._data):      # a copy, for .grad to have memory of its own
            number = came[0]
            self.memory.holds(grad._data, number)
        elif number < 0 or number in came and len(came) > 1 or self.of_another(number, leaf):
            number = self.memory.add(grad._data)
            self.memory.value(number).parts = ([before] if before >= 0 else []) + list(came)
        self.names.gradient(leaf, number)

    def of_another(self, number: int, leaf: Tensor) -> bool:
        """Is this value the gradient of another tensor already? One gradient may be handed on to several."""
        of = self.memory.value(number).of
        return of is not None and of != self.memory.known(leaf._data)

    # Updates

    def update(self, optimizer: Any, group: dict, p: Tensor, before: tuple[int, ndarray], gradient: int,
               place: tuple, seconds: float) -> None:
        """An optimiser has changed a parameter that held the array `before`."""
        if self.full():
            return
        memory = self.memory
        after, change = memory.add(p._data), memory.add(p._data - before[1])
        state = {name: memory.of(value._data) for name, value in optimizer.state.get(p, {}).items()
                 if isinstance(value, Tensor)}
        settings = {key: value for key, value in group.items() if key not in ("params", "param_names")}
        self.names.changed(p, after)
        self.events.append(Update(type(optimizer), self.optimizer_steps, before[0], gradient, after, change,
                                  settings, state, place[0], place[1], self.names.home(p), seconds))


def path_to(view: Tensor) -> tuple:
    """The view ops that lead from the tensor that a chain of views starts at to its end."""
    path = []
    while view._view is not None:
        path.append(view._view[1:])
        view = view._view[0]
    return tuple(reversed(path))


def array_of(value: Any) -> ndarray:
    """The array behind a gradient: a Tensor's, or one around a number."""
    return value._data if isinstance(value, Tensor) else np.asarray(value)


def _node(edge: Any) -> Any:
    return edge.node if edge.__class__ is Port else edge


def lasting(value: Any) -> Any:
    """A constant as it is now: what may change later is copied."""
    if value.__class__ in (int, float, str, bool, type(None), slice):
        return value
    if isinstance(value, (tuple, list)):
        return type(value)(lasting(part) for part in value) if type(value) in (tuple, list) else value
    if isinstance(value, (ndarray, Tensor)):
        return np.array(value._data if isinstance(value, Tensor) else value)
    return value
