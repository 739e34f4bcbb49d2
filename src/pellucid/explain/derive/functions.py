"""What NumPy's functions are on formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .array import NoFormula, SymbolArray, decisions, is_condition, symbolic
from .exact import sympy


def plain() -> tuple:
    """The ufuncs that NumPy brings to the elements by itself: operators."""
    return (np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.matmul, np.power)


def ufuncs() -> dict[Any, Callable]:
    """NumPy's ufunc -> the function of one element or two."""
    s = sympy()
    return {
        np.exp: s.exp, np.log: s.log, np.sqrt: s.sqrt, np.cbrt: s.cbrt, np.sin: s.sin, np.cos: s.cos,
        np.tan: s.tan, np.arcsin: s.asin, np.arccos: s.acos, np.arctan: s.atan, np.sinh: s.sinh,
        np.cosh: s.cosh, np.tanh: s.tanh, np.arcsinh: s.asinh, np.arccosh: s.acosh, np.arctanh: s.atanh,
        np.arctan2: s.atan2, np.absolute: s.Abs, np.fabs: s.Abs, np.sign: s.sign, np.floor: s.floor,
        np.ceil: s.ceiling, np.trunc: lambda x: s.sign(x) * s.floor(s.Abs(x)),
        np.maximum: s.Max, np.fmax: s.Max, np.minimum: s.Min, np.fmin: s.Min,
        np.exp2: lambda x: 2 ** x, np.expm1: lambda x: s.exp(x) - 1, np.log1p: lambda x: s.log(1 + x),
        np.log2: lambda x: s.log(x) / s.log(2), np.log10: lambda x: s.log(x) / s.log(10),
        np.square: lambda x: x * x, np.reciprocal: lambda x: 1 / x, np.float_power: lambda x, y: x ** y,
        np.hypot: lambda x, y: s.sqrt(x * x + y * y), np.remainder: lambda x, y: x - y * s.floor(x / y),
        np.heaviside: s.Heaviside,
        np.floor_divide: lambda x, y: s.floor(x / y), np.copysign: lambda x, y: s.Abs(x) * s.sign(y),
        np.fmod: lambda x, y: x - y * s.sign(x / y) * s.floor(s.Abs(x / y)),
        np.logaddexp: lambda x, y: s.log(s.exp(x) + s.exp(y)),
        np.logaddexp2: lambda x, y: s.log(2 ** x + 2 ** y) / s.log(2),
        np.deg2rad: lambda x: x * s.pi / 180, np.rad2deg: lambda x: x * 180 / s.pi}


def conditions() -> dict[Any, Callable]:
    """NumPy's ufunc -> the function whose result is a condition."""
    s = sympy()
    return {
        np.less: s.Lt, np.less_equal: s.Le, np.greater: s.Gt, np.greater_equal: s.Ge, np.equal: s.Eq,
        np.not_equal: s.Ne, np.logical_not: s.Not, np.invert: s.Not, np.logical_and: s.And,
        np.bitwise_and: s.And, np.logical_or: s.Or, np.bitwise_or: s.Or, np.logical_xor: s.Xor,
        np.bitwise_xor: s.Xor, np.isnan: lambda x: s.sympify(x is s.nan),
        np.isfinite: lambda x: s.sympify(x.is_finite is not False),
        np.isinf: lambda x: s.sympify(x.is_infinite is True), np.signbit: lambda x: s.Lt(x, 0)}


