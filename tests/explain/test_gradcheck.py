"""Each usual mistake in a backward pass, planted and found."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import float64, tensor
from pellucid.autograd import Function
from pellucid.explain import check

rng = np.random.RandomState(0)
x23, x34, x33, w33 = (tensor(rng.standard_normal(shape), requires_grad=True)
                      for shape in ((2, 3), (3, 4), (3, 3), (3, 3)))
bias = tensor(rng.standard_normal(3), requires_grad=True)
signs = tensor([-2.0, -1.0, 1.0, 2.0], dtype=float64, requires_grad=True)
many = tensor([-1.0, 2.0, 1.0, 3.0], dtype=float64, requires_grad=True)


def function(forward, backward):
    """A function of the two: backward(g, *inputs) gives the gradients."""
    class Made(Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)
    return Made.apply


def product(dx, dw):
    return function(lambda x, w: x @ w, lambda g, x, w: (dx(g, x, w), dw(g, x, w)))


def right_dx(g, x, w):
    return g @ w.T


def right_dw(g, x, w):
    return x.T @ g


MISTAKES = {
    "half": (function(lambda x: x ** 2, lambda g, x: g * x), (x23,), "factor", "2 times too small"),
    "mean": (function(lambda x: x.mean(), lambda g, x: g.expand(x.shape)), (x34,), "factor",
             "12 is the number of entries of the input: a mean"),
    "odd factor": (function(lambda x: x.exp(), lambda g, x: 1.3 * g * x.exp()), (x23,), "factor",
                   "1.3 times"),
    "minus": (function(lambda x: x.cos(), lambda g, x: g * x.sin()), (x23,), "sign", "every entry"),
    "some minus": (function(lambda x: x ** 2, lambda g, x: 2 * g * x.abs()), (signs,), "sign",
                   "some entries"),
    "dx": (product(lambda g, x, w: g @ w, right_dw), (x23, w33), "transpose", "other operand"),
    "dw": (product(right_dx, lambda g, x, w: (x.T @ g).T), (x23, w33), "transpose", "axes 0 and 1"),
    "dw of x": (product(right_dx, lambda g, x, w: x @ g), (x33, w33), "transpose", "other operand"),
    "shape": (product(right_dx, lambda g, x, w: g.T @ x), (x23, x34), "transpose",
              r"shape \(4, 3\), its input \(3, 4\)"),
    "reshaped": (function(lambda x: x * 1.5, lambda g, x: 1.5 * g.T.reshape(2, 3)), (x23,), "transpose",
                 "wrong order"),
    "first row": (function(lambda x, b: x + b, lambda g, x, b: (g, g[0])), (x23, bias), "broadcast",
                  "reaches 2 entries of the output"),
    "relu": (function(lambda x: x.relu(), lambda g, x: g * (x < 0).double()), (signs,), "kink", "exchanged"),
    "leaky": (function(lambda x: pellucid.where(x > 0, x, 0.1 * x),
                       lambda g, x: g * pellucid.where(x > 0, 1.0, 0.3).double()), (signs,), "kink",
              "only where the input is < 0"),
    "clamp": (function(lambda x: x.clamp(max=1.5), lambda g, x: g), (many,), "kink",
              "only where the input is > about 1.5"),
    "none": (function(lambda x: x.exp(), lambda g, x: 0 * g), (x23,), "missing", "no gradient arrives"),
    "nan": (function(lambda x: x.exp(), lambda g, x: g / 0), (x23,), "nan", "nan or infinity"),
    "without g": (function(lambda x: x ** 2, lambda g, x: 2 * x), (x23,), "linear", "must multiply"),
    "plainly wrong": (function(lambda x: x.exp(), lambda g, x: g * x.sin()), (x34,), "unknown", "none of"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_named(name):
    fn, inputs, cause, words = MISTAKES[name]
    with pytest.raises(check.WrongGradient, match=words) as caught:
        check.gradcheck(fn, inputs)
    report = caught.value.report
    assert not report and [finding.cause for finding in report.findings] == [cause]
    assert not check.gradcheck(fn, inputs, raise_exception=False)


def test_the_report_names_input_entries_and_values():
    report = check.gradcheck(lambda x, w: MISTAKES["dx"][0](x, w), (x23, w33), raise_exception=False)
    finding = report.findings[0]
    assert finding.input == "input 0 (x)" and finding.n_all == 36
    assert 0 < finding.n_wrong <= 2 * 6 and len(finding.entries) == 5
    for entry in finding.entries:
        k, j = entry.output[1], entry.input[1]
        assert entry.output[0] == entry.input[0]
        assert np.isclose(entry.numeric, w33[j, k].item()) and np.isclose(entry.analytic, w33[k, j].item())
    distances = [abs(entry.analytic - entry.numeric) for entry in finding.entries]
    assert distances == sorted(distances, reverse=True)


def test_right_gradients_pass():
    assert check.gradcheck(product(right_dx, right_dw), (x23, w33))
    assert check.gradcheck(lambda x: (x.sin(), x.exp().sum()), x23).findings == ()


def test_a_corner_is_told_from_a_mistake():
    at_corner = tensor([-1.0, 0.0, 2.0], dtype=float64, requires_grad=True)
    report = check.gradcheck(lambda x: x.relu(), at_corner, raise_exception=False)
    assert report.findings[0].cause == "kink" and report.findings[0].entries[0].input == (1,)
    assert "0 to the left and 1 to the right" in str(report) and "as right as the other" in str(report)
    neither = function(lambda x: x.relu(), lambda g, x: g * pellucid.where(x == 0, 7.0, (x > 0).double()))
    assert "neither side" in str(check.gradcheck(neither, at_corner, raise_exception=False))


def test_other_errors_come_through():
    with pytest.raises(RuntimeError, match="2 inputs"):
        check.gradcheck(function(lambda x, w: x @ w, lambda g, x, w: g), (x23, w33))


class Turned(Function):
    @staticmethod
    def forward(ctx, x):
        return 3 * x

    @staticmethod
    def backward(ctx, g):
        return -3 * g


def test_single_precision_is_named_as_the_cause():
    x = tensor([0.3, -0.7, 1.1], requires_grad=True)
    with pytest.warns(UserWarning, match="differences need float64"):
        report = check.gradcheck(pellucid.tanh, x, raise_exception=False)
    assert not report and report.findings[0].cause == "rounding" and "x.double()" in repr(report)
    with pytest.warns(UserWarning, match="differences need float64"):
        report = check.gradcheck(Turned.apply, x, raise_exception=False)     # a mistake is still called one
    assert report.findings[0].cause != "rounding"


@pytest.mark.parametrize("arguments, told", [
    (("tanh", tensor(1.0)), "fn must be a function of tensors, got str"),
    ((pellucid.tanh, np.ones(3)), "inputs must be a tensor or a tuple of them, got an array")])
def test_bad_input_is_refused_in_words(arguments, told):
    with pytest.raises(TypeError, match=told):
        check.gradcheck(*arguments)
