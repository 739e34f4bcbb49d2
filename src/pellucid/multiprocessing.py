"""`torch.multiprocessing`: tensors are not shared between processes.

A process of Python's own `multiprocessing` gets a copy of what it is given, so a model that several processes
should train together would stay as it was. Hence the names that start one raise.
"""

from __future__ import annotations

from .absent import absences

__all__ = ["cpu_count", "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy",
           "set_start_method"]


def cpu_count() -> int:
    """The machine's processors."""
    import os

    return os.cpu_count() or 1


def set_start_method(method: str | None, force: bool = False) -> None:
    """Nothing: no processes are started, a DataLoader's worker is a thread."""


def get_all_sharing_strategies() -> set[str]:
    """None: no tensors are shared between processes."""
    return set()


def set_sharing_strategy(new_strategy: str) -> None:
    """Nothing: no tensors are shared between processes."""


def get_sharing_strategy() -> str:
    """"file_system", PyTorch's name for the one that needs the least."""
    return "file_system"


globals().update(absences("multiprocessing", "tensors are not shared between processes", """
    Array Barrier Condition Event get_context JoinableQueue Lock Manager Pipe Pool Process
    ProcessContext Queue RLock Semaphore SimpleQueue spawn SpawnContext start_processes Value
"""))
