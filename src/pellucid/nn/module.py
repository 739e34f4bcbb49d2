"""Module: the base class of every layer and every network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..dtypes import as_dtype, device, double, dtype, float32, half, on_cpu
from ..tensor import Tensor
from .hooks import EVERYWHERE, Hooked
from .registration import Registered
from .state import Stateful

M = TypeVar("M", bound="Module")


class Module(Registered, Hooked, Stateful):
    """Base class of layers and networks: parameters, submodules, and a `forward` that says what they compute.

    What is assigned to an attribute is found again: a Parameter in `parameters()` and `state_dict()`, a
    Module in `modules()`. Calling the module calls its `forward` and the hooks around it.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = Parameter(tensor([2.0]))
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> from pellucid import tensor
    >>> from pellucid.nn import Parameter
    >>> Line()(tensor([3.0])).item()
    6.0
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks or EVERYWHERE:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines its own."""
        name = type(self).__name__
        raise NotImplementedError(f'Module [{name}] is missing the required "forward" function')

    def train(self: M, mode: bool = True) -> M:
        """Switch the module and all below it to training (dropout drops, batch norm looks at the batch)."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: M) -> M:
        """Switch the module and all below it to evaluation, the opposite of train()."""
        return self.train(False)

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call fn on every module below this one, and on this one last: to set weights, for instance."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters; with set_to_none=False, set them to zeros."""
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is not None and parameter.grad is not None:
                    parameter.grad = None if set_to_none else Tensor(0 * parameter.grad._data)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Learn all parameters from now on, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def _apply(self: M, fn: Callable[[Tensor], Tensor]) -> M:
        """Put fn of them in place of every parameter's data and gradient, and of every buffer."""
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is None:
                    continue
                parameter.data = fn(parameter.data)
                if parameter.grad is not None:
                    parameter.grad = fn(parameter.grad.detach())
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = fn(buffer)
        return self

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Convert floating parameters and buffers, in place: `to(float64)`, `to("cpu")`, `to(other_tensor)`.

        Raises:  RuntimeError for a device other than the CPU, TypeError for a dtype without gradients.
        """
        wanted = None
        kwargs.pop("non_blocking", None)
        for value in (*args, *kwargs.values()):
            if isinstance(value, Tensor):
                wanted = value.dtype
            elif isinstance(value, (str, device)):
                on_cpu(value)                                    # complains about any but the CPU
            elif value is not None and not isinstance(value, bool):
                wanted = as_dtype(value)
        if wanted is not None and not wanted.is_floating_point:
            raise TypeError(f"to: a module's parameters must stay floating, got {wanted}")
        return self if wanted is None else self._apply(lambda t: t.to(wanted) if t.is_floating_point() else t)

    def type(self: M, dst_type: Any) -> M:
        """Convert all parameters and buffers to a dtype, in place."""
        wanted: dtype = as_dtype(dst_type)
        return self._apply(lambda t: t.to(wanted))

    def float(self: M) -> M:
        """Convert floating parameters and buffers to float32, in place."""
        return self.to(float32)

    def double(self: M) -> M:
        """Convert floating parameters and buffers to float64, in place."""
        return self.to(double)

    def half(self: M) -> M:
        """Convert floating parameters and buffers to float16, in place."""
        return self.to(half)

    def cpu(self: M) -> M:
        """Return the module: it is on the CPU already, the only device there is."""
        return self

    def cuda(self: M, device: Any = None) -> M:
        """Not possible.

        Raises:  RuntimeError; a script asks cuda.is_available() first, which is False.
        """
        return self.to("cuda")

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """Move the module without its values, which here stay: there is one device.

        Raises:  RuntimeError for a device other than the CPU.
        """
        return self.to(device)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the module computes the same without."""

    def share_memory(self: M) -> M:
        """Not possible: everything is computed in one process.

        Raises:  NotImplementedError.
        """
        raise NotImplementedError("Module.share_memory is not in Pellucid: tensors are not shared between "
                                  "processes")

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands in the parentheses of `repr`; a subclass says its settings here."""
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): " + indented(repr(child)) for name, child in self._modules.items()]
        return _block(self._get_name(), self.extra_repr(), children)


def indented(text: str, width: int = 2) -> str:
    """The text with all lines but the first moved to the right."""
    return text.replace("\n", "\n" + " " * width)


def _block(name: str, settings: str, children: list[str]) -> str:
    """`Name(settings)`, or on several lines with one child on each."""
    lines = (settings.split("\n") if settings else []) + children
    if not children and len(lines) <= 1:
        return f"{name}({settings})"
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"
