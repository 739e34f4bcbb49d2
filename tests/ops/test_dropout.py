"""Dropout: what is dropped, what is kept, and that mean and variance stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.generator import get_rng_state, manual_seed
from pellucid.ops.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
    feature_dropout,
)
from pellucid.tensor import Tensor, wrap


def ones(*shape: int, dtype: Any = "f4") -> Tensor:
    return wrap(np.ones(shape, dtype))

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "random.json").read_text())
FUNCTIONS = {function.__name__: function for function in (alpha_dropout, dropout, dropout1d, dropout2d,
                                                          feature_alpha_dropout)}


@pytest.mark.parametrize("name, shape, p, expected", GOLDEN["dropout"])
def test_same_units_as_pytorch(name: str, shape: list[int], p: float, expected: list[float]) -> None:
    manual_seed(7)
    assert FUNCTIONS[name](ones(*shape), p, True)._data.ravel().tolist() == expected


def test_dropped_or_scaled_and_the_gradient_alike() -> None:
    manual_seed(0)
    x = ones(200, 500).requires_grad_()
    y = dropout(x, 0.2)
    assert set(np.unique(y._data).tolist()) == {0.0, 1.25}
    assert abs(y._data.mean() - 1) < 0.01
    y.backward(ones(200, 500))
    assert np.array_equal(x.grad._data, y._data)                 # type: ignore[union-attr]


@pytest.mark.parametrize("function", [alpha_dropout, feature_alpha_dropout])
def test_alpha_dropout_keeps_mean_and_variance(function: Any, rng: np.random.RandomState) -> None:
    manual_seed(0)
    x = wrap(rng.standard_normal((400, 500, 2)))
    y = function(x, 0.3, True)._data
    assert abs(y.mean()) < 0.02 and abs(y.var() - 1) < 0.02
    assert y.min() > -6 and len(np.unique(y)) < 0.75 * y.size    # 30 % of them share one value


@pytest.mark.parametrize("function, shape, channels", [
    (feature_dropout, (6, 5, 4, 3), (6, 5)), (feature_alpha_dropout, (6, 5, 4), (6, 5)),
    (dropout1d, (6, 5, 4), (6, 5)), (dropout1d, (30, 4), (30,)),
    (dropout2d, (6, 5, 4, 3), (6, 5)), (dropout2d, (6, 5, 4), (6, 5)),
    (dropout3d, (6, 5, 2, 2, 3), (6, 5)), (dropout3d, (30, 2, 2, 3), (30,))])
def test_whole_channels_go_together(function: Any, shape: tuple, channels: tuple) -> None:
    manual_seed(0)
    y = function(ones(*shape), 0.5, True)._data.reshape(*channels, -1)
    assert (y == y[..., :1]).all()
    assert len(np.unique(y)) == 2


@pytest.mark.parametrize("function", [dropout, alpha_dropout, feature_dropout])
def test_ends_of_p(function: Any) -> None:
    x = ones(3, 4)
    before = get_rng_state()
    assert function(x, 0.0, True) is x and function(x, 0.5, False) is x
    assert (function(x, 1.0, True)._data == 0).all()
    empty = ones(0, 4)
    assert function(empty, 0.5, True) is empty
    assert np.array_equal(get_rng_state().numpy(), before.numpy())


def test_in_place_records_the_gradient() -> None:
    manual_seed(0)
    x = ones(50).requires_grad_()
    y = x * 2.0
    assert dropout(y, 0.5, inplace=True) is y
    y.sum().backward()
    assert np.array_equal(x.grad._data, y._data)                 # type: ignore[union-attr]


@pytest.mark.parametrize("call, words", [
    (lambda: dropout(ones(3), 1.5), "p must lie in .* 1.5"),
    (lambda: dropout(ones(3), float("nan")), "nan"),
    (lambda: alpha_dropout(ones(3), -0.1), "alpha_dropout: p"),
    (lambda: dropout(ones(3, dtype="i8")), "int64"),
    (lambda: feature_dropout(ones(3)), r"at least 2 axes, got shape \(3,\)"),
    (lambda: dropout1d(ones(3)), r"2 or 3 axes, got shape \(3,\)"),
    (lambda: dropout2d(ones(3)), r"3 or 4 axes, got shape \(3,\)"),
    (lambda: dropout3d(ones(3, 4)), r"4 or 5 axes, got shape \(3, 4\)"),
])
def test_refusals(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
