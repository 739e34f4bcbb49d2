"""`torch.mps`, Apple's GPU: there is none."""

from __future__ import annotations

from .absent import absences

__all__ = ["device_count", "is_available", "manual_seed"]


def is_available() -> bool:
    """False: Pellucid computes on the CPU."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no device to seed."""


globals().update(absences("mps", "there is no such device; mps.is_available() is False", """
    current_allocated_memory driver_allocated_memory empty_cache get_rng_state seed
    set_per_process_memory_fraction set_rng_state synchronize
"""))
