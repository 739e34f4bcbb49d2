"""Switches and numbers of the process that scripts set, under PyTorch's names.

The same code on the same machine gives the same numbers here, matrix products are computed in the dtype of
their operands, and there is one device. So most switches have nothing to switch: they are remembered, and
those that would change results are refused.
"""

from __future__ import annotations

from typing import Any

from . import dtypes
from .tensor import Tensor

__all__ = ["are_deterministic_algorithms_enabled", "get_default_device", "get_deterministic_debug_mode",
           "get_float32_matmul_precision", "is_deterministic_algorithms_warn_only_enabled",
           "is_warn_always_enabled", "set_default_device", "set_default_tensor_type",
           "set_deterministic_debug_mode", "set_float32_matmul_precision", "set_flush_denormal",
           "set_warn_always", "typename", "use_deterministic_algorithms"]

_set = {"deterministic": False, "warn_only": False, "precision": "highest", "warn_always": False}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Nothing but to remember it: the algorithms here are deterministic."""
    _set["deterministic"], _set["warn_only"] = bool(mode), bool(warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """What use_deterministic_algorithms was told, False at first. They are deterministic in either case."""
    return bool(_set["deterministic"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What use_deterministic_algorithms was told, False at first."""
    return bool(_set["warn_only"])


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """use_deterministic_algorithms by number or name: 0 "default", 1 "warn", 2 "error".

    Raises:  ValueError for another.
    """
    modes = {"default": 0, "warn": 1, "error": 2}
    mode = modes.get(debug_mode) if isinstance(debug_mode, str) else debug_mode
    if mode not in (0, 1, 2):
        raise ValueError(f"set_deterministic_debug_mode: debug_mode must be 0, 1, 2 or one of {list(modes)}, "
                         f"got {debug_mode!r}")
    use_deterministic_algorithms(mode > 0, warn_only=mode == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2, as set_deterministic_debug_mode."""
    return 0 if not _set["deterministic"] else 1 if _set["warn_only"] else 2


def set_float32_matmul_precision(precision: str) -> None:
    """Remember how exact products of float32 matrices must be at least; they are always at the highest.

    Raises:  ValueError for anything but "highest", "high" and "medium".
    """
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"set_float32_matmul_precision: precision must be 'highest', 'high' or 'medium', "
                         f"got {precision!r}")
    _set["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What set_float32_matmul_precision was told, "highest" at first."""
    return str(_set["precision"])


def set_default_device(device: Any) -> None:
    """Accept the CPU.

    Raises:  RuntimeError for another device.
    """
    if device is not None:
        dtypes.on_cpu(device)


def get_default_device() -> dtypes.device:
    """The CPU."""
    return dtypes.cpu


def set_default_tensor_type(t: Any) -> None:
    """set_default_dtype by the name of a kind of tensor: FloatTensor or "torch.DoubleTensor".

    Raises:  TypeError for a kind without floats, or one of another device.
    """
    kinds = {"FloatTensor": dtypes.float32, "DoubleTensor": dtypes.float64, "HalfTensor": dtypes.float16}
    library, _, name = (t if isinstance(t, str) else f"torch.{getattr(t, '__name__', t)}").rpartition(".")
    if library not in ("torch", "pellucid") or name not in kinds:
        raise TypeError(f"set_default_tensor_type: t must be one of {', '.join(kinds)}, got {t!r}")
    dtypes.set_default_dtype(kinds[name])


def set_flush_denormal(mode: bool) -> bool:
    """False: it cannot be set here, and the smallest numbers are computed with like all others."""
    return False


def set_warn_always(b: bool) -> None:
    """Remember it; Python's warnings filters decide what is shown."""
    _set["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """What set_warn_always was told, False at first."""
    return bool(_set["warn_always"])


def typename(obj: Any) -> str:
    """The name of an object's type, with its module unless that is Python's own; a tensor's with its dtype.

    >>> typename(3)
    'int'
    """
    if isinstance(obj, Tensor) and type(obj) is Tensor:
        return obj.type()
    kind = obj if isinstance(obj, type) else type(obj)
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__builtin__") else f"{module}.{kind.__qualname__}"
