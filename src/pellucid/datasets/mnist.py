"""MNIST: 70,000 handwritten digits, from a local folder or downloaded once, always checked."""

from __future__ import annotations

import os

import numpy as np

from pellucid.datasets.files import DataFile
from pellucid.datasets.samples import Samples

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/",
           "https://storage.googleapis.com/cvdf-datasets/mnist/")


def _file(name: str, sha256: str) -> DataFile:
    return DataFile("mnist", name, sha256, MIRRORS, ("vision/mnist", "MNIST/raw"))


FILES = {                                                # split: (images, labels)
    "train": (
        _file("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        _file("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5")),
    "test": (
        _file("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        _file("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")),
}


def mnist(split: str = "train", root: str | os.PathLike[str] | None = None) -> Samples:
    """60,000 digits to train on or 10,000 to test on, 28 x 28 pixels, each from 0 (black) to 1 (white).

    The four IDX files, gzipped or not, are looked for in `root` and nowhere else if it is given; otherwise in
    the folder that PELLUCID_DATA names, in ../shared/data, and in the cache (~/.cache/pellucid), which is
    filled by a download if need be. PELLUCID_DATA and `root` name the folder of the files or one that holds
    them in mnist, vision/mnist or MNIST/raw (torchvision's). A file whose content has the wrong sha256 is
    never used.

    Shapes:  x (60000, 784) or (10000, 784); y (60000,) or (10000,)
    Source:  LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition";
             CC BY-SA 3.0.
    Raises:  MissingData if a file is neither found nor to be downloaded; CorruptFile naming the file, its
             checksum, the expected one and the remedy; NotADirectoryError; ValueError for another split.
    """
    if split not in FILES:
        raise ValueError(f"mnist: split is {split!r}, wants 'train' or 'test'")
    images, labels = (file.read(root) for file in FILES[split])
    x = np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
    return Samples(x, labels.astype(np.int64), tuple("0123456789"), image_shape=(28, 28), name="mnist",
                   description=f"handwritten digits, 28 x 28 pixels, the {split} part",
                   source="LeCun, Bottou, Bengio & Haffner 1998, Gradient-based learning applied to document "
                          "recognition")
