"""How a module knows its parameters, buffers and submodules: by what is assigned to its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..tensor import Tensor
from .parameter import Buffer, Parameter

if TYPE_CHECKING:
    from .module import Module

KINDS = ("_parameters", "_buffers", "_modules")                  # where a registered attribute may be kept


class Registered:
    """Attributes that are found again, by name, in order: parameters, buffers and submodules."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]

    def __init__(self) -> None:
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _non_persistent_buffers_set=set(),
                             _modules={}, _hooks={})

    def __setattr__(self, name: str, value: Any) -> None:
        kind = _kind_of(value)
        if kind is not None:
            self._started(kind)
            self._forget(name, but=kind)
            if kind == "_modules":
                self._modules[name] = value
            elif kind == "_parameters":
                self.register_parameter(name, value)
            else:
                self.register_buffer(name, value, value.persistent)
            return
        for place, what, accepted in _PLACES:
            kept = self.__dict__.get(place)
            if kept is not None and name in kept:
                if value is not None and not (place == "_buffers" and isinstance(value, Tensor)):
                    raise TypeError(f"{type(self).__name__}.{name}: cannot assign {type(value).__name__} as "
                                    f"{what}; expected {accepted} or None")
                kept[name] = value
                return
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:                     # called when nothing ordinary has that name
        for kind in KINDS:
            kept = self.__dict__.get(kind)
            if kept is not None and name in kept:
                return kept[name]
        if "_parameters" not in self.__dict__ and name in (*KINDS, "_hooks", "training"):
            raise AttributeError(f"{type(self).__name__} has no {name} before Module.__init__() call: its "
                                 f"__init__ must begin with super().__init__()")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for kind in KINDS:
            if name in self.__dict__.get(kind, ()):
                self._forget(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*super().__dir__(), *(name for kind in KINDS for name in self.__dict__.get(kind, ()))}
        return sorted(name for name in names if not name[0].isdigit())

    def _started(self, kind: str) -> None:
        if kind not in self.__dict__:
            what = {"_parameters": "parameters", "_buffers": "buffer", "_modules": "module"}[kind]
            raise AttributeError(f"cannot assign {what} before Module.__init__() call: the __init__ of "
                                 f"{type(self).__name__} must begin with super().__init__()")

    def _forget(self, name: str, but: str = "") -> None:
        """Take a name out of every place it may be kept in."""
        for place in ("__dict__", *KINDS):
            if place != but:
                kept = self.__dict__ if place == "__dict__" else self.__dict__[place]
                kept.pop(name, None)
        if but != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def _check_name(self, name: str, kind: str, what: str) -> None:
        self._started(kind)
        if not isinstance(name, str):
            raise TypeError(f"{what} name must be a string, got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain ".", got {name!r}')
        if not name:
            raise KeyError(f"{what} name can't be empty")
        if name not in self.__dict__[kind] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name. None says that there is none, and `state_dict` leaves it out."""
        self._check_name(name, "_parameters", "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"register_parameter: {name} must be a Parameter or None, got "
                            f"{type(param).__name__}")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is state and not learned; `persistent=False` leaves it out of `state_dict`."""
        self._check_name(name, "_buffers", "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"register_buffer: {name} must be a Tensor or None, got {type(tensor).__name__}")
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under a name."""
        self._check_name(name, "_modules", "module")
        if module is not None and not isinstance(module, Registered):
            raise TypeError(f"add_module: {name} must be a Module or None, got {type(module).__name__}")
        self._modules[name] = module

    add_module = register_module

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path, `"blocks.0.attention"`; "" is the module itself."""
        module: Any = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"get_submodule: {type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Registered):
                raise AttributeError(f"get_submodule: `{name}` is not a Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a dotted path, in place of the one that is there; strict: only in place of one.

        Raises:  ValueError for an empty path or no module, AttributeError where the path leads to none.
        """
        path, _, name = target.rpartition(".")
        if not name or not isinstance(module, Registered):
            raise ValueError(f"set_submodule: wants a path and a Module, got {target!r} and "
                             f"{type(module).__name__}")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)                           # complains about anything but a module
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path, `"blocks.0.weight"`."""
        return self._at(target, "_parameters", "a Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path, `"norm.running_mean"`."""
        return self._at(target, "_buffers", "a buffer")

    def _at(self, target: str, kind: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module.__dict__[kind]:
            raise AttributeError(f"`{name}` is not {what}")
        return module.__dict__[kind][name]

    def named_modules(self, memo: set | None = None, prefix: str = "",
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """Pairs (dotted name, module): the module itself, "", then all below it, each once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self  # type: ignore[misc]
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """The module itself and all below it; each once, or with remove_duplicate=False each time."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Pairs (name, module) of the direct submodules, each once."""
        seen = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        return (child for _, child in self.named_children())

    def named_parameters(self, prefix: str = "", recurse: bool = True,
                         remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Pairs (dotted name, parameter). One that is shared comes once, under its first name."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of the module and of all below it, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True,
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Pairs (dotted name, buffer), each buffer once."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of the module and of all below it, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, kind: str, prefix: str, recurse: bool,
               remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in module.__dict__[kind].items():
                if value is None or value in seen:
                    continue
                if remove_duplicate:
                    seen.add(value)
                yield f"{path}.{name}" if path else name, value


_PLACES = (("_parameters", "a parameter", "a Parameter"), ("_modules", "a submodule", "a Module"),
           ("_buffers", "a buffer", "a Tensor"))


def _kind_of(value: Any) -> str | None:
    """Where an assigned value is to be kept; None for an ordinary attribute (and for a plain tensor)."""
    if isinstance(value, Registered):
        return "_modules"
    if isinstance(value, Parameter):
        return "_parameters"
    return "_buffers" if isinstance(value, Buffer) else None
