"""`torch.accelerator`: there is none, so scripts take the CPU."""

from __future__ import annotations

from typing import Any

from .absent import absences

__all__ = ["current_accelerator", "device_count", "is_available"]


def is_available() -> bool:
    """False: Pellucid computes on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> Any:
    """None: there is no accelerator."""
    return None


globals().update(absences("accelerator", "there is no accelerator; accelerator.is_available() is False", """
    current_device_idx current_device_index current_stream device_index empty_cache get_memory_info
    max_memory_allocated max_memory_reserved memory_allocated memory_reserved set_device_idx
    set_device_index set_stream synchronize
"""))
