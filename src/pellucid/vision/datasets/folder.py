"""Pictures in a folder for each class: root/cat/a.png, root/dog/b.png."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...extras import need
from .mnist import MissingFiles
from .pairs import VisionDataset

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def default_loader(path: str | os.PathLike[str]) -> Any:
    """A picture file as a Pillow image in colour.

    Raises:  MissingExtra without Pillow.
    """
    with need("PIL.Image", extra="vision").open(path) as picture:
        return picture.convert("RGB")


class DatasetFolder(VisionDataset):
    """Samples in a folder for each class; `loader` reads a file, `extensions` or is_valid_file chooses them.

    Raises:  MissingFiles (a FileNotFoundError and a RuntimeError) without classes, or for a class without a
             file.
    """

    def __init__(self, root: str | os.PathLike[str], loader: Callable[[str], Any],
                 extensions: tuple[str, ...] | str | None = None, transform: Callable | None = None,
                 target_transform: Callable | None = None,
                 is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        if (extensions is None) == (is_valid_file is None):
            raise ValueError("DatasetFolder: give either extensions or is_valid_file")
        self.loader, self.extensions = loader, extensions
        wanted = (extensions,) if isinstance(extensions, str) else tuple(extensions or ())
        valid = is_valid_file or (lambda path: path.lower().endswith(wanted))
        self.classes = sorted(entry.name for entry in Path(self.root).iterdir() if entry.is_dir())
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples = [(path, i) for i, name in enumerate(self.classes)
                        for path in _files(Path(self.root) / name) if valid(path)]
        self.imgs, self.targets = self.samples, [target for _, target in self.samples]
        empty = [name for i, name in enumerate(self.classes) if i not in set(self.targets)]
        if not self.classes or empty and not allow_empty:
            raise MissingFiles(f"{type(self).__name__}: {self.root} has "
                               + (f"no files for the classes {', '.join(empty)}" if empty else "no folders")
                               + (f"; files end in {', '.join(wanted)}" if wanted else ""))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        return self.transformed(self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


def _files(folder: Path) -> list[str]:
    return [os.path.join(place, name) for place, _, names in sorted(os.walk(folder, followlinks=True))
            for name in sorted(names)]


class ImageFolder(DatasetFolder):
    """Pictures in a folder for each class, as Pillow reads them."""

    def __init__(self, root: str | os.PathLike[str], transform: Callable | None = None,
                 target_transform: Callable | None = None, loader: Callable[[str], Any] = default_loader,
                 is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False) -> None:
        super().__init__(root, loader, IMG_EXTENSIONS if is_valid_file is None else None, transform,
                         target_transform, is_valid_file, allow_empty)
