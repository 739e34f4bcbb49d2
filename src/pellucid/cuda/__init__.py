"""`torch.cuda` as it is on a machine without a GPU: nothing is available, and memory is empty.

What asks for a device that is not there raises; seeding it and emptying its cache do nothing, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

from ..absent import absences
from . import amp

__all__ = ["amp", "device_count", "empty_cache", "get_arch_list", "get_rng_state_all", "is_available",
           "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated",
           "max_memory_reserved", "memory_allocated", "memory_reserved", "seed", "seed_all",
           "set_rng_state_all"]


def is_available() -> bool:
    """False: Pellucid computes on the CPU."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no device that could."""
    return False


def device_count() -> int:
    """0."""
    return 0


def get_arch_list() -> list[str]:
    """None are supported: an empty list."""
    return []


def manual_seed(seed: int) -> None:
    """Nothing: there is no device to seed. `pellucid.manual_seed` seeds the CPU."""


def manual_seed_all(seed: int) -> None:
    """Nothing: there is no device to seed."""


def seed() -> None:
    """Nothing: there is no device to seed."""


def seed_all() -> None:
    """Nothing: there is no device to seed."""


def get_rng_state_all() -> list:
    """The states of no devices: an empty list."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Nothing: there is no device that has a state."""


def empty_cache() -> None:
    """Nothing: there is no device whose cache could be emptied."""


def memory_allocated(device: Any = None) -> int:
    """0 bytes."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated

globals().update(absences("cuda", "there is no CUDA device; cuda.is_available() is False", """
    BFloat16Tensor BoolTensor ByteTensor CharTensor CUDAGraph current_device current_stream
    default_stream device device_of DoubleTensor Event ExternalStream FloatTensor
    get_device_capability get_device_name get_device_properties get_rng_state graph HalfTensor init
    initial_seed IntTensor ipc_collect is_current_stream_capturing LongTensor mem_get_info
    memory_stats memory_summary reset_max_memory_allocated reset_peak_memory_stats set_device
    set_per_process_memory_fraction set_rng_state set_stream ShortTensor Stream stream synchronize
    temperature utilization
"""))
