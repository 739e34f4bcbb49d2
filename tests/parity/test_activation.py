"""Activations and softmaxes against PyTorch: values, slopes, the corners, far out."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid.nn.functional  # noqa: E402, F401


def F(m):
    return m.nn.functional


CASES = {
    "relu": [lambda m, x: [F(m).relu(x), m.relu(x), x.relu(), F(m).relu6(x)]],
    "leaky_relu": [lambda m, x: [F(m).leaky_relu(x), F(m).leaky_relu(x, 0.2), F(m).leaky_relu(x, -0.3)]],
    "elu": [lambda m, x: [F(m).elu(x), F(m).elu(x, 0.5), F(m).elu(x, alpha=2.0)]],
    "celu": [lambda m, x: [F(m).celu(x), F(m).celu(x, 0.5), F(m).celu(x, alpha=2.0)]],
    "selu": [lambda m, x: [F(m).selu(x), m.selu(x)]],
    "gelu": [lambda m, x: [F(m).gelu(x), F(m).gelu(x, approximate="tanh")]],
    "silu": [lambda m, x: F(m).silu(x)],
    "mish": [lambda m, x: F(m).mish(x)],
    "softplus": [lambda m, x: [F(m).softplus(x), F(m).softplus(x, 2.0),
                               F(m).softplus(x, beta=0.5, threshold=1)]],
    "sigmoid": [lambda m, x: [m.sigmoid(x), x.sigmoid(), F(m).sigmoid(x), F(m).logsigmoid(x), F(m).tanh(x)]],
    "softsign": [lambda m, x: F(m).softsign(x)],
    "hardtanh": [lambda m, x: [F(m).hardtanh(x), F(m).hardtanh(x, -0.5, 2.0), F(m).hardtanh(x, min_val=0)]],
    "hardsigmoid": [lambda m, x: F(m).hardsigmoid(x)],
    "hardswish": [lambda m, x: F(m).hardswish(x)],
    "tanhshrink": [lambda m, x: F(m).tanhshrink(x)],
    "softshrink": [lambda m, x: [F(m).softshrink(x), F(m).softshrink(x, 0.3)]],
    "hardshrink": [lambda m, x: [F(m).hardshrink(x), F(m).hardshrink(x, 0.3)]],
    "threshold": [lambda m, x: [F(m).threshold(x, 0.1, 20), m.threshold(x, -1.0, -3.0)]],
}
CORNERS = np.array([0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 0.5, -0.5, 0.3, -0.3, 0.1, 2.0, 20.0, -20.0],
                   np.float32)
FAR = np.array([30.0, -30.0, 89.0, -89.0, 104.0, -104.0, 1e4, -1e4, 1e30, -1e30, 1e-30], np.float32)
STRAIGHT = {"relu", "hardtanh", "hardshrink", "softshrink", "threshold", "leaky_relu", "hardsigmoid",
            "hardswish"}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name):
    function = CASES[name][0]
    agree(function, (3, 5), second=name not in STRAIGHT)
    for shape in ((), (0, 3)):
        agree(function, shape, second=False)
    agree(lambda m, x: function(m, x.transpose(0, 1)), (3, 4), second=False)


@pytest.mark.parametrize("name", CASES)
def test_corners_and_far_out(name):
    agree(CASES[name][0], CORNERS, second=False)
    tight = 1e-7 if name == "hardsigmoid" else 1e-9              # PyTorch keeps its 1/6 in float32
    agree(CASES[name][0], CORNERS.astype(np.float64), second=False, rtol=tight, atol=tight)
    agree(CASES[name][0], FAR, second=False)


def test_not_a_number_stays_so():
    bad = np.array([np.nan, 1.0], np.float32)
    for name, (function,) in CASES.items():
        ours = function(pellucid, pellucid.tensor(bad))
        for y in ours if isinstance(ours, list) else [ours]:
            assert np.isnan(y.numpy()[0]) and not np.isnan(y.numpy()[1]), name


def test_prelu_and_glu():
    agree(lambda m, x, w: [F(m).prelu(x, w), m.prelu(x, w)], (2, 3, 4), (3,))
    agree(lambda m, x, w: F(m).prelu(x, w), (2, 3), (1,))
    agree(lambda m, x, w: x.prelu(w), (5,), (1,))
    agree(lambda m, x: [F(m).glu(x), F(m).glu(x, 0), F(m).glu(x, dim=1)], (2, 4, 6))
    both_raise(lambda m, x: F(m).glu(x), (2, 3))
    both_raise(lambda m, x, w: F(m).prelu(x, w), (2, 3), (2,))
    both_raise(lambda m, x: F(m).softshrink(x, -1.0), (2,))


SOFT = {
    "softmax": lambda m, x: [m.softmax(x, -1), x.softmax(0), F(m).softmax(x, dim=1), m.softmax(x, dim=-2)],
    "log_softmax": lambda m, x: [m.log_softmax(x, -1), x.log_softmax(0), F(m).log_softmax(x, dim=1)],
    "softmin": lambda m, x: [F(m).softmin(x, dim=-1), F(m).softmin(x, 0)],
    "logsumexp": lambda m, x: [m.logsumexp(x, -1), x.logsumexp((0, 1)), m.logsumexp(x, dim=0, keepdim=True),
                               x.logsumexp([0, 2], True)],
}


@pytest.mark.parametrize("name", SOFT)
def test_soft(name):
    agree(SOFT[name], (2, 3, 4))
    agree(SOFT[name], (1, 1, 1))
    agree(SOFT[name], (2, 0, 3), second=False) if name != "logsumexp" else None
    huge = np.random.RandomState(0).standard_normal((2, 3, 4)).astype(np.float32) * 1e4
    agree(SOFT[name], huge, second=False)


def test_soft_of_infinities():
    rows = np.array([[0, -np.inf, 1], [-np.inf, -np.inf, -np.inf], [1, 2, 3]], np.float32)
    agree(lambda m, x: [m.softmax(x, -1), m.log_softmax(x, -1), m.logsumexp(x, -1)], rows, grad=False)
    agree(lambda m, x: [m.softmax(x, -1)[::2], m.log_softmax(x, -1)[2], m.logsumexp(x, -1)], rows,
          second=False)
    agree(lambda m, x: [m.softmax(x, -1), m.logsumexp(x, -1)],
          np.array([[np.inf, 1], [np.nan, 1]], np.float32),
          grad=False)
    agree(lambda m, x: m.logsumexp(x, 1), np.zeros((2, 0), np.float32), grad=False)


def test_rrelu_of_integers():
    with pytest.raises(RuntimeError, match="rrelu: input must be floating"):
        pellucid.nn.functional.rrelu(pellucid.tensor([-2, 3]), training=True)


def test_soft_along_no_dim():
    for name in ("softmax", "log_softmax"):
        both_raise(lambda m, x, name=name: getattr(x, name)(None), (2, 3))


def test_soft_dtypes():
    agree(lambda m, x: [m.softmax(x, 0, dtype=m.float64), x.log_softmax(0, m.float64),
                        F(m).softmax(x, dim=0, dtype=m.float64)], (3, 2))
    agree(lambda m, x: [m.softmax(x, 0, dtype=m.float32), m.logsumexp(x, 0)], np.array([1, 2, 3]), grad=False)
    agree(lambda m, x: [m.softmax(x, 0), m.log_softmax(x, 0), m.logsumexp(x, 0)], np.array(2.5, np.float32),
          second=False)
    with pytest.raises(RuntimeError, match="must be floating"):  # PyTorch's is a NotImplementedError
        pellucid.softmax(pellucid.tensor([1, 2]), 0)
    both_raise(lambda m, x: m.softmax(x, 2), (2, 3))
    both_raise(lambda m, x: m.logsumexp(x, 2), (2, 3))


def test_integers_give_the_default_float():
    """PyTorch refuses them for most activations, and makes them float32 for the others."""
    ours = pellucid.nn.functional
    for name in ("leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "logsigmoid", "softsign",
                 "hardsigmoid", "hardswish", "tanhshrink", "softshrink"):
        x = pellucid.tensor([-2, 0, 3])
        y = getattr(ours, name)(x)
        assert y.dtype == pellucid.float32, name
        np.testing.assert_allclose(y.numpy(), getattr(torch.nn.functional, name)(torch.tensor([-2.0, 0, 3])),
                                   rtol=1e-6)
