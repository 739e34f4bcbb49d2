"""Compiled twins of ops: the same result in one pass over memory, where NumPy's body takes many.

`loops` holds them as plain loops, which Numba (the extra "fast") compiles at first use and keeps on disk.
Only ops imports this; without Numba, or with PELLUCID_KERNELS=0, the bodies run. Each op says for which
inputs its twin is worth it:

    @gelu_exact.kernel("numba", fits=singles, least=4096)
    def _(x):
        from ..kernels import loops
        ...
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..extras import need

_found: bool | None = None                                       # is Numba there? Asked once
_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def ready() -> bool:
    """Whether twins can run: Numba is installed and PELLUCID_KERNELS is not 0. Does not import Numba."""
    global _found
    if _found is None:
        _found = os.environ.get("PELLUCID_KERNELS") != "0" and _installed("numba")
    return _found


def _installed(name: str) -> bool:
    if name in sys.modules:                                      # None there stands for "not to be found"
        return sys.modules[name] is not None
    return importlib.util.find_spec(name) is not None


def singles(x: Any, *_inputs: Any, **_params: Any) -> bool:
    """For `fits`: can a twin take this float32 array?"""
    return x.dtype is _SINGLE and ready()


def floats(x: Any, *_inputs: Any, **_params: Any) -> bool:
    """For `fits`: can a twin take this array of float32 or float64?"""
    return (x.dtype is _SINGLE or x.dtype is _DOUBLE) and ready()


def jit(*reorder: str, takes: Any = None) -> Callable[[Callable], Any]:
    """Compile a loop at its first call; kept on disk where a folder can be written, else in memory alone.

    reorder: what the compiler may change in the arithmetic beyond fused multiply-adds, "reassoc" in sums
    takes: the one signature to compile, at once, for a loop whose arrays may lie in many orders
    """
    numba = need("numba", extra="fast")

    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", *reorder}}

    def compiled(loop: Callable) -> Any:
        try:
            made = numba.njit(cache=True, **options)(loop)
            made._cache._cache_file._source_stamp = _stamp()
        except (RuntimeError, AttributeError):                   # no folder for the cache; another Numba
            made = numba.njit(**options)(loop)
        if takes is not None:
            made.compile(takes)
            made.disable_compile()
        return made
    return compiled


@functools.cache
def _stamp() -> str:
    """What the code on disk belongs to: all loops, as they call each other; Numba asks one file alone."""
    import hashlib

    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
