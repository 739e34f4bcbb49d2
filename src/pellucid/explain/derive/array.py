"""SymbolArray: an array whose elements are formulas, for the bodies and rules of ops to run on.

NumPy asks an array of objects to add and multiply its elements, which SymPy's can. What it cannot ask of
them comes here by NumPy's own protocols: exp is sympy.exp, a larger of two is a Max, a comparison a
condition, np.where a choice between two formulas. Numbers that meet formulas become exact ones.

Where a body must know a truth value or an order (`if`, argmax, sort), it is taken at one point of numbers,
and the formula holds where these are as they are there: `Decisions` has the point, and notes what it decided.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .evaluate import Evaluation
from .exact import exact, sympy


class NoFormula(TypeError):
    """Something that arrays of numbers can do, and arrays of formulas cannot."""


class SymbolDtype:
    """What an array of formulas answers when it is asked for its dtype: one of numbers (or truth values)."""

    dtype, is_floating_point, itemsize = np.dtype(object), True, 8   # NumPy allocates what `dtype` says

    def __init__(self, name: str) -> None:
        self.name, self.kind, self.type = name, np.dtype(name).kind, exact

    def __eq__(self, other: object) -> bool:
        return other is self or getattr(other, "name", getattr(other, "__name__", other)) == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name


NUMBER, TRUTH = SymbolDtype("float64"), SymbolDtype("bool")


class Decisions(threading.local):
    """The point of numbers at which questions are decided, and the conditions that were found true there."""

    def __init__(self) -> None:
        self.point: dict = {}
        self.taken: list = []

    def truth(self, condition: Any) -> bool:
        """Is the condition true at the point?"""
        if condition == True or condition == False:  # noqa: E712 (SymPy's have no other name)
            return bool(condition)
        answer = bool(Evaluation(self.point)(condition))
        self.note(condition if answer else sympy().Not(condition))
        return answer

    def note(self, condition: Any) -> None:
        """Remember what a formula rests on."""
        if condition not in self.taken:
            self.taken.append(condition)

    def numbers(self, array: Any) -> np.ndarray:
        """An array of formulas at the point."""
        at = Evaluation(self.point, 17)
        flat = [float(at(value)) for value in np.asarray(array).ravel()]
        return np.reshape(np.array(flat, np.float64), np.shape(array))


decisions = Decisions()


class SymbolArray(np.ndarray):
    """An array of SymPy expressions. Made by `symbolic`; its dtype reads as float64."""

    @property
    def dtype(self) -> Any:
        return NUMBER

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **named: Any) -> Any:
        function, truths = element_functions().get(ufunc, (None, False))
        if function is None:
            raise NoFormula(f"np.{ufunc.__name__} has no formula here")
        logical = ufunc in LOGICAL
        if method == "at":
            return getattr(function, method)(np.asarray(inputs[0]), inputs[1], *map(_numbers, inputs[2:]))
        given = [inputs[0] if i == 0 else x for i, x in enumerate(inputs)] if method == "reduceat" else inputs
        count = 1 if method in ("reduce", "accumulate", "reduceat") else len(given)
        given = [(_truths if logical else _numbers)(x) if i < count else x for i, x in enumerate(given)]
        named = {key: value for key, value in named.items() if key not in ("dtype", "casting", "order")}
        if method == "reduce":
            y = _reduced(function, given[0], **{"axis": 0, **named})
        else:
            y = getattr(function, method)(*given, **named)
        y = _decided(y) if truths else symbolic(y)
        if out is None:
            return y
        out[0][...] = y
        return out[0]

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        ours = array_functions().get(function)
        if ours is not None:
            return ours(*args, **kwargs)
        if function.__module__.startswith("numpy.linalg") or function.__module__.startswith("numpy.fft"):
            raise NoFormula(f"np.{function.__name__} computes with numbers (LAPACK), not with formulas")
        args, kwargs = _formulas(args), _formulas(kwargs)
        return _rewrapped(super().__array_function__(function, (SymbolArray,), args, kwargs))

    def __getitem__(self, index: Any) -> Any:
        found = np.asarray(self)[index]
        return symbolic(found, type(self))

    def __setitem__(self, index: Any, value: Any) -> None:
        np.asarray(self)[index] = _numbers(value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise NoFormula("the truth value of several formulas at once")
        return decisions.truth(sympy().Ne(np.asarray(self).item(), 0))

    def __float__(self) -> float:
        return float(decisions.numbers(self))

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """Itself, for a dtype of real numbers; conditions for truth values.

        Raises:  NoFormula for integers: rounding has no formula that could be differentiated.
        """
        kind = getattr(dtype, "kind", None) or np.dtype(dtype).kind
        if kind == "b":
            return np.not_equal(self, 0)
        if kind not in "fO":
            raise NoFormula(f"a formula as a number of dtype {np.dtype(dtype)}")
        return self.copy()


class TruthArray(SymbolArray):
    """An array of conditions."""

    @property
    def dtype(self) -> Any:
        return TRUTH

    def __bool__(self) -> bool:
        if self.size != 1:
            raise NoFormula("the truth value of several conditions at once")
        return decisions.truth(np.asarray(self).item())

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """1 and 0 for a dtype of numbers."""
        kind = getattr(dtype, "kind", None) or np.dtype(dtype).kind
        return self.copy() if kind == "b" else symbolic(_numbers(self))


def symbolic(value: Any, kind: type = SymbolArray) -> Any:
    """An array of formulas (or of conditions) from an array, a formula or a number; floats become exact."""
    array = np.asarray(value, object)
    if array.size and not all(isinstance(item, sympy().Basic) for item in array.flat):
        array = np.reshape(np.array([exact(item) for item in array.flat] + [None], object)[:-1], array.shape)
    return array.view(kind)


def _decided(conditions: Any) -> Any:
    """An array of conditions; truth values of NumPy where none of them depends on a symbol."""
    array = symbolic(conditions, TruthArray)
    s = sympy()
    if all(item is s.true or item is s.false for item in np.asarray(array).flat):
        return np.reshape(np.array([item is s.true for item in np.asarray(array).flat], bool), array.shape)
    return array


def _reduced(function: Any, array: np.ndarray, axis: Any = 0, keepdims: bool = False, **named: Any) -> Any:
    """ufunc.reduce along one axis after the other: NumPy does not know that their order is the same."""
    chosen = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [a % array.ndim for a in chosen]
    for a in sorted(axes, reverse=True):
        array = np.asarray(function.reduce(array, axis=a, **named), object)
    return np.expand_dims(array, tuple(sorted(axes))) if keepdims else array


def is_condition(item: Any) -> bool:
    """Is it true or false? (A symbol of SymPy may stand for either, here it is a number.)"""
    s = sympy()
    return isinstance(item, s.logic.boolalg.Boolean) and not isinstance(item, s.Expr)


def _numbers(value: Any) -> np.ndarray:
    """An array of exact numbers and formulas: conditions count 1 where they hold, 0 elsewhere."""
    s, array = sympy(), np.asarray(symbolic(value))
    if any(map(is_condition, array.flat)):
        return np.asarray(_elementwise(lambda c: s.Piecewise((1, c), (0, True)) if is_condition(c) else c,
                                       1)(array), object)
    return array


def _truths(value: Any) -> np.ndarray:
    """An array of conditions."""
    s, array = sympy(), np.asarray(symbolic(value))
    return np.asarray(_elementwise(lambda c: c if is_condition(c) else s.Ne(c, 0), 1)(array), object)


def _formulas(value: Any) -> Any:
    """The arguments of a function of NumPy with arrays of floats as arrays of exact numbers."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_formulas, value))
    if isinstance(value, dict):
        return {key: _formulas(part) for key, part in value.items()}
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, SymbolArray):
        return symbolic(value) if value.dtype.kind in "fO" else value
    return value


