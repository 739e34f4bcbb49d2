"""A data set of pairs (picture, target), with a transform for each."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ...utils.data import Dataset


class VisionDataset(Dataset):
    """Pairs (picture, target). A subclass defines `__getitem__` and `__len__`.

    transform, target_transform  functions of the picture and of the target
    transforms                   instead of both: a function of both that returns both
    Raises:  ValueError where transforms is given together with one of the others.
    """

    def __init__(self, root: Any = None, transforms: Callable | None = None,
                 transform: Callable | None = None, target_transform: Callable | None = None) -> None:
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError("VisionDataset: give transforms, or transform and target_transform, not both")
        self.root = os.path.expanduser(root) if isinstance(root, (str, os.PathLike)) else root
        self.transform, self.target_transform, self.transforms = transform, target_transform, transforms

    def transformed(self, picture: Any, target: Any) -> tuple[Any, Any]:
        """A pair as the transforms make it."""
        if self.transforms is not None:
            return self.transforms(picture, target)
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, target

    def extra_repr(self) -> str:
        """A line that a subclass adds to what is printed."""
        return ""

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]  # type: ignore[arg-type]
        lines += [f"Root location: {self.root}"] if self.root is not None else []
        lines += self.extra_repr().splitlines()
        if self.transform is not None or self.target_transform is not None:
            lines.append("StandardTransform")
        for name, transform in (("Transform", self.transform), ("Target transform", self.target_transform)):
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                lines += [f"{name}: {first}", *(" " * (len(name) + 2) + line for line in rest)]
        return "\n".join([f"Dataset {type(self).__name__}", *("    " + line for line in lines)])
