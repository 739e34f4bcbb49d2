"""Activations and softmaxes by hand: corners, far ends, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import tensor
from pellucid.ops import activation, gates


def slope(function, *at):
    x = tensor(at, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


def test_slopes_at_the_corners():
    assert slope(activation.relu, -1.0, 0.0, 1.0) == [0, 0, 1]
    assert slope(gates.relu6, 0.0, 6.0, 3.0) == [0, 0, 1]
    assert slope(gates.hardtanh, -1.0, 0.0, 1.0) == [0, 1, 0]
    assert slope(pellucid.abs, -2.0, 0.0, 2.0) == [-1, 0, 1]
    assert slope(lambda x: activation.leaky_relu(x, 0.25), 0.0, 1.0, -1.0) == [0.25, 1, 0.25]
    assert slope(gates.hardshrink, 0.5, -0.5, 0.6) == [0, 0, 1]
    assert slope(gates.hardswish, -3.0, 3.0, 4.0) == [0, 1, 1]
    assert slope(lambda x: activation.elu(x, 2.0), 0.0, 1.0) == [2, 1]


@pytest.mark.parametrize("function", [activation.silu, activation.mish, activation.softplus, gates.logsigmoid,
                                      activation.gelu, activation.selu, activation.elu, gates.softsign,
                                      gates.sigmoid, gates.tanhshrink])
def test_far_ends_stay_finite(function):
    x = tensor([-1e4, -100.0, 100.0, 1e4], requires_grad=True)
    y = function(x)
    y.sum().backward()
    assert np.isfinite(y.detach().numpy()).all() and np.isfinite(x.grad.numpy()).all()


def test_values():
    x = tensor([-1.0, 0.0, 2.0], dtype=pellucid.float64)
    for function, expected in (
            (activation.gelu, lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2)))),
            (activation.silu, lambda v: v / (1 + math.exp(-v))),
            (activation.mish, lambda v: v * math.tanh(math.log1p(math.exp(v)))),
            (activation.softplus, lambda v: math.log1p(math.exp(v))),
            (gates.logsigmoid, lambda v: -math.log1p(math.exp(-v))),
            (gates.softsign, lambda v: v / (1 + abs(v)))):
        np.testing.assert_allclose(function(x).numpy(), [expected(v) for v in (-1.0, 0.0, 2.0)], rtol=1e-14)


def test_softmax_by_hand():
    x = tensor([[1000.0, 1000.0, -math.inf], [0.0, math.log(2), math.log(5)]])
    np.testing.assert_allclose(x.softmax(1).numpy(), [[0.5, 0.5, 0], [0.125, 0.25, 0.625]], rtol=1e-6)
    np.testing.assert_allclose(x.logsumexp(1).numpy(), [1000 + math.log(2), math.log(8)], rtol=1e-6)
    assert x.log_softmax(1)[0].tolist()[2] == -math.inf
    nothing = pellucid.full((1, 3), -math.inf)
    assert nothing.logsumexp(1).item() == -math.inf and np.isnan(nothing.softmax(1).numpy()).all()


def test_errors():
    with pytest.raises(RuntimeError, match=r"glu: x of shape \(2, 3\) cannot be halved along dim -1"):
        gates.glu(pellucid.ones(2, 3))
    with pytest.raises(RuntimeError, match=r"prelu: weight must have shape \(1,\) or \(3,\)"):
        activation.prelu(pellucid.ones(2, 3), pellucid.ones(2))
    with pytest.raises(RuntimeError, match="approximate must be 'none' or 'tanh', got 'erf'"):
        activation.gelu(pellucid.ones(2), approximate="erf")
    with pytest.raises(RuntimeError, match="softmax: x must be floating, got int64"):
        tensor([1, 2]).softmax(0)
    with pytest.raises(IndexError):
        pellucid.ones(2, 3).softmax(2)
