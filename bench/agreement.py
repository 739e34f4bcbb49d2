"""Whether two sides computed the same."""

from __future__ import annotations

import math
from typing import Any

TOLERANCE = 1e-3                                        # of the size of the numbers: float32 on both sides

Summary = list[tuple[float, float]]


def summary(result: Any) -> Summary:
    """Two numbers for each tensor that a step gave: a mean whose weights tell the places apart, and the size.

    >>> import numpy as np
    >>> [[round(number, 3) for number in pair] for pair in summary((np.float32(2), np.array([3.0, 4.0])))]
    [[2.0, 2.0], [6.081, 3.536]]
    """
    if result is None:
        return []
    return [_pair(part) for part in (result if isinstance(result, (tuple, list)) else (result,))]


def _pair(tensor: Any) -> tuple[float, float]:
    import numpy as np

    array = tensor.detach().numpy() if hasattr(tensor, "detach") else np.asarray(tensor)
    flat = array.astype(np.float64).reshape(-1)
    weights = np.cos(np.arange(flat.size)) + (flat.size > 1)                 # a single number stays itself
    return float(flat @ weights / flat.size), math.sqrt(float(flat @ flat) / flat.size)


def disagreement(ours: list[Summary], theirs: list[Summary]) -> str | None:
    """What differs first, in words; None where every step gave the same. A nan agrees with nothing.

    >>> disagreement([[(1.0, 1.0)]], [[(1.0004, 1.0004)]])
    >>> disagreement([[(1.0, 1.0)], [(0.5, 0.5)]], [[(1.0, 1.0)], [(0.6, 0.6)]])
    'step 2: 0.5 against 0.6'
    """
    mine, other = ([len(step) for step in steps] for steps in (ours, theirs))
    if mine != other:
        return f"{mine} tensors from the steps against {other}"
    for number, pairs in enumerate(zip(ours, theirs, strict=True), 1):
        for a, b in zip(*pairs, strict=True):
            if not same(a, b):
                return f"step {number}: {_shown(a)} against {_shown(b)}"
    return None


def _shown(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.6g}" if pair[0] == pair[1] else f"{pair[0]:.6g} (size {pair[1]:.6g})"


def same(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether two summaries differ by no more than rounding does to numbers of their size."""
    allowed = TOLERANCE * max(a[1], b[1])
    return all(abs(x - y) <= allowed for x, y in zip(a, b, strict=True))
