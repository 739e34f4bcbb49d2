"""What the process runs on: versions, processor, memory, BLAS and its kernel, threads, extras."""

from __future__ import annotations

import ctypes
import importlib.metadata
import math
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import tuning

EXTRAS = {"cli": ("typer", "rich"), "data": ("scikit-learn", "scipy", "pillow"), "plot": ("matplotlib",),
          "fast": ("numba",), "io": ("safetensors",), "vision": ("pillow",),
          "text": ("sacrebleu",), "rl": ("gymnasium",), "symbolic": ("sympy",),
          "search": ("faiss-cpu", "hnswlib"), "map": ("scikit-learn", "umap-learn", "pyarrow")}
# What in the environment changes how fast or with what Pellucid runs.
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "PELLUCID_TUNE",
             "PELLUCID_KERNELS", "PELLUCID_DATA", "PELLUCID_TRACEBACK")


def describe() -> dict[str, Any]:
    """Everything `pellucid env` prints."""
    from . import __version__

    return {"pellucid": __version__, "folder": str(Path(__file__).parent),
            "python": f"{platform.python_version()} ({platform.python_implementation()}, {sys.executable})",
            "platform": platform.platform(), "processor": processor(), "cores": cores(), "memory": memory(),
            "numpy": np.__version__, "blas": blas(), "tuning": dict(tuning.DONE),
            "extras": {name: extra(name) for name in EXTRAS},
            "environment": {name: os.environ.get(name) for name in VARIABLES}}


def speed() -> dict[str, str]:
    """What the processor reaches now: products of two matrices, and copies from memory to memory."""
    a, b = np.ones((2, 1024, 1024), np.float32)
    y, large = np.empty_like(a), np.ones(1 << 24, np.float32)    # 64 MiB
    other = np.empty_like(large)
    rate, width = 2 * 1024 ** 3 / _shortest(lambda: np.matmul(a, b, out=y)), 2 * large.nbytes
    return {"matrix products": f"{rate / 1e9:.0f} GFLOP/s (1024 x 1024, float32)",
            "copying": f"{width / _shortest(lambda: np.copyto(other, large)) / 1e9:.1f} GB/s, both ways"}


def _shortest(work: Callable[[], Any], seconds: float = 0.2) -> float:
    """The shortest time that a piece of work took, in some time of trying."""
    work()
    end, best = time.perf_counter() + seconds, math.inf
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def advice(found: dict[str, Any]) -> list[str]:
    """What the user could still do to make this faster, from what `describe` tells."""
    lines, kernel = [], found["tuning"].get("kernel", "")
    if "not installed" in found["extras"]["fast"]:
        lines.append('pip install "pellucid[fast]": Numba compiles the loops that NumPy makes in many passes')
    if "before Pellucid" in kernel:
        lines.append("import pellucid before numpy, or set OPENBLAS_CORETYPE: after NumPy none is chosen")
    if found["environment"].get("PELLUCID_TUNE") == "0":
        lines.append("unset PELLUCID_TUNE: with 0 neither the BLAS kernel nor the allocator is set")
    if found["environment"].get("PELLUCID_KERNELS") == "0":
        lines.append("unset PELLUCID_KERNELS: with 0 no loop is compiled")
    threads = found["blas"].get("threads")
    if threads and threads < found["cores"]:
        lines.append(f"OPENBLAS_NUM_THREADS={found['cores']}: BLAS uses {threads} of so many processors")
    if found["blas"]["name"] not in ("scipy-openblas", "openblas", "openblas64", "mkl", "accelerate"):
        lines.append(f"NumPy from PyPI brings OpenBLAS; this one has {found['blas']['name']}")
    return lines


def memory() -> str:
    """The machine's memory and how much of it is available; "unknown" where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="utf-8") as file:
            kib = {line.partition(":")[0]: int(line.split()[1]) for line in file}
        return f"{kib['MemTotal'] / 2 ** 20:.1f} GiB, {kib['MemAvailable'] / 2 ** 20:.1f} GiB available"
    except (OSError, KeyError, ValueError, IndexError):
        pass
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2 ** 30:.1f} GiB"
    except (AttributeError, OSError, ValueError):
        return "unknown"


def processor() -> str:
    """The processor's name as the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def extra(name: str) -> str:
    """The versions of an extra's packages; where one is missing, the command that brings it."""
    found, missing = [], False
    for package in EXTRAS[name]:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
            missing = True
    return ", ".join(found) + (f': pip install "pellucid[{name}]"' if missing else "")


def blas() -> dict[str, Any]:
    """NumPy's BLAS: its name and version, and for OpenBLAS the kernel it chose and its threads."""
    built = np.show_config(mode="dicts") or {}
    found = built.get("Build Dependencies", {}).get("blas", {})
    about: dict[str, Any] = {"name": found.get("name", "unknown"), "version": found.get("version", "unknown")}
    library = openblas()
    if library is not None:
        about["kernel"] = _text(library, "get_corename")
        about["threads"] = _number(library, "get_num_threads")
    return about


def openblas() -> Any:
    """The OpenBLAS in NumPy's wheel, already loaded; None where there is none."""
    root = Path(np.__file__).parent
    for folder in (root.parent / "numpy.libs", root / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")) if folder.is_dir() else ():
            try:
                return ctypes.CDLL(str(path))
            except OSError:
                continue
    return None


def _function(library: Any, name: str) -> Any:
    """A function under one of the names that OpenBLAS builds give it."""
    for prefix in ("scipy_openblas_", "openblas_"):
        for suffix in ("64_", ""):
            found = getattr(library, f"{prefix}{name}{suffix}", None)
            if found is not None:
                return found
    return None


def _text(library: Any, name: str) -> str:
    function = _function(library, name)
    if function is None:
        return "unknown"
    function.restype = ctypes.c_char_p
    return function().decode()


def _number(library: Any, name: str) -> int | None:
    function = _function(library, name)
    return None if function is None else int(function())
