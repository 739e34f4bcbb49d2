"""Series: measurements in the order of time, cut into parts and windows without ever being shuffled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.datasets.samples import check_finite


@dataclass(frozen=True, eq=False, repr=False)
class Series:
    """T measurements of C variables, the oldest first.

    Shapes:  times (T,) datetime64, values (T, C) float32
    Raises:  ValueError for sizes that do not fit, times that do not rise, and NaN or infinity.
    >>> times = np.datetime64("2020-01") + np.arange(4)
    >>> series = Series(times, np.arange(4, dtype=np.float32)[:, None], ("sales",), 12, name="toy")
    >>> series
    <toy: 4 times from 2020-01 to 2020-04, 1 variable>
    >>> before, after = series.split(3)
    >>> len(before), after.values.tolist()
    (3, [[3.0]])
    """

    times: np.ndarray
    values: np.ndarray
    variables: tuple[str, ...]
    period: int                                          # steps after which the season comes back
    name: str = "series"
    description: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.times), len(self.variables)):
            raise ValueError(f"{self.name}: {len(self.times)} times of {len(self.variables)} variables want "
                             f"values of shape ({len(self.times)}, {len(self.variables)}), got "
                             f"{self.values.shape}")
        if len(self.times) > 1 and not (self.times[1:] > self.times[:-1]).all():
            raise ValueError(f"{self.name}: the times must rise, the oldest first")
        check_finite(self.values, f"{self.name}: values")

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        span = f" from {self.times[0]} to {self.times[-1]}" if len(self) else ""
        n = len(self.variables)
        return f"<{self.name}: {len(self)} times{span}, {n} variable{'s' * (n != 1)}>"

    def __getitem__(self, part: slice) -> Series:
        """The measurements of a stretch of time."""
        return replace(self, times=self.times[part], values=self.values[part])

    def column(self, variable: str) -> np.ndarray:
        """The values of one variable, (T,).

        Raises:  KeyError naming the variables that there are.
        """
        if variable not in self.variables:
            raise KeyError(f"{self.name}: no variable {variable!r}, there are {', '.join(self.variables)}")
        return self.values[:, self.variables.index(variable)]

    def split(self, *sizes: int) -> list[Series]:
        """Parts that follow each other in time, of these sizes, and what is left.

        Raises:  ValueError if they are more than there is.
        """
        ends = np.cumsum([0, *sizes])
        if min(sizes, default=0) < 0 or ends[-1] > len(self):
            raise ValueError(f"{self.name}: sizes {sizes} of {len(self)} times")
        return [self[int(a):int(b)] for a, b in zip(ends, [*ends[1:], len(self)], strict=True)]


def windows(values: Any, past: int, future: int) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of `past` values and the `future` values that follow it, the oldest first.

        x[i] = values[i : i + past]              y[i] = values[i + past : i + past + future]

    Shapes:  values (T,) or (T, C) -> x (N, past) or (N, past, C), y (N, future) or (N, future, C), with
             N = T - past - future + 1
    Raises:  ValueError if the values are fewer than past + future.
    >>> x, y = windows(np.arange(5), 2, 1)
    >>> x.tolist(), y.tolist()
    ([[0, 1], [1, 2], [2, 3]], [[2], [3], [4]])
    """
    values = np.asarray(values)
    if past < 1 or future < 1 or len(values) < past + future:
        raise ValueError(f"windows: {past} + {future} values wanted for a window, there are {len(values)}")
    every = np.moveaxis(np.lib.stride_tricks.sliding_window_view(values, past + future, 0), -1, 1)
    return every[:, :past].copy(), every[:, past:].copy()
