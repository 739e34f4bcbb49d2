"""Shadows: beside every array of numbers, the array of formulas that it was computed by.

A function of Tensors runs as always, on numbers at some point, and each op that it calls runs a second time,
its plain body on formulas. Then the engine walks the graph back with formulas in place of numbers: the very
same rules run on them. What is not a result of the inputs stays a number, and is taken as exact where it
meets a formula.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd import grad
from ...function import FunctionNode
from ...op import REGISTRY, Op
from ...tensor import OpError, Tensor, wrap
from .array import SymbolArray, decisions, symbolic
from .exact import sympy
from .standins import stand_ins

_one_at_a_time = threading.RLock()


class NotDerivable(OpError):
    """An op that has numbers only: its body or its rule cannot run on formulas. `op` is its name."""

    def __init__(self, op: str, why: str) -> None:
        super().__init__(f"derive: the op {op} cannot run on formulas: {why}")
        self.op, self.why = op, why


class _Kept:
    """What a node keeps for its rule: the formulas behind its inputs, result and `saved`."""

    def __init__(self, inputs: list, y: Any, saved: Any, numbers: Any) -> None:
        self.inputs, self.y, self.saved = inputs, y, saved
        self.numbers = numbers                                   # what was saved in the ordinary run


class Shadows:
    """A context in which ops run on formulas beside their numbers."""

    def __init__(self) -> None:
        self.found: dict = {}                                    # place in memory -> array, copy, formulas
        self.used: list[str] = []                                # the names of the ops that ran
        self.before: list = []

    def add(self, array: np.ndarray, formulas: Any) -> np.ndarray:
        """Remember the formulas of an array of numbers."""
        self.found[_place(array)] = array, np.array(array), formulas
        return array

    def of(self, value: Any) -> Any:
        """The formulas behind an array of numbers; None for what no input leads to.

        Raises:  OpError where the array was written into since.
        """
        if isinstance(value, Tensor):
            value = value._data
        if not isinstance(value, np.ndarray) or _place(value) not in self.found:
            return None
        _, copy, formulas = self.found[_place(value)]
        if not np.array_equal(copy, value, equal_nan=copy.dtype.kind == "f"):
            raise OpError("derive: a tensor was changed in place; write y = y + x in place of y += x")
        return formulas

    def tensor(self, formulas: Any) -> Tensor:
        """A Tensor of numbers, those at the point, with these formulas behind it."""
        return wrap(self.add(decisions.numbers(formulas), formulas))

    def __enter__(self) -> Shadows:
        _one_at_a_time.acquire()
        for op in REGISTRY.values():
            self.before.append((op, op.forward, op.rule, op.rule_twin))
            op.forward = self._forward(op, op.forward)  # type: ignore[method-assign]
            if op.rule is not None:
                op.rule, op.rule_twin = self._rule(op, op.rule), None
        self.pull = FunctionNode.pull
        FunctionNode.pull = self._pull(FunctionNode.pull)  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: Any) -> None:
        for op, forward, rule, twin in self.before:
            op.forward, op.rule, op.rule_twin = forward, rule, twin
        FunctionNode.pull = self.pull  # type: ignore[method-assign]
        self.before.clear()
        _one_at_a_time.release()

    def _forward(self, op: Op, numbers: Callable) -> Callable:
        """The op's forward: on numbers, and its body on formulas where an input has them."""
        def forward(*raw: Any, **params: Any) -> Any:
            if any(isinstance(value, SymbolArray) for value in raw):     # within a body or rule: op.on
                return self._body(op, raw, params)
            behind = [self.of(value) for value in raw]
            y, saved = numbers(*raw, **params)
            if all(formulas is None for formulas in behind):
                return y, saved
            several = y.__class__ is tuple
            arrays = tuple(map(np.asarray, y if several else (y,)))
            inputs = [_exact_floats(value) if formulas is None else formulas
                      for value, formulas in zip(raw, behind, strict=True)]
            made, kept = self._body(op, inputs, params)
            self.used.append(op.name)
            for array, formulas in zip(arrays, made if several else (made,), strict=True):
                if np.shape(formulas) != array.shape:
                    raise NotDerivable(op.name, f"its body gave {np.shape(formulas)}, not {array.shape}")
                if isinstance(formulas, SymbolArray):
                    self.add(array, formulas)
            return arrays if several else arrays[0], _Kept(inputs, made, kept, saved)
        return forward

    def _body(self, op: Op, inputs: Any, params: dict) -> tuple:
        """The body on formulas."""
        try:
            y, saved = stand_ins().get(op.name, op.body)(*map(_exact_floats, inputs), **params)
        except NotDerivable:
            raise
        except Exception as error:                               # whatever numbers can do and formulas not
            raise NotDerivable(op.name, _reason(op, error)) from error
        return _all_symbolic(y), _all_symbolic(saved)

    def _rule(self, op: Op, numbers: Callable) -> Callable:
        """The op's rule: on formulas if its gradient has come as formulas."""
        def rule(g: Any, y: Any, saved: Any, *inputs: Any, **params: Any) -> Any:
            if not isinstance(saved, _Kept):
                return numbers(g, y, saved, *inputs, **params)
            formulas = any(isinstance(part, SymbolArray) for part in (g if g.__class__ is tuple else (g,)))
            if not formulas:
                return numbers(g, y, saved.numbers, *inputs, **params)
            try:
                if op.through_body:
                    return self._through_body(op, g, saved, params)
                g = _all_symbolic(g)
                return _all_symbolic(numbers(g, saved.y, saved.saved, *saved.inputs, **params))
            except NotDerivable:
                raise
            except Exception as error:
                raise NotDerivable(op.name, _reason(op, error, "rule")) from error
        return rule

    def _through_body(self, op: Op, g: Any, kept: _Kept, params: dict) -> tuple:
        """The gradients by the graph of the body on Tensors, for a rule that writes into arrays."""
        from ...autograd import enable_grad

        params = {key: value for key, value in params.items() if key != "needs"}
        inputs = [self.tensor(value).requires_grad_() if isinstance(value, SymbolArray) else
                  wrap(value) if isinstance(value, np.ndarray) else value for value in kept.inputs]
        with enable_grad():
            ys = op.body(*inputs, **params)[0]
        pairs = list(zip(ys, g, strict=True)) if isinstance(ys, tuple) else [(ys, g)]
        chosen = [value for value in inputs if isinstance(value, Tensor) and value._tracked]
        found = iter(gradients([y for y, _ in pairs], chosen, [part for _, part in pairs]))
        return tuple(next(found) if isinstance(value, Tensor) and value._tracked else None
                     for value in inputs)

    def _pull(self, numbers: Callable) -> Callable:
        """A user's own Function: its backward sees Tensors with formulas behind them."""
        def pull(node: Any, g: Any, create_graph: bool, useful: Any) -> Any:
            if not any(isinstance(part, SymbolArray) for part in g):
                return numbers(node, g, create_graph, useful)
            arrays = tuple(self.tensor(part)._data for part in map(_all_symbolic, g))
            grads = [None if x is None else (x, self.of(x)) for x in numbers(node, arrays, True, useful)]
            return [None if pair is None else symbolic(pair[0]._data) if pair[1] is None else pair[1]
                    for pair in grads]
        return pull


