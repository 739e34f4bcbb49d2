"""Pictures, under torchvision's names: data sets from a local folder, transforms, grids, models.

A picture is a Pillow image where Pillow is installed, else an array (H, W) or (H, W, C) of bytes; the
transforms take both, and tensors (..., C, H, W) where torchvision's do. For a seed the random ones draw
torchvision's numbers.
"""

from typing import TYPE_CHECKING

from . import datasets, transforms, utils

if TYPE_CHECKING:
    from . import models

__all__ = ["datasets", "models", "transforms", "utils"]


def __getattr__(name):  # type: ignore[no-untyped-def]
    if name == "models":                                         # networks are imported when they are named
        import importlib

        return importlib.import_module(f"{__name__}.models")
    raise AttributeError(f"module 'pellucid.vision' has no attribute {name!r}")
