"""Two choices that every drawing makes: which of many things to show, and whether an axis is logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def spread(length: int, most: int) -> list[int]:
    """Return at most `most` indices spread evenly over range(length), first and last among them.

    >>> spread(3, 10), spread(100, 4)
    ([0, 1, 2], [0, 33, 66, 99])
    """
    if length <= most:
        return list(range(length))
    return sorted({round(i * (length - 1) / max(1, most - 1)) for i in range(most)})


def wants_log(columns: Sequence[Any], factor: float = 25.0) -> bool:
    """Tell whether a logarithmic axis serves better: all finite values positive, and over `factor` apart.

    >>> wants_log([[100.0, 1.0]]), wants_log([[2.0, 1.0], [0.0]])
    (True, False)
    """
    everything = np.concatenate([np.asarray(c, dtype=np.float64).ravel() for c in columns] or [np.zeros(0)])
    kept = everything[np.isfinite(everything)]
    return bool(kept.size) and bool(kept.min() > 0) and bool(kept.max() / kept.min() > factor)
