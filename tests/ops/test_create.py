"""Tensors from data: what PyTorch has no word for, and the words of the errors."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid


def test_numbers_get_the_default_dtypes():
    assert [pellucid.tensor(v).dtype for v in (1, 1.0, True, [1, 2.0], [True, 2])] == [
        pellucid.int64, pellucid.float32, pellucid.bool, pellucid.float32, pellucid.int64]
    pellucid.set_default_dtype(pellucid.float64)
    try:
        for made in (pellucid.tensor(1.0), pellucid.zeros(2), pellucid.arange(2.0)):
            assert made.dtype == pellucid.float64
    finally:
        pellucid.set_default_dtype(pellucid.float32)


@pytest.mark.parametrize("data, message", [
    ([[1, 2], [3]], r"ragged data: \[1\] has shape \(1,\), the rows before it \(2,\)"),
    ([[[1], [2]], [[3], [4, 5]]], r"ragged data: \[1\]\[1\] has shape \(2,\), the rows before it \(1,\)"),
    ([1, [2]], r"ragged data: \[1\] has shape \(1,\), the rows before it \(\)"),
    ([[1, 2], [3, None]], r"expected numbers, got NoneType None at \[1\]\[1\]"),
    ("text", "expected numbers, got str 'text'"),
    ([1, 2 ** 64], "an integer lies outside of int64"),
    ([pellucid.ones(2), pellucid.ones(2)], r"a tensor of shape \(2,\) stands among numbers at \[0\]"),
    (np.array(["a"]), "array of dtype <U1"),
    ({1, 2}, "got set"),
])
def test_errors_name_the_place(data, message):
    with pytest.raises((ValueError, TypeError), match=message):
        pellucid.tensor(data)


def test_errors_of_numbers_that_do_not_fit():
    with pytest.raises(RuntimeError,
                       match=r"300 \.\.\. 300 does not fit into uint8, which holds 0 \.\.\. 255"):
        pellucid.tensor([300], dtype=pellucid.uint8)
    with pytest.raises(RuntimeError, match="nan and infinity cannot be converted to int64"):
        pellucid.tensor([float("nan")], dtype=pellucid.int64)


def test_unknown_dtypes_and_devices():
    with pytest.raises(TypeError, match="the dtypes are float64, float32"):
        pellucid.tensor(np.zeros(2, np.uint16))
    with pytest.raises(TypeError, match="no tensor of 'complex64'"):
        pellucid.zeros(2, dtype="complex64")
    with pytest.raises(RuntimeError, match="CPU only, got 'cuda'"):
        pellucid.zeros(2, device="cuda")
    with pytest.raises(TypeError, match="expected an np.ndarray, got list"):
        pellucid.from_numpy([1, 2])


def test_devices_that_are_named_only():
    cuda = pellucid.device("cuda:1")
    assert (cuda.type, cuda.index, str(cuda)) == ("cuda", 1, "cuda:1") and cuda == pellucid.device("cuda", 1)
    assert repr(cuda) == "device(type='cuda', index=1)" and cuda != pellucid.device("cuda")
    for move in (pellucid.ones(2).to, pellucid.nn.Linear(2, 2).to, pellucid.Generator, cuda.__enter__):
        with pytest.raises(RuntimeError, match="CPU only, got 'cuda:1'"):
            move(*() if move == cuda.__enter__ else [cuda])
    with pytest.raises(RuntimeError, match="expected one of cpu, cuda, .* got 'gpu'"):
        pellucid.device("gpu")
    assert pellucid.device(cuda) == cuda


def test_errors_of_sizes():
    with pytest.raises(RuntimeError, match=r"zeros: a size cannot be negative, got \(2, -1\)"):
        pellucid.zeros(2, -1)
    with pytest.raises(TypeError, match="ones: sizes must be integers"):
        pellucid.ones(2.5)
    with pytest.raises(TypeError, match="zeros: needs sizes"):
        pellucid.zeros()
    with pytest.raises(RuntimeError, match="arange: no steps of 1 lead from 5 to 0"):
        pellucid.arange(5, 0)


def test_arrays_of_every_layout():
    base = np.arange(12.0).reshape(3, 4)
    for array in (base.T, base[::2, ::-1], np.asfortranarray(base), base[:, 1:3]):
        shared, copied = pellucid.from_numpy(array), pellucid.tensor(array)
        assert np.shares_memory(shared.numpy(), base) == np.shares_memory(array, base)
        assert not np.shares_memory(copied.numpy(), base)
        np.testing.assert_array_equal((copied * 2).numpy(), array * 2)


def test_size_is_a_tuple():
    size = pellucid.zeros(2, 3).shape
    assert size == (2, 3) and size.numel() == 6 and size[0].__class__ is int
    assert repr(size) == "pellucid.Size([2, 3])" and repr(size[:0]) == "pellucid.Size([])"
    assert isinstance(size[1:], pellucid.Size) and isinstance((1,) + size, pellucid.Size)


def test_a_mixture_of_kinds_of_numbers():
    mixed = [[1, np.float64(2)], [pellucid.tensor(3.0), True]]
    made = pellucid.tensor(mixed)
    assert made.dtype == pellucid.float64 and made.tolist() == [[1, 2], [3, 1]]


def test_gradients_do_not_come_along():
    x = pellucid.tensor(2.0, requires_grad=True)
    assert not pellucid.tensor([x * 2, 1.0]).requires_grad and not pellucid.tensor(x).requires_grad
    assert pellucid.as_tensor(x) is x
