"""Modules in order, or by name."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ..tensor import Tensor
from .module import Module, indented


def place_of(index: Any, length: int) -> int:
    """An index, counted from the front."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range for {length} entries")
    return index % length


def iterable(values: Any, who: str) -> Iterable:
    if isinstance(values, Tensor) or not isinstance(values, Iterable):
        raise TypeError(f"{who} should be called with an iterable, but got {type(values).__name__}")
    return values


class _Row(Module):
    """Submodules in a row, named "0", "1", ...: what Sequential and ModuleList have in common."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())  # type: ignore[arg-type]

    def _key(self, index: Any) -> str:
        return list(self._modules)[place_of(index, len(self))]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._part(list(self._modules.items())[index])
        return self._modules[self._key(index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._key(index), module)

    def __delitem__(self, index: Any) -> None:
        """Remove entries; those behind move up, and all are numbered anew."""
        keys = list(self._modules)
        gone = set(keys[index]) if isinstance(index, slice) else {self._key(index)}
        self._number([module for key, module in self._modules.items() if key not in gone])

    def _number(self, modules: Iterable) -> None:
        modules = list(modules)
        self._modules.clear()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def _part(self, items: list) -> _Row:
        raise NotImplementedError

    def append(self, module: Module) -> Any:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put a module in front of the one at `index`."""
        if not isinstance(module, Module):
            raise TypeError(f"insert: module must be a Module, got {type(module).__name__}")
        modules = list(self._modules.values())
        if any(key != str(i) for i, key in enumerate(self._modules)):
            raise KeyError(f"insert: the entries are named {', '.join(self._modules)}; "
                           "only numbered ones can move")
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"insert: index {index} is out of range for {len(modules)} entries")
        modules.insert(index, module)
        self._number(modules)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add all modules of an iterable at the end."""
        for module in list(iterable(modules, f"{type(self).__name__}.extend")):
            self.append(module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take the module at a place out, and return it."""
        found = self[key]
        del self[key]
        return found

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)


class Sequential(_Row):
    """Modules one after the other: each gets what the one before returned.

        y = last(... second(first(x)))

    Takes modules, or one OrderedDict of names and modules.
    >>> Sequential(Module(), Module())
    Sequential(
      (0): Module()
      (1): Module()
    )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else \
            ((str(i), module) for i, module in enumerate(args))
        for name, module in named:
            self.add_module(name, module)

    def _part(self, items: list) -> Sequential:
        return type(self)(OrderedDict(items))

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def __add__(self, other: Iterable[Module]) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*list(self) * _times(times))

    def __rmul__(self, times: int) -> Sequential:
        return self * times

    def __imul__(self, times: int) -> Sequential:
        return self.extend(list(self) * (_times(times) - 1))


def _times(times: Any) -> int:
    if operator.index(times) < 1:
        raise ValueError(f"Sequential: can be repeated 1 time or more, not {times}")
    return operator.index(times)


class ModuleList(_Row):
    """A list of modules whose parameters are found. It has no forward: the owner's forward loops over it."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _part(self, items: list) -> ModuleList:
        return type(self)(module for _, module in items)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def __repr__(self) -> str:
        if not len(self):
            return f"{self._get_name()}()"
        runs: list[list] = []                                    # equal neighbours: [first, last, text]
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        lines = [f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
                 for first, last, text in runs]
        return f"{self._get_name()}(\n  " + "\n  ".join(indented(line) for line in lines) + "\n)"


class ModuleDict(Module):
    """A dictionary of modules whose parameters are found. It has no forward."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]  # type: ignore[return-value]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove all entries."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Remove an entry, and return it."""
        return self._modules.pop(key)  # type: ignore[return-value]

    def keys(self) -> Iterable[str]:
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Module]]:
        return self._modules.items()  # type: ignore[return-value]

    def values(self) -> Iterable[Module]:
        return self._modules.values()  # type: ignore[return-value]

    def update(self, modules: Any) -> None:
        """Take in a mapping of names to modules, or pairs (name, module)."""
        for name, module in pairs_of(modules, "ModuleDict"):
            self[name] = module


def pairs_of(values: Any, who: str) -> Iterable[tuple[Any, Any]]:
    """The pairs of a mapping, or of an iterable of pairs."""
    if isinstance(values, Mapping) or (isinstance(values, Module) and hasattr(values, "items")):
        return values.items()
    pairs = []
    for i, pair in enumerate(iterable(values, f"{who}.update")):
        if len(pair) != 2:
            raise ValueError(f"{who} update sequence element #{i} has length {len(pair)}; 2 is required")
        pairs.append(tuple(pair))
    return pairs
