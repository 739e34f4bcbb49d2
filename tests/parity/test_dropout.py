"""Dropout against PyTorch: the same seed silences the same units, bit for bit, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import generator as ours
from pellucid.ops.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from pellucid.tensor import wrap

torch = pytest.importorskip("torch")
F = torch.nn.functional

ANY = (1, 2, 3, 4, 5)
KINDS = {dropout: ANY, alpha_dropout: ANY, feature_alpha_dropout: ANY[1:], dropout1d: (2, 3), dropout2d: (4,),
         dropout3d: (4, 5)}                                      # the numbers of axes they take in silence
LAYOUTS = [((5, 7), None), ((5, 7), (1, 0)), ((3, 4, 5), (2, 0, 1)), ((2, 3, 4, 5), (0, 2, 3, 1)),
           ((2, 3, 2, 2, 2), None), ((40,), None), ((0, 3), None)]


@pytest.mark.parametrize("p", [0.0, 0.1, 0.25, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("function", KINDS, ids=lambda function: function.__name__)
def test_dropout(function: Any, dtype: str, p: float, rng: np.random.RandomState) -> None:
    for shape, order in LAYOUTS:
        array = rng.standard_normal(shape).astype(dtype)
        array = array if order is None else array.transpose(order)
        if array.ndim not in KINDS[function]:
            continue
        weight = rng.standard_normal(array.shape).astype(dtype)
        x, t = wrap(array).requires_grad_(), torch.from_numpy(array).requires_grad_()
        ours.manual_seed(3)
        torch.manual_seed(3)
        y, expected = function(x, p, True), getattr(F, function.__name__)(t, p, True)
        np.testing.assert_array_equal(y._data, expected.detach().numpy())
        assert np.array_equal(ours.get_rng_state().numpy(), torch.get_rng_state().numpy())
        if y is not x:
            y.backward(wrap(weight))
            expected.backward(torch.from_numpy(weight))
            np.testing.assert_array_equal(x.grad._data, t.grad.numpy())


@pytest.mark.parametrize("layer, shape", [("Conv1d", (2, 3, 9)), ("Conv2d", (2, 3, 6, 5)),
                                          ("Conv3d", (2, 3, 4, 5, 3))])
def test_after_a_convolution(layer: str, shape: tuple[int, ...]) -> None:
    found = []
    for library in (pellucid, torch):
        library.manual_seed(3)
        y = getattr(library.nn, layer)(3, 4, 2)(library.randn(*shape))
        found.append(library.nn.functional.dropout(y, 0.4).detach().numpy() != 0)
    np.testing.assert_array_equal(*found)


def test_dropout2d_of_rows() -> None:
    array = np.ones((6, 7), np.float32)
    ours.manual_seed(3)
    torch.manual_seed(3)
    with pytest.warns(UserWarning, match="dropout2d"):
        y = dropout2d(wrap(array), 0.4)
    with pytest.warns(UserWarning, match="dropout2d"):
        expected = F.dropout2d(torch.from_numpy(array), 0.4)
    np.testing.assert_array_equal(y._data, expected.numpy())


def test_in_place() -> None:
    array = np.arange(12, dtype="f4").reshape(3, 4)
    ours.manual_seed(1)
    torch.manual_seed(1)
    x = wrap(array.copy())
    assert dropout(x, 0.5, inplace=True) is x
    np.testing.assert_array_equal(x._data, F.dropout(torch.from_numpy(array), 0.5).numpy())
