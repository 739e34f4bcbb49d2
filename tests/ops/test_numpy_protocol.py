"""NumPy's functions on Tensors: the same numbers, a graph behind them, and a clear refusal for the rest."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import Tensor, tensor

X = np.array([[0.2, 0.9, 0.4], [0.7, 0.3, 0.6]])
UNARY = """negative absolute sign exp exp2 expm1 log log2 log10 log1p sqrt square reciprocal ceil floor
    trunc sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh deg2rad rad2deg sinc isnan isinf
    isfinite logical_not nan_to_num round abs""".split()
BINARY = """add subtract multiply divide true_divide floor_divide remainder fmod power maximum minimum
    fmax fmin arctan2 hypot copysign logaddexp equal not_equal less less_equal greater greater_equal
    logical_and logical_or logical_xor""".split()
REDUCTIONS = "sum mean prod max min amax amin var std any all argmax argmin count_nonzero".split()


@pytest.mark.parametrize("name", UNARY)
def test_of_one(name):
    y = getattr(np, name)(tensor(X))
    assert isinstance(y, Tensor)
    np.testing.assert_allclose(y.numpy(), getattr(np, name)(X), rtol=1e-12)


@pytest.mark.parametrize("name", BINARY)
def test_of_two(name):
    for a, b in ((tensor(X), tensor(X[0])), (tensor(X), X[0]), (X, tensor(X[0])), (tensor(X), 0.5),
                 (0.5, tensor(X))):
        y = getattr(np, name)(a, b)
        assert isinstance(y, Tensor)
        plain = [v.numpy() if isinstance(v, Tensor) else v for v in (a, b)]
        np.testing.assert_allclose(y.numpy(), getattr(np, name)(*plain), rtol=1e-12)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name):
    function = getattr(np, name)
    np.testing.assert_allclose(function(tensor(X)).numpy(), function(X), rtol=1e-12)
    np.testing.assert_allclose(function(tensor(X), axis=1).numpy(), function(X, axis=1), rtol=1e-12)
    if name != "count_nonzero":
        assert function(tensor(X), axis=0, keepdims=True).shape == (1, 3)


def test_the_rest_of_them():
    x = tensor(X)
    np.testing.assert_allclose(np.clip(x, 0.3, 0.5).numpy(), np.clip(X, 0.3, 0.5))
    np.testing.assert_allclose(np.cumsum(x, axis=1).numpy(), np.cumsum(X, axis=1))
    np.testing.assert_allclose(np.cumprod(x, axis=0).numpy(), np.cumprod(X, axis=0))
    np.testing.assert_allclose(np.var(x, axis=1, ddof=1).numpy(), np.var(X, axis=1, ddof=1))
    np.testing.assert_allclose(np.linalg.norm(x, axis=1).numpy(), np.linalg.norm(X, axis=1))
    np.testing.assert_allclose(np.add.reduce(x, axis=1).numpy(), X.sum(1))
    np.testing.assert_allclose(np.maximum.reduce(x).numpy(), X.max(0))       # NumPy's default axis there is 0
    np.testing.assert_allclose(np.add.accumulate(x, axis=1).numpy(), X.cumsum(1))
    assert (np.bitwise_and(tensor([6, 3]), 2)).tolist() == [2, 2]


def test_gradients_flow():
    x = tensor([0.5, 2.0], requires_grad=True)
    np.sum(np.exp(x) * np.array([1.0, 2.0])).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([0.5, 2.0]) * [1, 2], rtol=1e-6)


def test_what_is_missing_says_so():
    for wrong in (lambda x: np.cbrt(x), lambda x: np.exp(x, out=np.zeros(3)),
                  lambda x: np.multiply.outer(x, x),
                  lambda x: np.fft.fft(x)):
        with pytest.raises(TypeError, match="not defined for Pellucid tensors"):
            wrong(pellucid.ones(3, requires_grad=True))


def test_functions_without_a_counterpart_run_on_the_arrays():
    x = pellucid.tensor([3.0, 1.0, 2.0])
    assert np.allclose(x, [3.0, 1.0, 2.0]) and np.array_equal(x, x)
    assert isinstance(np.lexsort((x, x)), np.ndarray)
    assert np.frexp(x)[1].tolist() == [2, 1, 2]
    out = np.zeros(3, np.float32)
    assert np.add(x, 1.0, out=out) is out and out.tolist() == [4.0, 2.0, 3.0]
    with pytest.raises(TypeError, match=r"np\.array_equal: not defined .* tensors that require grad"):
        np.array_equal(x.requires_grad_(), x)
