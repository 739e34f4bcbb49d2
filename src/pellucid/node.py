"""Node: what a call leaves behind for backward, and how its rule is asked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .inplace import Changed, changed_at, clock
from .op import ALL, REGISTRY, Op
from .tensor import OpError, Tensor, wrap

ndarray = np.ndarray
_NONE: tuple = ()                                               # there is but one empty tuple
_NOTHING = [None] * 64
next_number = itertools.count(1).__next__


class Node:
    """One recorded call: the op, what its rule needs, and where its inputs came from."""

    __slots__ = ("op", "inputs", "raw", "edges", "params", "saved", "y", "shape", "number", "made_at",
                 "spoilt", "hooks", "outputs", "arrived", "__weakref__")

    def __init__(self, op: Op, inputs: Sequence, raw: Any, edges: list, params: dict, saved: Any,
                 y: Any) -> None:
        if not op.drops or saved is not _NONE and _has_floats(saved):
            pass                                                 # saved floats may have to be computed again
        elif op.reads_nothing:
            inputs = raw = _NOTHING[:len(raw)]
        else:
            inputs = list(inputs)
            for i, only_for in op.drops if op.drops is not ALL else [(i, None) for i in range(len(raw))]:
                if (i < len(raw) and isinstance(inputs[i], Tensor)
                        and (only_for is None or edges[only_for] is None)):
                    inputs[i] = raw[i] = None
        self.op, self.params, self.saved = op, params, saved
        self.inputs = inputs                                     # as they came, but for what no rule reads
        self.raw = raw                                           # the same with arrays in place of Tensors
        self.edges = edges
        self.shape = y.shape
        self.y: Any = y if op.keeps_y else None
        self.number = next_number()
        self.made_at = clock.now
        self.spoilt = False                                      # was y changed in place?
        self.hooks: dict | None = None
        self.outputs: list | None = None                         # (shape, dtype) of each of several

    def __repr__(self) -> str:
        return f"<{self.op.name} backward, node {self.number}>"

    def __lt__(self, other: Node) -> bool:
        return self.number > other.number                        # the largest number is the first in a heap

    def name(self) -> str:
        return self.op.name

    @property
    def next_functions(self) -> tuple:
        """Where the inputs came from, as PyTorch's grad_fn tells it."""
        return tuple((edge, 0) for edge in self.edges)

    def pull(self, g: Any, create_graph: bool, useful: set | None) -> Sequence:
        """The gradient of each input, from the gradient g of the output."""
        op = self.op
        if self.raw is None or self.spoilt or self.made_at != clock.now:
            self.check()
        if create_graph and op.through_body:
            return self.pull_through_body(g)
        rule = op.rule if create_graph or op.rule_twin is None else op.rule_twin
        y, saved, inputs = self.as_tensors() if create_graph else (self.y, self.saved, self.raw)
        if op.asks_needs:
            needs = [edge is not None if useful is None else leads(edge, useful) for edge in self.edges]
            grads = rule(g, y, saved, *inputs, needs=needs, **self.params)
        elif self.params:
            grads = rule(g, y, saved, *inputs, **self.params)
        else:
            grads = rule(g, y, saved, *inputs)
        if grads.__class__ is not tuple:
            grads = (grads,)
        if op.promote is not None and len(self.edges) > 1:       # one input alone has nothing to meet
            for grad, edge in zip(grads, self.edges):  # noqa: B905 (fewer gradients: None)
                if edge is not None and grad is not None and grad.shape != (
                        edge.shape if edge.__class__ is Node else shape_of(edge)):
                    return sum_to_inputs(grads, self.edges)
        return grads

    def pull_through_body(self, g: Any) -> list:
        """The gradients by the graph of the body, run again: for a rule that runs on arrays alone."""
        from .autograd import grad

        clone = REGISTRY["clone"].call                           # so that the graph ends at these inputs
        inputs = [value if edge is None else clone(value)
                  for value, edge in zip(self.inputs, self.edges, strict=True)]
        ys = self.op.body(*inputs, **self.params)[0]
        pairs = zip(ys, g, strict=True) if self.outputs is not None else [(ys, g)]
        ys, g = zip(*((y, slope) for y, slope in pairs if y._tracked), strict=True)
        chosen = [value for value, edge in zip(inputs, self.edges, strict=True) if edge is not None]
        found = iter(grad(ys, chosen, g, create_graph=True, allow_unused=True))
        return [None if edge is None else next(found) for edge in self.edges]

    def check(self) -> None:
        """Refuse when what the rule needs was freed; let what was changed in place refuse to be read."""
        if self.raw is None:
            raise OpError(f"backward: the graph behind {self.op.name} was used up by an earlier backward; "
                          "say retain_graph=True there to go through it a second time")
        if self.spoilt and self.y.__class__ is not Changed:
            if self.op.computes_again:
                self.y = self.op.forward(*self.raw, **self.params)[0]
            else:
                self.y = Changed(self, "its own result", self.y[0] if self.outputs else self.y)
        for i, tensor in enumerate(self.inputs):
            if isinstance(tensor, Tensor) and changed_at(tensor) > self.made_at:
                self.inputs = list(self.inputs)
                self.inputs[i] = self.raw[i] = Changed(self, f"its input number {i}", self.raw[i])

    def as_tensors(self) -> tuple:
        """y, saved and the inputs as Tensors that are linked into the graph, for second derivatives."""
        saved, y = self.saved, self.y
        if _has_floats(saved):                                   # of the inputs: compute them again
            saved = self.op.body(*self.inputs, **self.params)[1]
        if y is None or y.__class__ is Changed:
            pass
        elif self.outputs is None:
            y = _linked(y, self)
        else:
            y = tuple(_linked(a, Port(self, i)) if a.dtype.kind == "f" else a for i, a in enumerate(y))
        return y, saved, self.inputs

    def release(self) -> None:
        """Let go of the data; the links stay."""
        self.inputs = self.raw = self.y = self.saved = None  # type: ignore[assignment]


