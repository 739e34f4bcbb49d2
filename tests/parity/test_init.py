"""First values against PyTorch: the same seed, the same weights."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from pellucid import generator as ours
from pellucid.nn import init
from pellucid.tensor import wrap

torch = pytest.importorskip("torch")

SHAPES = [(5, 3), (3, 5), (16, 16), (40, 25), (4, 3, 5), (6, 2, 3, 3), (1, 1)]
EXACT = 0.0
CALLS: list[tuple[str, dict[str, Any], float]] = [
    ("uniform_", {}, EXACT), ("uniform_", {"a": -0.3, "b": 0.4}, EXACT),
    ("normal_", {}, 1e-6), ("normal_", {"mean": 1.0, "std": 0.02}, 1e-6),
    ("constant_", {"val": 0.3}, EXACT), ("ones_", {}, EXACT), ("zeros_", {}, EXACT),
    ("xavier_uniform_", {}, EXACT), ("xavier_uniform_", {"gain": 5 / 3}, EXACT),
    ("xavier_normal_", {}, 1e-6), ("xavier_normal_", {"gain": 2.0}, 1e-6),
    ("kaiming_uniform_", {}, EXACT), ("kaiming_uniform_", {"a": 5**0.5}, EXACT),
    ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}, EXACT),
    ("kaiming_uniform_", {"nonlinearity": "tanh"}, EXACT),
    ("kaiming_normal_", {}, 1e-6), ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "selu"}, 1e-6),
    ("trunc_normal_", {}, 1e-6), ("trunc_normal_", {"std": 0.02}, 1e-6),
    ("trunc_normal_", {"mean": 0.5, "std": 2.0, "a": -1.0, "b": 0.6}, 1e-6),
    ("trunc_normal_", {"std": 3.0, "a": -0.5, "b": 0.4}, EXACT),
    ("trunc_normal_", {"mean": 3.0, "std": 2.0, "a": -1.0, "b": 1.0}, EXACT),
    ("orthogonal_", {}, 1e-5), ("orthogonal_", {"gain": 2.0}, 1e-5),
]
ID = [f"{name} {arguments}" for name, arguments, _ in CALLS]


def both(name: str, x: Any, t: Any, arguments: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    ours.manual_seed(11)
    torch.manual_seed(11)
    assert getattr(init, name)(x, **arguments) is x
    getattr(torch.nn.init, name)(t, **arguments)
    assert np.array_equal(ours.get_rng_state().numpy()[:5016], torch.get_rng_state().numpy()[:5016])
    return x._data, t.detach().numpy()


@pytest.mark.parametrize("name, arguments, limit", CALLS, ids=ID)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initialisation(name: str, arguments: dict[str, Any], limit: float, dtype: str) -> None:
    for shape in SHAPES:
        x = wrap(np.zeros(shape, dtype)).requires_grad_()
        t = torch.zeros(shape, dtype=getattr(torch, dtype)).requires_grad_()
        mine, theirs = both(name, x, t, arguments)
        assert x.requires_grad and x.is_leaf and mine.dtype == theirs.dtype
        if limit:
            np.testing.assert_allclose(mine, theirs, rtol=limit, atol=limit)
        else:
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name, arguments, limit", CALLS, ids=ID)
def test_transposed_weights(name: str, arguments: dict[str, Any], limit: float) -> None:
    x, t = wrap(np.zeros((30, 20), "f4").T), torch.zeros(30, 20).T
    mine, theirs = both(name, x, t, arguments)
    np.testing.assert_allclose(mine, theirs, rtol=limit, atol=limit)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (0, 3)])
@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 1.0])
def test_matrices(shape: tuple[int, int], sparsity: float) -> None:
    for name, arguments in (("eye_", {}), ("sparse_", {"sparsity": sparsity}),
                            ("sparse_", {"sparsity": sparsity, "std": 2.0})):
        mine, theirs = both(name, wrap(np.ones(shape, "f4")), torch.ones(shape), arguments)
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(3,), (2,), (3, 4), (1, 3, 5)])
def test_dirac(groups: int, kernel: tuple[int, ...]) -> None:
    for out, channels in ((6, 2), (6, 8), (12, 3)):
        shape = (out, channels, *kernel)
        mine, theirs = both("dirac_", wrap(np.ones(shape, "f4")), torch.ones(shape), {"groups": groups})
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name, param", [(name, None) for name in (*init.GAINS, "leaky_relu")]
                         + [("leaky_relu", 0.2), ("leaky_relu", 3)])
def test_gain(name: str, param: Any) -> None:
    assert init.calculate_gain(name, param) == torch.nn.init.calculate_gain(name, param)


def test_own_generator() -> None:
    for name in ("uniform_", "normal_", "xavier_uniform_", "kaiming_normal_", "trunc_normal_", "orthogonal_"):
        mine, theirs = ours.Generator().manual_seed(3), torch.Generator().manual_seed(3)
        x, t = wrap(np.zeros((9, 4), "f4")), torch.zeros(9, 4)
        getattr(init, name)(x, generator=mine)
        getattr(torch.nn.init, name)(t, generator=theirs)
        np.testing.assert_allclose(x._data, t.numpy(), rtol=1e-5, atol=1e-5)


def test_large_orthogonal() -> None:
    mine, theirs = both("orthogonal_", wrap(np.zeros((256, 256), "f4")), torch.zeros(256, 256), {})
    np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_warnings_come_where_pytorch_warns() -> None:
    for call in (lambda i, z: i.kaiming_uniform_(z), lambda i, z: i.kaiming_normal_(z)):
        with pytest.warns(UserWarning):
            call(init, wrap(np.zeros((0, 3), "f4")))
        with pytest.warns(UserWarning):
            call(torch.nn.init, torch.zeros(0, 3))
    with warnings.catch_warnings(), pytest.warns(UserWarning, match="2 std"):
        init.trunc_normal_(wrap(np.zeros(3, "f4")), 5.0, 1.0)
