"""A histogram's outline as a ridge is drawn: bins merged where they are noise, heights from 0 to 1."""

from __future__ import annotations

import numpy as np


def outline(counts: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline of a histogram: places from the first edge to the last, heights scaled to at most 1.

    A bin that holds zero and is over three times as dense as any other (what relu leaves) does not set the
    scale: it is cut off at 1.

    Shapes:  counts (N,), edges (N+1,) -> (M+2,), (M+2,) with M <= N; both ends have height 0
    >>> outline(np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0]))[1]
    array([0. , 0.5, 1. , 0. ])
    """
    counts, edges = coarser(counts, edges)
    widths = np.diff(edges)
    density = counts / np.where(widths > 0, widths, 1.0)
    others = density[~((edges[:-1] <= 0) & (edges[1:] >= 0))]
    top = float(density.max())
    if others.size and top > 3 * others.max() > 0:
        top = float(others.max()) * 1.6
    middles = (edges[1:] + edges[:-1]) / 2
    return np.r_[edges[0], middles, edges[-1]], np.r_[0.0, np.minimum(density / top, 1.0), 0.0]


def coarser(counts: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the histogram with neighbouring bins merged where there are many bins for few values.

    About 2 N^(1/3) bins show N values without much noise (Rice's rule); a few more, for the eye smooths.
    """
    wanted = max(6, int(2.5 * counts.sum() ** (1 / 3)))
    step = -(-len(counts) // wanted)
    starts = np.arange(0, len(counts), step)
    return np.add.reduceat(counts, starts), np.r_[edges[starts], edges[-1]]


def middle_range(counts: np.ndarray, edges: np.ndarray) -> tuple[float, float]:
    """Return the edges between which 99 % of a histogram lies."""
    share = np.cumsum(counts) / counts.sum()
    return float(edges[:-1][share > 0.005][0]), float(edges[1:][share >= 0.995][0])
