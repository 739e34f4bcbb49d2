"""x.add_(y), x.exp_(), x += y, ... against PyTorch: values, memory, gradients, refusals."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

UNARY = """abs ceil cos cosh deg2rad erf erfc exp exp2 expm1 floor frac neg rad2deg relu round sigmoid
    sign sin sinc sinh square tan tanh trunc atan asinh nan_to_num""".split()
POSITIVE = "log log10 log1p log2 reciprocal rsqrt sqrt lgamma digamma".split()
NO_SLOPE = {"asinh", "atanh", "compare", "logical"}  # PyTorch refuses, or has its own slope
IN_UNIT = "acos asin atanh erfinv logit".split()
BINARY = """add sub mul div pow fmod remainder floor_divide atan2 hypot copysign xlogy lerp addcmul addcdiv
    clamp""".split()


def inputs_of(name):
    rng = np.random.RandomState(1)
    low, high = (0.3, 3.0) if name in POSITIVE else (0.1, 0.9) if name in IN_UNIT else (-2.0, 2.0)
    return rng.uniform(low, high, (2, 3)).astype(np.float32)


@pytest.mark.parametrize("name", UNARY + POSITIVE + IN_UNIT)
def test_of_one_tensor(name):
    def outside(m, x):
        y = x.detach().clone()
        view = y[0]
        back = getattr(y, name + "_")()
        assert back is y
        return [y, view]

    def inside(m, x):
        y = x * 1
        getattr(y, name + "_")()
        return y * 2

    agree(outside, inputs_of(name), grad=False)
    if name not in NO_SLOPE:
        agree(inside, inputs_of(name), second=False)


CALLS = {
    "add": lambda y, a, b: y.add_(a, alpha=2).add_(1), "sub": lambda y, a, b: y.sub_(a).sub_(b, alpha=0.5),
    "mul": lambda y, a, b: y.mul_(a).mul_(2), "div": lambda y, a, b: y.div_(b).div_(2),
    "div rounded": lambda y, a, b: y.div_(b, rounding_mode="floor"), "pow": lambda y, a, b: y.pow_(2).pow_(3),
    "remainder": lambda y, a, b: y.remainder_(0.7), "fmod": lambda y, a, b: y.fmod_(0.7),
    "atan2": lambda y, a, b: y.atan2_(b), "hypot": lambda y, a, b: y.hypot_(b),
    "lerp": lambda y, a, b: y.lerp_(a, 0.3), "lerp by tensor": lambda y, a, b: y.lerp_(a, b),
    "addcmul": lambda y, a, b: y.addcmul_(a, b, value=0.5),
    "addcdiv": lambda y, a, b: y.addcdiv_(a, b, value=0.5),
    "clamp": lambda y, a, b: y.clamp_(-0.5, 0.5), "clamp_min": lambda y, a, b: y.clamp_min_(0.1),
    "clip": lambda y, a, b: y.clip_(max=0.2), "xlogy": lambda y, a, b: y.xlogy_(b),
    "copysign": lambda y, a, b: y.copysign_(a), "cumsum": lambda y, a, b: y.cumsum_(1),
    "compare": lambda y, a, b: y.gt_(a), "logical": lambda y, a, b: y.logical_and_(a),
    "broadcast": lambda y, a, b: y.add_(a[0]).mul_(b[:, :1]), "keyword": lambda y, a, b: y.add_(other=a),
    "a view": lambda y, a, b: y[0].mul_(3), "a transposed view": lambda y, a, b: y.t().add_(a.t()),
}


@pytest.mark.parametrize("name", CALLS)
def test_of_several(name):
    def outside(m, x, a, b):
        y = x.detach().clone()
        CALLS[name](y, a.detach(), b.detach())
        return y

    def inside(m, x, a, b):
        y = x * 1
        CALLS[name](y, a, b)
        return y * 1

    a, b = inputs_of(""), inputs_of("log")[::-1].copy()
    agree(outside, inputs_of(""), a, b, grad=False)
    if name in NO_SLOPE:
        return
    agree(inside, inputs_of(""), a, b, second=False)
    agree(lambda m, x, a, b: inside(m, x, a.detach(), b.detach()), inputs_of(""), a, b, second=False)
    agree(lambda m, x, a, b: inside(m, x.detach(), a, b), inputs_of(""), a, b, second=False)


def test_operators():
    def many(m, x, y):
        a, b, c, d = x * 1, x * 1, x * 1, x * 1
        a += y
        a -= 2
        b *= y
        b /= 3
        c **= 2
        d %= 0.7
        e = (x * 3).detach()
        e //= 2
        return [a, b, c, d, e]

    def whole(m, i, j):
        a, b, c, d, e = i.clone(), i.clone(), i.clone(), i.clone(), i > 2
        a += 1
        a *= j
        b &= 3
        b |= 8
        c ^= j
        d <<= 1
        d >>= 2
        e |= j > 1
        return [a, b, c, d, e]

    agree(many, (2, 3), (3,), second=False)
    agree(whole, np.array([1, 2, 3]), np.array([4, 1, 2]), grad=False)


def test_each_change_of_something_saved():
    agree(lambda m, x, y: (x * 1).mul_(2).add_(y).mul_(y).sin_().pow_(2).exp_(), (2, 3), (3,), second=False)

    def spoilt(m, x):
        a = x.requires_grad_() * 1
        b = a.exp()
        b.add_(1)
        b.sum().backward()

    def saved(m, x, w):
        h = x * w.requires_grad_()
        x.add_(1)
        h.sum().backward()

    both_raise(spoilt, (3,))
    both_raise(saved, (3,), (3,))


def test_leaves():
    both_raise(lambda m, x: x.requires_grad_().add_(1), (3,))
    both_raise(lambda m, x: x.requires_grad_()[0].mul_(2), (3,))

    def step(m, x):
        w = x.detach().clone().requires_grad_()
        (w * w).sum().backward()
        with m.no_grad():
            w -= 0.1 * w.grad
            w.add_(w.grad, alpha=-0.1)
            w.addcdiv_(w.grad, w.grad.abs() + 1, value=-0.5)
        assert w.requires_grad and w.is_leaf
        return w.detach()

    agree(step, (2, 3), grad=False)


def test_refusals():
    both_raise(lambda m, x: x.add_(1.5), np.array([1, 2]))
    both_raise(lambda m, x: x.div_(2), np.array([1, 2]))
    both_raise(lambda m, x: x.exp_(), np.array([1, 2]))
    both_raise(lambda m, x, y: x.add_(y), (3,), (2, 3))
    both_raise(lambda m, x, y: x.mul_(y), (3,), (4,))
    both_raise(lambda m, x: x.expand(2, 3).add_(1), (3,))
    both_raise(lambda m, x: x.add_("a"), (3,))
    agree(lambda m, x, y: [x.add_(y), x.mul_(2)], np.array([1, 2], np.float32), np.array([3, 4]), grad=False)
    agree(lambda m, x, y: x.add_(y), np.array([1, 2], np.float32), np.array([3, 4], np.float64), grad=False)
    agree(lambda m, x, y: x.add_(y), np.array([1, 2], np.int32), np.array([3, 4]), grad=False)


def test_every_name_of_pytorch():
    ours = {n for n in dir(pellucid.Tensor) if n.endswith("_") and not n.startswith("_")}
    names = {n + "_" for n in UNARY + POSITIVE + IN_UNIT + BINARY}
    missing = {n for n in names if hasattr(torch.Tensor, n)} - ours
    assert not missing
