"""PyTorch's public names, read from an installed PyTorch, and which of them are in Pellucid."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

GROUPS = """
    torch torch.Tensor torch.nn torch.nn.functional torch.nn.init torch.nn.parameter torch.nn.utils
    torch.nn.utils.rnn torch.nn.utils.parametrize torch.nn.utils.parametrizations torch.nn.attention
    torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.utils.data torch.autograd
    torch.autograd.functional torch.distributions torch.linalg torch.func torch.special torch.fft
    torch.sparse torch.random torch.amp
    """.split()


@dataclass
class Group:
    """The names of one module or class of PyTorch's."""

    name: str
    here: list[str] = field(default_factory=list)
    raising: list[str] = field(default_factory=list)     # can be imported; NotImplementedError when used
    missing: list[str] = field(default_factory=list)
    obscure: list[str] = field(default_factory=list)     # missing, and PyTorch has no documentation of it


def groups() -> list[Group]:
    """All groups; PyTorch must be installed."""
    return [group(name) for name in GROUPS]


def group(name: str) -> Group:
    """The public names of one module or class, sorted by whether they are here."""
    from pellucid.absent import Absent
    from pellucid.run.alias import ABSENT
    from pellucid.run.check import resolve

    theirs, made = located(name), Group(name)
    for each in public(theirs):
        reached, found = resolve(f"{name}.{each}")
        if found is ABSENT or reached != f"{name}.{each}":
            documented = bool(inspect.getdoc(getattr(theirs, each)))
            (made.missing if documented else made.obscure).append(each)
        else:
            (made.raising if isinstance(found, Absent) else made.here).append(each)
    return made


def located(name: str) -> Any:
    """The module or class of this dotted name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        parent, _, last = name.rpartition(".")
        return getattr(importlib.import_module(parent), last)


def public(place: Any) -> list[str]:
    """The names that a module or class offers: its own list, or what is defined below torch; no modules."""
    told = getattr(place, "__all__", None)
    names = told if told is not None else [each for each in dir(place) if offered(place, each)]
    return sorted({each for each in names if not each.startswith("_") and hasattr(place, each)
                   and not isinstance(getattr(place, each), ModuleType)})


def offered(place: Any, name: str) -> bool:
    """Whether a name of a place without a list of its own is one of its own functions, classes or values."""
    found = getattr(place, name, None)
    if isinstance(place, type):
        return True
    home = getattr(found, "__module__", None) or ""
    is_made_here = home.startswith((place.__name__, "torch._C")) or home in ("", "torch")
    return callable(found) and is_made_here and not name.startswith(("has_torch_function", "handle_torch"))


def version() -> str:
    """PyTorch's version without the build."""
    return importlib.import_module("torch").__version__.partition("+")[0]
