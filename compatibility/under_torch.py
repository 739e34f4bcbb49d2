"""Run files of Pellucid that use nothing but PyTorch's API on PyTorch: the same code on both sides.

    gan = under_torch("models.gan")            # src/pellucid/models/gan.py, with torch in Pellucid's place

The files are read as they are. Only what `from .. import` means is another: the package that they believe to
lie in is PyTorch. So a difference between both sides is one of the libraries, never of the code. What they
import that has no part in the computation (data, the folder of a run, the judge of what is made) stays
Pellucid's.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parent.parent / "src" / "pellucid"
PACKAGE = "pellucid_on_torch"
FOLDERS = ("models", "train", "recipes")
OWN = ("datasets", "nn.undisturbed", "train.run", "recipes.job", "recipes.filming", "recipes.judge")


def under_torch(name: str) -> Any:
    """A module of Pellucid, such as models.gan, as it is with PyTorch under it.

    Raises:  ModuleNotFoundError for a module that there is not.
    """
    import torch

    if PACKAGE not in sys.modules:
        _put(PACKAGE, torch)
        for folder in FOLDERS:
            _folder(folder)
        for own in OWN:
            sys.modules[f"{PACKAGE}.{own}"] = importlib.import_module(f"pellucid.{own}")
    return importlib.import_module(f"{PACKAGE}.{name}")


def _put(name: str, library: Any) -> None:
    """A package whose parts are PyTorch's."""
    package = types.ModuleType(name)
    package.__path__ = []
    package.__getattr__ = lambda attribute: getattr(library, attribute)  # type: ignore[method-assign]
    sys.modules[name] = package
    for part in ("nn", "nn.functional", "nn.utils.parametrizations", "nn.utils", "optim",
                 "optim.swa_utils"):
        sys.modules[f"{name}.{part}"] = importlib.import_module(f"{library.__name__}.{part}")


def _folder(name: str) -> None:
    """A folder of Pellucid's files, without what its own __init__ does."""
    package = types.ModuleType(f"{PACKAGE}.{name}")
    package.__path__ = [str(SOURCE / name)]
    sys.modules[package.__name__] = package
