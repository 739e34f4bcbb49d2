"""Loops of group normalisation, over samples whose channels lie innermost: x (N, places, C).

A sample fits into the processor's cache, so that only its first reading and its last writing cost much.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .crew import crew, share

__all__ = ["crew"]


@jit()
def spread_means(sums, groups, part):
    """Put in the place of each channel's number the sum of its group's, times `part`."""
    wide = sums.size // groups
    for k in range(groups):
        total = sums.dtype.type(0)
        for j in range(k * wide, (k + 1) * wide):
            total += sums[j]
        for j in range(k * wide, (k + 1) * wide):
            sums[j] = total * part


@jit()
def normalise_part(first, last, x, weight, bias, eps, mean, scale, y):
    places, size = x.shape[1:]
    groups, number = mean.shape[1], x.dtype.type
    wide, part = size // groups, number(1) / number(places * (size // groups))
    middle, slope = np.empty(size, x.dtype), np.empty(size, x.dtype)
    for n in range(np.int64(first), np.int64(last)):
        middle[:] = 0
        slope[:] = 0
        for i in range(places):
            for j in range(size):
                middle[j] += x[n, i, j]
        spread_means(middle, groups, part)
        for i in range(places):
            for j in range(size):
                d = x[n, i, j] - middle[j]
                slope[j] += d * d
        spread_means(slope, groups, part)
        for j in range(size):
            slope[j] = number(1) / np.sqrt(slope[j] + eps)
        for k in range(groups):
            mean[n, k], scale[n, k] = middle[k * wide], slope[k * wide]
        for j in range(size):
            slope[j] *= weight[j]
        for i in range(places):
            for j in range(size):
                y[n, i, j] = (x[n, i, j] - middle[j]) * slope[j] + bias[j]


@jit()
def normalise(team, x, weight, bias, eps, mean, scale, y):
    """Fills mean and scale (N, groups) and y, of the shape of x."""
    share(team, x.shape[0], normalise_part, (x, weight, bias, eps, mean, scale, y))


@jit()
def normalise_back_part(first, last, g, x, weight, mean, scale, dx, totals):
    """Samples, each with a place of its own in totals (N, 2, C): sums of g n and of g."""
    places, size = x.shape[1:]
    groups, number = mean.shape[1], x.dtype.type
    wide, part = size // groups, number(1) / number(places * (size // groups))
    middle, slope, whole = np.empty(size, x.dtype), np.empty(size, x.dtype), np.empty(size, x.dtype)
    along, factor = np.empty(size, x.dtype), np.empty(size, x.dtype)
    for n in range(np.int64(first), np.int64(last)):
        for j in range(size):
            middle[j], slope[j] = mean[n, j // wide], scale[n, j // wide]
        along[:] = 0
        whole[:] = 0
        for i in range(places):
            for j in range(size):
                along[j] += g[n, i, j] * (x[n, i, j] - middle[j])
                whole[j] += g[n, i, j]
        for j in range(size):
            along[j] *= slope[j]
            totals[n, 0, j], totals[n, 1, j] = along[j], whole[j]
            along[j] *= weight[j]
            whole[j] *= weight[j]
        spread_means(along, groups, part)                        # mean(h n)
        spread_means(whole, groups, part)                        # mean h
        for j in range(size):
            factor[j] = slope[j] * weight[j]
            along[j] *= slope[j] * slope[j]
            whole[j] *= slope[j]
        for i in range(places):
            for j in range(size):
                dx[n, i, j] = g[n, i, j] * factor[j] - whole[j] - (x[n, i, j] - middle[j]) * along[j]


@jit()
def normalise_back(team, g, x, weight, mean, scale, dx):
    """Fills dx; the sums for weight and bias (2, C)."""
    totals = np.empty((x.shape[0], 2, x.shape[2]), x.dtype)
    share(team, x.shape[0], normalise_back_part, (g, x, weight, mean, scale, dx, totals))
    return totals.sum(0)