def on_arrays() -> dict[Any, Callable]:
    """NumPy's function -> ours on arrays of formulas."""
    return {np.where: _where, np.argmax: _argmax, np.argmin: _argmin, np.argsort: _argsort, np.sort: _sort,
            np.argpartition: _argpartition, np.partition: lambda x, kth, axis=-1: _sort(x, axis),
            **{function: _on_plain(function) for function in (np.put_along_axis, np.copyto, np.put)},
            np.nonzero: _nonzero, np.flatnonzero: lambda x: _nonzero(np.reshape(x, (-1,)))[0],
            np.nan_to_num: lambda x, **_: x,
            np.clip: lambda x, low, high: np.minimum(np.maximum(x, low), high),
            np.any: _any, np.all: _all, np.sinc: _sinc,
            np.array_equal: _array_equal, np.around: _round, np.round: _round, np.count_nonzero: _count}


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition holds, else y, as formulas of cases."""
    if x is None:
        return _nonzero(condition)
    s = sympy()

    def choose(c: Any, a: Any, b: Any) -> Any:
        return a if c == True or a == b else b if c == False else s.Piecewise((a, c), (b, True))  # noqa: E712

    conditions = condition if isinstance(condition, SymbolArray) else np.asarray(condition, bool)
    if not any(isinstance(v, SymbolArray) for v in (x, y)):      # cases of numbers: places, mostly
        x, y = np.asarray(x), np.asarray(y)
        if x.dtype.kind in "iub" and y.dtype.kind in "iub":
            return np.where(_at_point(conditions), x, y)
    return symbolic(np.frompyfunc(choose, 3, 1)(*(np.asarray(symbolic(v)) for v in (conditions, x, y))))


def _at_point(conditions: Any) -> np.ndarray:
    """Conditions as they are at the point."""
    flat = [decisions.truth(item) for item in np.asarray(symbolic(conditions)).flat]
    return np.reshape(np.array(flat, bool), np.shape(conditions))


def _ordered(places: np.ndarray) -> np.ndarray:
    """The places that an order at the point gave; what it rests on is noted."""
    decisions.note(sympy().Symbol("the order of the elements"))
    return places


def _argmax(x: Any, axis: Any = None, **named: Any) -> Any:
    return _ordered(np.argmax(decisions.numbers(x), axis=axis, **named))


def _argmin(x: Any, axis: Any = None, **named: Any) -> Any:
    return _ordered(np.argmin(decisions.numbers(x), axis=axis, **named))


def _argsort(x: Any, axis: Any = -1, **named: Any) -> Any:
    return _ordered(np.argsort(decisions.numbers(x), axis=axis, **named))


def _argpartition(x: Any, kth: Any, axis: Any = -1) -> Any:
    return _argsort(x, axis)


def _on_plain(function: Callable) -> Callable:
    """A function that writes into its first argument: on the memory itself."""
    def write(*args: Any, **named: Any) -> None:
        function(*(np.asarray(a) if isinstance(a, SymbolArray) else a for a in args), **named)
    return write


def _sort(x: Any, axis: Any = -1, **named: Any) -> Any:
    return symbolic(np.take_along_axis(np.asarray(x), _argsort(x, axis, **named)))


def _nonzero(x: Any) -> tuple:
    flat = [decisions.truth(item if is_condition(item) else sympy().Ne(item, 0))
            for item in np.asarray(x).flat]
    return np.nonzero(np.reshape(np.array(flat, bool), np.shape(x)))


def _any(x: Any, axis: Any = None, **named: Any) -> Any:
    return np.logical_or.reduce(x, axis=axis, **named)


def _all(x: Any, axis: Any = None, **named: Any) -> Any:
    return np.logical_and.reduce(x, axis=axis, **named)


def _count(*_: Any, **__: Any) -> Any:
    raise NoFormula("np.count_nonzero: a count has no formula here")


def _sinc(x: Any) -> Any:
    s = sympy()
    return symbolic(np.frompyfunc(lambda v: s.sin(s.pi * v) / (s.pi * v), 1, 1)(np.asarray(x)))


def _array_equal(x: Any, y: Any, **_: Any) -> bool:
    return np.shape(x) == np.shape(y) and bool(np.all(np.asarray(x) == np.asarray(y)))


def _round(x: Any, decimals: int = 0, **_: Any) -> Any:
    """To the nearest, halves up: where a half lies no derivative is asked for."""
    s, scale = sympy(), 10 ** decimals
    return symbolic(np.frompyfunc(lambda v: s.floor(v * scale + s.Rational(1, 2)) / scale, 1, 1)(
        np.asarray(x)))
