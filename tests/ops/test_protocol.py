"""A tensor among Python's and NumPy's objects: the words of its refusals, and NumPy's functions."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid


@pytest.mark.parametrize("use, kind, message", [
    (lambda x: x.item(), RuntimeError, "a tensor with 2 elements cannot be converted to one number"),
    (lambda x: bool(x), RuntimeError, r"use \.any\(\) or \.all\(\)"),
    (lambda x: float(x), ValueError, r"float\(\): a tensor with 2 elements"),
    (lambda x: [1, 2][x[0]], TypeError,
     r"only a tensor of one integer can be an index, this one is float32 \(\)"),
    (lambda x: len(x[0]), TypeError, "without dimensions"),
    (lambda x: list(x[0]), TypeError, "without dimensions"),
    (lambda x: "a" in x, RuntimeError, "got str"),
    (lambda x: x.requires_grad_().numpy(), RuntimeError, r"use \.detach\(\)\.numpy\(\)"),
    (lambda x: copy.deepcopy(x.requires_grad_() * 2), RuntimeError, "the result of mul"),
    (lambda x: x.size(1), IndexError, "dim 1 is outside of the 1 dimensions"),
    (lambda x: x.type("pellucid.NoTensor"), ValueError, "no tensor type 'pellucid.NoTensor'"),
    (lambda x: pellucid.finfo(pellucid.int64), TypeError, "iinfo is for integers"),
    (lambda x: pellucid.iinfo(pellucid.bool), TypeError, "needs an integer dtype"),
    (lambda x: x.nonsense, AttributeError, "nonsense"),
])
def test_refusals(use, kind, message):
    with pytest.raises(kind, match=message):
        use(pellucid.ones(2))


def test_numpy_takes_tensors_and_tensors_take_arrays():
    x = pellucid.tensor([1.0, 4.0])
    assert np.asarray(x).tolist() == [1, 4] and np.asarray(x) is x.numpy() and np.array(x) is not x.numpy()
    assert isinstance(np.sqrt(x), pellucid.Tensor) and (x + np.ones(2, "float32")).tolist() == [2, 5]
    assert isinstance(np.ones(2, "float32") + x, pellucid.Tensor)
    assert np.asarray([x[0], x[1]]).tolist() == [1, 4] and np.float32(2) * x[1] == 8


def test_pickles_hold_the_numbers_and_nothing_of_the_graph():
    x = pellucid.arange(3.0).requires_grad_()
    y = pickle.loads(pickle.dumps(x * 2))
    assert y.tolist() == [0, 2, 4] and y.is_leaf and y.requires_grad
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(x, protocol)).tolist() == [0, 1, 2]


def test_copies_of_a_module_share_nothing():
    layer = pellucid.nn.Linear(2, 2)
    twin = copy.deepcopy(layer)
    with pellucid.no_grad():
        layer.weight.fill_(0)
    assert twin.weight.any() and isinstance(twin.weight, pellucid.nn.Parameter)


def test_inspection_tools_find_no_surprises():
    """`hasattr` with any name must not raise anything but AttributeError."""
    x = pellucid.ones(2)
    assert not hasattr(x, "names_that_are_not_there") and not hasattr(x, "__cuda_array_interface__")
    assert x.layout is pellucid.strided and x.device.type == "cpu"
