"""Modules of PyTorch's names whose contents are Pellucid's.

`torch.nn.functional` is an object of its own with a name of its own, so that errors speak the script's words;
what it holds is looked up in `pellucid.nn.functional`, and what is set on it is set there.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .. import version
from .lines import told
from .places import PLACES, RENAMED

# What a module says of itself under PyTorch's name.
ITS_OWN = {"torch": {"__version__": version.__version__}}


class Alias(ModuleType):
    """A module of PyTorch's name. It asks the Pellucid module once for each name, and keeps the answer."""

    def __init__(self, name: str, real: ModuleType) -> None:
        super().__init__(name, real.__doc__)
        spec = ModuleSpec(name, FINDER, origin=getattr(real, "__file__", None), is_package=True)
        self.__dict__.update(_real=real, __file__=spec.origin, __path__=[], __package__=name, __spec__=spec,
                             __loader__=FINDER, **ITS_OWN.get(name, {}))

    def __getattr__(self, name: str) -> Any:
        found = self._find(name)
        if found is ABSENT and name == "__all__":                # for `from torch.nn import *`
            return [each for each in dir(self) if not each.startswith("_")]
        if found is ABSENT:
            if name.startswith("__"):                            # Python asks for these by itself
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            raise AttributeError(told(f"{self.__name__}.{name}"))
        self.__dict__[name] = found
        return found

    def _find(self, name: str) -> Any:
        inner = module(f"{self.__name__}.{name}") if not name.startswith("__") else None
        found = getattr(self._real, RENAMED.get(f"{self.__name__}.{name}", name), ABSENT)
        if inner is not None and (found is ABSENT or isinstance(found, ModuleType)):
            return inner
        return ABSENT if isinstance(found, ModuleType) else found    # a module of ours without a name there

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Alias) and self._find(name) is not value:
            return                                               # gradcheck, a function, stays one
        self.__dict__[name] = value
        if not name.startswith("__") and not isinstance(value, Alias):    # Python sets a module in its parent
            setattr(self._real, name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__.pop(name, None)
        if name in vars(self._real):
            delattr(self._real, name)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *(name for name in dir(self._real) if self._find(name) is not ABSENT)})


class Finder(Loader):
    """Finds `torch`, `torchvision` and what is in them, before Python looks among the installed packages."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in ("torch", "torchvision"):
            return None
        found = module(name)
        if found is None:
            raise ModuleNotFoundError(told(name))                # without name=, or Python hides the text
        return found.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


FINDER = Finder()
ABSENT = object()


@functools.cache
def module(name: str) -> Alias | None:
    """The module of this PyTorch name; None if there is none here."""
    place = PLACES.get(name)
    if place is None or importlib.util.find_spec(place) is None:
        return None
    return Alias(name, importlib.import_module(place))