def gradients(ys: list, inputs: list, gs: list) -> list:
    """The gradients of each input as arrays of formulas; zeros where none arrives."""
    starts = [wrap(symbolic(g)) for g, y in zip(gs, ys, strict=True) if y._tracked]
    found: Any = [None] * len(inputs)
    if starts:
        found = grad([y for y in ys if y._tracked], inputs, starts, allow_unused=True)
    return [symbolic(np.zeros(x._data.shape, int)) if g is None else symbolic(g._data)
            for g, x in zip(found, inputs, strict=True)]


def _place(array: np.ndarray) -> tuple:
    """Where and how an array lies in memory: views of the same numbers have the same place."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.char


def _exact_floats(value: Any) -> Any:
    """An array of floats beside formulas: exact numbers, of the same dtype as those."""
    floats = isinstance(value, np.ndarray) and not isinstance(value, SymbolArray) and value.dtype.kind == "f"
    return symbolic(value) if floats else value


def _all_symbolic(value: Any) -> Any:
    """The arrays of objects in a result as arrays of formulas."""
    if value.__class__ is tuple:
        return tuple(map(_all_symbolic, value))
    if isinstance(value, list):
        return list(map(_all_symbolic, value))
    if isinstance(value, np.ndarray) and np.asarray(value).dtype == object and not isinstance(
            value, SymbolArray):
        return symbolic(value)
    return symbolic(value) if isinstance(value, sympy().Basic) else value


def _reason(op: Op, error: Exception, what: str = "body") -> str:
    """Why, in words."""
    said = str(error).split("\n")[0][:160] or type(error).__name__
    return f"its {what} works with numbers only ({said})"
