"""Functions that a module calls before and after its forward pass, and when gradients come back through it.

    forward    pre-hooks(module, inputs)  ->  forward  ->  hooks(module, inputs, output)
    backward   pre-hooks(module, dL/d output)  ->  ...  ->  hooks(module, dL/d inputs, dL/d output)

The backward hooks sit on two gates, ops that hand their tensors through: one around the module's output, one
around its inputs. What a hook returns, if not None, takes the place of what it was shown.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd import Handle
from ..engine import op
from ..ops.samples import normal
from ..tensor import OpError, Tensor, mode, wrap


class Hook(NamedTuple):
    """A registered function and how it wants to be called."""

    function: Callable
    with_kwargs: bool = False                                    # does it take the keyword arguments too?
    always_call: bool = False                                    # also when forward raised?


# Hooks of every module, with the moment they are called at. They come before a module's own.
EVERYWHERE: dict[int, tuple[str, Hook]] = {}


@op(samples=normal((2, 3), (4,), passing=tuple))
def backward_gate(*xs, passing):
    """Hand tensors through; when their gradients come back, hand those to `passing`.

        y  = xs
        dx_i = passing(g)[i]
    Shapes: each x_i (...) -> (...)
    """
    return tuple(np.copy(x) for x in xs), ()


@backward_gate.vjp
def _(g, _y, _saved, *_xs, passing):
    recorded = isinstance(g[0], Tensor)
    shown = tuple(g) if recorded else tuple(wrap(part) for part in g)
    return tuple(back if recorded or back is None else back._data[...] for back in passing(shown))


class Hooked:
    """Hooks of a module, by the moment they are called at."""

    _hooks: dict[str, dict[int, Any]]                            # of Hooks here, of functions in state.py
    forward: Callable

    def _add_hook(self, moment: str, hook: Hook, prepend: bool = False) -> Handle:
        hooks = self._hooks.setdefault(moment, {})
        handle = Handle(hooks)
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[handle.id] = hook
        hooks.update(later)
        return handle

    def _hooks_at(self, moment: str) -> list[tuple[int, Hook]]:
        """The hooks of a moment and their numbers: those of every module, then those of this one."""
        everywhere = [(number, hook) for number, (when, hook) in EVERYWHERE.items() if when == moment]
        return everywhere + list(self._hooks.get(moment, {}).items())

    def register_forward_pre_hook(self, hook: Callable, *, prepend: bool = False,
                                  with_kwargs: bool = False) -> Handle:
        """Call hook(module, args) before forward; what it returns, a value or a tuple, becomes the args.

        With with_kwargs=True: hook(module, args, kwargs), which returns None or a pair (args, kwargs).
        """
        return self._add_hook("before forward", Hook(hook, with_kwargs), prepend)

    def register_forward_hook(self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> Handle:
        """Call hook(module, args, output) after forward; what it returns becomes the output.

        With with_kwargs=True: hook(module, args, kwargs, output). With always_call=True it is called with the
        output None even if forward raised; the error goes on afterwards.
        """
        return self._add_hook("after forward", Hook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable, prepend: bool = False) -> Handle:
        """Call hook(module, grad_output) when the gradients of the module's outputs are known.

        grad_output is a tuple; what the hook returns, a tensor or a tuple, takes its place.
        """
        return self._add_hook("before backward", Hook(hook), prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> Handle:
        """Call hook(module, grad_input, grad_output) when the gradients of the module's inputs are known.

        grad_input has one entry per positional argument, None where there is no gradient. What the hook
        returns, a tensor or a tuple, takes its place. Where no input has a gradient, the hook is called as
        soon as grad_output is known.

        Differs: gradients that did not arrive at one of several outputs are zeros here, None in PyTorch.
        """
        return self._add_hook("after backward", Hook(hook), prepend)

    def _call_with_hooks(self, args: tuple, kwargs: dict) -> Any:
        called: set[int] = set()
        output = None
        try:
            args, kwargs = self._before_forward(args, kwargs)
            gates = None
            if self._hooks_at("before backward") or self._hooks_at("after backward"):
                gates = Gates(self)
                args = gates.around_inputs(args)
            output = self.forward(*args, **kwargs)
            for number, hook in self._hooks_at("after forward"):
                called.add(number)
                output = _after_forward(self, hook, args, kwargs, output)
            return output if gates is None else gates.around_output(output)
        except Exception:
            for number, hook in self._hooks_at("after forward"):
                if hook.always_call and number not in called:
                    _call_silently(self, hook, args, kwargs, output)
            raise

    def _before_forward(self, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        for _, hook in self._hooks_at("before forward"):
            if hook.with_kwargs:
                back = hook.function(self, args, kwargs)
                if back is None:
                    continue
                if not (isinstance(back, tuple) and len(back) == 2):
                    raise OpError(f"forward pre-hook: expected None or a pair (args, kwargs), got {back!r}")
                args, kwargs = back
            else:
                back = hook.function(self, args)
                if back is not None:
                    args = back if isinstance(back, tuple) else (back,)
        return args, kwargs


def _after_forward(module: Hooked, hook: Hook, args: tuple, kwargs: dict, output: Any) -> Any:
    seen = (args, kwargs, output) if hook.with_kwargs else (args, output)
    back = hook.function(module, *seen)
    return output if back is None else back


def _call_silently(module: Hooked, hook: Hook, args: tuple, kwargs: dict, output: Any) -> None:
    """Call a hook while another error is on its way; its own error must not hide that one."""
    try:
        _after_forward(module, hook, args, kwargs, output)
    except Exception as error:
        warnings.warn(f"forward hook with always_call=True raised {error!r} after forward had raised",
                      stacklevel=4)


class Gates:
    """The two gates of one call of a module, and the gradients of the output between them."""

    def __init__(self, module: Hooked) -> None:
        self.module = module
        self.before = [hook.function for _, hook in module._hooks_at("before backward")]
        self.after = [hook.function for _, hook in module._hooks_at("after backward")]
        self.n_inputs = 0
        self.inputs_lead = False                                 # does a gradient flow to any input?
        self.grad_output: tuple = ()

    def around_inputs(self, args: tuple) -> tuple:
        self.n_inputs = len(args)
        places = _tracked(args)
        self.inputs_lead = bool(places)
        return tuple(_pass(args, places, lambda grads: self._inputs_done(places, grads)))

    def around_output(self, output: Any) -> Any:
        outputs = output if isinstance(output, tuple) else (output,)
        places = _tracked(outputs)
        passed = _pass(outputs, places, lambda grads: self._outputs_done(places, len(outputs), grads))
        return type(output)(passed) if isinstance(output, tuple) else passed[0]

    def _outputs_done(self, places: list[int], n_outputs: int, grads: tuple) -> tuple:
        grad_output = _spread(places, grads, n_outputs)
        for hook in self.before:
            grad_output = _replaced(hook(self.module, grad_output), grad_output, "pre-hook", "grad_output")
        self.grad_output = grad_output
        if not self.inputs_lead:
            for hook in self.after:
                back = hook(self.module, (None,) * self.n_inputs, grad_output)
                if back is not None and not (isinstance(back, tuple) and all(part is None for part in back)):
                    raise OpError("backward hook: no input of this module requires grad, so grad_input "
                                  "cannot be replaced; return None")
        return tuple(grad_output[i] for i in places)

    def _inputs_done(self, places: list[int], grads: tuple) -> tuple:
        grad_input = _spread(places, grads, self.n_inputs)
        for hook in self.after:
            back = hook(self.module, grad_input, self.grad_output)
            grad_input = _replaced(back, grad_input, "hook", "grad_input")
        return tuple(grad_input[i] for i in places)


def _tracked(values: Sequence) -> list[int]:
    """The positions of the tensors to which a gradient flows."""
    if not mode.grad:
        return []
    return [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]


def _pass(values: Sequence, places: list[int], passing: Callable) -> list:
    """The same values, those at `places` handed through a gate."""
    passed = list(values)
    if places:
        for i, out in zip(places, backward_gate(*(values[i] for i in places), passing=passing), strict=True):
            passed[i] = out
    return passed


def _spread(places: list[int], grads: tuple, length: int) -> tuple:
    spread: list = [None] * length
    for i, grad in zip(places, grads, strict=True):
        spread[i] = grad
    return tuple(spread)


def _replaced(back: Any, shown: tuple, which: str, what: str) -> tuple:
    """What a backward hook returned in place of the gradients it was shown."""
    if back is None:
        return shown
    back = back if isinstance(back, tuple) else (back,)
    if len(back) != len(shown):
        raise OpError(f"backward {which}: it returned {len(back)} gradients in place of the {len(shown)} of "
                      f"{what}")
    return back


def _add_everywhere(moment: str, hook: Hook) -> Handle:
    handle = Handle(EVERYWHERE)
    EVERYWHERE[handle.id] = moment, hook
    return handle


def register_module_forward_pre_hook(hook: Callable) -> Handle:
    """Call hook(module, args) before the forward of every module; what it returns becomes the args."""
    return _add_everywhere("before forward", Hook(hook))


def register_module_forward_hook(hook: Callable, *, with_kwargs: bool = False,
                                 always_call: bool = False) -> Handle:
    """Call hook(module, args, output) after the forward of every module; what it returns is the output."""
    return _add_everywhere("after forward", Hook(hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable) -> Handle:
    """Call hook(module, grad_output) on every module, as `Module.register_full_backward_pre_hook` does."""
    return _add_everywhere("before backward", Hook(hook))


def register_module_full_backward_hook(hook: Callable) -> Handle:
    """Call hook(module, grad_input, grad_output) on every module, as its own full backward hooks."""
    return _add_everywhere("after backward", Hook(hook))
