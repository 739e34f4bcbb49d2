"""gradcheck finds what is wrong with a gradient and says where; it has failed on each kind of fault here."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.autograd import Function, gradcheck, gradgradcheck
from pellucid.autograd.gradcheck import GradcheckError


def spoilt(rule, forward=lambda x: x * x):
    """A Function with this backward."""
    class Spoilt(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            return rule(g, ctx.saved_tensors[0])
    return Spoilt.apply


def doubles(*shape, seed=0):
    return pellucid.tensor(np.random.RandomState(seed).standard_normal(shape), requires_grad=True)


RIGHT = {
    "one": (lambda x: x.sin(), (doubles(3),)),
    "several": (lambda x, y: (x @ y, (x * 2).sum()), (doubles(2, 3), doubles(3, 2))),
    "with others": (lambda x, p, n: x ** p + n, (doubles(2), 3, pellucid.ones(2))),
    "an output of integers": (lambda x: (x * x, x > 0), (doubles(3),)),
    "a Function": (spoilt(lambda g, x: g * 2 * x), (doubles(3),)),
    "a constant output": (lambda x: (x * x, pellucid.ones(2, dtype=pellucid.float64)), (doubles(3),)),
    "a layer": (lambda x, w: pellucid.nn.functional.linear(x, w).tanh(), (doubles(2, 3), doubles(4, 3))),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes(name):
    function, inputs = RIGHT[name]
    assert gradcheck(function, inputs) is True
    assert gradcheck(function, inputs, fast_mode=True, check_undefined_grad=False) is True
    assert gradgradcheck(function, inputs) is True


WRONG = {
    "scaled": (spoilt(lambda g, x: g * 2.02 * x),
               r"input 0, entry \(0,\): the gradient of output 0, entry \(0,\), "
               r"is 4\.04 by the backward pass and 4\.?0*\d? by differences \(atol=1e-05, rtol=0\.001\)"),
    "one entry": (spoilt(lambda g, x: g * 2 * x + pellucid.tensor([0.0, 0.0, 0.1]).double() * g),
                  r"entry \(2,\).*entry \(2,\), is 6\.1"),
    "zeros": (spoilt(lambda g, x: g * 0), r"is 0 by the backward pass"),
    "no factor g": (spoilt(lambda g, x: 2 * x + 0 * g), "is 4 by the backward|must multiply by it"),
    "detached": (lambda x: x.detach() * 2, r"output 0 does not require grad, but changes with input 0, entry "
                 r"\(0,\): by 2"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name):
    function, text = WRONG[name]
    x = pellucid.tensor([2.0, -1.0, 3.0], dtype=pellucid.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match=text):
        gradcheck(function, x)
    assert gradcheck(function, x, raise_exception=False) is False
    if name != "detached":
        assert gradcheck(function, x, raise_exception=False, fast_mode=True) is False


def test_the_second_of_two_inputs_is_named():
    wrong = spoilt(lambda g, x: g * 3 * x)
    with pytest.raises(GradcheckError, match=r"input 1, entry \(0, 1\)|input 1, entry \(0, 0\)"):
        gradcheck(lambda x, y: x * wrong(y), (doubles(1, 2), doubles(1, 2)))


def test_a_gradient_that_changes_from_pass_to_pass():
    times = iter(range(1000))
    with pytest.raises(GradcheckError, match="two backward passes give different gradients of input 0"):
        gradcheck(spoilt(lambda g, x: g * 2 * x * (1 + 1e-7 * next(times))), doubles(3))
    times = iter(range(1000))
    assert gradcheck(spoilt(lambda g, x: g * 2 * x * (1 + 1e-7 * next(times))), doubles(3), nondet_tol=1e-4)


def test_a_wrong_second_derivative():
    def rule(g, x):
        return g * 2 * (x.detach() * 1.0)                        # right, and constant for the next pass
    assert gradcheck(spoilt(rule), doubles(3))
    with pytest.raises(GradcheckError, match="does not require grad, but changes|by differences"):
        gradgradcheck(spoilt(rule), doubles(3))


def test_what_cannot_be_checked():
    with pytest.raises(ValueError, match="at least one input must require grad"):
        gradcheck(lambda x: x, pellucid.ones(2))
    with pytest.raises(NotImplementedError, match="check_forward_ad"):
        gradcheck(lambda x: x, doubles(2), check_forward_ad=True)
    with pytest.raises(TypeError, match="output 0 of the function is int"):
        gradcheck(lambda x: 3, doubles(2))
    with pytest.warns(UserWarning, match="input 0 is pellucid.float32; differences need float64"):
        gradcheck(lambda x: x * 2, pellucid.ones(2, requires_grad=True), eps=1e-2, atol=1e-2)
