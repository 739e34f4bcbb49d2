"""The automatic checks of one op. Each raises AssertionError; test_registry spoils each of them once."""

from __future__ import annotations

import dis

import numpy as np

from pellucid import autograd
from pellucid.tensor import Tensor, wrap

EPS = 1e-6


def is_float(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def float_positions(inputs):
    return [i for i, value in enumerate(inputs) if is_float(value)]


def parts(y):
    """The floating outputs of a body, as a list."""
    ys = [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]
    return [part for part in ys if part.dtype.kind == "f"]


def projection(op, inputs, params, seed=1):
    """Random weights, one array per floating output: sum(weights * y) is a scalar whose gradient we check."""
    rng = np.random.RandomState(seed)
    return [rng.standard_normal(part.shape) for part in parts(op.body(*inputs, **params)[0])]


def value(op, inputs, params, weights):
    ys = parts(op.body(*inputs, **params)[0])
    return sum(float((w * y).sum()) for w, y in zip(weights, ys, strict=True))


def tensors(inputs, tracked=True):
    made = [wrap(v.copy()) if isinstance(v, np.ndarray) else v for v in inputs]
    for v in made:
        if isinstance(v, Tensor) and v._data.dtype.kind == "f":
            v._tracked = tracked
    return made


def scalar(ys, weights):
    """sum(weights * y) over the floating outputs, as a recorded Tensor."""
    ys = [y for y in (ys if isinstance(ys, tuple) else (ys,)) if y._data.dtype.kind == "f"]
    total = None
    for y, w in zip(ys, weights, strict=True):
        term = (y * wrap(w.astype(y._data.dtype))).sum()
        total = term if total is None else total + term
    return total


def gradients(function, inputs, weights, create_graph=False):
    """d(weighted sum of function(*inputs)) / d(input) for each floating input, by the engine."""
    made = tensors(inputs)
    loss = scalar(function(*made), weights)
    chosen = [made[i] for i in float_positions(inputs)]
    if loss is None or not loss._tracked:
        return made, [wrap(np.zeros_like(t._data)) for t in chosen]
    found = autograd.grad(loss, chosen, create_graph=create_graph, allow_unused=True, materialize_grads=True)
    return made, list(found)


def differences(f, inputs, position):
    """df/d(inputs[position]) by central differences."""
    x = inputs[position]
    result = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        near = []
        for step in (EPS, -EPS):
            moved = x.copy()
            moved[index] += step
            near.append(f([*inputs[:position], moved, *inputs[position + 1:]]))
        result[index] = (near[0] - near[1]) / (2 * EPS)
    return result


def check_against_differences(op, case, seed=0):
    """The rule's gradients equal finite differences of the body."""
    inputs = case.inputs(seed)
    weights = projection(op, inputs, case.params)
    _, grads = gradients(lambda *a: op.call(*a, **case.params), inputs, weights)
    for position, grad in zip(float_positions(inputs), grads, strict=True):
        expected = differences(lambda a: value(op, a, case.params, weights), list(inputs), position)
        np.testing.assert_allclose(grad._data, expected, rtol=2e-5, atol=2e-6,
                                   err_msg=f"{op.name}: d(input {position}) differs from finite differences")


def check_against_body(op, case, seed=0):
    """The rule's gradients equal those of the body run on Tensors."""
    inputs = case.inputs(seed)
    weights = projection(op, inputs, case.params)
    _, by_rule = gradients(lambda *a: op.call(*a, **case.params), inputs, weights)
    _, by_body = gradients(lambda *a: op.body(*a, **case.params)[0], inputs, weights)
    for position, a, b in zip(float_positions(inputs), by_rule, by_body, strict=True):
        np.testing.assert_allclose(a._data, b._data, rtol=1e-8, atol=1e-10,
                                   err_msg=f"{op.name}: d(input {position}) differs from autodiff of body")


def check_second(op, case, seed=0):
    """The gradient of the gradient equals finite differences of the gradient."""
    inputs = case.inputs(seed)
    weights = projection(op, inputs, case.params)
    rng = np.random.RandomState(2)
    positions = float_positions(inputs)
    seconds = [rng.standard_normal(inputs[i].shape) for i in positions]

    def slope(values):
        _, grads = gradients(lambda *a: op.call(*a, **case.params), values, weights)
        return sum(float((s * g._data).sum()) for s, g in zip(seconds, grads, strict=True))

    made, grads = gradients(lambda *a: op.call(*a, **case.params), inputs, weights, create_graph=True)
    total = scalar(tuple(grads), seconds)
    chosen = [made[i] for i in positions]
    if total is not None and total._tracked:
        found = autograd.grad(total, chosen, allow_unused=True, materialize_grads=True)
    else:
        found = [wrap(np.zeros_like(t._data)) for t in chosen]
    for position, grad in zip(positions, found, strict=True):
        expected = differences(slope, list(inputs), position)
        np.testing.assert_allclose(grad._data, expected, rtol=1e-4, atol=1e-4,
                                   err_msg=f"{op.name}: second derivative by input {position} is wrong")


def check_dtype(op, case, seed=0):
    """float32 in, float32 out, forward and backward."""
    inputs = case.inputs(seed, np.float32)
    if case.params.get("dtype") is not None or any(type(v).__name__ == "dtype" for v in inputs):
        return
    made = tensors(inputs)
    ys = op.call(*made, **case.params)
    floats = [y._data for y in (ys if isinstance(ys, tuple) else (ys,)) if y._data.dtype.kind == "f"]
    for y in floats:
        assert y.dtype == np.float32, f"{op.name}: float32 in, {y.dtype} out"
    weights = [np.ones(y.shape) for y in floats]
    _, grads = gradients(lambda *a: op.call(*a, **case.params), inputs, weights)
    for grad in grads:
        assert grad._data.dtype == np.float32, f"{op.name}: gradient of float32 is {grad._data.dtype}"


def check_kernels(op, case, seed=0):
    """Every kernel gives the body's result."""
    for dtype, rtol in ((np.float64, 1e-10), (np.float32, 2e-5)):
        inputs = case.inputs(seed, dtype)
        expected = op.body(*inputs, **case.params)[0]
        for name, kernel in op.kernels.items():
            got = kernel(*inputs, **case.params)[0]
            for a, b in zip(parts(got), parts(expected), strict=True):
                what = f"{op.name}: kernel {name}"
                np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol, err_msg=f"{what} differs")
                assert a.dtype == b.dtype, f"{what} gives {a.dtype}, the body {b.dtype}"
        check_rule_kernels(op, inputs, case.params, rtol)


