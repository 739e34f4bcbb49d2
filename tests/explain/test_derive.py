"""derive: exact formulas of functions, layers and losses; what is wrong is caught or refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("sympy")

import sympy as s  # noqa: E402

import pellucid  # noqa: E402
from pellucid import float64, nn, tensor  # noqa: E402
from pellucid.autograd import Function  # noqa: E402
from pellucid.explain.derive import NotDerivable, WrongDerivative, derive, exact, mathml  # noqa: E402
from pellucid.explain.derive.tidy import same_at_points, without_cases, without_shifts  # noqa: E402
from pellucid.op import REGISTRY  # noqa: E402

F = nn.functional
x, y, z = s.symbols("x y z", real=True)


def test_the_issue_s_example():
    made = derive(lambda x, W: (x @ W).sum(), x=(2,), W=(2, 3))
    a, w = made.symbols["x"], made.symbols["W"]
    assert made.value.item() == sum(a[i] * w[i, j] for i in range(2) for j in range(3))
    assert [made.gradients["W"][i, j] for i in range(2) for j in range(3)] == [a[0]] * 3 + [a[1]] * 3
    assert made.gradients["x"][1] == w[1].sum()
    assert set(made.proofs.values()) == {"the same expression"} and made.ops == ("matmul", "sum")


def test_a_vector_has_incoming_gradients():
    made = derive(F.softmax, x=(2,), dim=0)
    g1, g2 = made.g
    x1, x2 = made.symbols["x"]
    p = s.exp(x1) / (s.exp(x1) + s.exp(x2))
    assert s.simplify(made.value[0] - p) == 0                    # the shift by the largest is gone
    assert s.simplify(made.gradients["x"][0] - p * (1 - p) * (g1 - g2)) == 0


def test_both_at_numbers():
    made = derive(lambda x, y: pellucid.exp(x) / y, x=(2,), y=())
    at = made.at(x=[0.0, 1.0], y=2.0)
    np.testing.assert_allclose(at.value, [0.5, math.e / 2])
    np.testing.assert_allclose(at.gradients["y"], -(1 + math.e) / 4)
    assert at.difference < 1e-12 and "by Pellucid" in repr(at)
    with pytest.raises(ValueError, match="'w' is no input made of symbols"):
        made.at(w=1.0)
    with pytest.raises(ValueError, match=r"x has shape \(3,\), its symbols \(2,\)"):
        made.at(x=[1.0, 2.0, 3.0])


def test_modules_have_symbols_for_parameters_and_get_them_back():
    net = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.BatchNorm1d(2), nn.Linear(2, 1, bias=False))
    before = {name: (value, value._data.copy()) for name, value in net.state_dict().items()}
    weight = net[0].weight
    made = derive(net, x=(2, 1), tidied=False)
    assert list(made.symbols) == ["x", "weight0", "bias0", "weight2", "bias2", "weight3"]
    assert made.ops[:2] == ("linear", "tanh") and made.at().difference < 1e-10
    assert net[0].weight is weight and weight.grad is None
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value._data, before[name][1])
    again = derive(lambda x: net[0](x).sum(), params=net[0], x=(1, 1))
    assert list(again.symbols) == ["x", "weight", "bias"]
    assert again.gradients["bias"].tolist() == [1, 1]


def test_a_shared_parameter_is_one_symbol():
    layer = nn.Linear(1, 1, bias=False)
    made = derive(nn.Sequential(layer, layer), x=(1, 1))
    w, a, g = made.symbols["weight0"].item(), made.symbols["x"].item(), made.g.item()
    assert made.value.item() == a * w ** 2 and s.expand(made.gradients["weight0"].item() - 2 * g * a * w) == 0


def test_losses_activations_recurrence_and_a_transformer_s_parts():
    assert s.simplify(derive(F.mse_loss, a=(2,), b=(2,)).gradients["a"][0] - (
        s.Symbol("a_1", real=True) - s.Symbol("b_1", real=True))) == 0
    made = derive(F.gelu, x=())
    v = made.symbols["x"].item()
    assert s.simplify(made.value.item() - v * (1 + s.erf(v / s.sqrt(2))) / 2) == 0
    cell = nn.RNN(1, 1)
    made = derive(lambda x: cell(x)[0].sum(), params=cell, x=(2, 1), tidied=False)
    assert made.at().difference < 1e-10 and "rnn_layer" in made.ops
    made = derive(lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True), q=(2, 1))
    assert made.value[0, 0] == made.symbols["q"][0, 0]           # the first token sees itself alone


def test_relu_keeps_its_cases_and_max_pool_says_where_it_holds():
    made = derive(F.relu, x=())
    v = made.symbols["x"].item()
    assert made.value.item() == s.Max(0, v)
    assert made.gradients["x"].item() == s.Piecewise((1, v > 0), (0, True))
    made = derive(lambda x: F.max_pool1d(x, 2).sum(), x=(1, 2))
    assert sorted(made.gradients["x"].ravel()) == [0, 1]
    assert "order of the elements" in made.checked() and "near the one given" in made.checked()


def test_a_branch_is_taken_at_the_point_and_noted():
    made = derive(lambda x: x * x if float(x) > 0 else -x, x=(), positive=("x",))
    assert made.value.item() == made.symbols["x"].item() ** 2
    assert made.symbols["x"].item().is_positive


def test_a_user_s_function_is_derived():
    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, g):
            return 3 * g * ctx.saved_tensors[0] ** 2

    class Wrong(Cube):
        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0] ** 2

    assert derive(Cube.apply, x=()).gradients["x"].item() == 3 * x ** 2
    with pytest.raises(WrongDerivative, match=r"of x at \(\) is 2\*x\*\*2, the derivative .* 3\*x\*\*2"):
        derive(Wrong.apply, x=())


def test_a_spoilt_rule_is_caught(monkeypatch):
    rule = REGISTRY["tanh"].rule
    monkeypatch.setattr(REGISTRY["tanh"], "rule", lambda *a, **k: rule(*a, **k) * 2)
    with pytest.raises(WrongDerivative, match="the ops were tanh"):
        derive(pellucid.tanh, x=())


def test_a_spoilt_kernel_is_caught(monkeypatch):
    op = REGISTRY["sigmoid"]
    monkeypatch.setattr(op, "forward", lambda v: (op.body(v)[0] * 1.001, ()))
    with pytest.raises(WrongDerivative, match="differ from an ordinary run"):
        derive(pellucid.sigmoid, x=())


def test_everything_is_put_back_after_an_error():
    before = {name: (op.forward, op.rule, op.rule_twin) for name, op in REGISTRY.items()}
    with pytest.raises(NotDerivable, match="the op inverse cannot run on formulas.*LAPACK") as caught:
        derive(lambda A: pellucid.linalg.inv(A).sum(), A=(2, 2))
    assert caught.value.op == "inverse"
    assert before == {name: (op.forward, op.rule, op.rule_twin) for name, op in REGISTRY.items()}


def test_numbers_outside_of_ops_are_noticed():
    with pytest.raises(WrongDerivative, match="outside of ops"):
        derive(lambda x: x * float(x), x=())
    with pytest.raises(RuntimeError, match="changed in place"):
        derive(lambda x: (x * 1).add_(1) * 2, x=())


@pytest.mark.parametrize("call, error, words", [
    (lambda: derive(pellucid.exp), ValueError, "give at least one input by its shape"),
    (lambda: derive(pellucid.exp, x=("a",)), TypeError, "x must be a shape"),
    (lambda: derive(lambda x: 3, x=()), RuntimeError, "must return one Tensor, it returned int"),
    (lambda: derive(lambda x: tensor(1.0), x=()), RuntimeError, "not depend on any of x"),
    (lambda: derive(pellucid.exp, x=(), positive=("y",)), ValueError, r"positive names \['y'\]"),
    (lambda: derive(pellucid.exp, x=(), params=3), TypeError, "params '' must be a Module, got int"),
])
def test_wrong_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_it_is_written_in_every_way():
    made = derive(lambda x, W: (pellucid.exp(W @ x)).sum(), x=(1,), W=(1, 1))
    assert made.latex().startswith(r"\begin{aligned}")
    assert r"\frac{\partial L}{\partial W_{11}}" in made.latex()
    assert made._repr_latex_().startswith("$") and "<math" in made._repr_html_()
    assert "&ExponentialE;" not in made.mathml() and made.mathml().count("<mtr>") == 3
    import xml.etree.ElementTree as tree

    assert tree.fromstring(made.mathml()).tag.endswith("math")
    assert "dW_11" in repr(made)
    assert "<mfrac>" in mathml(x / y)


@pytest.mark.parametrize("value, meant", [
    (0.1, s.Rational(1, 10)), (1 / 3, s.Rational(1, 3)), (math.sqrt(2 / math.pi), s.sqrt(2 / s.pi)),
    (1 / math.sqrt(2), s.sqrt(2) / 2), (math.log(2), s.log(2)), (-2.0, -2), (3, 3), (float("-inf"), -s.oo),
    (np.float32(0.1), s.Rational(1, 10)), (np.float64(1e-5), s.Rational(1, 100000)), (True, s.true)])
def test_floats_are_what_they_were_meant_to_be(value, meant):
    assert exact(value) == meant


def test_a_float_of_many_digits_keeps_them():
    assert float(exact(0.12345678901234567)) == 0.12345678901234567


def test_tidying_changes_nothing():
    log = s.log(1 + s.exp(-s.Abs(x)))
    assert s.simplify(without_cases(s.Max(x, 0) + log) - s.log(1 + s.exp(x))) == 0 or not without_cases(
        s.Max(x, 0) + log).has(s.Abs, s.Max)
    assert without_cases(s.Max(x, 0)) == s.Max(x, 0)
    stays = s.Max(x, 0) + s.Piecewise((log, x <= 20), (0, True))
    assert without_cases(stays).has(s.Piecewise)                 # different by 2e-9 beyond 20
    top = s.Max(x, y)
    assert not without_shifts(s.exp(x - top) / (s.exp(x - top) + s.exp(y - top))).has(s.Max)
    assert without_shifts(s.exp(x - top)).has(s.Max)
    assert same_at_points((x + y) ** 2, x ** 2 + 2 * x * y + y ** 2)
    assert not same_at_points(x * y, x * y * (1 + s.Rational(1, 10**20)))


def test_constants_stay_numbers():
    made = derive(lambda x, t: ((x - t) ** 2).sum(), x=(2,), t=tensor([0.5, 1.0], dtype=float64))
    v = made.symbols["x"]
    assert list(made.symbols) == ["x"] and s.expand(made.gradients["x"][0] - 2 * v[0] + 1) == 0


def test_without_sympy_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(ImportError, match=r"pellucid\[symbolic\]"):
        derive(pellucid.exp, x=())


def test_the_package_is_the_function_too():
    from pellucid import explain

    assert str(explain.derive(lambda x: x * x, x=())) == str(derive(lambda x: x * x, x=()))
    assert str(explain.derive.derive(lambda x: x * x, x=())) == str(derive(lambda x: x * x, x=()))


@pytest.mark.parametrize("fn, shape, error, told", [
    (3, (2,), TypeError, "fn must be a function of Tensors, got int"),
    (lambda x: x, (1000, 1000), ValueError, "1,000,000 symbols.* 2,000 at most")])
def test_what_cannot_be_written_down_is_refused(fn, shape, error, told):
    with pytest.raises(error, match=told):
        derive(fn, x=shape)
