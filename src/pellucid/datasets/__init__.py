"""Data sets as NumPy arrays, how to split them, and what to do to them before training.

    from pellucid import datasets

    train, test = datasets.digits().split(test_size=0.2, seed=0)         # every class has its share in both
    scale = datasets.Standardize(train.x)                                # measured on the training part alone
    x, y = scale(train.x), train.y
"""

from pellucid.datasets.bundled import breast_cancer, digits, iris, wine
from pellucid.datasets.files import MissingData
from pellucid.datasets.idx import read_idx
from pellucid.datasets.mnist import mnist
from pellucid.datasets.prepare import Standardize, one_hot
from pellucid.datasets.samples import Samples
from pellucid.datasets.splits import stratified_folds, stratified_split, train_test_split
from pellucid.datasets.synthetic import blobs, circles, line, moons, spirals, truth_table, xor

__all__ = ["MissingData", "Samples", "Standardize", "blobs", "breast_cancer", "circles", "digits", "iris",
           "line", "mnist", "moons", "one_hot", "read_idx", "spirals", "stratified_folds", "stratified_split",
           "train_test_split", "truth_table", "wine", "xor"]
