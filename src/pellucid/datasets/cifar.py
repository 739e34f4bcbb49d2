"""A small part of CIFAR-10: 5,000 colour pictures to train on and 1,000 to test on, from a local folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from pellucid.datasets.files import MissingData, folders
from pellucid.datasets.samples import Samples
from pellucid.io import CorruptFile

FILE = "cifar10_5k_1k.npz"
INSIDE = ("", "cifar10", "vision/cifar10")
SHA256 = {                                               # of the pictures' bytes, then the labels as bytes
    "train": "8ec4f3481d2bd0bdeb9b56d43c9cc84842bc7b070513183311081ec8204e571d",
    "test": "2c7f1e2769a741f695dfd5f74aa4a4ef08a7d20b9ec8576214dabab76c75c784"}
REMEDY = ("write one from CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html) with numpy.savez: x_train "
          "(5000, 3, 32, 32) and y_train, the first 5,000 of data_batch_1, x_test and y_test, the first "
          "1,000 of test_batch, all uint8, and the ten names as classes; name its folder in the "
          "environment variable PELLUCID_DATA")


def cifar10(split: str = "train", root: str | os.PathLike[str] | None = None) -> Samples:
    """The first 5,000 pictures of CIFAR-10 to train on, or the first 1,000 of its test part.

    They are read from cifar10_5k_1k.npz, which is looked for in `root` and nowhere else if it is given,
    otherwise in the folder that PELLUCID_DATA names, in ../shared/data and in the cache; there also in
    cifar10 and vision/cifar10. All of CIFAR-10 is in `vision.datasets.CIFAR10`.

    Shapes:  x (5000, 3 32 32) or (1000, 3 32 32), each value from 0 to 1; y (5000,) or (1000,)
    Source:  Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
    Raises:  MissingData if there is no such file, with how to make it; CorruptFile for pictures or labels
             with the wrong sha256; NotADirectoryError; ValueError for another split.
    """
    if split not in SHA256:
        raise ValueError(f"cifar10: split is {split!r}, wants 'train' or 'test'")
    path = _find(root)
    x, y, names = _read(path, split)
    found = hashlib.sha256(np.ascontiguousarray(x).tobytes() + y.astype(np.uint8).tobytes()).hexdigest()
    if found != SHA256[split]:
        raise CorruptFile(path, f"the sha256 of its {split} part is {found}, not {SHA256[split]}. It is "
                                f"damaged or another file: delete it, then {REMEDY}")
    values = np.divide(x.reshape(len(x), -1), 255, dtype=np.float32)
    return Samples(values, y.astype(np.int64), names, image_shape=(3, 32, 32), name="cifar10",
                   description=f"colour pictures of ten kinds of things, 32 x 32 pixels, of the {split} part",
                   source="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images")


def _find(root: str | os.PathLike[str] | None) -> Path:
    places = [folder / inside / FILE for folder in folders(root) for inside in INSIDE]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(folder) for folder in folders(root))
    raise MissingData(f"cifar10: {FILE} is not in {looked} (nor in cifar10 or vision/cifar10 there). "
                      f"To get it, {REMEDY}")


def _read(path: Path, split: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Pictures, labels and the names of the classes, as they lie in the file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return found[f"x_{split}"], found[f"y_{split}"], tuple(map(str, found["classes"]))
    except Exception as error:                           # zipfile, zlib and NumPy each raise their own
        raise CorruptFile(path, f"it cannot be read ({error}). Delete it, then {REMEDY}") from None
