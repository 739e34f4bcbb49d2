"""x[...] and x[...] = value, index_put and their gradients, as PyTorch's, over random indices."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid

torch = pytest.importorskip("torch")
SHAPE = (3, 4, 2)

numbers = st.integers(-2, 1)                                     # inside of every dimension
slices = st.tuples(st.one_of(st.none(), st.integers(-5, 5)), st.one_of(st.none(), st.integers(-5, 5)),
                   st.one_of(st.none(), st.integers(1, 3))).map(lambda ends: slice(*ends))
arrays = st.one_of(st.lists(numbers, min_size=2, max_size=2), st.just([0]), st.just([[1], [0]]),
                   st.just([[0, 1], [1, -1]]))
items = st.one_of(numbers, slices, st.just(None), st.just(...), arrays, st.just("mask"), st.just(True))
indices = st.lists(items, min_size=1, max_size=4).filter(lambda index: index.count(...) < 2)


def build(library, index):
    """The index for a library: lists become integer tensors, "mask" a mask for the dimension it stands at."""
    dim, built = 0, []
    used = sum(isinstance(item, (int, slice, list, str)) and item is not True for item in index)
    for item in index:
        if item is ...:
            dim = max(len(SHAPE) - (used - dim), 0)
        if isinstance(item, list):
            built.append(library.tensor(item))
        elif item == "mask":
            size = SHAPE[dim] if dim < len(SHAPE) else 2
            built.append(library.tensor([i % 3 != 1 for i in range(size)]))
        else:
            built.append(item)
        dim += item is not None and item is not True and item is not ...
    return tuple(built)


def attempt(function):
    try:
        return function()
    except (IndexError, ValueError, RuntimeError, TypeError) as error:
        return error


def make(library):
    x = library.tensor(np.arange(24.0).reshape(SHAPE))
    return x.requires_grad_()


def agree(theirs, ours):
    assert isinstance(theirs, Exception) == isinstance(ours, Exception), f"{theirs!r} but ours {ours!r}"
    if isinstance(theirs, Exception):
        return False
    for a, b in zip(theirs, ours, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert tuple(a.shape) == tuple(b.shape)
            np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=1e-12)
    return True


def read(library, index):
    x = make(library)
    y = x[build(library, index)]
    weights = library.tensor(np.random.RandomState(0).standard_normal(tuple(y.shape)))
    g, = library.autograd.grad((y * y * weights).sum(), x, create_graph=True)
    return y, g, *library.autograd.grad((g * g).sum(), x)


def write(library, index, kind):
    x = make(library)
    y, built = x * 1, build(library, index)
    shape = tuple(y.detach()[built].shape)
    full = np.random.RandomState(1).standard_normal(shape)
    value = {"number": 2.5, "full": full, "one": full.reshape(-1)[:1] if full.size else np.ones(1),
             "row": full[:1] if full.ndim else full}[kind]
    if not isinstance(value, float):
        value = library.tensor(value).requires_grad_()
    y[built] = value
    weights = library.tensor(np.random.RandomState(2).standard_normal(SHAPE))
    (y * y * weights).sum().backward()
    return y, x.grad, *(() if isinstance(value, float) else (value.grad,))


@given(indices)
@settings(max_examples=250)
def test_reading(index):
    agree(attempt(lambda: read(torch, index)), attempt(lambda: read(pellucid, index)))


@given(indices, st.sampled_from(["number", "full", "one", "row"]))
@settings(max_examples=250)
def test_writing(index, kind):
    if repeats(index):
        return                                                   # which of several values stays is left open
    agree(attempt(lambda: write(torch, index, kind)), attempt(lambda: write(pellucid, index, kind)))


def repeats(index):
    """Does the index name a place twice?"""
    count = np.zeros(SHAPE, int)
    try:
        places = pellucid.arange(24).reshape(SHAPE)[build(pellucid, index)]
    except (IndexError, ValueError):
        return False
    np.add.at(count.reshape(-1), places.numpy().reshape(-1), 1)
    return count.max() > 1


FIXED = [
    [0], [-1], [slice(None)], [...], [None], [slice(1, None), 0], [..., 0], [0, ..., None],
    [slice(None), None, 1],
    [[0, 2, 0]], [slice(None), [0, 1]], [0, slice(None), [0, 1]], [[0, 1], slice(None), [0, 1]],
    [[0, 1], slice(None), 0],
    [slice(None), [0, 1], 0], [[0, 1], 0, [0, 1]], [[[0], [1]], [0, 1]], ["mask"], [slice(None), "mask"],
    [0, "mask"], [True],
    [[0, 1], None, [0, 1]], [..., [0, 1]], [None, [0, 1]], [[0, 1], ...], [[], slice(None)], [5], [[5]],
    [0, 0, 0, 0], [slice(None, None, -1)],
    [..., ...], [slice(5, 9)], [True, 0], [[0, 1], [0, 1, 2]], [0.5], ["text"],
]


@pytest.mark.parametrize("index", FIXED, ids=str)
def test_chosen_indices(index):
    agree(attempt(lambda: read(torch, index)), attempt(lambda: read(pellucid, index)))
    for kind in ("number", "full"):
        if not repeats(index):
            theirs, ours = (attempt(partial(write, library, index, kind)) for library in (torch, pellucid))
            agree(theirs, ours)


def test_masks_of_several_dimensions():
    for library in (torch, pellucid):
        x = make(library)
        mask = library.tensor(np.arange(12).reshape(3, 4) % 3 == 0)
        y = x * 2
        y[mask] = x[mask] * 3
        y[y > 40] = 0.5
        y[:, mask[0]] += 1
        found = [x[mask], x[x > 5], x[mask, 0], x[mask][:, [1, 0]], y,
                 *library.autograd.grad((y * y).sum(), x)]
        if library is torch:
            theirs = found
    assert agree(theirs, found)


@pytest.mark.parametrize("accumulate", [False, True])
def test_index_put(accumulate):
    for library in (torch, pellucid):
        x = make(library)
        value = library.tensor(np.arange(6.0).reshape(3, 2)).requires_grad_()
        places = (library.tensor([0, 2, 1]), library.tensor([1, 3, 1]))
        same = (library.tensor([0, 0, 1]), library.tensor([1, 1, 1]))
        y = x.index_put(same if accumulate else places, value, accumulate=accumulate)
        z = (x * 1).index_put_(places, value, accumulate)
        w = (x * 1).index_put_((library.tensor(1), library.tensor([0, 2])), value[:2], accumulate)
        loss = (y * y).sum() + (z * z).sum() * 2 + (w * w).sum() * 3
        found = [y, z, w, *library.autograd.grad(loss, [x, value])]
        if library is torch:
            theirs = found
    assert agree(theirs, found)


def test_dtypes_of_what_is_written():
    for library in (torch, pellucid):
        results = []
        for dtype in (library.int64, library.float32, library.bool, library.uint8):
            x = library.zeros(3, dtype=dtype)
            for value in (1, 1.9, True, library.tensor(2.5), library.tensor([1, 0, 3], dtype=library.int32),
                          -0.0):
                x[:] = value
                results.append(x.tolist())
                results.append(str(x.dtype).split(".")[1])
            for value in (1, 1.9, True):
                x[[0, 2]] = value
                results.append(x.tolist())
        if library is torch:
            theirs = results
    assert results == theirs


def test_views_share_memory_and_copies_do_not():
    for library in (torch, pellucid):
        x = library.arange(24).reshape(SHAPE)
        views = [x[0], x[0, 1, 1], x[..., 1], x[:, 1:3], x[::2], x[library.tensor(1)], x[...], x[()]]
        copies = [x[[0]], x[x > 3], x[library.tensor([1])], x[True]]
        strides = [(tuple(v.stride()), v.storage_offset()) for v in views]
        x.zero_()
        sums = [int(v.sum()) for v in views] + [int(c.sum()) > 0 for c in copies]
        if library is torch:
            theirs = (strides, sums)
    assert (strides, sums) == theirs


@pytest.mark.parametrize("kind", [int, np.int64, "0-d", "one", "int32", "float"])
def test_slices_between_tensors(kind):
    def end(library, place):
        if not isinstance(kind, str):
            return kind(place)
        dtype = {"int32": library.int32, "float": library.float32}.get(kind, library.int64)
        return library.tensor([place] if kind == "one" else place, dtype=dtype)

    def cut(library):
        x = library.arange(24).reshape(4, 3, 2)
        i = end(library, 1)
        return x[i:i + 2], x[:, i:, None], x[i:, ..., :i], x[end(library, 0)::end(library, 2)]

    if kind == "float":
        for library in (torch, pellucid):
            with pytest.raises((TypeError, IndexError)):
                cut(library)
        return
    agree(cut(torch), cut(pellucid))


def test_arithmetic_of_places():
    def count(library):
        i, rows = library.tensor(7), library.arange(6).reshape(2, 3)
        small = library.tensor([3, 250], dtype=library.uint8)
        return (i + 8, 8 - i, i * -3, -i, i // 2, i % 4, i ** 2, i + rows, rows * rows[0], i < 8, i + 0.5,
                i + True, i / 2, small + 8, small + i, i + 2**40, rows + rows.to(library.int32))

    agree(count(torch), count(pellucid))
    assert [x.numpy().dtype for x in count(torch)] == [x.numpy().dtype for x in count(pellucid)]
