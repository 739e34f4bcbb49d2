"""as_strided and resize_ against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402


@pytest.mark.parametrize("shape, size, stride, offset", [
    ((2, 6), (3, 4), (4, 1), 0), ((12,), (5, 3), (2, 1), None), ((3, 4), (4, 3), (1, 4), 0),
    ((7,), (), (), 3),
    ((7,), (2, 3), (0, 2), 1), ((5,), (0, 2), (1, 1), 0), ((2, 3, 4), (2, 2, 2, 2), (12, 4, 1, 1), 1)])
def test_as_strided(shape, size, stride, offset):
    agree(lambda m, x: m.as_strided(x, size, stride, offset), shape)
    agree(lambda m, x: (x * 2).as_strided(size, stride, offset), shape)
    agree(lambda m, x: m.tensor(x.as_strided(size, stride, offset).stride()), shape, grad=False)


def test_in_place():
    def write(m, x):
        y = x * 2
        y.as_strided((2, 2), (4, 1), 1).mul_(3)
        return y
    agree(write, (2, 4), second=False)
    agree(lambda m, x: x[1:].as_strided((2, 2), (2, 1), 5), (3, 4), grad=False)


def test_resize():
    for sizes in ((2, 3), (6,), (2, 2), (1, 5)):
        agree(lambda m, x, sizes=sizes: x.clone().resize_(sizes), np.arange(6.0), grad=False)
    both_raise(lambda m, x: m.ones(3).requires_grad_().resize_(2), (2,))
    both_raise(lambda m, x: x.as_strided((4,), (2,)), (5,))
    both_raise(lambda m, x: x.as_strided((2,), (-1,), 3), (5,))