def _rewrapped(value: Any) -> Any:
    """Results of NumPy's functions as arrays of formulas again."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_rewrapped, value))
    if isinstance(value, np.ndarray) and np.asarray(value).dtype == object:
        conditions = value.size and all(map(is_condition, value.flat))
        return symbolic(value, TruthArray if conditions else SymbolArray)
    return symbolic(value) if isinstance(value, sympy().Basic) else value


def _elementwise(function: Callable, n_inputs: int) -> np.ufunc:
    return np.frompyfunc(function, n_inputs, 1)


LOGICAL = {np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.invert, np.bitwise_and,
           np.bitwise_or, np.bitwise_xor}
_TABLES: dict[str, dict] = {}


def element_functions() -> dict:
    """NumPy's ufunc -> (a ufunc on formulas, does it give conditions?)."""
    if "ufuncs" not in _TABLES:
        from .functions import conditions, plain, ufuncs

        _TABLES["ufuncs"] = {
            **{ufunc: (ufunc, False) for ufunc in plain()},
            **{ufunc: (_elementwise(function, ufunc.nin), False) for ufunc, function in ufuncs().items()},
            **{ufunc: (_elementwise(function, ufunc.nin), True) for ufunc, function in conditions().items()}}
    return _TABLES["ufuncs"]


def array_functions() -> dict:
    """NumPy's functions that do not come down to its ufuncs -> ours."""
    if "functions" not in _TABLES:
        from .functions import on_arrays

        _TABLES["functions"] = on_arrays()
    return _TABLES["functions"]
