"""Every registered op against finite differences, against its own body, and against its docstring."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ops import checks

import pellucid
from pellucid.engine import op as make_op
from pellucid.op import REGISTRY, Op
from pellucid.ops.samples import normal

OPS = [op for op in REGISTRY.values() if op.body.__module__.startswith("pellucid.")]
CASES = [pytest.param(op, case, id=f"{op.name}-{i}") for op in OPS for i, case in enumerate(op.samples or ())]
WITH_RULE = [p for p in CASES if p.values[0].rule is not None]


def test_there_are_ops():
    assert len(OPS) > 100 and pellucid.exp.op in OPS


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_docstring_and_samples(op):
    assert op.samples, f"{op.name}: no samples, so nothing checks it"
    checks.check_docstring(op)
    if op.rule is not None:
        checks.check_underscores(op)


@pytest.mark.parametrize("op, case", CASES)
def test_kernels_and_dtype(op, case):
    checks.check_dtype(op, case)
    checks.check_kernels(op, case)


@pytest.mark.parametrize("op, case", WITH_RULE)
def test_rule_equals_finite_differences(op, case):
    checks.check_against_differences(op, case)
    checks.check_fresh(op, case)


@pytest.mark.parametrize("op, case", [p for p in WITH_RULE if not p.values[0].primitive])
def test_rule_equals_autodiff_of_the_body(op, case):
    checks.check_against_body(op, case)


@pytest.mark.parametrize("op, case", WITH_RULE)
def test_second_derivative(op, case):
    checks.check_second(op, case)


@pytest.mark.parametrize("op, case", WITH_RULE)
def test_a_spoilt_rule_is_caught(op, case, monkeypatch):
    """Scale one gradient by 1.001 at a time: finite differences must notice, or that gradient is zero."""
    inputs = case.inputs(0)
    weights = checks.projection(op, inputs, case.params)
    positions = checks.float_positions(inputs)
    _, grads = checks.gradients(lambda *a: op.call(*a, **case.params), inputs, weights)
    rule = op.rule
    for position, grad in zip(positions, grads, strict=True):
        if np.abs(grad._data).max(initial=0) < 0.02:             # below what differences can tell apart
            continue

        def spoilt(*args, position=position, **params):
            found = rule(*args, **params)
            found = list(found if isinstance(found, tuple) else (found,))
            if found[position] is not None:
                found[position] = found[position] * 1.001
            return tuple(found)

        monkeypatch.setattr(op, "rule", spoilt)
        with pytest.raises(AssertionError, match="differs from finite differences"):
            checks.check_against_differences(op, case)
        if not op.primitive and not calls_itself(op, case):
            with pytest.raises(AssertionError, match="differs from autodiff"):
                checks.check_against_body(op, case)
        monkeypatch.setattr(op, "rule", rule)


def calls_itself(op, case):
    """Does the body on Tensors come back to the op, as exp is np.exp? Then its autodiff is the rule."""
    made = checks.tensors(case.inputs(0))
    stack = list(made_nodes(op.body(*made, **case.params)[0]))
    seen = set()
    while stack:
        node = stack.pop()
        node = getattr(node, "node", node)
        if node is None or id(node) in seen or not hasattr(node, "edges"):
            continue
        seen.add(id(node))
        if node.op is op:
            return True
        stack += node.edges
    return False


def made_nodes(ys):
    return [y._node for y in (ys if isinstance(ys, tuple) else (ys,)) if hasattr(y, "_node")]


@pytest.fixture
def spoilt_op():
    """An op with several faults, each of which one check must find."""
    @make_op(samples=normal((3,), (3,)))
    def faulty(x, y):
        """Nothing is said here."""
        return x * y, (x,)

    @faulty.vjp
    def _(g, value, saved, x, y):
        g += 1.0
        return saved[0], g * 2.0

    yield faulty.op
    REGISTRY.pop("faulty")


def test_the_checks_find_faults(spoilt_op: Op):
    case = spoilt_op.samples[0]
    with pytest.raises(AssertionError, match="Shapes"):
        checks.check_docstring(spoilt_op)
    with pytest.raises(AssertionError, match="does not read"):
        checks.check_underscores(spoilt_op)
    with pytest.raises(AssertionError, match="changed what it was given"):
        checks.check_fresh(spoilt_op, case)
    with pytest.raises(AssertionError, match="finite differences"):
        checks.check_against_differences(spoilt_op, case)
    with pytest.raises(AssertionError, match="autodiff"):
        checks.check_against_body(spoilt_op, case)


def test_the_check_of_second_derivatives_finds_a_cut_graph():
    @make_op(samples=normal((3,)))
    def square_cut(x):
        """y = x^2. Shapes: x (N) -> (N)"""
        return x * x, ()

    @square_cut.vjp
    def _(g, _y, _saved, x):
        return g * (2 * getattr(x, "_data", x))                  # behind the Tensor: the graph ends here

    try:
        checks.check_against_differences(square_cut.op, square_cut.op.samples[0])
        with pytest.raises(AssertionError, match="second derivative"):
            checks.check_second(square_cut.op, square_cut.op.samples[0])
    finally:
        REGISTRY.pop("square_cut")


def test_the_dtype_and_kernel_checks_find_faults():
    @make_op(samples=normal((3,)))
    def widening(x):
        """y = x. Shapes: x (N) -> (N)"""
        return x * np.ones(3), ()

    @widening.kernel("wrong")
    def _(x):
        return x * 1.001, ()

    try:
        with pytest.raises(AssertionError, match="float32 in"):
            checks.check_dtype(widening.op, widening.op.samples[0])
        with pytest.raises(AssertionError, match="kernel wrong differs"):
            checks.check_kernels(widening.op, widening.op.samples[0])
    finally:
        REGISTRY.pop("widening")
