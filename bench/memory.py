"""The peak of a process's resident memory, as the system counts it."""

from __future__ import annotations

import inspect


def peak_mib() -> float | None:
    """The largest resident set so far of this process, in MiB; None where the system does not tell."""
    try:
        # A child's ru_maxrss starts at what its parent had; VmHWM is the process's own.
        with open("/proc/self/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) / 2**10 for line in file if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
        import sys
    except ImportError:
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


PEAK_SOURCE = inspect.getsource(peak_mib)               # for a process that imports nothing of this
