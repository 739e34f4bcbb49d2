"""A parameter as a function of others: `weight` is computed anew from what is learned whenever it is read.

    register_parametrization(layer, "weight", f)
    layer.weight = f(layer.parametrizations.weight.original)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ...autograd import no_grad
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Buffer, Parameter


class ParametrizationList(ModuleList):
    """The functions that make a parameter, applied in order, and the originals they start from.

    `original` is the parameter that was there, or `original0`, `original1`, ... where right_inverse of the
    first function takes it apart into several.
    """

    def __init__(self, functions: list[Module], original: Tensor) -> None:
        super().__init__(functions)
        learned = isinstance(original, Parameter)
        start: Any = original
        with no_grad():
            for function in reversed(functions):
                back = getattr(function, "right_inverse", None)
                start = start if back is None else back(start)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        for name, value in zip(self.names(), [start] if self.is_tensor else start, strict=True):
            if value is not original:
                value = Parameter(value.detach(), original.requires_grad) if learned else Buffer(value)
            setattr(self, name, value)

    def names(self) -> list[str]:
        """The names of the originals."""
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parameter becomes `value`."""
        with no_grad():
            start: Any = value
            for function in reversed(list(self)):
                if not hasattr(function, "right_inverse"):
                    raise RuntimeError(f"parametrize: {type(function).__name__} has no right_inverse, so the "
                                       "parameter cannot be set")
                start = function.right_inverse(start)
            for name, new in zip(self.names(), [start] if self.is_tensor else start, strict=True):
                getattr(self, name).copy_(new)

    def forward(self) -> Tensor:
        value: Any = [getattr(self, name) for name in self.names()]
        for function in self:
            value = [function(*value)]
        return value[0]


def _made(name: str) -> property:
    """A property that computes the parameter when it is read, and sets its originals when it is written."""
    return property(lambda module: module.parametrizations[name](),
                    lambda module, value: module.parametrizations[name].right_inverse(value))


def _own_class(module: Module) -> None:
    """Give a module a class of its own, for the properties."""
    base = type(module)

    def assign(self: Any, key: str, value: Any) -> None:
        if key in self.__dict__["_modules"].get("parametrizations", ()):
            object.__setattr__(self, key, value)                 # goes to the property
        else:
            base.__setattr__(self, key, value)

    module.__class__ = type(f"Parametrized{base.__name__}", (base,), {"__setattr__": assign})
    module.parametrizations = ModuleDict()


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *,
                             unsafe: bool = False) -> Module:
    """Make a parameter or buffer of a module a function of what is learned.

        module.tensor_name = parametrization(original)           whenever it is read
    What was there becomes module.parametrizations.tensor_name.original; a parametrization with right_inverse
    gets it first, to say which original(s) give it back. Registering again applies the new one to the result
    of those before; the original stays.

    unsafe: the shape may change
    Raises: ValueError for a name that is no parameter or buffer, or a parametrization that changes the shape.
    """
    if is_parametrized(module, tensor_name):
        _check(parametrization, tensor_name, getattr(module, tensor_name), unsafe)
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"register_parametrization: {type(module).__name__} has no parameter or buffer "
                         f"{tensor_name!r}")
    original = getattr(module, tensor_name)
    listed = ParametrizationList([parametrization], original)
    with no_grad():
        made = listed()
    if not unsafe and made.shape != original.shape:
        raise ValueError(f"register_parametrization: {tensor_name} has shape {tuple(original.shape)}, the "
                         f"parametrization makes {tuple(made.shape)} of it; unsafe=True allows it")
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _own_class(module)
    module.parametrizations[tensor_name] = listed
    setattr(type(module), tensor_name, _made(tensor_name))
    return module


def _check(parametrization: Module, name: str, value: Tensor, unsafe: bool) -> None:
    with no_grad():
        made = parametrization(value.detach())
    if not unsafe and made.shape != value.shape:
        raise ValueError(f"register_parametrization: {name} has shape {tuple(value.shape)}, the "
                         f"parametrization makes {tuple(made.shape)} of it; unsafe=True allows it")


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Is this parameter (or, without a name, any) of the module computed from others?"""
    made = module._modules.get("parametrizations")
    if not isinstance(made, ModuleDict):
        return False
    return len(made) > 0 if tensor_name is None else tensor_name in made


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a computed parameter an ordinary one again.

    leave_parametrized: keep the value it has now; else take the original back
    Raises: ValueError for a parameter that is not computed, or one without a single original to take back.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"remove_parametrizations: {tensor_name} of {type(module).__name__} is not "
                         "parametrized")
    listed = module.parametrizations[tensor_name]
    if not leave_parametrized and not listed.is_tensor:
        raise ValueError(f"remove_parametrizations: {tensor_name} has {listed.ntensors} originals, none to "
                         "take back; use leave_parametrized=True")
    with no_grad():
        kept = listed() if leave_parametrized else listed.original
    first = getattr(listed, listed.names()[0])
    learned = isinstance(first, Parameter)
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    kept = Parameter(kept.detach().clone(), first.requires_grad) if learned else Buffer(kept)
    setattr(module, tensor_name, kept)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that the module had before any of its parameters was computed."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """For PyTorch's scripts; computed parameters are computed whenever they are read, inside as outside."""
    yield
