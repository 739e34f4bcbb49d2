"""Orderings and borders against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

X = (3, 4, 5)
EXPRESSIONS = {
    "sort": lambda m, x: [*x.sort(), *m.sort(x, 1), *x.sort(dim=0, descending=True), *m.sort(x, -1, True),
                          *m.sort(x, stable=True, dim=-2), x.sort().values, x.sort(-1).indices],
    "argsort": lambda m, x: [x.argsort(), m.argsort(x, 0), x.argsort(dim=1, descending=True)],
    "msort": lambda m, x: [x.msort(), m.msort(x)],
    "topk": lambda m, x: [*x.topk(2), *m.topk(x, 3, 0), *x.topk(1, dim=1, largest=False),
                          *m.topk(x, 2, -1, False),
                          *x.topk(5), x.topk(2).values, *x.topk(0), *x.topk(3, largest=True, sorted=True)],
    "kthvalue": lambda m, x: [*x.kthvalue(1), *m.kthvalue(x, 3, 0), *x.kthvalue(2, dim=1, keepdim=True),
                              *x.kthvalue(5)],
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_same_as_pytorch(name):
    agree(EXPRESSIONS[name], X)
    agree(lambda m, x: EXPRESSIONS[name](m, x.permute(2, 0, 1)), (4, 5, 3), seed=3)


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64])
def test_other_dtypes(name, dtype):
    agree(EXPRESSIONS[name], np.random.RandomState(0).permutation(60).reshape(X).astype(dtype))


@pytest.mark.parametrize("name", ["sort", "topk", "kthvalue"])
def test_results_have_named_fields(name):
    result = getattr(pellucid, name)(pellucid.tensor([3.0, 1.0, 2.0]), *([] if name == "sort" else [1]))
    assert result._fields == ("values", "indices") and result.values is result[0]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, np.bool_])
def test_equal_elements_keep_their_order(descending, dtype):
    x = np.random.RandomState(0).randint(0, 2 if dtype is np.bool_ else 4, (3, 40)).astype(dtype)
    agree(lambda m, x: list(m.sort(x, dim=1, descending=descending, stable=True)), x, grad=False)


def test_nan_is_the_largest():
    x = np.array([2.0, np.nan, -np.inf, 1.0, np.nan, np.inf], np.float32)
    agree(lambda m, x: [*x.sort(stable=True), *x.sort(descending=True, stable=True), x.topk(2).values,
                        x.topk(3).values,
                        x.topk(2, largest=False).values, x.kthvalue(5).values, x.kthvalue(2).values], x,
                        grad=False)


def test_0d_and_empty():
    agree(lambda m, x: [*x.sort(), x.argsort(), *x.topk(1), *x.kthvalue(1), *x.sort(0)], ())
    agree(lambda m, x: [*x.sort(), *x.sort(0), *x.topk(2), *x.topk(0, 0)], (0, 3))


ERRORS = {
    "sort dim": lambda m, x: x.sort(3), "argsort dim": lambda m, x: x.argsort(-4), "topk k": lambda m,
    x: x.topk(6),
    "topk dim": lambda m, x: x.topk(1, 3), "topk negative": lambda m, x: x.topk(-1), "kth zero": lambda m,
    x: x.kthvalue(0),
    "kth": lambda m, x: x.kthvalue(6), "kth dim": lambda m, x: x.kthvalue(1, 3),
}


@pytest.mark.parametrize("name", ERRORS)
def test_raises_where_pytorch_raises(name):
    both_raise(ERRORS[name], X)


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


PADS = [
    ((2, 3), (1, 2), "constant"), ((2, 3), (1, 2, 0, 1), "constant"), ((2, 3, 4), (0, 0, 2, 1), "constant"),
    ((2, 3), (-1, 2), "constant"), ((2, 3), (-1, -1, 1, -1), "constant"), ((2, 3), (), "constant"),
    ((0, 3), (1, 1), "constant"),
    ((2, 0), (1, 1), "constant"), ((2, 5), (2, 3), "reflect"), ((1, 2, 5), (4, 0), "reflect"),
    ((2, 4, 5), (1, 2, 3, 2), "reflect"),
    ((1, 2, 4, 5), (1, 2, 0, 3), "reflect"), ((2, 3, 4, 5), (1, 2, 1, 1, 2, 0), "reflect"),
    ((2, 5), (2, 7), "replicate"),
    ((2, 4, 5), (1, 2, 3, 2), "replicate"), ((1, 2, 3, 4, 5), (1, 1, 2, 0, 0, 3), "replicate"),
    ((2, 5), (2, 5), "circular"),
    ((2, 4, 5), (1, 2, 3, 2), "circular"), ((1, 2, 4, 5), (1, 2, 0, 4), "circular"),
    ((2, 5), (-1, 2), "circular"),
    ((2, 5), (-1, 2), "replicate"), ((2, 4, 5), (-1, 2, 1, -1), "replicate"), ((2, 5), (-2, 3), "reflect"),
    ((2, 4, 5), (0, 0, 1, 1), "reflect"),
]


@pytest.mark.parametrize("shape, pad, mode", PADS)
def test_pad(shape, pad, mode):
    agree(lambda m, x: functional(m).pad(x, pad, mode=mode), shape)


def test_pad_with_values_and_dtypes():
    agree(lambda m, x: [functional(m).pad(x, (1, 1), value=2.5),
                        functional(m).pad(x, (1, 1), "constant", -1)], (2, 3))
    agree(lambda m, x: [functional(m).pad(x, (1, 1)), functional(m).pad(x, (1, 1), value=7)],
          np.arange(6).reshape(2, 3))
    agree(lambda m, x: functional(m).pad(x, (1, 1), value=True), np.ones((2, 3), bool))
    agree(lambda m, x: functional(m).pad(x, ()), ())


@pytest.mark.parametrize("shape, pad, mode", [
    ((2, 3), (1,), "constant"), ((2, 3), (1, 1, 1, 1, 1, 1), "constant"), ((2, 3), (-2, -2), "constant"),
    ((2, 3), (3, 0), "reflect"),
    ((2, 3), (4, 0), "circular"), ((3,), (1, 1), "reflect"), ((2, 3, 4, 5), (1, 1), "replicate"),
    ((2, 0), (1, 1), "replicate"),
])
def test_pad_raises_where_pytorch_raises(shape, pad, mode):
    assert "pad" in both_raise(lambda m, x: functional(m).pad(x, pad, mode), shape)


def test_pad_names_its_modes():
    with pytest.raises((ValueError, NotImplementedError), match="circular"):
        functional(pellucid).pad(pellucid.ones(2, 3), (1, 1), "mirror")
