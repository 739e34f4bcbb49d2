"""First values: their spread, their structure, refusals. Parity with PyTorch: tests/parity/test_init.py."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.generator import Generator, manual_seed
from pellucid.nn import init
from pellucid.tensor import Tensor, wrap

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "random.json").read_text())


def zeros(*shape: int, dtype: Any = "f4") -> Tensor:
    return wrap(np.zeros(shape, dtype))


@pytest.mark.parametrize("name, shape, arguments, expected", GOLDEN["init"],
                         ids=[f"{name} {arguments}" for name, _, arguments, _ in GOLDEN["init"]])
def test_first_values_are_those_of_pytorch(name: str, shape: list[int], arguments: dict[str, Any],
                                           expected: list[float]) -> None:
    manual_seed(7)
    got = getattr(init, name)(zeros(*shape), **arguments)._data.ravel().tolist()
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    if "uniform" in name:
        assert got == expected


@pytest.mark.parametrize("fill, std", [
    (lambda w: init.uniform_(w, -3, 3), math.sqrt(3)), (lambda w: init.normal_(w, 0, 0.5), 0.5),
    (init.xavier_uniform_, math.sqrt(2 / 700)), (init.xavier_normal_, math.sqrt(2 / 700)),
    (init.kaiming_uniform_, math.sqrt(2 / 400)), (init.kaiming_normal_, math.sqrt(2 / 400)),
    (lambda w: init.kaiming_normal_(w, mode="FAN_OUT", nonlinearity="linear"), math.sqrt(1 / 300)),
    (init.orthogonal_, math.sqrt(1 / 400)),
    (lambda w: init.trunc_normal_(w, 0.0, 1.0, -2.0, 2.0), 0.8796)])
def test_mean_and_spread(fill: Any, std: float) -> None:
    manual_seed(0)
    w = zeros(300, 400)
    assert fill(w) is w
    assert abs(w._data.mean()) < 0.02 * max(std, 0.1)
    assert abs(w._data.std() / std - 1) < 0.02


@pytest.mark.parametrize("mean, std, a, b", [(0.0, 1.0, -0.5, 3.0), (0.0, 3.0, -0.5, 0.4),
                                             (2.0, 1.0, -1.0, 1.0)])
def test_truncated_normal_is_distributed_as_it_should(mean: float, std: float, a: float, b: float) -> None:
    manual_seed(0)
    y = init.trunc_normal_(zeros(200, 200), mean, std, a, b)._data
    assert a <= y.min() and y.max() <= b
    grid = np.linspace(a, b, 2001)
    density = np.exp(-0.5 * ((grid - mean) / std) ** 2)
    assert abs(y.mean() - (grid * density).sum() / density.sum()) < 0.01


@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8), (4, 2, 3), (5, 3, 2, 2)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    manual_seed(0)
    flat = init.orthogonal_(zeros(*shape, dtype="f8"), gain=2.0)._data.reshape(shape[0], -1)
    small = flat @ flat.T if flat.shape[0] <= flat.shape[1] else flat.T @ flat
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_structured_values(rng: np.random.RandomState) -> None:
    assert init.eye_(zeros(2, 3))._data.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert (init.constant_(zeros(2, 2), 0.5)._data == 0.5).all()
    assert (init.ones_(zeros(3))._data == 1).all() and (init.zeros_(init.ones_(zeros(3)))._data == 0).all()
    weight = init.dirac_(zeros(4, 4, 3))._data
    signal = rng.standard_normal((4, 9))
    passed = sum(weight[:, :, k] @ signal[:, k:k + 7] for k in range(3))
    np.testing.assert_allclose(passed, signal[:, 1:8])
    assert init.dirac_(zeros(4, 2, 3), groups=2)._data[:, :, 1].tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]


def test_sparse_zeroes_a_share_of_each_column() -> None:
    manual_seed(0)
    y = init.sparse_(zeros(10, 50), 0.25)._data
    assert ((y == 0).sum(axis=0) == 3).all()
    assert len({tuple(column) for column in (y == 0).T}) > 20


def test_leaves_stay_leaves_and_views_write_through() -> None:
    w = zeros(4, 5).requires_grad_()
    assert init.xavier_uniform_(w).is_leaf and w.requires_grad
    base = np.zeros((4, 6), "f4")
    init.normal_(wrap(base[:, 2:4]))
    assert (base[:, 2:4] != 0).all() and (base[:, [0, 1, 4, 5]] == 0).all()


def test_generator_argument() -> None:
    for name in ("uniform_", "normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
                 "kaiming_normal_", "trunc_normal_", "orthogonal_"):
        first, again = (getattr(init, name)(zeros(5, 4), generator=Generator())._data for _ in range(2))
        assert np.array_equal(first, again), name
        assert not np.array_equal(first, getattr(init, name)(zeros(5, 4))._data), name


def test_fans() -> None:
    assert init.fans(zeros(5, 3)) == init._calculate_fan_in_and_fan_out(zeros(5, 3)) == (3, 5)
    assert init.fans(zeros(5, 3, 2, 4)) == (24, 40)


def test_nothing_to_fill_warns() -> None:
    for fill in (init.kaiming_uniform_, init.kaiming_normal_):
        with pytest.warns(UserWarning, match=r"\(0, 3\)"):
            fill(zeros(0, 3))
    assert init.orthogonal_(zeros(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("call, words", [
    (lambda: init.calculate_gain("swish"), "swish"),
    (lambda: init.calculate_gain("leaky_relu", True), "True"),
    (lambda: init.calculate_gain("leaky_relu", "0.1"), "0.1"),  # type: ignore[arg-type]
    (lambda: init.xavier_uniform_(zeros(3)), r"\(3,\)"),
    (lambda: init.kaiming_normal_(zeros(3, 3), mode="fan"), "'fan'"),
    (lambda: init.eye_(zeros(3)), r"eye_: .*\(3,\)"),
    (lambda: init.sparse_(zeros(3), 0.1), r"sparse_: .*\(3,\)"),
    (lambda: init.dirac_(zeros(3, 3)), r"dirac_: .*3 or 4 or 5 axes.*\(3, 3\)"),
    (lambda: init.dirac_(zeros(3, 3, 1), groups=2), "3 output channels, got 2"),
    (lambda: init.orthogonal_(zeros(3)), r"orthogonal_: .*\(3,\)"),
    (lambda: init.trunc_normal_(zeros(3), std=0.0), "std=0.0"),
    (lambda: init.trunc_normal_(zeros(3), a=1.0, b=1.0), "a=1.0, b=1.0"),
])
def test_refusals(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_skipping_leaves_tensors_as_they_are() -> None:
    manual_seed(0)
    with init.skipping():
        assert init.ones_(init.normal_(zeros(3))).tolist() == [0, 0, 0]
        with init.skipping():
            pass
        assert init.ones_(zeros(1)).item() == 0                   # the outer one still holds
    assert init.ones_(zeros(1)).item() == 1
    assert init.uniform_(zeros(1)).item() == pytest.approx(0.49625659)   # the first number of seed 0
