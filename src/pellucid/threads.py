"""How many threads NumPy's matrix products use. The rest of NumPy computes in one."""

from __future__ import annotations

from typing import Any

__all__ = ["get_num_interop_threads", "get_num_threads", "set_num_interop_threads", "set_num_threads"]


def get_num_threads() -> int:
    """The threads of NumPy's OpenBLAS; with another BLAS, the number set, else the processors."""
    from .runtime import cores

    function = _openblas("get_num_threads")
    return int(function()) if function is not None else _wanted or cores()


def set_num_threads(int: int) -> None:
    """Set the threads of NumPy's OpenBLAS; with another BLAS, only remember the number.

    Raises:  RuntimeError for a number below 1.
    """
    global _wanted
    _wanted = _positive("set_num_threads", int)
    function = _openblas("set_num_threads")
    if function is not None:
        function(_wanted)


def get_num_interop_threads() -> int:
    """1: operations run one after the other."""
    return 1


def set_num_interop_threads(int: int) -> None:
    """Nothing: operations run one after the other.

    Raises:  RuntimeError for a number below 1.
    """
    _positive("set_num_interop_threads", int)


_wanted = 0


def _positive(name: str, number: Any) -> int:
    if not isinstance(number, int) or number < 1:
        raise RuntimeError(f"{name}: the number of threads must be a positive integer, got {number!r}")
    return number


def _openblas(name: str) -> Any:
    from .runtime import _function, openblas

    library = openblas()
    return None if library is None else _function(library, name)
