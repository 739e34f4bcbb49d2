"""Every op of the registry on symbols: those that can agree with their numbers, the others say why."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sympy")

import sympy  # noqa: E402

import pellucid  # noqa: E402
from pellucid.explain.derive import NotDerivable, exact  # noqa: E402
from pellucid.explain.derive.array import decisions, symbolic  # noqa: E402
from pellucid.explain.derive.evaluate import Evaluation  # noqa: E402
from pellucid.explain.derive.proof import slope  # noqa: E402
from pellucid.explain.derive.shadows import Shadows, gradients  # noqa: E402
from pellucid.op import REGISTRY  # noqa: E402
from pellucid.tensor import Tensor, wrap  # noqa: E402

OPS = [op for op in REGISTRY.values() if op.body.__module__.startswith("pellucid.")]

# LAPACK computes with numbers; others approximate by sums and tables, count, or look at bits.
LAPACK = dict.fromkeys(("inverse", "solve_matrix", "det", "sign_and_log_det", "pseudo_inverse", "matrix_exp",
                        "eigen_symmetric", "eigen_real", "svd_thin", "qr_tall", "cholesky_factor",
                        "triangle_solve"), "LAPACK")
OTHERS = {"scaled_bessel": "Cannot convert", "igamma": "Cannot convert", "igammac": "Cannot convert",
          "nextafter": "np.nextafter has no formula", "copysign": "Cannot convert",
          "count_nonzero": "a count has no formula", "most_frequent": "truth value"}
CANNOT = {**LAPACK, **OTHERS}
SLOW_TO_DIFFERENTIATE = 1500                                     # operations of a value's formula


def smallest(op):
    """The sample with the fewest floats, but some."""
    def floats(case):
        return sum(a.size for a in case.inputs(0) if isinstance(a, np.ndarray) and a.dtype.kind == "f")
    def usable(case):
        return not any(np.isnan(a).any() for a in case.inputs(0) if isinstance(a, np.ndarray)
                       and a.dtype.kind == "f")
    return min(filter(usable, op.samples), key=lambda case: floats(case) or 10**6)


def arrays(case):
    """The sample's inputs with floats of few digits."""
    return [np.asarray(np.round(a * 64) / 64 + ((a == 0) / 128)) if isinstance(a, np.ndarray)
            and a.dtype.kind == "f" else a for a in case.inputs(0)]


def on_symbols(op, case, rng):
    """The op's value and gradients as formulas at the sample's numbers."""
    point, leaves, args = {}, [], []
    with Shadows() as shadows:
        for k, a in enumerate(arrays(case)):
            if isinstance(a, np.ndarray) and a.dtype.kind == "f":
                symbols = np.empty(a.shape, object)
                for place in np.ndindex(*a.shape):
                    symbols[place] = sympy.Symbol(f"x{k}_{'_'.join(map(str, place))}", real=True)
                    point[symbols[place]] = exact(float(a[place]))
                a = wrap(shadows.add(np.array(a), symbolic(symbols))).requires_grad_()
                leaves.append((a, symbols))
            args.append(wrap(a) if isinstance(a, np.ndarray) else a)
        decisions.point, decisions.taken = point, []
        ys = floats_of(op.call(*args, **case.params))
        values = [shadows.of(y) for y in ys]
        gs = [symbolic(rng.randint(1, 5, y._data.shape)) for y in ys]
        found = gradients(ys, [leaf for leaf, _ in leaves], gs) if any(y._tracked for y in ys) else []
    return point, leaves, ys, values, gs, found


def floats_of(y):
    return [part for part in (y if isinstance(y, tuple) else (y,)) if part._data.dtype.kind == "f"]


def on_numbers(op, case, gs):
    args = [wrap(a) if isinstance(a, np.ndarray) else a for a in arrays(case)]
    leaves = [a.requires_grad_() for a in args if isinstance(a, Tensor) and a._data.dtype.kind == "f"]
    ys = floats_of(op.call(*args, **case.params))
    starts = [(y, wrap(decisions.numbers(g))) for y, g in zip(ys, gs, strict=True) if y._tracked]
    found = pellucid.autograd.grad([y for y, _ in starts], leaves, [g for _, g in starts], allow_unused=True)
    return [np.zeros(x._data.shape) if g is None else g._data for x, g in zip(leaves, found, strict=True)]


@pytest.mark.parametrize("op", [op for op in OPS if op.name not in CANNOT], ids=lambda op: op.name)
def test_formulas_agree_with_numbers_and_derivatives(op):
    case, rng = smallest(op), np.random.RandomState(0)
    point, leaves, ys, values, gs, found = on_symbols(op, case, rng)
    for y, value in zip(ys, values, strict=True):
        if value is not None:
            np.testing.assert_allclose(decisions.numbers(value), y._data, 1e-6, 1e-9)
    if not found:
        return
    right = on_numbers(op, case, gs)
    at = Evaluation(point, 20)
    for formulas, numbers in zip(found, right, strict=True):
        np.testing.assert_allclose(decisions.numbers(formulas), numbers, 1e-6, 1e-9)
    total = sum(g * v for gg, vv in zip(gs, values, strict=True) if vv is not None
                for g, v in zip(np.asarray(gg).flat, np.asarray(vv).flat, strict=True))
    total = sympy.sympify(total)
    if sympy.count_ops(total) > SLOW_TO_DIFFERENTIATE:
        return
    for (_, symbols), formulas in zip(leaves, found, strict=True):
        if symbols.size and op.rule is not None:
            place = np.unravel_index(rng.randint(symbols.size), symbols.shape)
            mine, true = float(at(np.asarray(formulas)[place])), float(at(slope(total, symbols[place])))
            assert np.isclose(mine, true, 1e-8, 1e-10), f"{op.name}: {mine}, by SymPy {true}"


@pytest.mark.parametrize("name", CANNOT)
def test_the_others_say_why(name):
    op = REGISTRY[name]
    with pytest.raises(NotDerivable, match=CANNOT[name]) as caught:
        on_symbols(op, smallest(op), np.random.RandomState(0))
    assert str(caught.value).startswith("derive: the op ")
    assert caught.value.op in (name, "solve_matrix")


def test_most_ops_can():
    assert len(OPS) > 230 and len(CANNOT) / len(OPS) < 0.1
