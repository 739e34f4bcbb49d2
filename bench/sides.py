"""What can be measured: Pellucid, PyTorch, and other libraries through an adapter each."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import re
import sys
from pathlib import Path
from typing import Any

from .row import NoAdapter, Row, Work
from .tensors import arrays, load

# Sides on which a workload runs as it is written, and the module that it is given there.
SHAPED_LIKE_TORCH = {"pellucid": "pellucid", "numpy-only": "pellucid", "torch": "torch"}
# Sides with an adapter in peers/, and what must be installed for each.
PEERS = {"sklearn": "sklearn", "mygrad": "mygrad", "tinygrad": "tinygrad", "jax": "jax"}
SIDES = (*SHAPED_LIKE_TORCH, *PEERS)
TITLES = {"pellucid": "Pellucid", "numpy-only": "Pellucid without Numba", "torch": "PyTorch",
          "sklearn": "scikit-learn", "mygrad": "MyGrad", "tinygrad": "tinygrad", "jax": "JAX with jit"}
ABSENT = r"module '{}(?:\.[\w.]+)?' has no attribute '(\w+)'"


class Missing(Exception):
    """The library has no such name yet: the row waits for it."""


class Torch:
    """A side that is, or looks like, PyTorch."""

    def __init__(self, name: str) -> None:
        if name == "numpy-only":
            sys.modules["numba"] = None                 # type: ignore[assignment]   # as if not installed
        self.name, self.module = name, importlib.import_module(SHAPED_LIKE_TORCH[name])

    def build(self, row: Row, folder: Path | None) -> Work:
        """The workload with weights and data from its seed, or from another side's folder."""
        self.module.manual_seed(0)
        try:
            work = row.build(self.module)
        except AttributeError as error:
            lacking = re.match(ABSENT.format(self.module.__name__), str(error))
            if lacking is None:
                raise
            raise Missing(lacking[1]) from error
        if folder is not None:
            load(folder, work.tensors)
        return work

    def seed(self) -> None:
        """Start the random numbers that steps draw."""
        self.module.manual_seed(1)

    def about(self) -> dict[str, Any]:
        """Version, BLAS and threads; from Pellucid also what machine this is."""
        if self.name == "torch":
            return {"version": self.module.__version__, **_of_torch(self.module)}
        return {"version": self.module.__version__, **_of_pellucid()}


class Peer:
    """A side with an adapter of its own: it builds what it can from the shape of a row."""

    def __init__(self, name: str) -> None:
        self.name, self.module = name, importlib.import_module(f".peers.{name}", __package__)

    def build(self, row: Row, folder: Path | None) -> Work:
        """The workload, always with another side's weights and data."""
        if row.shape is None or folder is None:
            raise NoAdapter(f"{TITLES[self.name]} has no adapter for this row")
        return self.module.build(row.shape, arrays(folder))

    def seed(self) -> None:
        """Adapters draw no random numbers in their steps."""

    def about(self) -> dict[str, Any]:
        """Version, BLAS and threads, as far as the adapter tells."""
        return self.module.about()


def open_side(name: str) -> Torch | Peer:
    """Import a side's library, before anything else has imported NumPy."""
    return Torch(name) if name in SHAPED_LIKE_TORCH else Peer(name)


def _of_pellucid() -> dict[str, Any]:
    """NumPy's BLAS with the kernel that it chose, and the computer without what would tell whose it is."""
    import numpy as np

    from pellucid.runtime import blas, cores, memory, processor

    found = blas()
    kernel = f", kernel {found['kernel']}" if "kernel" in found else ""
    computer = {"processor": processor(), "cores": cores(), "memory": memory().partition(",")[0],
                "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version()}
    return {"blas": f"NumPy {np.__version__}, {found['name']} {found['version']}{kernel}",
            "threads": found.get("threads"), "numba": _numba(), "machine": computer}


def _numba() -> str | None:
    """Numba's version where kernels can use it."""
    try:
        return None if sys.modules.get("numba", ...) is None else importlib.metadata.version("numba")
    except importlib.metadata.PackageNotFoundError:
        return None


def _of_torch(torch: Any) -> dict[str, Any]:
    """The BLAS in PyTorch's description of its own build, and the instructions that it found."""
    built = torch.__config__.show()
    mkl = re.search(r"Math Kernel Library Version (\S+)", built)
    blas = f"MKL {mkl[1]}" if mkl else "BLAS " + (re.findall(r"BLAS_INFO=(\w+)", built) or ["unknown"])[0]
    return {"blas": f"{blas}, {torch.backends.cpu.get_cpu_capability()}", "threads": torch.get_num_threads()}
