"""Packages that can be called: `explain.trace(...)` stands for `explain.trace.trace(...)`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class Called(ModuleType):
    """A module that stands for the function of its own name, too."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)[self.__name__.rpartition(".")[2]](*args, **kwargs)


def stands_for_its_function(name: str) -> None:
    """Let the module of this name be called.

    >>> from pellucid.explain import trace
    >>> trace is sys.modules["pellucid.explain.trace"] and callable(trace)
    True
    """
    sys.modules[name].__class__ = Called
