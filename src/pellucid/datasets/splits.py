"""Splitting samples into parts that are tested and parts that are not, the same way for the same seed.

NumPy promises that the streams of its classic generator never change, so a seed gives the same split with
every version of NumPy; of its newer generators it does not promise that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]                     # row numbers: (train, test)


def train_test_split(*arrays: Any, test_size: float = 0.25, seed: int = 0, stratify: Any = None) -> list[Any]:
    """Split arrays of one length into a part to train on and a part to test on.

    `test_size` is a share (0.25) or a number of rows (50). With `stratify=y` every class has its share in
    both parts. The result is ordered as scikit-learn's: x_train, x_test, y_train, y_test, ...

    Raises:  ValueError for different lengths, and as `stratified_split`.
    >>> x_train, x_test = train_test_split(np.arange(8), test_size=2)
    >>> len(x_train), len(x_test)
    (6, 2)
    """
    lengths = [len(array) for array in (*arrays, *([] if stratify is None else [stratify]))]
    if not arrays or min(lengths) != max(lengths):
        raise ValueError(f"train_test_split: the arrays have {lengths} rows, wants one length for all")
    if stratify is None:
        train, test = shuffled_split(lengths[0], test_size, seed)
    else:
        train, test = stratified_split(stratify, test_size, seed)
    return [np.asarray(array)[rows] for array in arrays for rows in (train, test)]


def shuffled_split(n: int, test_size: float, seed: int = 0) -> Rows:
    """Row numbers (train, test) of n rows in a random order.

    Raises:  ValueError if either part would be empty.
    """
    n_test = _count(n, test_size)
    order = np.random.RandomState(seed).permutation(n)
    return order[n_test:], order[:n_test]


def stratified_split(y: Any, test_size: float, seed: int = 0) -> Rows:
    """Row numbers (train, test) in a random order; of each class its share, rounded up or down, is tested.

    With the rows in the order of their classes, every (n / n_test)-th one is tested: a class that fills a
    share of the rows gets that share of the evenly spaced places.

    Raises:  ValueError if a part would be empty or a class would be missing from one.
    """
    y = _labels(y, "stratified_split")
    n, n_test = len(y), _count(len(y), test_size)
    random = np.random.RandomState(seed)
    order = _in_order_of_class(y, random)
    tested = np.zeros(n, bool)
    tested[((np.arange(n_test) + 0.5) * n / n_test).astype(np.int64)] = True
    train, test = random.permutation(order[~tested]), random.permutation(order[tested])
    for part, rows in (("train", train), ("test", test)):
        missing = np.setdiff1d(y, y[rows])
        if missing.size:
            raise ValueError(f"stratified_split: class {missing[0]} has {np.sum(y == missing[0])} of {n} "
                             f"rows, too few to be in both parts (none is left for {part})")
    return train, test


def stratified_folds(y: Any, k: int, seed: int = 0) -> list[Rows]:
    """k pairs of row numbers (train, test): every row is tested once, every class as often in each fold.

    The sizes of the folds, and of each class in them, differ by one at most.

    Raises:  ValueError if k is less than 2 or more than the rows of the smallest class.
    >>> y = np.array([0, 0, 1, 1, 1, 1])
    >>> [sorted(y[test].tolist()) for train, test in stratified_folds(y, 2)]
    [[0, 1, 1], [0, 1, 1]]
    """
    y = _labels(y, "stratified_folds")
    classes, counts = np.unique(y, return_counts=True)
    if not 2 <= k <= counts.min(initial=len(y)):
        smallest = f"class {classes[counts.argmin()]} has {counts.min()} rows" if len(y) else "y is empty"
        raise ValueError(f"stratified_folds: k is {k}, wants 2 or more and a row of every class in each "
                         f"fold; {smallest}")
    random = np.random.RandomState(seed)
    order = _in_order_of_class(y, random)                # every k-th row: each fold goes through all classes
    return [(random.permutation(np.delete(order, np.s_[i::k])), random.permutation(order[i::k]))
            for i in range(k)]


def _in_order_of_class(y: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """All row numbers, class by class, shuffled within each class."""
    shuffled = random.permutation(len(y))
    return shuffled[np.argsort(y[shuffled], kind="stable")]


def _count(n: int, test_size: float) -> int:
    """How many of n rows are tested."""
    if isinstance(test_size, (int, np.integer)) and not isinstance(test_size, bool):
        count = int(test_size)
    else:
        count = math.floor(n * test_size + 0.5)
    if not 0 < count < n:
        raise ValueError(f"test_size is {test_size}: {count} of {n} rows; wants at least one row to test on "
                         "and one to train on")
    return count


def _labels(y: Any, where: str) -> np.ndarray:
    y = np.asarray(y)
    if y.ndim != 1 or y.dtype.kind == "f":
        raise ValueError(f"{where}: y has shape {y.shape} and dtype {y.dtype}, wants one label for each row")
    return y
