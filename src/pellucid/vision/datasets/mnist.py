"""MNIST and the sets that were made in its form: 70,000 grey pictures of 28 x 28 pixels in ten classes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets.files import DataFile, MissingData
from ...datasets.idx import read_idx
from ...datasets.mnist import FILES
from ...ops.create import from_numpy
from ...tensor import Tensor
from ..pictures import picture_of
from .pairs import VisionDataset

NAMES = {True: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
         False: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}


class MNIST(VisionDataset):
    """60,000 handwritten digits to train on, or with train=False 10,000 to test on.

    The four files, gzipped or not, are looked for in torchvision's places below `root` (MNIST/raw, raw, root
    itself), then where `pellucid.datasets.mnist` looks: in the folder that PELLUCID_DATA names and in the
    cache. download=True allows it to download into the cache what is in neither.

    Each sample is a picture and its class from 0 to 9; `.data` holds all pictures, `.targets` all classes.
    Shapes:  data (N, 28, 28) uint8, targets (N,) int64
    Source:  LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition".
    Differs: from torchvision in that nothing is written below `root`.
    Raises:  MissingData (a FileNotFoundError and a RuntimeError) where a file is not found; CorruptFile for a
             damaged one.
    """

    classes = ["0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven",
               "8 - eight", "9 - nine"]

    def __init__(self, root: str | os.PathLike[str], train: bool = True, transform: Callable | None = None,
                 target_transform: Callable | None = None, download: bool = False) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        pictures, labels = (self._read(name, download) for name in NAMES[bool(train)])
        self.data, self.targets = from_numpy(pictures), from_numpy(labels.astype(np.int64))

    def _read(self, name: str, download: bool) -> np.ndarray:
        kind, root = type(self).__name__, Path(self.root)
        for folder in (root / kind / "raw", root / "raw", root):
            for path in (folder / name, folder / f"{name}.gz"):
                if path.is_file():
                    return read_idx(path)                        # whatever its owner has put there
        file = self._file(name)
        if file.find() is not None:
            return file.read()
        if download and file.mirrors:
            return file.download(None)
        raise MissingFiles(f"{kind}: {name} (or .gz) is neither in {root / kind / 'raw'} nor in the folder "
                           "that PELLUCID_DATA names"
                           + ("; download=True downloads it" if file.mirrors else ""))

    def _file(self, name: str) -> DataFile:
        """Where the file lies besides `root`, and what it must contain."""
        return next(file for split in FILES.values() for file in split if file.name == name)

    @property
    def raw_folder(self) -> str:
        """Where torchvision keeps the files."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def train_data(self) -> Tensor:
        """`data` under its first name; test_data, train_labels and test_labels are older names as well."""
        return self.data

    @property
    def train_labels(self) -> Tensor:
        """`targets` under its first name."""
        return self.targets

    test_data, test_labels = train_data, train_labels

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        pixels = self.data._data[int(index)]
        return self.transformed(picture_of(pixels), int(self.targets._data[int(index)]))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"

    data: Tensor
    targets: Tensor


class MissingFiles(MissingData, RuntimeError):
    """The files of a data set are not there: a FileNotFoundError, and a RuntimeError as in torchvision."""


class FashionMNIST(MNIST):
    """MNIST's form with ten kinds of clothes: 60,000 and 10,000 pictures of 28 x 28 pixels.

    Source:  Xiao, Rasul & Vollgraf 2017, "Fashion-MNIST", arXiv:1708.07747.
    Differs: from torchvision in that it is not downloaded; put the four files into FashionMNIST/raw.
    """

    classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
               "Ankle boot"]

    def _file(self, name: str) -> DataFile:
        folder = type(self).__name__
        return DataFile(folder.lower(), name, None, (),  # type: ignore[arg-type]   # no checksum is known
                        (f"vision/{folder.lower()}", f"{folder}/raw"))


class KMNIST(FashionMNIST):
    """MNIST's form with ten characters of cursive Japanese, 60,000 and 10,000 pictures.

    Source:  Clanuwat et al. 2018, "Deep Learning for Classical Japanese Literature", arXiv:1812.01718.
    Differs: from torchvision in that it is not downloaded; put the four files into KMNIST/raw.
    """

    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
