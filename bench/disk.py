"""How much of the disk an installation takes: a package and all that it requires."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

MIB = 2**20


def installed_mib(module: ModuleType) -> float:
    """MiB of a module's folder, without what Python compiled, and of every distribution that it requires.

    The module's own folder counts, installed or not, so that a checkout and a wheel come to the same.
    """
    name = module.__name__
    own = folder_mib(Path(module.__file__ or "").parent)
    return own + sum(distribution_mib(each) for each in required(name) - {name})


def folder_mib(folder: Path) -> float:
    """MiB of the files below a folder."""
    return size_mib(folder.rglob("*"))


def distribution_mib(name: str) -> float:
    """MiB of the files that an installed distribution lists."""
    return size_mib(Path(str(path.locate())) for path in importlib.metadata.files(name) or ())


def size_mib(paths: Iterable[Path]) -> float:
    """MiB of files, without what Python compiled."""
    return sum(path.stat().st_size for path in paths
               if path.is_file() and "__pycache__" not in path.parts) / MIB


def required(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """The installed distributions that one needs, itself included; extras and other systems' are left out."""
    found = {name}
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:     # a checkout on the path: it needs NumPy
        lines = ["numpy"] if name == "pellucid" else []
    for line in lines:
        other = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        if "extra ==" not in line and other not in found | seen and is_installed(other):
            found |= required(other, seen | found)
    return found


def is_installed(name: str) -> bool:
    """Whether a distribution of this name is there."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
