"""Samples: inputs, targets and what they mean, in one frozen object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pellucid.datasets.splits import shuffled_split, stratified_folds, stratified_split


@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """N samples: inputs `x`, targets `y`, and the names of both. Every loader here returns one.

    Shapes:  x (N, ...) float32; y (N,) int64 labels from 0 on, or (N, K) float32 targets of a regression
    Raises:  ValueError for different lengths, labels without a class name, and NaN or infinity in x or y.
    >>> data = Samples(np.zeros((4, 2), np.float32), np.array([0, 1, 1, 0]), ("no", "yes"), name="toy")
    >>> data
    <toy: 4 samples of shape (2,), 2 classes>
    >>> train, test = data.split(test_size=0.5, seed=0)
    >>> len(train), len(test), sorted(test.y.tolist())
    (2, 2, [0, 1])
    """

    x: np.ndarray
    y: np.ndarray
    class_names: tuple[str, ...] = ()                    # empty for a regression
    feature_names: tuple[str, ...] = ()                  # empty for images
    image_shape: tuple[int, ...] = ()                    # (height, width), empty if x holds no images
    name: str = "samples"
    description: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError(f"{self.name}: x has {len(self.x)} rows, y has {len(self.y)}; "
                             "wants one y for each x")
        check_finite(self.x, f"{self.name}: x")
        if self.class_names:
            check_labels(self.y, len(self.class_names), f"{self.name}: y")
        else:
            check_finite(self.y, f"{self.name}: y")

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        kind = f"{self.n_classes} classes" if self.class_names else "regression"
        return f"<{self.name}: {len(self)} samples of shape {self.x.shape[1:]}, {kind}>"

    @property
    def n_classes(self) -> int:
        """How many classes there are; 0 for a regression."""
        return len(self.class_names)

    @property
    def images(self) -> np.ndarray:
        """x as pictures, (N, height, width), without a copy.

        Raises:  ValueError if these samples are not images.
        """
        if not self.image_shape:
            raise ValueError(f"{self.name}: these samples are not images")
        return self.x.reshape(-1, *self.image_shape)

    def take(self, rows: Sequence[int] | np.ndarray | slice) -> Samples:
        """The samples at the given rows, with the same names."""
        return replace(self, x=self.x[rows], y=self.y[rows])

    def split(self, test_size: float, seed: int = 0) -> tuple[Samples, Samples]:
        """Two parts, (train, test): every class has its share in both (see `stratified_split`)."""
        if self.class_names:
            train, test = stratified_split(self.y, test_size, seed)
        else:
            train, test = shuffled_split(len(self), test_size, seed)
        return self.take(train), self.take(test)

    def folds(self, k: int, seed: int = 0) -> list[tuple[Samples, Samples]]:
        """k pairs (train, test) in which every sample is tested once (see `stratified_folds`)."""
        return [(self.take(train), self.take(test)) for train, test in stratified_folds(self.y, k, seed)]


def check_finite(x: np.ndarray, what: str) -> None:
    """Refuse NaN and infinity, naming the first place.

    Raises:  ValueError.
    """
    # The extremes tell without a copy of the size of x: minimum and maximum hand NaN on.
    if x.size == 0 or x.dtype.kind != "f" or (np.isfinite(x.min()) and np.isfinite(x.max())):
        return
    bad = np.argwhere(~np.isfinite(x))
    first = tuple(int(i) for i in bad[0])
    raise ValueError(f"{what} has {len(bad)} values that are NaN or infinite, the first one, {x[first]}, "
                     f"at {first}")


def check_labels(y: np.ndarray, n_classes: int, what: str) -> None:
    """Refuse labels that are not whole numbers from 0 to n_classes - 1, naming the first place.

    Raises:  ValueError; TypeError for labels that are no integers.
    """
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise TypeError(f"{what} has shape {y.shape} and dtype {y.dtype}, wants (N,) whole numbers as labels")
    outside = np.flatnonzero((y < 0) | (y >= n_classes))
    if outside.size:
        raise ValueError(f"{what} has {outside.size} labels outside 0 to {n_classes - 1} ({n_classes} "
                         f"classes), the first one, {y[outside[0]]}, at row {outside[0]}")
