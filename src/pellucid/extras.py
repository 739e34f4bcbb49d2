"""Optional dependencies: imported on first use, and named when they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType


class MissingExtra(ImportError):
    """Raised when a feature needs a package that `pip install pellucid` alone does not bring."""


def need(module: str, *, extra: str) -> ModuleType:
    """Import and return `module`, or say which pip command brings it.

    Raises:  MissingExtra (an ImportError) naming the module and `pip install "pellucid[extra]"`.
    >>> need("json", extra="none").loads("[1]")
    [1]
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        top = module.partition(".")[0]
        if getattr(error, "name", None) not in (None, top, module):
            raise                                    # the package is there, something inside it is broken
        command = f'pip install "pellucid[{extra}]"'
        raise MissingExtra(f"this needs {top}, which is not installed: {command}") from error