class Port:
    """Output number `index` of a Node that has several."""

    __slots__ = ("node", "index")

    def __init__(self, node: Any, index: int) -> None:
        self.node, self.index = node, index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Port) and other.node is self.node and other.index == self.index

    def __hash__(self) -> int:
        return hash((self.node, self.index))

    @property
    def shape(self) -> tuple:
        return self.node.outputs[self.index][0]

    def __repr__(self) -> str:
        return f"<output {self.index} of {self.node!r}>"

    def name(self) -> str:
        return self.node.name()

    @property
    def next_functions(self) -> tuple:
        return self.node.next_functions


def node_of(edge: Any) -> Any:
    """The Node behind an edge that may be a Port of it."""
    return edge.node if edge.__class__ is Port else edge


def leads(edge: Any, useful: set | None) -> bool:
    """Is a gradient wanted along this edge? With useful=None along every one."""
    return edge is not None and (useful is None or node_of(edge) in useful)


def _linked(array: ndarray, edge: Any) -> Tensor:
    """A Tensor with the given past around an array."""
    out = wrap(array)
    out._node, out._tracked = edge, True
    return out


def _has_floats(saved: Any) -> bool:
    if saved.__class__ is tuple:
        for part in saved:                                       # sizes most of the time
            if part.__class__ is not int and _has_floats(part):
                return True
        return False
    return isinstance(saved, ndarray) and saved.dtype.kind == "f"


def unbroadcast(g: Any, shape: tuple) -> Any:
    """Sum a gradient over the axes along which its tensor was repeated."""
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < extra or (shape[i - extra] == 1 and g.shape[i] != 1))
    return np.reshape(np.add.reduce(g, axis=axes), shape) if axes else g


def shape_of(edge: Any) -> tuple:
    """The shape of what flows along an edge."""
    return edge._data.shape if isinstance(edge, Tensor) else edge.shape


def sum_to_inputs(grads: Sequence, edges: Sequence) -> list:
    """Undo broadcasting: sum each gradient to the shape of the tensor it belongs to."""
    return [None if edge is None or grad is None else unbroadcast(grad, shape_of(edge))
            for grad, edge in zip(grads, edges)]  # noqa: B905 (fewer gradients: None)
