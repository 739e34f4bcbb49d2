"""CIFAR-10 and CIFAR-100: 60,000 colour pictures of 32 x 32 pixels.

The published batches are pickles. They are read without letting a pickle call anything: what one asks for is
given a stand-in that only writes down its arguments, and the array is made from the bytes found.
"""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...datasets.files import folders
from ...io import CorruptFile
from ..pictures import picture_of
from .mnist import MissingFiles
from .pairs import VisionDataset


class CIFAR10(VisionDataset):
    """50,000 pictures of ten kinds of things to train on, or with train=False 10,000 to test on.

    Looked for as torchvision leaves it below `root` (the folder cifar-10-batches-py, or the archive
    cifar-10-python.tar.gz), then in the folder that PELLUCID_DATA names and in its vision/cifar10. A file
    cifar10_5k_1k.npz there, the first 5,000 and 1,000 pictures, is taken last and with a warning.

    Shapes:  data (N, 32, 32, 3) uint8, an array; targets a list of N ints
    Source:  Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
    Differs: from torchvision in that it is not downloaded, and that nothing in a pickle is executed.
    Raises:  MissingFiles (a FileNotFoundError and a RuntimeError), CorruptFile naming file and problem.
    """

    folder, archive, labels, meta = "cifar-10-batches-py", "cifar-10-python.tar.gz", b"labels", "batches.meta"
    train_files = [f"data_batch_{i}" for i in range(1, 6)]
    test_files = ["test_batch"]
    names, subset = b"label_names", "cifar10_5k_1k.npz"
    classes: list[str]

    def __init__(self, root: str | os.PathLike[str], train: bool = True, transform: Callable | None = None,
                 target_transform: Callable | None = None, download: bool = False) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        for folder in self._places():
            if (folder / self.folder).is_dir() or (folder / self.archive).is_file():
                self._read_batches(folder)
                return
        for folder in self._places():
            if self.subset and (folder / self.subset).is_file():
                self._read_subset(folder / self.subset)
                return
        raise MissingFiles(f"{type(self).__name__}: {self.folder} or {self.archive} is neither in "
                           f"{self.root} nor in the folder that PELLUCID_DATA names")

    def _places(self) -> list[Path]:
        inside = ("", type(self).__name__.lower(), f"vision/{type(self).__name__.lower()}")
        return [Path(self.root), *(folder / name for folder in folders() for name in inside)]

    def _read_batches(self, folder: Path) -> None:
        wanted = self.train_files if self.train else self.test_files
        batches = [self._batch(folder, name) for name in wanted]
        pixels = [_pixels(batch, name) for batch, name in zip(batches, wanted, strict=True)]
        self.data = np.concatenate(pixels).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        self.targets = [int(label) for batch in batches for label in batch[self.labels]]
        names = self._batch(folder, self.meta)[self.names]
        self.classes = [name.decode() if isinstance(name, bytes) else str(name) for name in names]

    def _batch(self, folder: Path, name: str) -> dict:
        path = folder / self.folder / name
        if path.is_file():
            return read_batch(io.BytesIO(path.read_bytes()), str(path))
        with tarfile.open(folder / self.archive) as archive:
            member = archive.extractfile(f"{self.folder}/{name}")
            if member is None:
                raise CorruptFile(str(folder / self.archive), f"{name} in it is not a file")
            return read_batch(member, f"{folder / self.archive}:{name}")

    def _read_subset(self, path: Path) -> None:
        split = "train" if self.train else "test"
        with np.load(path, allow_pickle=False) as found:
            pixels, labels = found[f"x_{split}"], found[f"y_{split}"]
            self.classes = [str(name) for name in found["classes"]]
        self.data, self.targets = np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)), labels.tolist()
        warnings.warn(f"CIFAR10: {path} holds {len(pixels)} of the {50000 if self.train else 10000} pictures",
                      stacklevel=3)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.transformed(picture_of(self.data[int(index)]), self.targets[int(index)])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """CIFAR-10's form with a hundred kinds of things."""

    folder, archive, labels, meta = "cifar-100-python", "cifar-100-python.tar.gz", b"fine_labels", "meta"
    train_files, test_files, names, subset = ["train"], ["test"], b"fine_label_names", ""


class _Written:
    """What stands for a NumPy object in a pickle: it notes its arguments and does nothing with them."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments, self.state = arguments, None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Reader(pickle.Unpickler):
    """Reads dicts, lists, numbers, text and NumPy arrays; everything that it could call is a stand-in."""

    def find_class(self, module: str, name: str) -> Any:
        known = {("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
                 ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}
        if (module, name) in known:
            return _Written
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside")


def read_batch(file: IO[bytes], name: str) -> dict:
    """The dict in a batch of CIFAR; no object in it is made by the file, and nothing is called.

    Raises:  CorruptFile for anything else.
    """
    try:
        found = _Reader(file, encoding="bytes").load()
    except Exception as error:                                   # pickle raises whatever comes along
        raise CorruptFile(name, f"it is not a batch of CIFAR: {error}") from None
    if not isinstance(found, dict):
        raise CorruptFile(name, f"it holds a {type(found).__name__}, not a batch of CIFAR")
    return {key.encode() if isinstance(key, str) else key: value for key, value in found.items()}


def _pixels(batch: dict, name: str) -> np.ndarray:
    """The array (N, 3072) of a batch, from the bytes that its stand-in wrote down."""
    state = getattr(batch.get(b"data"), "state", None)
    if not (isinstance(state, tuple) and len(state) == 5):
        raise CorruptFile(name, "it holds no array of pictures")
    _, shape, _, by_columns, raw = state
    if isinstance(raw, _Written) and len(raw.arguments) == 2:    # newer pickles: text, and how to encode it
        raw = str(raw.arguments[0]).encode("latin1")
    if not isinstance(raw, bytes) or shape != (len(raw) // 3072, 3072) or len(raw) % 3072 or by_columns:
        raise CorruptFile(name, f"its pictures have the shape {shape} in {len(raw)} bytes, not (N, 3072)")
    return np.frombuffer(raw, np.uint8).reshape(shape)