def check_rule_kernels(op, inputs, params, rtol):
    """Every kernel of the rule gives the rule's gradients, and changes nothing that it was given."""
    y, saved = op.body(*inputs, **params)
    if not op.rule_kernels or isinstance(y, tuple):
        return
    g = np.asarray(np.random.RandomState(3).standard_normal(y.shape), y.dtype)
    params = params | ({"needs": [is_float(v) for v in inputs]} if op.asks_needs else {})
    given = [a for a in (g, y, *inputs, *(saved if isinstance(saved, tuple) else ())) if is_float(a)]
    before = [a.copy() for a in given]
    expected = op.rule(g, y, saved, *inputs, **params)
    for name, kernel in op.rule_kernels.items():
        got = kernel(g, y, saved, *inputs, **params)
        for a, b in zip(*(v if isinstance(v, tuple) else (v,) for v in (got, expected)), strict=True):
            assert (a is None) == (b is None), f"{op.name}: kernel {name} of the rule: {a} for {b}"
            if b is not None:
                np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol,
                                           err_msg=f"{op.name}: kernel {name} of the rule differs")
                assert a.dtype == b.dtype and a.shape == b.shape
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=f"{op.name}: a kernel of the rule changed its inputs")


def check_docstring(op):
    """The docstring states the value, each derivative and the shapes."""
    text = op.body.__doc__ or ""
    assert text.strip(), f"{op.name}: no docstring"
    assert "Shapes:" in text, f"{op.name}: the docstring has no Shapes:"
    lines = text.replace(";", "\n").splitlines()
    stated = {part.split("=")[0].strip() for line in lines for part in split_columns(line) if "=" in part}
    assert any(s == "y" or s.startswith(("y[", "y,")) for s in stated), f"{op.name}: no `y =` is stated"
    if op.rule is None:
        return
    for name in differentiable_names(op):
        assert any(s.split("[")[0] == f"d{name}" for s in stated), f"{op.name}: no `d{name} =` is stated"


def split_columns(line):
    """A formula line may hold two formulas side by side, three or more spaces apart."""
    return [part for part in line.strip().split("   ") if part.strip()]


def differentiable_names(op):
    """Names of the inputs that are floating arrays in some sample."""
    names = set()
    for case in op.samples or ():
        for i in float_positions(case.inputs(0)):
            names.add(op.names[i] if i < len(op.names) else "x_i")
    return names


def check_underscores(op):
    """Arguments that the rule does not read start with an underscore, so that their data is not kept."""
    code = getattr(op.rule, "__wrapped__", op.rule).__code__
    loads = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE")
    read = {i.argval for i in dis.get_instructions(code) if i.opname.startswith(loads)}
    read |= {name for value in read if isinstance(value, tuple) for name in value}
    read |= set(code.co_cellvars)
    names = code.co_varnames[1:code.co_argcount]
    arrays = {i + 2 for case in op.samples for i, v in enumerate(case.inputs(0)) if isinstance(v, np.ndarray)}
    asked = [name for i, name in enumerate(names) if i < 2 or i in arrays]
    unread = [name for name in asked if name not in read and not name.startswith("_")]
    assert not unread, f"{op.name}: the rule does not read {unread}; a leading underscore frees their data"


def check_fresh(op, case, seed=0):
    """The rule changes nothing it was given, and hands out no input, y or residual as a gradient."""
    inputs = case.inputs(seed)
    y, saved = op.body(*inputs, **case.params)
    ys = y if isinstance(y, tuple) else (y,)
    g = tuple(np.random.RandomState(3).standard_normal(np.shape(part)) if np.asarray(part).dtype.kind == "f"
              else np.zeros(np.shape(part), np.asarray(part).dtype) for part in ys)
    given = [a for a in (*inputs, *ys, *g, *(saved if isinstance(saved, tuple) else (saved,)))
             if isinstance(a, np.ndarray)]
    before = [a.copy() for a in given]
    params = dict(case.params)
    if op.asks_needs:
        params["needs"] = [is_float(v) for v in inputs]
    grads = op.rule(g if isinstance(y, tuple) else g[0], y, saved, *inputs, **params)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=f"{op.name}: the rule changed what it was given")
    kept = [a for a in given if not any(a is part for part in g)]
    grads = grads if isinstance(grads, tuple) else (grads,)
    made = [grad for grad in grads if isinstance(grad, np.ndarray)]
    owned = [grad for grad in made if grad.base is None and not any(grad is part for part in g)]
    for grad in owned:
        assert not any(grad is a for a in kept), f"{op.name}: the rule hands out what is not its own"
    assert len({id(grad) for grad in owned}) == len(owned), f"{op.name}: one fresh array for two inputs"
