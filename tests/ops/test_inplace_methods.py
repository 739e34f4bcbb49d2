"""Changes in place: whose memory, whose past, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import tensor


def test_the_memory_stays():
    array = np.ones((2, 3), np.float32)
    x = pellucid.from_numpy(array)
    row = x[0]
    assert x.add_(1) is x and x.mul_(x).exp_().sqrt_().clamp_(max=5) is x
    assert x.data_ptr() == array.ctypes.data and array[0, 0] == 5 and row.tolist() == [5, 5, 5]
    x += 1
    x /= 2
    assert array[1, 2] == 3
    row.neg_()
    assert array[0].tolist() == [-3, -3, -3]


def test_quick_and_slow_agree():
    rng = np.random.RandomState(0)
    a, b, c = (rng.uniform(0.5, 2, (4, 3)).astype(np.float32) for _ in range(3))
    for call in (lambda x, y, z: x.add_(y, alpha=-0.5), lambda x, y, z: x.sub_(z), lambda x, y, z: x.div_(y),
                 lambda x, y, z: x.addcmul_(y, z, value=2), lambda x, y, z: x.addcdiv_(y, z, value=-1),
                 lambda x, y, z: x.mul_(0.3), lambda x, y, z: x.log_(), lambda x, y, z: x.add_(z[0]),
                 lambda x, y, z: x.tanh_()):
        quick, slow = tensor(a), tensor(a).requires_grad_() * 1
        call(quick, tensor(b), tensor(c))
        call(slow, tensor(b), tensor(c))
        np.testing.assert_allclose(quick.numpy(), slow.detach().numpy(), rtol=1e-6)


def test_old_values_are_kept_where_the_rule_wants_them():
    x = tensor([0.5, 2.0], requires_grad=True)
    y = x * 1
    y.sin_().pow_(2)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.sin(2 * x.detach().numpy()), rtol=1e-6)


def test_refusals():
    with pytest.raises(RuntimeError, match="add_: the result has shape"):
        pellucid.ones(3).add_(pellucid.ones(2, 3))
    with pytest.raises(RuntimeError, match="which the tensor of"):
        tensor([1, 2]).mul_(0.5)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        tensor([1.0], requires_grad=True).add_(1)
    with pytest.raises(RuntimeError, match="repeats one element"):
        pellucid.ones(1).expand(3).add_(1)


def test_optimisers_may_change_leaves():
    w = tensor([1.0, 2.0], requires_grad=True)
    with pellucid.no_grad():
        w.sub_(tensor([1.0, 1.0])).lerp_(tensor([4.0, 5.0]), 0.5)
    assert w.tolist() == [2.0, 3.0] and w.is_leaf and w.requires_grad
