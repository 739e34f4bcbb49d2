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
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .inplace import look_closer, note_view
from .node import Node, Port, leads, node_of, unbroadcast
from .op import Op
from .signature import call_by_name, legacy, promoted, restate
from .tensor import Tensor, hide, mode, wrap

__all__ = ["Node", "Port", "apply_hooks", "op", "unbroadcast", "walk"]

ndarray = np.ndarray


def op(samples: Any = None, *, promote: str | None = None, view: bool = False,
       primitive: bool = False, hides: bool = False) -> Callable:
    """Turn a body on arrays, `body(*inputs, **params) -> (y, saved)`, into a function on Tensors.

    samples    cases for the automatic tests (see ops/samples.py)
    promote    how dtypes mix: "number" (arithmetic), "float" (integers become float first), None (as they
               come); a promoting op broadcasts, and the engine sums the gradients to the inputs' shapes
    view       the result may share its input's memory, as PyTorch's views do
    primitive  the body cannot run on Tensors (LAPACK, loops); such an op saves no floats for its rule
    hides      the result may lie in memory in another order than row-major, unknown to the user: see storage
    """
    def make(body: Callable) -> Callable:
        this = Op(body, samples, promote, view, primitive, hides)
        this.forward = legacy(body)
        this.call = call = _caller(this)
        vars(call).update(op=this, vjp=this.vjp, kernel=this.kernel, vjp_kernel=this.vjp_kernel, on=this.on)
        return call
    return make


def _caller(this: Op) -> Callable:
    """The function that users call. It runs for every operation, so it is written out in one piece."""
    promote, view, new = this.promote, this.view, Tensor.__new__

    @functools.wraps(this.body)
    def call(*inputs: Any, **params: Any) -> Any:
        if params and not this.keywords.issuperset(params):
            return call_by_name(this, inputs, params)
        raw: list = []                                           # the inputs with arrays in place of Tensors
        edges: list = []                                         # for each its Node, itself (a leaf) or None
        tracked, mixed, common, hidden = False, False, None, this.hides
        for value in inputs:
            edge = None
            if isinstance(value, Tensor):
                if value._odd:
                    hidden = look_closer(value) or hidden
                if value._tracked:
                    tracked, edge = True, value._node or value
                value = value._data
                mixed = mixed or (common is not None and value.dtype is not common)
                common = value.dtype
            elif value.__class__ is not float and value.__class__ is not int:
                mixed = True
            edges.append(edge)
            raw.append(value)
        if promote is not None and (mixed or common is None or common.kind != "f"):
            inputs, raw, edges = promoted(this, inputs)
        try:
            y, saved = this.forward(*raw, **params) if params else this.forward(*raw)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            restate(this, error, inputs)
        tracked = tracked and mode.grad and this.rule is not None
        if y.__class__ is tuple:
            return _several(this, inputs, raw, edges, params, y, saved, tracked, hidden)
        if y.__class__ is not ndarray:
            y = np.asarray(y)                                    # NumPy turns 0-d results into scalars
        out = new(Tensor)
        out._data = y
        if tracked and y.dtype.kind == "f":
            out._tracked, out._node = True, Node(this, inputs, raw, edges, params, saved, y)
        return note_view(out, this, inputs, params) if view else hide(out) if hidden else out
    return call


def _several(this: Op, inputs: Sequence, raw: list, edges: list, params: dict, ys: tuple, saved: Any,
             tracked: bool, hidden: bool) -> tuple:
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
    elif hidden:
        for out in outs:
            hide(out)
    return outs


def walk(starts: Iterable, create_graph: bool, keep: bool, wanted: Any = None) -> dict:
    """Send gradients from `starts`, pairs (edge, g), back through the graph: those that reach `wanted`.

    With wanted=None they go to every leaf. An edge is a Node, a Port of a Node with several outputs, or a
    leaf.
    """
    sums: dict = {}                                              # edge -> [gradient so far, is it ours?]
    heap: list = []                                              # the nodes that wait, largest number first
    found: dict = {}
    useful = None if wanted is None else _leading_to(wanted, [edge for edge, _ in starts])

    for edge, g in starts:
        if leads(edge, useful):
            _send(edge, g, False, sums, heap, create_graph)
    while heap:
        node = heappop(heap)
        several = node.outputs is not None
        g = _gather(node, sums, create_graph) if several else sums.pop(node)[0]
        if node.hooks:
            g = _hooked(node, g, create_graph)
        if useful is not None:
            _take(node, g, wanted, found)
            if node not in useful:
                continue
        for edge, grad in zip(node.edges, node.pull(g, create_graph, useful)):  # noqa: B905 (fewer: None)
            if edge is None or grad is None or useful is not None and not leads(edge, useful):
                continue
            handed_on = grad is g or several and any(grad is part for part in g)
            fresh = create_graph or not (handed_on or grad.base is not None)
            if edge.__class__ is Node and edge not in sums:      # as _send does: most come this way
                sums[edge] = [grad, fresh]
                heappush(heap, edge)
                continue
            _send(edge, grad, fresh, sums, heap, create_graph)
        if not keep:
            node.release()
    return found | _at_leaves(sums, create_graph)


def _send(edge: Any, g: Any, fresh: bool, sums: dict, heap: list, create_graph: bool) -> None:
    """Add a gradient to what has come to an edge; the first one makes its node wait."""
    waiting = sums.get(edge)
    if waiting is None:
        sums[edge] = [g, fresh]
        if edge.__class__ is Node:
            heappush(heap, edge)
        elif edge.__class__ is Port:
            _wait_together(edge, sums, heap)
    elif waiting[1] and not create_graph and waiting[0].ndim:
        waiting[0] += g
    else:
        waiting[:] = waiting[0] + g, True


def _wait_together(port: Port, sums: dict, heap: list) -> None:
    """Put a port with the others of its node; the first of them makes the node wait."""
    if port.node not in sums:
        sums[port.node] = []
        heappush(heap, port.node)
    sums[port.node].append(port)


def _at_leaves(sums: dict, create_graph: bool) -> dict:
    """The gradients that arrived at leaves, after their hooks; each an array of its own."""
    return {leaf: apply_hooks(leaf._hooks, 0, g if fresh or create_graph else np.array(g), create_graph)
            for leaf, (g, fresh) in sums.items()}


def _gather(node: Any, sums: dict, create_graph: bool) -> tuple:
    """The gradients of all outputs of a node, zeros for those that none arrived for."""
    arrived = {port.index: sums.pop(port)[0] for port in sums.pop(node)}
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


def _leading_to(wanted: Any, starts: list) -> set:
    """The nodes and leaves on a way from `starts` to `wanted`."""
    useful, seen = {node_of(edge) for edge in wanted}, set()
    leaf = any(isinstance(node, Tensor) for node in useful)      # it may have been used at any time
    oldest = 0 if leaf else min((node.number for node in useful), default=0)
    stack = [node_of(edge) for edge in starts]
    while stack:
        node = stack.pop()
        if node is None or node in seen or isinstance(node, Tensor) or node.number < oldest:
            continue
        seen.add(node)
        stack += [node_of(edge) for edge in node.edges]
    for node in sorted(seen, key=lambda node: node.number):      # inputs before what was made from them
        if any(node_of(edge) in useful for edge in node.edges):
            useful.add(node)
    return useful
