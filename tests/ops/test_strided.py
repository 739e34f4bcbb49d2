"""as_strided and resize_: what they look at, what they share, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid


def test_a_view_is_written_through():
    x = pellucid.zeros(2, 6)
    y = x.as_strided((2, 2), (6, 1), 1)
    y += 1
    assert x.tolist() == [[0, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0]] and y.storage_offset() == 1
    x[1].as_strided((2,), (1,)).fill_(5)
    assert x[1, :2].tolist() == [5, 5]


def test_gradients_follow_writing():
    x = pellucid.ones(6).requires_grad_()
    z = x * 2
    z.as_strided((2,), (3,)).mul_(10)
    z.sum().backward()
    assert x.grad.tolist() == [20, 2, 2, 20, 2, 2]


@pytest.mark.parametrize("size, stride, offset, words", [
    ((3, 3), (2, 1), 0, "reach from element 0 to 6, input has 6"),
    ((2,), (1,), 5, "reach from element 5 to 6"), ((2,), (1,), -1, "reach from element -1"),
    ((2,), (-1,), 3, "none negative"), ((2, 2), (1,), 0, "as many numbers"),
])
def test_places_outside(size, stride, offset, words):
    with pytest.raises(RuntimeError, match=f"as_strided: .*{words}"):
        pellucid.ones(6).as_strided(size, stride, offset)


def test_other_refusals():
    with pytest.raises(RuntimeError, match="must be row-major"):
        pellucid.ones(2, 3).t().as_strided((2,), (1,))
    windows = pellucid.arange(5).as_strided((3, 3), (1, 1))
    with pytest.raises(RuntimeError, match="take a clone"):
        windows += 1
    assert pellucid.ones(0).as_strided((0, 2), (1, 1)).shape == (0, 2)


def test_resizing():
    x = pellucid.arange(6.0)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]] and x.resize_((3,)).shape == (3,)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 0]]
    assert x.resize_as_(pellucid.ones(1, 2)).tolist() == [[0, 1]]
    with pytest.raises(RuntimeError, match="requires grad"):
        pellucid.ones(2).requires_grad_().resize_(3)
    with pytest.raises(RuntimeError, match="cannot grow from 2 to 3"):
        pellucid.ones(4)[:2].resize_(3)
    with pytest.raises(RuntimeError, match="must not be negative"):
        x.resize_(-1)


def test_windows_hold_no_other_memory():
    x = np.arange(12.0)
    seen = pellucid.from_numpy(x)[4:].as_strided((2, 2), (2, 1), 5)
    assert seen.tolist() == [[5, 6], [7, 8]]
