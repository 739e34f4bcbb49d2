"""`torch.jit`: Python runs the code anyway, so scripting and tracing give back what they are given."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, Final

from .absent import absences

__all__ = ["Final", "annotate", "export", "freeze", "ignore", "is_scripting", "is_tracing", "isinstance",
           "optimize_for_inference", "script", "script_if_tracing", "trace", "unused"]


def script(obj: Any = None, optimize: Any = None, _frames_up: int = 0, _rcb: Any = None,
           example_inputs: Any = None) -> Any:
    """The function, class or module itself."""
    return obj


def trace(func: Any = None, example_inputs: Any = None, optimize: Any = None, **_: Any) -> Any:
    """The function or module itself.

    Differs: from PyTorch, whose trace keeps the way that the example took through each `if` for ever.
    """
    return func


def script_if_tracing(fn: Callable) -> Callable:
    """The function itself."""
    return fn


def ignore(drop: Any = False, **_: Any) -> Any:
    """The function itself, as a decorator with or without arguments."""
    return drop if callable(drop) else lambda function: function


def export(fn: Callable) -> Callable:
    """The function itself."""
    return fn


unused = export


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """The module itself."""
    return mod


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """The module itself."""
    return mod


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Python's isinstance."""
    return builtins.isinstance(obj, target_type)


def is_scripting() -> bool:
    """False: Python runs the code."""
    return False


def is_tracing() -> bool:
    """False: Python runs the code."""
    return False


globals().update(absences("jit", "code is run by Python and not compiled", """
    Attribute CompilationUnit fork load RecursiveScriptModule save ScriptFunction ScriptModule wait
"""))
