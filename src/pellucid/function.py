"""Function: an op of the user's own, forward and backward written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .inplace import changed_at, clock
from .node import Port, next_number, unbroadcast
from .tensor import OpError, Tensor, mode, wrap


class Context:
    """What forward leaves for backward: `save_for_backward(*tensors)`, and any attribute."""

    def __init__(self, needs_input_grad: tuple) -> None:
        self.needs_input_grad = needs_input_grad
        self.materialize_grads = True
        self._to_save: tuple = ()
        self._plain: tuple = ()
        self._dirty: tuple = ()
        self._node: Any = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs for backward, which reads them from `saved_tensors`.

        Raises:  TypeError for anything but Tensors and None (set an attribute for other values).
        """
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(f"save_for_backward: expected Tensors, got {type(tensor).__name__}; "
                                "other values can be attributes of ctx")
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple:
        """The tensors that forward saved. Raises when they were freed, or changed in place since."""
        return self._node.unpack()

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """These outputs get no gradient."""
        self._plain = outputs

    def mark_dirty(self, *inputs: Tensor) -> None:
        """These inputs were changed in place by forward, and are outputs."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """False: backward gets None, not zeros, for outputs that no gradient came to."""
        self.materialize_grads = value


class FunctionNode:
    """One recorded call of a Function. It stands in the graph like a Node."""

    def __init__(self, function: type[Function], ctx: Context, inputs: Sequence, outputs: list) -> None:
        self.function, self.ctx = function, ctx
        self.inputs = inputs
        self.edges = [(v._node or v) if isinstance(v, Tensor) and v._tracked else None for v in inputs]
        self.meta: list[Any] = [(v._data.shape, v._data.dtype) if isinstance(v, Tensor) else None
                                for v in inputs]
        self.outputs: Any = [(t._data.shape, t._data.dtype) for t in outputs]
        self.hooks: Any = None
        self.y: Any = None
        self.spoilt = False
        self.made_at = clock.now
        self.number = next_number()
        self.shape = self.outputs[0][0] if self.outputs else ()
        ctx._node = self
        self.saved: list | None = [self._pack(t, outputs) for t in ctx._to_save]
        self.inputs = ()

    def _pack(self, tensor: Tensor | None, outputs: list) -> tuple:
        for i, out in enumerate(outputs):
            if out is tensor:
                return "output", i, tensor._data                 # not the Tensor: it would hold its own node
        return "other", tensor, None

    def unpack(self) -> tuple:
        if self.saved is None:
            raise OpError(f"{self.name()}: the saved tensors were used up by an earlier backward; "
                          "say retain_graph=True there")
        made = []
        for kind, what, array in self.saved:
            if kind == "other":
                if what is not None and changed_at(what) > self.made_at:
                    raise OpError(f"{self.name()}: a saved tensor was modified by an inplace operation")
                made.append(what)
            else:
                if self.spoilt:
                    raise OpError(f"{self.name()}: its output was modified by an inplace operation")
                tensor = wrap(array)
                tensor._node, tensor._tracked = Port(self, what), True
                made.append(tensor)
        return tuple(made)

    def __repr__(self) -> str:
        return f"<{self.name()}, node {self.number}>"

    def __lt__(self, other: Any) -> bool:
        return self.number > other.number

    def name(self) -> str:
        return f"{self.function.__name__}Backward"

    @property
    def next_functions(self) -> tuple:
        return tuple((edge, 0) for edge in self.edges)

    def pull(self, g: tuple, create_graph: bool, useful: set | None) -> list:
        """Call the user's backward and check what it returns against the inputs."""
        gs = [part if isinstance(part, Tensor) else wrap(np.asarray(part)) for part in g]
        if not self.ctx.materialize_grads:
            gs = [None if i not in self.arrived else part for i, part in enumerate(gs)]  # type: ignore[misc]
        grads = self.function.backward(self.ctx, *gs)
        grads = list(grads) if isinstance(grads, (tuple, list)) else [grads]
        if len(grads) < len(self.edges) or any(extra is not None for extra in grads[len(self.edges):]):
            raise OpError(f"{self.name()}: backward returned {len(grads)} gradients, forward took "
                          f"{len(self.edges)} inputs")
        return [self._checked(i, grad, create_graph) for i, grad in enumerate(grads[:len(self.edges)])]

    arrived: frozenset | set = frozenset()                       # outputs that a gradient came to, says walk

    def _checked(self, i: int, grad: Any, create_graph: bool) -> Any:
        if grad is None or self.edges[i] is None:
            return None
        if not isinstance(grad, Tensor):
            raise TypeError(f"{self.name()}: gradient {i} is {type(grad).__name__}, expected a Tensor or "
                            "None")
        shape, dtype = self.meta[i]
        if grad._data.shape != shape:
            try:
                fits = np.broadcast_shapes(grad._data.shape, shape) == grad._data.shape
            except ValueError:
                fits = False
            if not fits:
                raise OpError(f"{self.name()}: gradient {i} has shape {grad._data.shape}, its input {shape}")
            grad = unbroadcast(grad, shape)
        if grad._data.dtype != dtype:
            grad = grad.to(dtype)
        return grad if create_graph else grad._data.view()       # a view: the user may keep the array

    def release(self) -> None:
        self.saved = None


class Function:
    """An op with a hand-written derivative: subclass with static `forward` and `backward`, call `.apply`.

        forward(ctx, *inputs)  -> y            or forward(*inputs) and setup_context(ctx, inputs, output)
        backward(ctx, g)       -> dx, one per input of forward (None where there is none)

    Both see Tensors. backward is differentiated itself under create_graph=True.
    """

    @staticmethod
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Function: define a static method forward(ctx, *inputs)")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError("Function: define a static method backward(ctx, *gradients)")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        """Save what backward needs; for a forward that takes no ctx."""

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Run forward, and record that backward is its derivative."""
        ctx = Context(tuple(isinstance(v, Tensor) and v.requires_grad for v in inputs))
        record = mode.grad and any(ctx.needs_input_grad)
        before, mode.grad = mode.grad, False
        try:
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, result)
            else:
                result = cls.forward(ctx, *inputs)
        finally:
            mode.grad = before
        several = isinstance(result, tuple)
        outs = list(result) if several else [result]
        for i, out in enumerate(outs):                           # an input handed through becomes new
            handed_through = isinstance(out, Tensor) and any(out is v for v in inputs)
            if handed_through and not any(out is d for d in ctx._dirty):
                outs[i] = out.detach()
        if record:
            cls._record(ctx, inputs, outs)
        else:
            ctx._node = _Unrecorded(ctx)
        return tuple(outs) if several else outs[0]

    @classmethod
    def _record(cls, ctx: Context, inputs: tuple, outs: list) -> None:
        made = [out for out in outs if isinstance(out, Tensor)]
        node = FunctionNode(cls, ctx, inputs, made)
        for i, out in enumerate(made):
            if out._data.dtype.kind == "f" and not any(out is plain for plain in ctx._plain):
                out._node, out._tracked = Port(node, i), True


class _Unrecorded:
    """Stands for the node of a call that nothing was recorded of: saved tensors can still be read."""

    def __init__(self, ctx: Context) -> None:
        self.unpack = lambda: ctx._to_save


def once_differentiable(backward: Callable) -> Callable:
    """Decorate a Function's backward that cannot be differentiated again: its results are constants."""
    def wrapped(ctx: Any, *grads: Any) -> Any:
        before, mode.grad = mode.grad, False
        try:
            return backward(ctx, *grads)
        finally:
            mode.grad = before
    return wrapped
