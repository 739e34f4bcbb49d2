"""Op, Node, walk: the whole idea.

An op is a function on arrays with a rule for its derivative. Calling it on Tensors runs the body on their
arrays and, where a gradient may be wanted, leaves a Node behind: which op, on what, and where its inputs came
from. `walk` goes through the Nodes from the last to the first and hands each rule the gradient of its output:

    call      y = body(x1, x2, ...)                           Node(op, inputs, y)
    backward  g = dL/dy  ->  rule(g, y, saved, x1, x2, ...) = dL/dx1, dL/dx2, ...

Every Node has a number, and its inputs have smaller ones. So the largest number waiting is always ready: no
recursion, no second pass. With `create_graph=True` the very same rules run on Tensors instead of arrays
(NumPy's protocols bring the calls back here), and the gradient can be differentiated again.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .inplace import Changed, changed_at, clock, follow_base, note_view
from .op import ALL, Op
from .signature import bind, legacy, promoted, restate
from .tensor import OpError, Tensor, mode, wrap

ndarray = np.ndarray
next_number = itertools.count(1).__next__


def op(samples: Any = None, *, promote: str | None = None, view: bool = False, primitive: bool = False) -> Callable:
    """Turn a body on arrays, `body(*inputs, **params) -> (y, saved)`, into a function on Tensors.

    samples    cases for the automatic tests (see ops/samples.py)
    promote    how dtypes mix: "number" (arithmetic), "float" (integers become float first), None (as they come);
               a promoting op broadcasts, and the engine sums the gradients back to the inputs' shapes
    view       the result may share its input's memory, as PyTorch's views do
    primitive  the body cannot run on Tensors (LAPACK, loops); such an op saves no floats for its rule
    """
    def make(body: Callable) -> Callable:
        this = Op(body, samples, promote, view, primitive)
        this.forward = legacy(body) if promote else body

        @functools.wraps(body)
        def call(*inputs: Any, **params: Any) -> Any:
            if params and not this.keywords.issuperset(params):
                inputs, params = bind(this, inputs, params)
            raw: list = []
            edges: list = []                                     # per input: the Node it came from, itself, or None
            tracked = mixed = False
            common = None
            for value in inputs:
                if isinstance(value, Tensor):
                    if value._base is not None:
                        follow_base(value)
                    if value._tracked:
                        tracked = True
                        edges.append(value._node or value)
                    else:
                        edges.append(None)
                    value = value._data
                    if common is None:
                        common = value.dtype
                    elif value.dtype is not common:
                        mixed = True
                else:
                    edges.append(None)
                    if value.__class__ is not float and value.__class__ is not int:
                        mixed = True
                raw.append(value)
            if promote is not None and (mixed or common is None or common.kind != "f"):
                inputs, raw, edges = promoted(this, inputs)
            try:
                y, saved = this.forward(*raw, **params)
            except (ValueError, TypeError, IndexError, AttributeError) as error:
                restate(this, error, inputs)
            tracked = tracked and mode.grad and this.rule is not None
            if y.__class__ is tuple:
                return _several(this, inputs, raw, edges, params, y, saved, tracked)
            if y.__class__ is not ndarray:
                y = np.asarray(y)                                # NumPy turns 0-d results into scalars
            out = wrap(y)
            if tracked and y.dtype.kind == "f":
                out._tracked = True
                out._node = Node(this, inputs, raw, edges, params, saved, y)
            if view:
                note_view(out, this, inputs, params)
            return out

        this.call = call
        call.op, call.vjp, call.kernel, call.on = this, this.vjp, this.kernel, this.on  # type: ignore[attr-defined]
        return call
    return make


class Node:
    """One recorded call: the op, what its rule needs, and where its inputs came from."""

    __slots__ = ("op", "inputs", "raw", "edges", "params", "saved", "y", "shape", "number", "made_at", "spoilt",
                 "hooks", "outputs", "arrived", "__weakref__")

    def __init__(self, op: Op, inputs: Sequence, raw: list, edges: list, params: dict, saved: Any, y: Any) -> None:
        if op.drops and not _has_floats(saved):                  # floats may have to be computed again
            inputs = list(inputs)
            for i, only_for in op.drops if op.drops is not ALL else [(i, None) for i in range(len(raw))]:
                if i < len(raw) and isinstance(inputs[i], Tensor) and (only_for is None or edges[only_for] is None):
                    inputs[i] = raw[i] = None
        self.op, self.params, self.saved = op, params, saved
        self.inputs = inputs                                     # as they came, but for what the rule does not read
        self.raw = raw                                           # the same with arrays in place of Tensors
        self.edges = edges
        self.shape = y.shape
        self.y = y if op.keeps_y else None
        self.number = next_number()
        self.made_at = clock.now
        self.spoilt = False                                      # was y changed in place?
        self.hooks = self.outputs = None

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

    def pull(self, g: Any, create_graph: bool, leads: Callable[[Any], bool]) -> Sequence:
        """The gradient of each input, from the gradient g of the output."""
        op = self.op
        if self.raw is None or self.spoilt or self.made_at != clock.now:
            self.check()
        params = self.params
        if op.asks_needs:
            params = {**params, "needs": [leads(edge) for edge in self.edges]}
        if create_graph:
            grads = op.rule(g, *self.as_tensors(), **params)
        else:
            grads = op.rule(g, self.y, self.saved, *self.raw, **params)
        if grads.__class__ is not tuple:
            grads = (grads,)
        return sum_to_inputs(grads, self.edges) if op.promote is not None and len(self.edges) > 1 else grads

    def check(self) -> None:
        """Refuse when what the rule needs was freed; let what was changed in place refuse when the rule reads it."""
        if self.raw is None:
            raise OpError(f"backward: the graph behind {self.op.name} was used up by an earlier backward; "
                          "say retain_graph=True there to go through it a second time")
        if self.spoilt and self.y.__class__ is not Changed:
            self.y = Changed(self, "its own result", self.y if self.outputs is None else self.y[0])
        for i, tensor in enumerate(self.inputs):
            if isinstance(tensor, Tensor) and changed_at(tensor) > self.made_at:
                self.inputs = list(self.inputs)
                self.inputs[i] = self.raw[i] = Changed(self, f"its input number {i}", self.raw[i])

    def as_tensors(self) -> list:
        """y, saved and the inputs as Tensors that are linked into the graph, for second derivatives."""
        saved, y = self.saved, self.y
        if _has_floats(saved):                                   # they depend on the inputs: compute them again
            saved = self.op.body(*self.inputs, **self.params)[1]
        if y is None or y.__class__ is Changed:
            pass
        elif self.outputs is None:
            y = _linked(y, self)
        else:
            y = tuple(_linked(a, Port(self, i)) if a.dtype.kind == "f" else a for i, a in enumerate(y))
        return [y, saved, *self.inputs]

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


def _several(this: Op, inputs: Sequence, raw: list, edges: list, params: dict, ys: tuple, saved: Any,
             tracked: bool) -> tuple:
    """Wrap the outputs of an op that has more than one; its rule gets a tuple of gradients."""
    ys = tuple(map(np.asarray, ys))
    outs = tuple(map(wrap, ys))
    if tracked and ys:
        node = Node(this, inputs, raw, edges, params, saved, ys[0])
        node.y = ys if this.keeps_y else None
        node.outputs = [(y.shape, y.dtype) for y in ys]
        for i, out in enumerate(outs):
            if out._data.dtype.kind == "f":
                out._node, out._tracked = Port(node, i), True
    if this.view:
        for i, out in enumerate(outs):
            note_view(out, this, inputs, params, i)
    return outs


def walk(starts: Iterable, create_graph: bool, keep: bool, wanted: Any = None) -> dict:
    """Send gradients from `starts`, pairs (edge, g), back through the graph; return those that reach `wanted`.

    With wanted=None they go to every leaf. An edge is a Node, a Port of a Node with several outputs, or a leaf.
    """
    sums: dict = {}                                              # edge -> [gradient so far, is it ours to add to?]
    heap: list = []                                              # the nodes that wait, the largest number first
    found: dict = {}
    useful = None if wanted is None else _leading_to(wanted, [edge for edge, _ in starts])

    def leads(edge: Any) -> bool:
        return edge is not None and (useful is None or _node_of(edge) in useful)

    def send(edge: Any, g: Any, fresh: bool) -> None:
        waiting = sums.get(edge)
        if waiting is None:
            sums[edge] = [g, fresh]
            node = edge.node if edge.__class__ is Port else edge
            if edge is not node:
                if node not in sums:                             # the ports of a node wait together
                    sums[node] = []
                    heappush(heap, node)
                sums[node].append(edge)
            elif not isinstance(edge, Tensor):
                heappush(heap, edge)
        elif waiting[1] and not create_graph and waiting[0].ndim:
            waiting[0] += g
        else:
            waiting[:] = waiting[0] + g, True

    for edge, g in starts:
        if leads(edge):
            send(edge, g, False)
    while heap:
        node = heappop(heap)
        waiting = sums.pop(node)
        g = waiting[0] if node.outputs is None else _gather(node, [(p, sums.pop(p)[0]) for p in waiting], create_graph)
        if node.hooks:
            g = _hooked(node, g, create_graph)
        if wanted is not None:
            _take(node, g, wanted, found)
            if node not in useful:
                continue
        for edge, grad in zip(node.edges, node.pull(g, create_graph, leads)):  # noqa: B905 (fewer gradients: None)
            if edge is not None and grad is not None and (useful is None or leads(edge)):
                send(edge, grad, create_graph or (grad is not g and grad.base is None))
        if not keep:
            node.release()
    for leaf, (g, fresh) in sums.items():
        found[leaf] = apply_hooks(leaf._hooks, 0, g if fresh or create_graph else np.array(g), create_graph)
    return found


def _gather(node: Any, parts: list, create_graph: bool) -> tuple:
    """The gradients of all outputs of a node, zeros for those that none arrived for."""
    arrived = {port.index: g for port, g in parts}
    node.arrived = arrived.keys()
    zeros = {i: np.zeros(*shape_dtype) for i, shape_dtype in enumerate(node.outputs) if i not in arrived}
    return tuple(arrived[i] if i in arrived else wrap(zeros[i]) if create_graph else zeros[i]
                 for i in range(len(node.outputs)))


def _hooked(node: Any, g: Any, create_graph: bool) -> Any:
    if node.outputs is None:
        return apply_hooks(node.hooks, 0, g, create_graph)
    return tuple(apply_hooks(node.hooks, i, part, create_graph) for i, part in enumerate(g))


def _take(node: Any, g: Any, wanted: Any, found: dict) -> None:
    """Put the gradients of a node's outputs aside for those who want them."""
    if node.outputs is None:
        if node in wanted:
            found[node] = g
    else:
        found.update({Port(node, i): part for i, part in enumerate(g) if Port(node, i) in wanted})


