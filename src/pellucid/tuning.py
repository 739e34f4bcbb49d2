"""What is set before NumPy is loaded: the BLAS kernel and the allocator. Imported first, without NumPy.

`PELLUCID_TUNE=0` sets nothing. What the user has set in the environment is never changed. `pellucid env`
prints what was done and why.

BLAS       An OpenBLAS before 0.3.22 takes its Haswell kernel on AMD processors with AVX-512, half as fast as
           its SkylakeX kernel. OPENBLAS_CORETYPE chooses, if it is set before NumPy is loaded.
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
    vendor, flags = _processor()
    if vendor != "AuthenticAMD":
        return "left alone: OpenBLAS knows this maker's processors"
    if not {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return "left alone: the processor has no AVX-512"
    os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"
    return ("OPENBLAS_CORETYPE=SkylakeX: an AMD processor with AVX-512, where OpenBLAS may take its Haswell "
            "kernel")


def _processor() -> tuple[str, set[str]]:
    """The maker's name and the instruction sets, as Linux tells them."""
    vendor, flags = "", set()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == "vendor_id":
                    vendor = value.strip()
                elif name.strip() == "flags":
                    flags = set(value.split())
                    break
    except OSError:
        pass
    return vendor, flags


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
