"""The text of tensors equals PyTorch's, after its name is replaced by ours."""

from __future__ import annotations

import re

import numpy as np
import pytest

import pellucid

torch = pytest.importorskip("torch")

SHAPES = [(), (1,), (3,), (0,), (0, 3), (2, 0, 3), (30,), (7,), (2, 3), (1, 1, 1), (2, 3, 4), (2, 2, 2, 2),
          (1001,), (600, 2),
          (2, 600), (20, 60), (3, 20, 30), (7, 1, 200), (5, 7, 5, 8)]
DTYPES = ["float32", "float64", "float16", "int64", "int32", "uint8", "bool"]


@pytest.fixture(autouse=True)
def default_options():
    yield
    for library in (torch, pellucid):
        library.set_printoptions(profile="default")


def renamed(text):
    """PyTorch's text with our name; what comes after the longer name may have moved to a new line."""
    return re.sub(r",\s+(dtype|grad_fn)=", r", \1=", text.replace("torch", "pellucid"))


def same(array):
    ours, theirs = pellucid.from_numpy(array.copy()), torch.from_numpy(array.copy())
    assert repr(ours) == str(ours)
    if "dtype" not in repr(ours):
        assert repr(ours) == repr(theirs)
    assert renamed(repr(ours)) == renamed(repr(theirs))


def values(rng, shape, dtype, scale):
    if dtype == "bool":
        return np.asarray(rng.uniform(size=shape) < 0.5)
    if dtype.startswith(("int", "uint")):
        return np.asarray(rng.randint(0 if dtype == "uint8" else -scale, min(scale, 200),
                                      shape)).astype(dtype)
    return np.asarray(rng.standard_normal(shape) * scale).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_dtypes(shape, dtype, rng):
    same(values(rng, shape, dtype, 3))
    same(values(rng, shape, dtype, 9000))


@pytest.mark.parametrize("trial", range(150))
def test_ranges_of_numbers(trial, rng):
    """Numbers of all sizes, some of them whole, zero, nan or infinite."""
    kind = rng.randint(0, 4)
    size = rng.randint(1, 9)
    x = rng.standard_normal(size) * 10.0 ** rng.randint(-6, 10, 1 if kind < 2 else size)
    if kind in (1, 2):
        x = np.round(x)
    for special in (np.nan, np.inf, -np.inf, 0.0, -0.0):
        if rng.uniform() < 0.15:
            x[rng.randint(0, size)] = special
    same(x.astype(rng.choice(["float32", "float64"])))


@pytest.mark.parametrize("numbers",
                         [[1e-4], [1e-5, 1], [1e8], [1e8, 1], [1e9], [99999, 0.5], [1e5, 0], [1000.5, 1],
                          [1001, 1.0],
                                     [0.99995], [0.9999999], [-0.0, 1.5], [np.nan], [np.inf, -np.inf],
                                     [np.nan, 1.5], [0, np.nan],
                                     [100, np.nan], [1e38, 1e-38], [2 ** 24 + 1, 0], [-1e-4, 1]])
def test_borders_between_formats(numbers):
    same(np.array(numbers, "float32"))
    same(np.array(numbers, "float64"))


def test_where_gradients_go():
    for library in (torch, pellucid):
        x = library.ones(2, 3, requires_grad=True)
        texts = [repr(x), repr(x * 2), repr((x * 2).sum()), repr(x.exp()), repr((x + 1).relu()),
                 repr(x.detach()),
                 repr(library.nn.Parameter(library.ones(2, 2))), repr((x * 1.2345).double() * 2),
                 repr(library.ones(1200, requires_grad=True) * 2),
                 repr(library.zeros(0, 3, requires_grad=True)),
                 repr(library.ones(9, requires_grad=True) * 1e9),
                 repr(library.zeros(2, dtype=library.float64) + x[:, 0])]
        if library is torch:
            theirs = texts
    assert list(map(renamed, texts)) == list(map(renamed, theirs))


@pytest.mark.parametrize("options", [
    {"precision": 2}, {"precision": 0}, {"sci_mode": True}, {"sci_mode": False},
    {"threshold": 5, "edgeitems": 1},
    {"threshold": 3, "edgeitems": 2}, {"linewidth": 20}, {"linewidth": 5}, {"profile": "short"},
    {"profile": "full"},
    {"profile": "short", "linewidth": 40},
])
def test_options(options, rng):
    for library in (torch, pellucid):
        library.set_printoptions(**options)
    for shape in ((), (4,), (10,), (5, 2), (3, 4, 5), (0, 2), (1100,)):
        for dtype in ("float32", "int64", "bool"):
            same(values(rng, shape, dtype, 50))
    same(np.array([0.0, np.nan]))
    same(np.array([1e-8, 1e8]))


def test_default_dtype():
    for library in (torch, pellucid):
        library.set_default_dtype(library.float64)
    try:
        same(np.ones(2))
        same(np.ones(2, "float32"))
    finally:
        for library in (torch, pellucid):
            library.set_default_dtype(library.float32)


def test_in_text():
    for library in (torch, pellucid):
        x = library.tensor([0.1, 0.25])
        texts = [f"{x}", f"{x[1]:.3f}", f"{x[0]}", f"{library.tensor(3):5d}", str(x.shape), repr(x.dtype),
                 f"{library.tensor(True)}", str(x[0])]
        if library is torch:
            theirs = texts
    assert list(map(renamed, texts)) == list(map(renamed, theirs))


def test_sizes():
    for shape in ((), (2,), (2, 3)):
        theirs = repr(torch.zeros(shape).shape)
        assert repr(pellucid.zeros(shape).shape) == theirs.replace("torch", "pellucid")
