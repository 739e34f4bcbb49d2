"""NumPy's functions on tensors give what NumPy gives on arrays: rules and bodies count on it."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import Tensor

CALLS = {
    "reshape": lambda x: np.reshape(x, (4, 6)), "ravel": lambda x: np.ravel(x),
    "squeeze": lambda x: np.squeeze(x[:1], axis=0),
    "expand_dims": lambda x: np.expand_dims(x, axis=(0, 2)),
    "broadcast_to": lambda x: np.broadcast_to(x[0], (5, 3, 4)),
    "transpose": lambda x: np.transpose(x), "transpose axes": lambda x: np.transpose(x, axes=(1, 0, 2)),
    "swapaxes": lambda x: np.swapaxes(x, 0, -1), "moveaxis": lambda x: np.moveaxis(x, (0, 1), (2, 0)),
    "flip": lambda x: np.flip(x), "flip axis": lambda x: np.flip(x, axis=1), "roll": lambda x: np.roll(x, 2),
    "roll axis": lambda x: np.roll(x, (1, -1), axis=(0, 2)), "tile": lambda x: np.tile(x, (2, 1, 1)),
    "repeat": lambda x: np.repeat(x, 2, axis=1), "repeat flat": lambda x: np.repeat(x, 3),
    "repeat each": lambda x: np.repeat(x, [1, 0, 2], axis=1),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "concatenate flat": lambda x: np.concatenate((x, x[0]), axis=None),
    "stack": lambda x: np.stack([x, x], axis=-1),
    "hstack": lambda x: np.hstack([x, x]), "vstack": lambda x: np.vstack([x, x]),
    "split": lambda x: np.split(x, 2, axis=2)[1],
    "split at": lambda x: np.split(x, [1, 2], axis=1)[2],
    "array_split": lambda x: np.array_split(x, 2, axis=1)[0],
    "pad": lambda x: np.pad(x, ((0, 0), (1, 2), (0, 1))),
    "pad all": lambda x: np.pad(x, 1, constant_values=2.0),
    "tril": lambda x: np.tril(x, k=1), "triu": lambda x: np.triu(x, -1),
    "diagonal": lambda x: np.diagonal(x, 1, axis1=1, axis2=2),
    "trace": lambda x: np.trace(x, axis1=0, axis2=1), "sort": lambda x: np.sort(x, axis=0),
    "argsort": lambda x: np.argsort(x, axis=1),
    "take": lambda x: np.take(x, np.array([2, 0, 2]), axis=1),
    "matmul": lambda x: np.matmul(x, np.swapaxes(x, 1, 2)),
    "dot": lambda x: np.dot(x[0], np.transpose(x[1])), "dot 3": lambda x: np.dot(x, np.swapaxes(x, 1, 2)),
    "dot 0": lambda x: np.dot(x[0, 0, 0], x), "outer": lambda x: np.outer(x[0, 0], x[0, 1]),
    "kron": lambda x: np.kron(x[0], x[1]),
    "tensordot": lambda x: np.tensordot(x, x, axes=([0, 1], [0, 1])),
    "tensordot 2": lambda x: np.tensordot(x, np.transpose(x, (1, 2, 0)), axes=2),
    "einsum": lambda x: np.einsum("bij,bkj->bik", x, x),
    "einsum optimize": lambda x: np.einsum("bij->j", x, optimize=True),
    "atleast_1d": lambda x: np.atleast_1d(x[0, 0, 0]), "atleast_2d": lambda x: np.atleast_2d(x[0, 0]),
    "atleast_3d": lambda x: np.atleast_3d(x[0]), "copy": lambda x: np.copy(x),
    "zeros_like": lambda x: np.zeros_like(x),
    "ones_like": lambda x: np.ones_like(x), "full_like": lambda x: np.full_like(x, 3.0),
    "sum": lambda x: np.sum(x, axis=(0, 2)),
}


@pytest.mark.parametrize("name", CALLS)
def test_same_as_on_arrays(name):
    x = np.random.RandomState(0).standard_normal((2, 3, 4)).astype(np.float32)
    ours = CALLS[name](pellucid.tensor(x, requires_grad=True))
    expected = CALLS[name](x)
    assert isinstance(ours, Tensor) and ours.shape == expected.shape
    assert ours._data.dtype == expected.dtype
    np.testing.assert_allclose(ours.detach().numpy(), expected, rtol=1e-6, atol=1e-6)


def test_the_result_is_recorded():
    x = pellucid.ones(2, 3, requires_grad=True)
    np.sum(np.concatenate([np.transpose(x), np.ones((3, 1), np.float32)], axis=1) * 2.0).backward()
    assert x.grad.tolist() == [[2.0] * 3] * 2


def test_what_is_not_there_says_so():
    with pytest.raises(TypeError, match=r"np\.unwrap: not defined for Pellucid tensors"):
        np.unwrap(pellucid.ones(3, requires_grad=True))
    with pytest.raises(TypeError, match="mode 'wrap'"):
        np.pad(pellucid.ones(3), 1, mode="wrap")
