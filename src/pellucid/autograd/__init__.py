"""What a user says to the engine: backward, grad, no_grad, and ops of one's own (Function)."""

from __future__ import annotations

import functools
import inspect
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..anomaly import detect_anomaly, set_detect_anomaly
from ..engine import Port, walk
from ..function import Function, once_differentiable
from ..inplace import follow_base
from ..tensor import OpError, Tensor, hide, mode, wrap

__all__ = ["Function", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "inference_mode",
           "gradcheck", "gradgradcheck", "is_grad_enabled", "no_grad", "once_differentiable",
           "set_detect_anomaly", "set_grad_enabled"]


_current = mode                                                  # set_grad_enabled(mode=...) hides the name


class _GradMode:
    """A context manager and decorator that sets whether operations are recorded in this thread."""

    value = False

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __new__(cls, function: Callable | None = None) -> Any:
        self = super().__new__(cls)
        if function is not None:                                 # @no_grad without parentheses
            self.__init__()  # type: ignore[misc]
            return self(function)
        return self

    def __enter__(self) -> None:
        self._before.append(mode.grad)
        mode.grad = self.value

    def __exit__(self, *_: object) -> None:
        mode.grad = self._before.pop()

    def __call__(self, function: Callable) -> Callable:
        if inspect.isgeneratorfunction(function):
            return self._around_each_step(function)

        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)
        return inner

    def _around_each_step(self, function: Callable) -> Callable:
        """For a generator: the mode holds while it runs, not while it waits."""
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step, value = generator.send, None
            while True:
                try:
                    with self:
                        made = step(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, value = generator.send, (yield made)
                except GeneratorExit:
                    with self:
                        generator.close()
                    raise
                except BaseException as error:
                    step, value = generator.throw, error
        return inner


class no_grad(_GradMode):
    """Record nothing inside: `with no_grad(): ...`, or `@no_grad()` above a function."""


class inference_mode(_GradMode):
    """Record nothing inside.

    Differs: from PyTorch's in that what was made inside may be used in recorded operations afterwards.
    """

    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.value = not mode


class enable_grad(_GradMode):
    """Record inside, whatever is set outside."""

    value = True


class set_grad_enabled(_GradMode):
    """Record from now on or not; as a context manager, until its end."""

    def __new__(cls, mode: bool) -> Any:
        return object.__new__(cls)

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.value, self._outside = bool(mode), _current.grad
        _current.grad = self.value

    def __enter__(self) -> None:
        self._before.append(self._outside)
        mode.grad = self.value


def is_grad_enabled() -> bool:
    """Are operations recorded in this thread?"""
    return mode.grad


def is_inference_mode_enabled() -> bool:
    """Always False: inference_mode is no_grad here."""
    return False


def _edge(tensor: Tensor) -> Any:
    follow_base(tensor)
    return tensor._node or tensor


def _start(tensor: Tensor, gradient: Tensor | None, create_graph: bool, name: str) -> tuple:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: expected a Tensor, got {type(tensor).__name__}")
    follow_base(tensor)
    if not tensor._tracked:
        raise OpError(f"{name}: this tensor does not require grad, and nothing it was computed from does")
    if gradient is None:
        if tensor._data.size != 1:
            raise OpError(f"{name}: a gradient can be implied only for a scalar, this tensor has shape "
                          f"{tensor._data.shape}; reduce it (.sum(), .mean()) or pass gradient=")
        gradient = wrap(np.ones_like(tensor._data))
    if not isinstance(gradient, Tensor):
        gradient = wrap(np.asarray(gradient, tensor._data.dtype))
    if gradient._data.shape != tensor._data.shape:
        raise OpError(f"{name}: gradient has shape {gradient._data.shape}, the tensor {tensor._data.shape}")
    if gradient._data.dtype != tensor._data.dtype:
        gradient = gradient.to(tensor.dtype)
    return _edge(tensor), gradient if create_graph else gradient._data


def _run(starts: list, create_graph: bool, keep: bool, wanted: Any) -> dict:
    before, mode.grad = mode.grad, create_graph
    try:
        return walk(starts, create_graph, keep, wanted)
    finally:
        mode.grad = before


def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None,
             create_graph: bool = False, inputs: Any = None) -> None:
    """Add d(sum of tensors)/dx to the `.grad` of every leaf x they were computed from (or of `inputs` only).

        x.grad += sum over tensors L of dL/dx, weighted by grad_tensors

    Raises:  RuntimeError where nothing was recorded, the graph was used up, a gradient's shape is wrong, or
             something that a rule needs was changed in place.
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    gradients = [None] * len(tensors) if grad_tensors is None else grad_tensors
    gradients = [gradients] if isinstance(gradients, Tensor) else list(gradients)
    starts = [_start(t, g, create_graph, "backward") for t, g in zip(tensors, gradients, strict=True)]
    keep = create_graph if retain_graph is None else retain_graph
    wanted, chosen = None, {}
    if inputs is not None:
        chosen = {_edge(t): t for t in ([inputs] if isinstance(inputs, Tensor) else inputs)}
        wanted = set(chosen)
    for key, g in _run(starts, create_graph, keep, wanted).items():
        leaf = chosen.get(key, key)
        if isinstance(leaf, Tensor) and (wanted is None or key in wanted):
            _accumulate(leaf, g, create_graph)


def _accumulate(leaf: Tensor, g: Any, create_graph: bool) -> None:
    if leaf._grad is None:
        leaf._grad = g if create_graph else hide(wrap(np.asarray(g)))
    elif create_graph or leaf._grad._tracked:
        leaf._grad = leaf._grad + (g if create_graph else hide(wrap(np.asarray(g))))
    else:
        leaf._grad._data += g
    for hook in list((leaf._hooks or {}).get("after", {}).values()):
        hook(leaf)


def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None,
         create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
         is_grads_batched: bool = False, materialize_grads: bool = False) -> tuple:
    """Return d(sum of outputs)/d(input) for each input, and leave every `.grad` as it is.

        result[i] = sum over outputs y of (grad_output of y) dy/d(inputs[i])

    Raises:  RuntimeError for an input that the outputs do not depend on, unless allow_unused=True (then
             None).
    """
    if not only_inputs:
        raise ValueError("grad: only_inputs=False is no longer possible; backward() adds to every .grad")
    if is_grads_batched:
        raise NotImplementedError("grad: is_grads_batched is not supported; call grad once per row")
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    gradients = [None] * len(outputs) if grad_outputs is None else grad_outputs
    gradients = [gradients] if isinstance(gradients, Tensor) else list(gradients)
    starts = [_start(t, g, create_graph, "grad") for t, g in zip(outputs, gradients, strict=True)]
    for i, tensor in enumerate(inputs):
        if not tensor.requires_grad:
            raise OpError(f"grad: inputs[{i}] does not require grad")
    keys = [_edge(t) for t in inputs]
    found = _run(starts, create_graph, create_graph if retain_graph is None else retain_graph, set(keys))
    results: list[Tensor | None] = []
    for i, (key, tensor) in enumerate(zip(keys, inputs, strict=True)):
        g = found.get(key)
        if g is None and materialize_grads:
            g = np.zeros_like(tensor._data)
        elif g is None and not allow_unused:
            raise OpError(f"grad: the outputs do not depend on inputs[{i}] of shape {tensor._data.shape}; "
                          "allow_unused=True gives None there")
        results.append(g if g is None or isinstance(g, Tensor) else hide(wrap(np.asarray(g))))
    return tuple(results)


class _IsTensor(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Tensor)


class Variable(metaclass=_IsTensor):
    """PyTorch's name of old for a tensor: `Variable(x)` is x, seen outside of the graph."""

    def __new__(cls, data: Tensor, requires_grad: bool = False) -> Any:
        out = data.detach()
        return out.requires_grad_() if requires_grad else out


