"""`torch.xpu`, Intel's GPU: there is none."""

from __future__ import annotations

from .absent import absences

__all__ = ["device_count", "is_available", "manual_seed", "manual_seed_all"]


def is_available() -> bool:
    """False: Pellucid computes on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no device to seed."""


def manual_seed_all(seed: int) -> None:
    """Nothing: there is no device to seed."""


globals().update(absences("xpu", "there is no such device; xpu.is_available() is False", """
    current_device empty_cache Event get_device_name memory_allocated set_device Stream synchronize
"""))