def apply_hooks(hooks: dict | None, index: int, g: Any, create_graph: bool) -> Any:
    """Let each hook of an output see its gradient, and replace it by what the hook returns."""
    for hook in list(hooks.get(index, {}).values()) if hooks else ():
        back = hook(g if create_graph else wrap(np.asarray(g)))
        if back is not None:
            g = back if create_graph else back._data
    return g


def _node_of(edge: Any) -> Any:
    return edge.node if edge.__class__ is Port else edge


def _leading_to(wanted: Any, starts: list) -> set:
    """The nodes and leaves on a way from `starts` to `wanted`."""
    seen: set = set()
    stack = [_node_of(edge) for edge in starts]
    while stack:
        node = stack.pop()
        if node is None or node in seen or isinstance(node, Tensor):
            continue
        seen.add(node)
        stack += [_node_of(edge) for edge in node.edges]
    useful = {_node_of(edge) for edge in wanted}
    for node in sorted(seen, key=lambda node: node.number):      # inputs before what was made from them
        if any(_node_of(edge) in useful for edge in node.edges):
            useful.add(node)
    return useful


def _linked(array: ndarray, edge: Any) -> Tensor:
    """A Tensor with the given past around an array."""
    out = wrap(array)
    out._node, out._tracked = edge, True
    return out


def _has_floats(saved: Any) -> bool:
    if isinstance(saved, ndarray):
        return saved.dtype.kind == "f"
    return isinstance(saved, tuple) and any(_has_floats(s) for s in saved)


def unbroadcast(g: Any, shape: tuple) -> Any:
    """Sum a gradient over the axes along which its tensor was repeated."""
    extra = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < extra or (shape[i - extra] == 1 and g.shape[i] != 1))
    return np.reshape(np.sum(g, axis=axes), shape) if axes else g


def sum_to_inputs(grads: Sequence, edges: Sequence) -> list:
    """Undo broadcasting: sum each gradient to the shape of the tensor it belongs to."""
    results = []
    for grad, edge in zip(grads, edges):  # noqa: B905 (fewer gradients: None)
        if edge is None or grad is None:
            results.append(None)
            continue
        shape = edge._data.shape if isinstance(edge, Tensor) else edge.shape
        results.append(grad if grad.shape == shape else unbroadcast(grad, shape))
    return results
