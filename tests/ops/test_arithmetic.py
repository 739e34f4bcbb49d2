"""Arithmetic by hand: signs, dtypes, operators, what is kept for backward, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import pellucid
from pellucid import float32, float64, int64, tensor


def test_division_of_integers():
    x, d = tensor([7, -7, 8, -8]), tensor([3, 3, -3, -3])
    assert (x / d).dtype == float32
    assert (x // d).tolist() == [2, -3, -3, 2]                   # downwards
    assert (x % d).tolist() == [1, 2, -1, -2]                    # the sign of the divisor
    assert pellucid.fmod(x, d).tolist() == [1, -1, 2, -2]        # the sign of x
    assert pellucid.div(x, d, rounding_mode="trunc").tolist() == [2, -2, -2, 2]
    assert (x // d * d + x % d).tolist() == x.tolist()


def test_python_numbers_do_not_widen():
    x = pellucid.ones(2)
    for y in (x + 1, x * 2.5, 1 / x, x ** 2, x ** 0.5, 2 ** x, x // 2, x % 0.3, x.clamp(0, 0.5),
              x.lerp(x, 0.1)):
        assert y.dtype == float32
    assert (tensor([1, 2]) * 1.5).dtype == float32 and (tensor([1, 2]) * 2).dtype == int64
    assert (x * tensor(2.0, dtype=float64)).dtype == float32     # a 0-d tensor counts as a number
    assert (x * tensor([2.0], dtype=float64)).dtype == float64
    assert (tensor([True]) + tensor([True])).dtype == pellucid.bool
    assert (tensor([True]) + 1).dtype == int64


def test_operators_with_arrays_and_strangers():
    x, a = tensor([1.0, 2.0]), np.array([3.0, 4.0], np.float32)
    for left, right in ((a + x, x + a), (a * x, x * a)):
        assert isinstance(left, pellucid.Tensor) and left.tolist() == right.tolist()
    assert (a - x).tolist() == [2.0, 2.0] and (np.float64(2) / x).tolist() == [2.0, 1.0]
    assert (a > x).tolist() == [True, True]

    class Stranger:
        def __radd__(self, other):
            return "mine"

    assert x + Stranger() == "mine"
    with pytest.raises(TypeError):
        x + "a"
    assert (x == "a") is False and (x != None) is True  # noqa: E711


def test_powers():
    x = tensor([-2.0, 0.0, 3.0], requires_grad=True)
    (x ** 3).sum().backward()
    assert x.grad.tolist() == [12.0, 0.0, 27.0]
    p = tensor([2.0, 0.0, 1.0], requires_grad=True)
    base = tensor([0.0, 0.0, 3.0], requires_grad=True)
    y = base ** p
    assert y.tolist() == [0.0, 1.0, 3.0]
    y.sum().backward()
    assert base.grad.tolist() == [0.0, 0.0, 1.0]                 # no 0 ln 0 anywhere
    np.testing.assert_allclose(p.grad.numpy(), [0.0, 0.0, 3 * np.log(3)], rtol=1e-6)


def test_ties_of_bounds():
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    pellucid.maximum(x, tensor([1.0, 3.0, 1.0])).sum().backward()
    assert x.grad.tolist() == [0.5, 0.0, 1.0]
    x.grad = None
    x.clamp(1.0, 2.5).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0]                    # the ends belong to the inside


def test_a_factor_is_kept_only_for_the_other_ones_gradient():
    x, w = tensor([1.0, 2.0], requires_grad=True), tensor([3.0, 4.0])
    y = x * 1
    product = y * w
    y.add_(1)                                                    # y is not needed: w has no gradient
    product.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    w.requires_grad_()
    y = x * 1
    product = y * w
    y.add_(1)
    with pytest.raises(RuntimeError, match="mul needs its input number 0"):
        product.sum().backward()


def test_nothing_is_not_zero_times_infinity():
    x = tensor([-1.0, 4.0], requires_grad=True)
    x.relu().sqrt().sum().backward()                             # the slope of sqrt at 0 is infinite
    assert x.grad.tolist() == [0.0, 0.25]


def test_errors_name_what_came():
    with pytest.raises(RuntimeError, match=r"add: .*float32 \(2, 3\).*float32 \(4,\)"):
        pellucid.ones(2, 3) + pellucid.ones(4)
    with pytest.raises(RuntimeError, match="floor_divide: division by zero"):
        tensor([1]) // 0
    with pytest.raises(ValueError, match="rounding_mode must be None, 'floor' or 'trunc', got 'up'"):
        pellucid.div(tensor([1]), 2, rounding_mode="up")
    with pytest.raises(RuntimeError, match="clamp: needs min or max"):
        tensor([1.0]).clamp()
    with pytest.raises(TypeError, match="add: y must be a Tensor or a number, got str"):
        pellucid.add(tensor([1.0]), "1")


def test_bits():
    x = tensor([12, 10])
    assert [(x & 6).tolist(), (x | 1).tolist(), (x ^ x).tolist(), (~x).tolist()] == [[4, 2], [13, 11], [0, 0],
                                                                                     [-13, -11]]
    assert (x << 2).tolist() == [48, 40] and (1 << tensor([0, 3])).tolist() == [1, 8]
    mask = tensor([True, False])
    assert (~mask).tolist() == [False, True] and (mask & ~mask).any().item() is False


@settings(max_examples=60)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4, min_side=0), st.integers(0, 5))
def test_broadcasting(shapes, which):
    name = ("add", "mul", "true_divide", "maximum", "atan2", "pow")[which]
    rng = np.random.RandomState(which)
    a, b = (rng.uniform(0.5, 2, shape) for shape in shapes.input_shapes)
    x, y = (pellucid.from_numpy(v.copy()).requires_grad_() for v in (a, b))
    out = getattr(pellucid, name)(x, y)
    assert out.shape == shapes.result_shape
    plain = {"add": np.add, "mul": np.multiply, "true_divide": np.divide, "maximum": np.maximum,
             "atan2": np.arctan2, "pow": np.power}[name]
    np.testing.assert_allclose(out.detach().numpy(), plain(a, b))
    out.sum().backward()
    assert x.grad.shape == a.shape and y.grad.shape == b.shape
    if name == "mul" and a.size:
        np.testing.assert_allclose(x.grad.numpy().sum(), np.broadcast_to(b, shapes.result_shape).sum())
