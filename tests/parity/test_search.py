"""Where something is: nonzero, unique, searchsorted, bucketize, isin, one_hot, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops.search import one_hot

torch = pytest.importorskip("torch")
rng = np.random.RandomState(0)
ARRAYS = [rng.randint(-2, 3, (3, 4)), rng.randint(0, 2, (2, 3, 2)).astype(bool),
          np.round(rng.standard_normal(9)), np.array(3),
          np.array(0.0), np.zeros((0, 3)), np.array([2, 1, 1, 3, 3], "uint8"),
          np.array([np.nan, 1, np.nan, 1])]


def told(result):
    if isinstance(result, (tuple, list)):
        return [told(r) for r in result]
    return str(result.dtype).split(".")[1], tuple(result.shape), result.tolist()


def same(function, *arrays):
    results = []
    for library in (torch, pellucid):
        try:
            results.append(told(function(library, *map(library.tensor, arrays))))
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            results.append(error)
    theirs, ours = results
    assert isinstance(theirs, Exception) == isinstance(ours, Exception), results
    if not isinstance(theirs, Exception):
        np.testing.assert_equal(ours, theirs)


@pytest.mark.parametrize("array", ARRAYS, ids=range(len(ARRAYS)))
def test_nonzero(array):
    same(lambda L, x: L.nonzero(x), array)
    same(lambda L, x: x.nonzero(as_tuple=True), array)
    same(lambda L, x: L.argwhere(x), array)


@pytest.mark.parametrize("array", ARRAYS, ids=range(len(ARRAYS)))
def test_unique(array):
    for options in ({}, {"return_inverse": True}, {"return_counts": True},
                    {"return_inverse": True, "return_counts": True}):
        same(lambda L, x, o=options: L.unique(x, **o), array)
        same(lambda L, x, o=options: x.unique_consecutive(**o), array)
        if array.ndim > 1 and array.size:
            for dim in (0, 1, -1):
                same(lambda L, x, o=options, d=dim: x.unique(dim=d, **o), array)
                same(lambda L, x, o=options, d=dim: L.unique_consecutive(x, dim=d, **o), array)


def test_search():
    row, rows = np.array([1.0, 3, 3, 5, 9]), np.sort(rng.standard_normal((2, 3, 5)), -1)
    values = np.array([[0.0, 1, 3], [4, 9, 10]])
    for options in ({}, {"right": True}, {"side": "right"}, {"side": "left"}, {"out_int32": True},
                    {"side": "left", "right": True}, {"side": "middle"}):
        same(lambda L, s, v, o=options: L.searchsorted(s, v, **o), row, values)
        same(lambda L, s, v, o=options: L.searchsorted(s, v, **o), rows, rng.standard_normal((2, 3, 4)))
    for options in ({}, {"right": True}, {"out_int32": True}):
        same(lambda L, v, b, o=options: L.bucketize(v, b, **o), values, row)
        same(lambda L, b, o=options: L.bucketize(3, b, **o), row)
    same(lambda L, s, v, i: L.searchsorted(s, v, sorter=i), row[::-1].copy(), values,
         np.array([4, 2, 3, 1, 0]))
    same(lambda L, s, v: L.searchsorted(s, v), rows, values)
    same(lambda L, v, b: L.bucketize(v, b), values, rows[0])
    same(lambda L, s: L.searchsorted(s, 3), row)


def test_isin():
    for test in (np.array([1, 2]), np.array([], "int64"), np.array([[0], [2]]), np.array([1.5, 2.0])):
        same(lambda L, x, t: L.isin(x, t), ARRAYS[0], test)
        same(lambda L, x, t: L.isin(x, t, invert=True), ARRAYS[0], test)
    same(lambda L, x: L.isin(x, 2), ARRAYS[0])
    same(lambda L, x: L.isin(2, x), ARRAYS[0])


@pytest.mark.parametrize("classes, count", [
    ([0, 2], -1), ([0, 2], 3), ([0, 2], 5), ([0, 2], 2), ([-1], -1), ([[0, 1], [2, 1]], -1), (3, -1),
    ([0.5], -1),
])
def test_one_hot(classes, count):
    same(lambda L, x: (torch.nn.functional.one_hot if L is torch else one_hot)(x, count), np.array(classes))


def test_one_hot_of_nothing():
    for count in (-1, 0, 3):
        same(lambda L, x, c=count: (torch.nn.functional.one_hot if L is torch else one_hot)(x, c),
             np.zeros((0, 2), "int64"))
