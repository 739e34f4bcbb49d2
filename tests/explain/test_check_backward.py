"""A learner's backward: right ones pass, each usual mistake is found on the smallest example and named."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.explain import check
from pellucid.explain.check import check_backward
from pellucid.explain.check.examples import LAYERS, examples, subjects
from pellucid.op import REGISTRY


def one_hot(x, target):
    return np.eye(x.shape[1])[target.numpy()]


def normed(x, eps, dim):
    centred = x - x.mean(dim, keepdim=True)
    scale = ((centred * centred).mean(dim, keepdim=True) + eps).sqrt()
    return centred / scale, scale


def norm_back(dim):
    def back(g, x, weight, bias, eps):
        n, s = normed(x, eps, dim)
        h = g * weight
        dx = (h - h.mean(dim, keepdim=True) - n * (h * n).mean(dim, keepdim=True)) / s
        return dx, (g * n).sum(0), g.sum(0)
    return back


RIGHT = {
    "sigmoid": lambda g, y: g * y * (1 - y),
    "exp": lambda g, x: g * np.exp(x.numpy()),
    "Linear": lambda g, x, weight, bias: (g @ weight, g.T @ x, g.sum(0)),
    "matmul": lambda g, a, b: (g @ b.T, a.T @ g),
    "mul": lambda g, x, y: (g * y, g * x),
    "log": lambda g, x: g / x,
    "ReLU": lambda g, x: g * (x > 0),
    "Softmax": lambda g, y, dim: y * (g - (g * y).sum(dim, keepdim=True)),
    "MSELoss": lambda g, x, target: (g * 2 * (x - target) / x.numel(), -g * 2 * (x - target) / x.numel()),
    "CrossEntropyLoss": lambda g, x, target: g * (x.softmax(1) - one_hot(x, target)) / len(x),
    "LayerNorm": norm_back(1),
    "BatchNorm1d": norm_back(0),
    "Embedding": lambda g, weight, index: (one_hot(weight.T, index).T @ g.numpy(), None),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_ones_pass(name):
    report = check_backward(name, RIGHT[name])
    assert report, report
    assert "every gradient is right" in repr(report)


WRONG = {
    "minus": ("Linear", lambda g, x, w, b: (g @ w, -g.T @ x, g.sum(0)), "weight", "sign", "opposite sign"),
    "transpose": ("matmul", lambda g, a, b: (g @ b.T, g.T @ a), "y", "transpose", "transpose is missing"),
    "no sum": ("Linear", lambda g, x, w, b: (g @ w, g.T @ x, g), "bias", "broadcast", "sum the gradient"),
    "mean": ("cross_entropy", lambda g, x, target: g * (x.softmax(1) - one_hot(x, target)), "input 0 (x)",
             "factor", "mean where a sum belongs"),
    "branch": ("relu", lambda g, x: g * (x < 0), "input 0 (x)", "kink", "exchanged"),
    "none": ("Linear", lambda g, x, w, b: (g @ w, g.T @ x, None), "input 2 (bias)", "missing",
             "no gradient arrives"),
    "without g": ("exp", lambda g, x: x.exp(), "the function", "linear", "must multiply"),
    "diagonal only": ("softmax", lambda g, y: g * y * (1 - y), "input 0 (x)", "broadcast", "only part"),
    "too few": ("Linear", lambda g, x, w, b: (g @ w, g.T @ x), "the inputs", "count",
                "2 gradients, and 3 are needed: dx, dweight, dbias"),
    "raises": ("log", lambda g, x: g.nothing, "the inputs", "error", "raised AttributeError"),
    "text": ("log", lambda g, x: "g / x", "x", "shape", "dx is str"),
    "shape": ("Conv2d", lambda g, x, weight, bias: (g.sum(), weight, g.sum((0, 2, 3))), "x", "shape",
              r"shape \(\), its input \(1, 1, 1, 1\)"),
    "nan": ("square", lambda g, x: 2 * g * x / 0, "input 0 (x)", "nan", "nan or infinity"),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_named(name):
    op, backward, of, cause, words = WRONG[name]
    report = check_backward(op, backward)
    assert not report
    found = next(finding for finding in report.findings if finding.cause == cause)
    assert of in found.input
    with pytest.raises(check.WrongGradient, match=words):
        check_backward(op, backward, raise_exception=True)


def test_the_smallest_example_is_shown_with_right_values():
    text = repr(check_backward("exp", lambda g, x: 2 * g * x.exp()))
    lines = text.split("\n")
    assert lines[1].strip() in ("x = 1.", "x = [1.]", "x = [[1.]]")
    assert "yours [[5.43656]], right [[2.71828]]" in text and "and on a larger one, with x (2, 3)" in text
    # a product of 1x1 matrices cannot tell a missing transpose: the first example has a side of 2
    text = repr(check_backward("matmul", lambda g, a, b: (g @ b.T, g.T @ a)))
    assert "[[2., 1.]]" in text.split("\n")[1]


def test_parameters_are_filled_by_name_or_place():
    seen = {}

    def backward(g, out, weight, x, *, eps, b=None):
        seen.update(out=out.shape, weight=weight.shape, x=x.shape, eps=eps, b=b)
        return norm_back(1)(g, x, weight, None, eps)

    assert check_backward("LayerNorm", backward)
    assert seen["eps"] == 1e-5 and seen["out"] == seen["x"] and seen["weight"] == seen["x"][1:]
    assert seen["b"] is None
    assert check_backward("add", lambda g, *inputs: (g, g))
    assert check_backward("mul", lambda g, y, x, out: (g * y, g * x))     # y is the input of that name here


@pytest.mark.parametrize("name, backward, error, words", [
    ("layernorm", lambda g: g, ValueError, "did you mean 'LayerNorm'"),
    ("sigmiod", lambda g: g, ValueError, "did you mean .*'sigmoid'"),
    ("argmax", lambda g, x: g, ValueError, "'argmax' has no gradient"),
    ("qqqq", lambda g: g, ValueError, "REGISTRY has the names"),
    ("exp", 3, TypeError, "must be a function .* got int"),
    ("exp", lambda: 1, TypeError, r"must take g.* def my_backward\(g, x\)"),
    ("exp", lambda g, x, foo: g, TypeError, "asks for 'foo'; exp has the inputs x, and y is its result"),
])
def test_what_cannot_be_checked_is_refused(name, backward, error, words):
    with pytest.raises(error, match=words):
        check_backward(name, backward)


@pytest.mark.parametrize("name", {id(layer): name for name, layer in LAYERS.items()}.values())
def test_every_layer_has_examples_and_its_own_gradient_passes(name):
    subject, = subjects(name)
    found = list(examples(subject))
    assert len(found) >= 3
    sizes = [sum(x._data.size for x in inputs if isinstance(x, pellucid.Tensor)) for inputs in found]
    assert sizes[0] == min(sizes)

    @pellucid.enable_grad()
    def backward(g, *inputs):
        given = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
        y = subject.call(*given, **subject.params)
        return pellucid.autograd.grad(y, [x for x in given if x.requires_grad], g)

    assert check_backward(name, backward)
    assert not check_backward(name, lambda *given: [1.01 * part for part in backward(*given)])


def test_ops_of_the_registry_have_examples():
    with_rule = [op for op in REGISTRY.values() if op.rule is not None and op.name not in LAYERS
                 and op.body.__module__.startswith("pellucid.")]
    without = [op.name for op in with_rule
               if not any(True for subject in subjects(op.name)[:1] for _ in examples(subject))]
    assert len(without) < 25, without


@pytest.mark.parametrize("given, name", [(pellucid.sigmoid, "sigmoid"), (nn.Linear, "Linear"),
                                         (nn.Linear(2, 2), "Linear")])
def test_a_function_or_layer_in_place_of_a_name(given, name):
    with pytest.raises(TypeError, match=rf"op_name must be a name, got {name} itself; try "
                                        rf"check_backward\('{name}', my_backward\)"):
        check_backward(given, lambda g, x: g)
