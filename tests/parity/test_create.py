"""Tensors from data, sizes and ranges: PyTorch's values, dtypes and errors."""

from __future__ import annotations

import itertools
import warnings
from functools import partial

import numpy as np
import pytest

import pellucid

torch = pytest.importorskip("torch")
ERRORS = (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, OverflowError)


def describe(t):
    if isinstance(t, (tuple, list)):
        return [describe(item) for item in t]
    return str(t.dtype).split(".")[1], tuple(t.shape), t.tolist(), t.requires_grad


def attempt(function, library):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return describe(function(library))
        except ERRORS as error:
            return error


def same(function):
    theirs, ours = attempt(function, torch), attempt(function, pellucid)
    if "object cannot be interpreted as an integer" in str(theirs) and not isinstance(ours, Exception):
        return                                                   # PyTorch refuses NumPy's scalars here
    if isinstance(theirs, Exception) or isinstance(ours, Exception):
        assert isinstance(theirs, Exception) and isinstance(ours, Exception), f"{theirs!r} but ours {ours!r}"
    else:
        np.testing.assert_equal(ours, theirs)


DATA = [
    1, 1.5, True, -3, [], [[]], [[], []], [1, 2], [1, 2.5], [True, False], [True, 2], [[1, 2], [3, 4]],
    (1, 2), range(4),
    [range(2), [5, 6]], [(1, 2), (3, 4)], [[[1.0]]], np.float64(2), np.float32(2), np.int32(2),
    np.bool_(True),
    [np.float64(1), 2], [np.float32(1), 2.0], [1.0, np.float64(2)], [np.int32(1), 2], np.arange(3),
    np.ones((2, 2), "float32"),
    np.array(5), np.array([True]), np.array([1, 2], "uint8"), [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
    2 ** 62, -2 ** 63,
    float("inf"), [float("nan"), 1], 1e40, [0.1, 0.2], [[True], [False]], [1, [2]], [[1, 2], [3]],
    [[1, 2], 3], "a", ["a"], None,
    [None, 1], {1, 2}, {"a": 1}, 2 ** 63, [2 ** 70], np.array(["a"]), np.array([None]), object(),
    np.arange(6).reshape(2, 3).T,
    np.arange(6)[::2],
]
DTYPES = [None, "float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def without_address(data):
    """A name that is the same in every process."""
    return "object()" if type(data) is object else repr(data)


@pytest.mark.parametrize("data", DATA, ids=without_address)
def test_tensor_of_data(data):
    for name in DTYPES:
        same(lambda L, name=name: L.tensor(data, dtype=None if name is None else getattr(L, name)))
    same(lambda L: L.as_tensor(data))
    same(lambda L: L.tensor(data, requires_grad=True))
    same(lambda L: L.asarray(data, dtype=L.float64))


def test_tensor_of_tensors():
    for build in (
        lambda L: [L.tensor(1), L.tensor(2.5)], lambda L: [L.tensor(1.0), 2], lambda L: [[L.tensor(1)], [3]],
        lambda L: L.tensor([1, 2]), lambda L: [L.ones(2), L.ones(2)], lambda L: [L.ones(1), L.ones(1)],
        lambda L: [L.tensor(1.0, requires_grad=True) * 2, 1], lambda L: L.ones(2, dtype=L.float64),
        lambda L: [L.tensor(True), L.tensor(2, dtype=L.int32)], lambda L: (L.tensor(1, dtype=L.uint8),),
    ):
        same(lambda L, build=build: L.tensor(build(L)))
        same(lambda L, build=build: L.tensor(build(L), dtype=L.float64))


@pytest.mark.parametrize("dtype, value", [
    ("uint8", 256), ("uint8", -1), ("uint8", -256), ("int8", 128), ("int8", -129), ("int32", 2 ** 31),
    ("int64", 1.9),
    ("int64", float("inf")), ("int32", float("nan")), ("bool", 2), ("bool", float("nan")), ("float16", 1e6),
    ("uint8", 300.5),
])
def test_numbers_that_do_not_fit(dtype, value):
    same(lambda L: L.tensor([value], dtype=getattr(L, dtype)))


def test_memory_is_copied_or_shared():
    for L in (torch, pellucid):
        array = np.arange(3.0)
        made = [L.tensor(array), L.as_tensor(array), L.from_numpy(array), L.asarray(array),
                L.asarray(array, copy=True),
                L.as_tensor(array, dtype=L.float32), L.Tensor(array), L.Tensor(array.astype("float32"))]
        array += 1
        x = L.tensor([1.0, 2.0])
        same_one = [L.as_tensor(x) is x, L.as_tensor(x, dtype=L.float64) is x, L.tensor(x.tolist()) is x]
        found = [describe(t) for t in made], same_one
        if L is torch:
            theirs = found
    assert found == theirs


SIZES = [(2, 3), ((2, 3),), ([2, 3],), (0,), (), ((),), (2,), (-1,), (2.0,), (2, -3), ("a",), (None,),
         ((2, (3,)),)]


@pytest.mark.parametrize("size", SIZES, ids=repr)
def test_sizes(size):
    for name in ("zeros", "ones"):
        same(lambda L, name=name: getattr(L, name)(*size))
        same(lambda L, name=name: getattr(L, name)(*size, dtype=L.int32))
        same(lambda L, name=name: getattr(L.tensor([1], dtype=L.uint8), "new_" + name)(*size))
    same(lambda L: L.empty(*size).fill_(0))
    if len(size) == 1:
        same(lambda L: L.full(size[0], 2.5))
        same(lambda L: L.tensor([1]).new_full(size[0], 3))


def test_more_sizes():
    for build in (
        lambda L: L.zeros(size=(2, 3)), lambda L: L.zeros(L.Size([2])), lambda L: L.ones(L.tensor(2), 3),
        lambda L: L.zeros(2, requires_grad=True), lambda L: L.zeros(2, dtype=L.int64, requires_grad=True),
        lambda L: L.zeros(2, device="cpu"), lambda L: L.full((2,), True),
        lambda L: L.full((2,), 3, dtype=L.float64),
        lambda L: L.full((), 1.5), lambda L: L.zeros(np.int64(2)), lambda L: L.zeros(2, 3, out=L.ones(2, 3)),
        lambda L: L.eye(3), lambda L: L.eye(2, 4), lambda L: L.eye(3, 2, dtype=L.int64), lambda L: L.eye(0),
        lambda L: L.eye(-1),
        lambda L: L.zeros_like(L.ones(2, 3, dtype=L.int32)),
        lambda L: L.ones_like(L.zeros(2), dtype=L.float64),
        lambda L: L.full_like(L.zeros(2, dtype=L.int64), 2.9),
        lambda L: L.full_like(L.ones(2), 3, requires_grad=True),
        lambda L: L.empty_like(L.ones(0, 3)), lambda L: L.ones(2).new_tensor([1, 2]),
        lambda L: L.scalar_tensor(3),
        lambda L: L.tensor([1], dtype=L.int8).new_tensor(2.5), lambda L: L.zeros(),
        lambda L: L.zeros(2, sizes=3),
        lambda L: L.Tensor(2, 3).fill_(0), lambda L: L.Tensor([1, 2]), lambda L: L.Tensor([[True], [False]]),
        lambda L: L.Tensor(),
        lambda L: L.Tensor(3.5), lambda L: L.Tensor("abc"), lambda L: L.LongTensor([1.5, 2]),
        lambda L: L.FloatTensor([1, 2]),
        lambda L: L.FloatTensor([[1], [2]]), lambda L: L.BoolTensor([1, 0]), lambda L: L.ByteTensor([1, 255]),
        lambda L: L.LongTensor(2, 3).fill_(0), lambda L: L.IntTensor([]), lambda L: L.DoubleTensor([0.1]),
    ):
        same(build)


def test_kinds():
    for L in (torch, pellucid):
        x = L.ones(2)
        found = [isinstance(x, L.FloatTensor), isinstance(x, L.LongTensor),
                 isinstance(x.long(), L.LongTensor),
                 isinstance([1], L.FloatTensor), x.type(L.LongTensor).tolist(), x.type().split(".")[1],
                 x.bool().type().split(".")[1], L.is_tensor(x), L.is_tensor([1]),
                 L.is_floating_point(x.long()),
                 x.type("torch.DoubleTensor").type().split(".")[1]]
        if L is torch:
            theirs = found
    assert found == theirs


NUMBERS = [0, 1, 5, -3, 2.5, -1.5, 0.1, 1e-3, 100, True]


@pytest.mark.parametrize("start, end", list(itertools.product(NUMBERS, NUMBERS)))
def test_arange(start, end):
    for step in (1, 2, -1, 0.5, -0.3, 0, 7):
        for dtype in (None, "float64", "int32"):
            options = {} if dtype is None else {"dtype": dtype}
            results = []
            for L in (torch, pellucid):
                named = {"dtype": getattr(L, dtype)} if options else {}
                results.append(attempt(lambda L, n=named, s=step: L.arange(start, end, s, **n), L))
            close(*results)


def close(theirs, ours):
    assert isinstance(theirs, Exception) == isinstance(ours, Exception), f"{theirs!r} but ours {ours!r}"
    if not isinstance(theirs, Exception):
        assert theirs[:2] == ours[:2]
        np.testing.assert_allclose(ours[2], theirs[2], rtol=3e-7, atol=1e-7)


def test_arange_in_other_words():
    for build in (
        lambda L: L.arange(5), lambda L: L.arange(2.5), lambda L: L.arange(L.tensor(3)),
        lambda L: L.arange(end=4),
        lambda L: L.arange(1, end=4), lambda L: L.arange(0, 1, 0.1), lambda L: L.arange(3, dtype=L.bool),
        lambda L: L.arange("a"),
        lambda L: L.arange(float("nan")), lambda L: L.arange(0, float("inf")),
        lambda L: L.arange(0, 3, requires_grad=True),
        lambda L: L.arange(3.0, requires_grad=True), lambda L: L.arange(2 ** 40, 2 ** 40 + 2),
        lambda L: L.arange(0, 10, 2.5),
        lambda L: L.arange(start=1, end=7, step=2),
    ):
        theirs, ours = attempt(build, torch), attempt(build, pellucid)
        close(theirs, ours)


def call(name, *args, **named):
    """Call a function of the library that comes last."""
    return getattr(args[-1], name)(*args[:-1], **named)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 10, 50, -1])
