"""Tensors without dimensions keep their dtype, forward and backward, also under NumPy 1.26."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.op import REGISTRY

UNARY = """neg abs sign exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square reciprocal floor round
    frac nan_to_num sin cos tan asin acos atan sinh cosh tanh asinh atanh sinc deg2rad erf erfc erfinv
    normal_cdf lgamma digamma relu leaky_relu elu celu selu gelu_exact gelu_tanh silu mish softplus
    sigmoid logit logsigmoid softsign hardtanh hardsigmoid hardswish tanhshrink softshrink hardshrink
    sum mean prod amax amin variance deviation p_norm""".split()
WITH = dict(add=(2.5,), sub=(2.5,), mul=(2.5,), true_divide=(2.5,), pow=(2.5,), remainder=(0.3,), fmod=(0.3,),
            maximum=(0.4,), clamp_low=(0.1,), clamp_high=(0.1,), clamp_between=(0.1, 0.9), lerp=(0.3, 0.2),
            addcmul=(2.0, 3.0), addcdiv=(2.0, 3.0), atan2=(0.3,), hypot=(0.3,), logaddexp=(0.3,),
            xlogy=(0.3,),
            softmax=(0,), log_softmax=(0,), logsumexp=(0,), cumsum=(0,), cumprod=(0,), logcumsumexp=(0,),
            max_along=(0,), median_along=(0,))


def check(name, x, *rest):
    y = REGISTRY[name].call(x, *rest)
    y = y[0] if isinstance(y, tuple) else y
    assert y.dtype == pellucid.float32 and y.shape == ()
    inputs = [t for t in (x, *rest) if isinstance(t, pellucid.Tensor)]
    for g in pellucid.autograd.grad(y, inputs, allow_unused=True, materialize_grads=True):
        assert g.dtype == pellucid.float32 and g.shape == ()


@pytest.mark.parametrize("name", UNARY)
def test_of_one(name):
    check(name, pellucid.tensor(0.4, requires_grad=True))


@pytest.mark.parametrize("name", WITH)
def test_of_several(name):
    check(name, pellucid.tensor(0.4, requires_grad=True), *WITH[name])
    if isinstance(WITH[name][0], float):
        check(name, *(pellucid.tensor(v, requires_grad=True) for v in (0.4, *WITH[name])))


def test_a_gradient_keeps_the_dtype_of_its_own_input():
    x = pellucid.tensor(2.0, requires_grad=True)
    (x.double() * 3).sum().backward()
    assert x.grad.dtype == pellucid.float32 and np.float64(x.grad.item()) == 3.0
    wide = pellucid.tensor(2.0, dtype=pellucid.float64, requires_grad=True)
    (wide.float() * 0.1).backward()
    assert wide.grad.dtype == pellucid.float64
