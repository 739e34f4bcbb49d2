"""The text of tensors: a few examples and the options. tests/parity compares many with PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid


@pytest.mark.parametrize("make, text", [
    (lambda: pellucid.tensor([1.0, 2.0]), "tensor([1., 2.])"),
    (lambda: pellucid.tensor([[1.5, -2.0], [float("nan"), 3.0]]),
     "tensor([[ 1.5000, -2.0000],\n        [    nan,  3.0000]])"),
    (lambda: pellucid.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
    (lambda: pellucid.tensor([True, False]), "tensor([ True, False])"),
    (lambda: pellucid.tensor(3), "tensor(3)"),
    (lambda: pellucid.zeros(0, 3), "tensor([], size=(0, 3))"),
    (lambda: pellucid.zeros(2, dtype=pellucid.float64), "tensor([0., 0.], dtype=pellucid.float64)"),
    (lambda: pellucid.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
    (lambda: pellucid.ones(1, requires_grad=True) * 2, "tensor([2.], grad_fn=<MulBackward0>)"),
    (lambda: pellucid.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    (lambda: pellucid.nn.Parameter(pellucid.ones(1)),
     "Parameter containing:\ntensor([1.], requires_grad=True)"),
])
def test_examples(make, text):
    assert repr(make()) == str(make()) == text


def test_options_come_and_go():
    x = pellucid.tensor([1.23456, 2.0])
    pellucid.set_printoptions(precision=2)
    try:
        assert str(x) == "tensor([1.23, 2.00])"
        pellucid.set_printoptions(sci_mode=True)
        assert str(x) == "tensor([1.23e+00, 2.00e+00])"
    finally:
        pellucid.set_printoptions(profile="default")
    assert str(x) == "tensor([1.2346, 2.0000])"
    with pytest.raises(ValueError, match="profile must be one of default, short, full, got 'loud'"):
        pellucid.set_printoptions(profile="loud")


def test_printing_reads_only_what_it_shows():
    """A large tensor is not converted as a whole: only its edges are formatted."""
    huge = pellucid.from_numpy(np.broadcast_to(np.float32(1), (10 ** 6, 10 ** 6)))
    assert str(huge).count("...") == 7


def test_printing_records_nothing():
    x = pellucid.ones(3, requires_grad=True)
    y = x * 2
    before = y._version
    assert str(y) and y._version == before and x.grad is None