def test_linspace(steps):
    for start, end in ((0, 1), (-3, 3), (5, -2.5), (0.1, 0.7), (2, 2), (1e6, 1e6 + 1)):
        for dtype in (None, "float64", "int64"):
            for name in ("linspace", "logspace"):
                if name == "logspace" and (abs(start) > 10 or dtype == "int64"):
                    continue
                if dtype == "int64" and steps == 50:
                    continue                                     # PyTorch rounds 1 - 1e-16 down to 0
                results = []
                for L in (torch, pellucid):
                    named = {} if dtype is None else {"dtype": getattr(L, dtype)}
                    results.append(attempt(partial(call, name, start, end, steps, **named), L))
                close(*results)


def test_grids():
    for build in (
        lambda L: L.meshgrid(L.arange(2), L.arange(3), indexing="ij"),
        lambda L: L.meshgrid(L.arange(2), indexing="xy"),
        lambda L: L.meshgrid([L.arange(2), L.arange(3), L.tensor(5)], indexing="xy"),
        lambda L: L.meshgrid(L.arange(2), L.ones(2), indexing="ij"), lambda L: L.meshgrid(indexing="ij"),
        lambda L: L.meshgrid(L.ones(2, 2), indexing="ij"), lambda L: L.meshgrid(L.ones(2), indexing="yx"),
        lambda L: L.cartesian_prod(L.arange(2), L.arange(3)), lambda L: L.cartesian_prod(L.arange(2)),
        lambda L: L.cartesian_prod(L.arange(2), L.arange(0)), lambda L: L.combinations(L.arange(4)),
        lambda L: L.combinations(L.arange(4.0), 3),
        lambda L: L.combinations(L.arange(3), 2, with_replacement=True),
        lambda L: L.combinations(L.arange(3), 0), lambda L: L.combinations(L.arange(3), 4),
        lambda L: L.combinations(L.ones(2, 2)),
        lambda L: L.tril_indices(3, 4), lambda L: L.tril_indices(3, 4, -1), lambda L: L.triu_indices(4, 3, 1),
        lambda L: L.triu_indices(2, 2, 5), lambda L: L.tril_indices(2, 3, 1, dtype=L.int32),
    ):
        same(build)


def test_gradients_through_grids():
    for L in (torch, pellucid):
        x, y = L.tensor([1.0, 2.0], requires_grad=True), L.tensor([3.0, 4.0, 5.0], requires_grad=True)
        a, b = L.meshgrid(x, y, indexing="xy")
        loss = (a * b * b).sum() + (L.cartesian_prod(x, y) ** 3).sum() + (L.combinations(y) ** 2).sum()
        loss.backward()
        found = x.grad.tolist(), y.grad.tolist()
        if L is torch:
            theirs = found
    assert found == theirs