class Handle:
    """What a register_*_hook gives back: `.remove()` takes the hook away again."""

    _numbers = itertools.count()

    def __init__(self, hooks: dict) -> None:
        self._hooks, self.id = hooks, next(self._numbers)

    def remove(self) -> None:
        self._hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _hooks_of(tensor: Tensor, name: str) -> dict:
    """The dictionary of hooks on this tensor's gradient: on its node, or on itself for a leaf."""
    if not tensor.requires_grad:
        raise OpError(f"{name}: this tensor does not require grad, so no gradient will come")
    edge = tensor._node
    node, index = (edge.node, edge.index) if edge.__class__ is Port else (edge, 0)
    if node is None:
        tensor._hooks = tensor._hooks or {}
        return tensor._hooks.setdefault(0, {})
    node.hooks = node.hooks or {}
    return node.hooks.setdefault(index, {})


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Handle:
    """Call hook(g) with the gradient of this tensor whenever it is computed; what it returns replaces g."""
    hooks = _hooks_of(self, "register_hook")
    handle = Handle(hooks)
    hooks[handle.id] = hook
    return handle


def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], None]) -> Handle:
    """Call hook(leaf) after backward has added to leaf.grad."""
    if not self.is_leaf:
        raise OpError("register_post_accumulate_grad_hook: only leaves accumulate a .grad")
    self._hooks = self._hooks or {}
    hooks = self._hooks.setdefault("after", {})
    handle = Handle(hooks)
    hooks[handle.id] = hook
    return handle


def retain_grad(self: Tensor) -> None:
    """Keep the gradient of this result in `.grad`, as if it were a leaf."""
    if self._node is None or "_retains" in self.__dict__:
        return

    whose = weakref.ref(self)                                    # the node must not hold its own result

    def keep(g: Tensor) -> None:
        tensor = whose()
        if tensor is not None:
            tensor._grad = g.clone() if tensor._grad is None else tensor._grad + g

    hooks = _hooks_of(self, "retain_grad")
    hooks[1 << 60] = keep                                        # after every hook that changes the gradient
    self.__dict__["_retains"] = True


for _method in (register_hook, register_post_accumulate_grad_hook, retain_grad):
    setattr(Tensor, _method.__name__, _method)

from .gradcheck import GradcheckError, gradcheck, gradgradcheck  # noqa: E402, F401 (they use what is above)


def __getattr__(name: str) -> Any:
    """Import `autograd.functional` when it is first named."""
    if name == "functional":
        import importlib

        return importlib.import_module(f"{__name__}.functional")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
