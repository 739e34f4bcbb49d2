"""Functions of one tensor, comparisons, the error and gamma functions against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

ANYWHERE = """neg negative abs absolute exp exp2 expm1 square sin cos tan atan arctan sinh cosh tanh asinh
    arcsinh sigmoid erf erfc relu deg2rad rad2deg sinc frac nan_to_num selu""".split()
FLAT = "sign ceil floor round trunc fix".split()             # the slope is 0 everywhere
NO_SECOND = [*FLAT, "abs", "absolute"]
POSITIVE = "log log2 log10 log1p sqrt rsqrt reciprocal lgamma digamma".split()
IN_UNIT = "asin arcsin acos arccos atanh arctanh erfinv".split()
EVERY = ANYWHERE + FLAT + POSITIVE + IN_UNIT


def points(name, shape=(3, 5)):
    rng = np.random.RandomState(3)
    if name in POSITIVE:
        return rng.uniform(0.1, 5, shape).astype(np.float32)
    if name in IN_UNIT:
        return rng.uniform(-0.95, 0.95, shape).astype(np.float32)
    return (2 * rng.standard_normal(shape)).astype(np.float32)


def by(name):
    return lambda m, x: [getattr(m, name)(x), getattr(x, name)() if hasattr(torch.Tensor, name) else x]


@pytest.mark.parametrize("name", EVERY)
def test_values_and_gradients(name):
    agree(by(name), points(name), second=name not in NO_SECOND)
    agree(by(name), points(name).astype(np.float64), second=name not in NO_SECOND, rtol=1e-9, atol=1e-11)
    for shape in ((), (0, 3), (1,)):
        agree(by(name), points(name, shape), second=False)


@pytest.mark.parametrize("name", EVERY)
def test_integers_and_bools(name):
    for dtype in (np.int64, np.int32, np.uint8):
        if (name, dtype) in {("selu", dtype), ("frac", dtype), ("sinc", np.uint8)}:
            continue
        agree(by(name), np.array([1, 0, 3, 1]).astype(dtype), grad=False)
    if name not in "neg negative abs absolute ceil floor round trunc fix frac relu selu".split():
        agree(by(name), np.array([True, False]), grad=False)
    agree(by(name), np.array([0.5, 0.25, 0.75], np.float16), grad=False, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", EVERY)
def test_special_points(name):
    special = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -1.0, 1e30, -1e30, 1e-30, 88.8, -200],
                       np.float32)
    if name in ("sin", "cos", "tan", "sinc", "digamma", "lgamma", "frac"):
        special = special[np.abs(special) < 100]                 # beyond, PyTorch's rounding is another
    if name in ("abs", "absolute"):
        special = special[~np.isnan(special)]                    # our slope there is nan, PyTorch's 0
    if name in ("digamma", "lgamma"):
        special = special[special != -1]                         # a pole, which PyTorch's rounding misses
    function = lambda m, x: [getattr(m, name)(x)]  # noqa: E731
    for one in special:
        agree(function, np.array([one], np.float32), second=False)


def test_parameters():
    x = points("log")
    agree(lambda m, x: [x.round(decimals=1), m.round(x, decimals=2), m.logit(x * 0.1), x.logit(eps=0.2),
                        m.logit(x, 1e-3), m.nan_to_num(x, 1.0), x.nan_to_num(nan=2.0, posinf=3.0)], x,
                        second=False)
    agree(lambda m, x: [m.sgn(x), x.sgn()], x - 2, grad=False)
    bad = np.array([np.nan, np.inf, -np.inf, 1], np.float32)
    agree(lambda m, x: [x.nan_to_num(), m.nan_to_num(x, 5.0, 6.0, 7.0), m.nan_to_num(x, posinf=1e3)], bad,
          second=False)
    agree(lambda m, x: [x.round(), x.round(decimals=0)], np.array([0.5, 1.5, 2.5, -0.5], np.float32))


def test_gamma_family():
    x = np.array([[-2.5, -0.3, 0.1, 0.9], [1.0, 1.5, 30.0, 1e6]], np.float32)
    agree(lambda m, x: [m.lgamma(x), x.digamma(), m.polygamma(1, x), x.polygamma(2)], x, second=False,
          rtol=3e-5)
    agree(lambda m, x: [m.lgamma(x), x.digamma(), m.polygamma(1, x), m.mvlgamma(x + 3, 3)],
          x[1].astype(np.float64),
          rtol=1e-9)


def test_erf_is_exact():
    x = np.concatenate([np.linspace(-9, 9, 2001), np.logspace(-30, 0, 100)])
    agree(lambda m, x: [m.erf(x), m.erfc(x)], x, rtol=1e-13, atol=1e-15, second=False)
    single = x[x != 0].astype(np.float32)
    exact = torch.erf(torch.tensor(single.astype(np.float64))).numpy()
    ours = pellucid.erf(pellucid.tensor(single)).numpy()
    assert np.max(np.abs(ours - exact) / np.abs(exact)) < 3e-7


QUESTIONS = {
    "order": lambda m, x, y: [x == y, x != y, x < y, x <= y, x > y, x >= y, m.eq(x, y), x.ne(y), m.lt(x, y),
                              x.le(y),
                              m.gt(x, y), x.ge(y), x > 0, 1 > x, 0 <= x, x == 1, m.not_equal(x, 1),
                              x.greater(y)],
    "kinds": lambda m, x, y: [m.isnan(x), x.isinf(), m.isfinite(x), m.isposinf(x), m.isneginf(x), m.isreal(x),
                              m.signbit(x)],
    "logic": lambda m, x, y: [m.logical_and(x, y), x.logical_or(y), m.logical_xor(x, y), x.logical_not()],
    "close": lambda m, x, y: [m.isclose(x, y), x.isclose(x), m.isclose(x, x, equal_nan=True),
                              m.isclose(x, y, rtol=1.0, atol=0.5)],
}
SPECIAL = np.array([0.0, -0.0, 1.0, 2.5, np.inf, -np.inf, np.nan, 1.0], np.float32)


@pytest.mark.parametrize("name", QUESTIONS)
def test_comparisons(name):
    agree(QUESTIONS[name], SPECIAL, SPECIAL[::-1].copy(), grad=False)
    if name != "close":
        agree(QUESTIONS[name], np.array([[1, 0], [2, 3]]), np.array([1, 3]), grad=False)
        agree(QUESTIONS[name], np.array([True, False]), np.array([[True], [False]]), grad=False)
        agree(QUESTIONS[name], SPECIAL[:4], np.array([1, 0, 0, 2]), grad=False)
        agree(QUESTIONS[name], np.zeros((0, 2), np.float32), np.zeros(2, np.float32), grad=False)


def test_questions_with_one_answer():
    for m in (torch, pellucid):
        x, y = m.tensor([1.0, 2.0]), m.tensor([1.0, 2.0 + 1e-6])
        assert m.equal(x, x) is True and m.equal(x, y) is False and x.equal(m.tensor([1.0])) is False
        assert m.allclose(x, y) is True and x.allclose(y, rtol=0, atol=1e-9) is False
        assert (x == None) is False and (x != None) is True  # noqa: E711
    both_raise(lambda m, x, y: m.isclose(x, y), (2,), np.array([1, 2]))
    both_raise(lambda m, x, y: x < y, (2,), (3,))
    both_raise(lambda m, x: x < "a", (2,))
