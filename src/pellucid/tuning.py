"""What is set before NumPy is loaded: the BLAS kernel and the allocator. Imported first, without NumPy.

`PELLUCID_TUNE=0` sets nothing. What the user has set in the environment is never changed. `pellucid env`
prints what was done and why.

BLAS       OpenBLAS has one kernel for AVX2 (Haswell) and one for AVX-512 (SkylakeX), and takes the second, or
           in older releases the first, on every AMD processor with AVX-512. Zen 4 computes 512 bits in two
           halves, and AVX2 is faster there: 89 against 59 GFLOP/s for 32 x 128 by 128 x 512 in one thread,
           109 against 101 for 768 x 128 by 128 x 384. Zen 5 computes them at once, and AVX-512 is twice as
           fast.
           OPENBLAS_CORETYPE chooses, if it is set before NumPy is loaded.
allocator  glibc gives large arrays back to the system when they are freed, and the next one of that size is
           faulted in page by page: layer norm of 64 x 128 x 256 forward and backward took 46 ms, 15 without.
           mallopt raises M_MMAP_THRESHOLD and M_TRIM_THRESHOLD: freed memory stays and is used again.
"""

from __future__ import annotations

import ctypes
import os
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3                    # from glibc's malloc.h
_SIZES = (1 << 30, 32 << 20)                                     # bytes
# The kernel for AMD's processors with AVX-512, by family.
AMD_KERNELS = {25: ("Haswell", "AMD's Zen 4 computes AVX-512 in halves, and the AVX2 kernel is faster on it"),
               26: ("SkylakeX", "AMD's Zen 5 has full AVX-512, where OpenBLAS may take its AVX2 kernel")}
DONE: dict[str, str] = {}                                        # what was set, or why not


def tune() -> None:
    """Choose the BLAS kernel and set the allocator, where that is known to be safe."""
    if os.environ.get("PELLUCID_TUNE") == "0":
        DONE["kernel"] = DONE["allocator"] = "left alone: PELLUCID_TUNE=0"
        return
    DONE["kernel"] = _choose_kernel()
    DONE["allocator"] = _keep_freed_memory()


def _choose_kernel() -> str:
    if "OPENBLAS_CORETYPE" in os.environ:
        return f"left alone: OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']} was set already"
    if "numpy" in sys.modules:
        return "left alone: NumPy was imported before Pellucid"
    if not sys.platform.startswith("linux") or os.uname().machine != "x86_64":
        return "left alone: not Linux on x86-64"
    vendor, family, flags = _processor()
    if vendor != "AuthenticAMD":
        return "left alone: OpenBLAS knows this maker's processors"
    if not {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return "left alone: the processor has no AVX-512"
    kernel, why = AMD_KERNELS.get(family, ("", ""))
    if not kernel:
        return f"left alone: AMD's family {family} has not been measured"
    os.environ["OPENBLAS_CORETYPE"] = kernel
    return f"OPENBLAS_CORETYPE={kernel}: {why}"


def _processor() -> tuple[str, int, set[str]]:
    """The maker's name, the processor's family and its instruction sets, as Linux tells them."""
    told: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                told[name.strip()] = value.strip()
                if "flags" in told:                              # the last of the three
                    break
    except OSError:
        pass
    family, flags = told.get("cpu family", ""), set(told.get("flags", "").split())
    return told.get("vendor_id", ""), int(family) if family.isdigit() else 0, flags


def _keep_freed_memory() -> str:
    mine = [name for name in os.environ if name.startswith("MALLOC_") or name == "GLIBC_TUNABLES"]
    if mine:
        return f"left alone: {', '.join(sorted(mine))} was set already"
    if "LD_PRELOAD" in os.environ:
        return "left alone: LD_PRELOAD may bring another allocator"
    try:
        glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, OSError, ValueError):                # another system, another C library
        glibc = False
    if not glibc:
        return "left alone: the C library is not glibc"
    mallopt = ctypes.CDLL(None).mallopt
    for size in _SIZES:                                          # some releases take 32 MiB at the most
        if mallopt(_M_MMAP_THRESHOLD, size) and mallopt(_M_TRIM_THRESHOLD, _SIZES[0]):
            return f"mallopt(M_MMAP_THRESHOLD, {size >> 20} MiB): freed arrays are used again"
    return "left alone: mallopt refused"


tune()
import numpy  # noqa: E402, F401 (OpenBLAS has read the choice now; processes started later make their own)

if DONE["kernel"].startswith("OPENBLAS_CORETYPE="):
    del os.environ["OPENBLAS_CORETYPE"]
