"""Adafactor by hand, and resumed from a state."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.optim import Adafactor


def parameter(values):
    return pellucid.tensor(values).requires_grad_()


def test_the_first_step_of_a_matrix_by_hand():
    """b = 1 at t = 1: rows have mean g^2 of 2.5 and 10, columns 4 and 8.5, all together 6.25."""
    p = parameter([[3.0, 4.0], [0.0, 5.0]])
    p.grad = pellucid.tensor([[2.0, 1.0], [2.0, 4.0]])
    Adafactor([p], lr=0.1, d=100.0).step()
    v = np.outer([2.5, 10.0], [4.0, 8.5]) / 6.25
    relative = np.sqrt(50 / 4) * 0.1
    expected = np.array([[3.0, 4.0], [0.0, 5.0]]) - relative * np.array([[2.0, 1.0], [2.0, 4.0]]) / np.sqrt(v)
    np.testing.assert_allclose(p.detach(), expected, rtol=1e-6)


def test_steps_are_cut_to_the_size_d():
    """A vector's first step is sign(g) times the size of p; its mean square is 1, so d = 1 leaves it."""
    p = parameter([3.0, -4.0])
    p.grad = pellucid.tensor([100.0, -1e-3])
    Adafactor([p], lr=0.5).step()
    relative = np.sqrt(25 / 2) * 0.5
    np.testing.assert_allclose(p.detach(), [3 - relative, -4 + relative], rtol=1e-6)


def test_a_state_is_taken_over():
    rng = np.random.RandomState(0)
    gradients = [rng.randn(3, 4).astype(np.float32) for _ in range(6)]
    p, q = parameter(np.ones((3, 4), np.float32)), parameter(np.ones((3, 4), np.float32))
    first = Adafactor([p])
    for g in gradients[:3]:
        p.grad = pellucid.tensor(g)
        first.step()
    q.data.copy_(p.data)
    second = Adafactor([q], lr=9.0)
    second.load_state_dict(first.state_dict())
    assert second.state[q]["row_var"].shape == (3, 1) and second.state[q]["col_var"].shape == (1, 4)
    for g in gradients[3:]:
        p.grad, q.grad = pellucid.tensor(g), pellucid.tensor(g)
        first.step()
        second.step()
    assert p.tolist() == q.tolist()
    with pytest.raises(ValueError, match="row_var has shape"):
        Adafactor([parameter(np.ones((2, 4), np.float32))]).load_state_dict(first.state_dict())


@pytest.mark.parametrize("options, words", [
    ({"beta2_decay": 0.5}, "beta2_decay must be at most 0"), ({"d": 0.5}, "d must be at least 1"),
    ({"eps": (-1.0, 0.1)}, "both eps must be at least 0"), ({"eps": (None, -0.1)}, "both eps"),
    ({"lr": -1.0}, "lr must be at least 0"),
])
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=f"Adafactor: {words}"):
        Adafactor([parameter([1.0])], **options)
