"""What is done to arrays before a network sees them: standardising, one-hot labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.datasets.samples import check_finite, check_labels


class Standardize:
    """Shift and scale each feature to mean 0 and standard deviation 1, as measured on the training part.

        z = (x - mean) / std          std is the population's: the root of the mean squared deviation

    Made from the training part alone, then called on every part: a test set that takes part in the
    measuring would no longer be unseen. A feature that is constant, up to rounding, keeps its scale (its std
    counts as 1) and so becomes 0.

    Shapes:  x (N, ...) -> (N, ...), features are all axes but the first; float dtypes are kept
    Raises:  ValueError for no rows, NaN or infinity, and a different number of features.
    >>> scale = Standardize([[1.0, 5.0], [3.0, 5.0]])
    >>> scale([[5.0, 5.0]]).tolist()
    [[3.0, 0.0]]
    """

    def __init__(self, x: Any) -> None:
        x = _floats(x)
        if not len(x):
            raise ValueError(f"Standardize: x has no rows to measure, its shape is {x.shape}")
        check_finite(x, "Standardize: x")
        least, std = x.min(axis=0), x.std(axis=0, dtype=np.float64)
        # The mean of a constant is the constant; 0.1 added up n times and divided by n is a bit off.
        self.mean = np.where(x.max(axis=0) == least, least, x.mean(axis=0, dtype=np.float64))
        self.std = np.where(std > np.finfo(x.dtype).eps * np.abs(self.mean), std, 1.0)

    def __call__(self, x: Any) -> np.ndarray:
        """Standardise x with the training part's mean and standard deviation."""
        x = self._checked(x)
        return ((x - self.mean) / self.std).astype(x.dtype)

    def inverse(self, z: Any) -> np.ndarray:
        """Undo the standardising: x = z std + mean."""
        z = self._checked(z)
        return (z * self.std + self.mean).astype(z.dtype)

    def _checked(self, x: Any) -> np.ndarray:
        x = _floats(x)
        if x.shape[1:] != self.mean.shape:
            raise ValueError(f"Standardize: x has shape {x.shape}, wants (N, "
                             f"{', '.join(str(n) for n in self.mean.shape)}) as the training part had")
        return x


def one_hot(y: Any, n_classes: int | None = None, dtype: Any = np.float32) -> np.ndarray:
    """Turn each label into a row with a 1 at the label and 0 elsewhere.

        h[i, k] = 1 if y[i] = k else 0

    Shapes:  y (N,) -> (N, n_classes); without `n_classes` there are as many as the largest label asks for
    Raises:  ValueError for labels outside 0 to n_classes - 1; TypeError for labels that are no integers.
    >>> one_hot([2, 0]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    y = np.asarray(y)
    if y.size == 0:
        y = y.astype(np.int64)                           # NumPy calls an empty list a list of floats
    n = n_classes if n_classes is not None else int(y.max(initial=-1)) + 1
    check_labels(y, n, "one_hot: y")
    rows = np.zeros((len(y), n), dtype)
    rows[np.arange(len(y)), y] = 1
    return rows


def _floats(x: Any) -> np.ndarray:
    """x as an array of floats, float32 if it held whole numbers."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float32)
