"""Arithmetic, bounds, blends and bitwise ops against PyTorch: values, gradients, dtypes, errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

X, Y = (2, 1, 3), (4, 3)
EXPRESSIONS = {
    "add": lambda m, x, y: [x + y, m.add(x, y), m.add(x, y, alpha=2), x.add(y, alpha=-0.5), x + 2, 2.5 + x,
                            m.add(input=x, other=y), x.add(other=3), m.add(x, 1, alpha=3)],
    "sub": lambda m, x, y: [x - y, m.sub(x, y, alpha=2), x.sub(y), x.subtract(1), 1 - x, m.subtract(x, y)],
    "mul": lambda m, x, y: [x * y, m.mul(x, y), x.mul(2), x.multiply(y), 3 * x, x * True],
    "div": lambda m, x, y: [x / y, m.div(x, y), x.div(2), x.divide(y), 3 / x, x.true_divide(4),
                            x.div(y, rounding_mode="floor"), m.div(x, y, rounding_mode="trunc"),
                            m.div(x, 0.3, rounding_mode="floor")],
    "floor_divide": lambda m, x, y: [(x // y).detach(), (x // 0.3).detach(), m.floor_divide(x, y).detach()],
    "remainder": lambda m, x, y: [x % y, x % 0.7, m.remainder(x, y), x.remainder(-0.6),
                                  m.remainder(2.0, y).detach()],
    "fmod": lambda m, x, y: [m.fmod(x, y), x.fmod(0.7), x.fmod(-0.7)],
    "pow": lambda m, x, y: [x ** 2, x ** 3, x.pow(0), x ** -1, x ** 1, m.pow(x, 4), (x * x) ** y,
                            x.abs() ** 0.5,
                            2 ** y, m.pow(0.5, y), x.square() ** -1.5, m.float_power(x.abs(), 2).float()],
    "maximum": lambda m, x, y: [m.maximum(x, y), x.minimum(y), m.fmax(x, y), m.fmin(x, y), m.max(x, y),
                                x.min(y), m.max(x, other=y)],
    "clamp": lambda m, x, y: [x.clamp(-0.5, 0.5), x.clamp(min=0), m.clamp(x, max=0.3), x.clip(0.2, -0.2),
                              x.clamp_min(0.1), x.clamp_max(0.1), m.clamp(x, min=y), x.clamp(y, y + 0.5),
                              x.clamp(max=y), x.clamp(y + 0.5, y), m.clip(x, -1)],
    "atan2": lambda m, x, y: [m.atan2(x, y), x.arctan2(y), m.hypot(x, y)],
    "lerp": lambda m, x, y: [m.lerp(x, x * 2, 0.3), m.lerp(x, x * 2, 0.8), x.lerp(x * 2, x.sigmoid())],
    "lerp wide": lambda m, x, y: [m.lerp(x, y, 0.5), m.lerp(x, y, y.sigmoid()), x.lerp(end=y, weight=1.5)],
    "addcmul": lambda m, x, y: [m.addcmul(x, x, y), x.addcmul(y, y, value=0.5)],
    "addcdiv": lambda m, x, y: [m.addcdiv(x, x, y), x.addcdiv(y, y.exp(), value=0.5)],
    "copysign": lambda m, x, y: [m.copysign(x, y), x.copysign(-2)],
    "logaddexp": lambda m, x, y: [m.logaddexp(x, y), x.logaddexp2(y)],
    "xlogy": lambda m, x, y: [m.xlogy(x, y.exp()), x.xlogy(2.0)],
}
NO_SECOND = {"copysign"}                                         # it is a straight line, there is none


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_gradients(name):
    agree(EXPRESSIONS[name], X, Y, second=name not in NO_SECOND)


@pytest.mark.parametrize("shapes", [((), ()), ((), (3,)), ((0, 3), (3,)), ((2, 0), (2, 1)), ((1,), (2, 3))],
                         ids=str)
def test_small_and_empty(shapes):
    def many(m, x, y):
        return [x + y, x - y, x * y, x / y, m.maximum(x, y), m.remainder(x, y), m.addcmul(x, x, y),
                x.clamp(y),
                m.atan2(x, y), x.exp() ** y]

    agree(many, *shapes)


DTYPES = [np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_]
VALUES = [3, 1, 0, 2, 7, 250]


def operand(kind, rotate):
    if isinstance(kind, type) and issubclass(kind, np.generic):
        return np.roll(np.array(VALUES), rotate).astype(kind)
    return kind


MIXED = {
    "+": lambda m, x, y: x + y, "*": lambda m, x, y: x * y, "/": lambda m, x, y: x / y,
    "maximum": lambda m, x, y: m.maximum(x, y), "==": lambda m, x, y: x == y, "<": lambda m, x, y: x < y,
    "atan2": lambda m, x, y: m.atan2(x, y), "fmod": lambda m, x, y: m.fmod(x, y),
}


@pytest.mark.parametrize("name", MIXED)
def test_dtypes_mix(name):
    for a, b in itertools.product(DTYPES, DTYPES):
        if (name == "fmod" and np.bool_ in (a, b)):
            continue
        y = operand(b, 1) if name != "fmod" else np.maximum(operand(b, 1), 1)
        agree(MIXED[name], operand(a, 0), y, grad=False)
        agree(MIXED[name], operand(a, 0), np.array(y[3]), grad=False)                   # a 0-d tensor
    if name in ("maximum", "atan2"):
        return
    for a, number in itertools.product(DTYPES, [2, 1.5, True]):
        if name == "fmod" and (a is np.bool_ or number is True):
            continue
        agree(MIXED[name], operand(a, 0), number, grad=False)


SIGNED = np.array([[7, -7, 8], [-8, 1, 0]])
DIVISORS = np.array([3, -3, 4])


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float32, np.float64])
def test_signs_of_integer_division(dtype):
    def many(m, x, y):
        return [x // y, x % y, m.fmod(x, y), m.div(x, y, rounding_mode="trunc"),
                m.div(x, y, rounding_mode="floor"),
                x / y, x // 3, x % -3, m.fmod(x, -3), 5 // y, 7 % y, x // -3, m.remainder(-7, y)]

    agree(many, SIGNED.astype(dtype), DIVISORS.astype(dtype), grad=False)


def test_powers_of_integers():
    whole = np.arange(6)
    agree(lambda m, x: [x ** 2, x ** 0, x ** 2.0, x ** 0.5, 2 ** x, 2.0 ** x, x ** x, m.pow(x, 3)], whole,
          grad=False)
    agree(lambda m, x: [x ** 2, x * 2, x + 250], whole.astype(np.uint8), grad=False)
    message = both_raise(lambda m, x: x ** -1, whole)
    assert "negative" in message


def test_slopes_at_special_points():
    zeros = np.array([0.0, 1.0, 2.0, -1.0], np.float32)
    agree(lambda m, x: [x ** 0, x ** 2, x ** 1, x ** 0.5, x ** 3, x.clamp(0, 1), x.clamp(1, 1), x.abs(),
                        m.fmax(x, x),
                        x.clamp(max=2), m.maximum(x, m.zeros_like(x)), m.minimum(x, m.ones_like(x))],
          zeros, second=False)
    agree(lambda m, x, y: m.pow(x, y), np.array([0.0, 0.0, 0.0, 2.0, -2.0], np.float32),
          np.array([0.0, 2.0, 1.0, 0.0, 2.0], np.float32), second=False)
    agree(lambda m, y: [0 ** y, 0.0 ** y, 1 ** y], np.array([0.0, 1.0, 2.5], np.float32), second=False)
    agree(lambda m, x, y: [m.atan2(x, y), m.clamp(x, y, y)], np.zeros(2, np.float32), np.zeros(2, np.float32),
          second=False)
    agree(lambda m, x, y: [m.maximum(x, y), m.fmax(x, y), m.fmin(x, y), m.minimum(x, y)],
          np.array([1, np.nan, 2, np.nan], np.float32), np.array([np.nan, 1, 2, np.nan], np.float32),
          second=False)


def test_infinities():
    special = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -2.5], np.float32)
    pairs = np.stack(np.meshgrid(special, special)).reshape(2, -1)
    agree(lambda m, x, y: [x + y, x * y, x / y, m.maximum(x, y), m.remainder(x, y), m.fmod(x, y),
                           m.hypot(x, y),
                           m.copysign(x, y), m.logaddexp(x, y), m.atan2(x, y), x // y, m.xlogy(x, y)],
          pairs[0], pairs[1], grad=False)


def test_bits():
    a, b = np.array([12, 10, -7, 0]), np.array([10, 3, 5, 1])
    many = {"and": lambda m, x, y: [x & y, x | y, x ^ y, ~x, m.bitwise_and(x, y), x.bitwise_or(3), 6 & x,
                                    5 | x]}
    agree(many["and"], a, b, grad=False)
    agree(lambda m, x, y: [x & y, x | y, x ^ y, ~x, m.bitwise_not(x), True & x, x | False], a > 0, b > 4,
          grad=False)
    agree(lambda m, x, y: [x << y, x >> y, 1 << y, x << 2, m.bitwise_left_shift(x, y),
                           x.bitwise_right_shift(1)],
          a, np.array([0, 1, 2, 3]), grad=False)


def test_errors():
    both_raise(lambda m, x, y: x + y, (2, 3), (2, 4))
    both_raise(lambda m, x: m.div(x, 2, rounding_mode="up"), (2,))
    both_raise(lambda m, x: x // 0, np.array([1, 2]))
    both_raise(lambda m, x: x % 0, np.array([1, 2]))
    both_raise(lambda m, x: m.fmod(x, 0), np.array([1, 2]))
    both_raise(lambda m, x: x.clamp(), (2,))
    both_raise(lambda m, x: x + "a", (2,))
    both_raise(lambda m, x: m.add(x, None), (2,))
    for wrong in (lambda m, x: x & 1, lambda m, x: ~x):          # PyTorch's is a NotImplementedError
        with pytest.raises(RuntimeError, match="not supported"):
            wrong(pellucid, pellucid.ones(2))
    both_raise(lambda m, x: -x, np.array([True]))
    both_raise(lambda m, x: x - x, np.array([True]))


def test_whole_numbers_and_steps():
    a, b = np.array([12, -18, 0, 7]), np.array([8, 12, 5, 0])
    agree(lambda m, x, y: [m.gcd(x, y), x.lcm(y), m.rsub(x, y), m.rsub(x, 3, alpha=2)], a, b, grad=False)
    agree(lambda m, x, y: [m.heaviside(x, y), x.heaviside(y)], np.array([-1, 0, 2], np.float32),
          np.array([0.5, 0.5, 0.5], np.float32), grad=False)


def test_neighbours_and_powers_of_two():
    x, y = np.array([1, -2, 0, 3, np.inf], np.float32), np.array([2, -3, 1, 3, 0], np.float32)
    for dtype in (np.float32, np.float64):
        for library in (pellucid, torch):
            near = library.nextafter(library.tensor(x.astype(dtype)), library.tensor(y.astype(dtype)))
            assert np.array_equal(near.numpy(), np.nextafter(x.astype(dtype), y.astype(dtype)))
    agree(lambda m, x, y: [x.nextafter(y), x.clone().nextafter_(y)], x, y, grad=False)
    agree(lambda m, x, y: [m.ldexp(x, y), x.ldexp(y[:1]), x.clone().ldexp_(y)], x[:4], y[:4])
    agree(lambda m, x, n: [m.ldexp(x, n)], x[:4], np.array([1, 0, 3, 10]))
    agree(lambda m, x, n: [m.ldexp(x, n)], x[:4], np.array([-1, 0, -3, 2]), grad=False)    # its slope is 0


def test_small_integers_wrap_as_pytorch_does():
    """A Python number too large for the dtype wraps around, except in comparisons, where it is compared."""
    small = np.array([0, 3, 250], np.uint8)
    agree(lambda m, x: [x + -1, x - 300, -2 * x, 255 - x, x & -1, x.clone().add_(-1), x // -1], small,
          grad=False)
    agree(lambda m, x: [x + 200, x * 300], np.array([1, -3, 100], np.int8), grad=False)
    assert (pellucid.tensor(small) > -1).all() and (pellucid.tensor(small) < 256).all()


def test_integers_change_in_place_whatever_their_width():
    wide = np.array([1, -300, 70000])
    for narrow in (np.uint8, np.int8, np.int16, np.int32):
        agree(lambda m, x, y: [x.clone().add_(y), x.clone().mul_(y), x.clone().bitwise_or_(y)],
              np.array([1, 2, 3], narrow), wide, grad=False)
    both_raise(lambda m, x: x.add_(1.5), np.array([1, 2]))
