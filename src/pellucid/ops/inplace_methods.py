"""Methods that write their result into the tensor itself: `x.add_(y)`, `x.exp_()`, `x += y`, ...

    x.f_(...)   puts f(x, ...) into the memory of x, and gives x the past of f(x, ...)

Outside of the graph, as in optimisers and initialisation, common ones let NumPy write into the array itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..inplace import assign, check_writable, touch
from ..tensor import Tensor, mode, wrap
from . import methods

_NAMES = """abs absolute acos acosh add addcdiv addcmul arccos arccosh arcsin arcsinh arctan arctan2 arctanh
    asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor ceil clamp clamp_max clamp_min clip copysign cos cosh cumprod cumsum deg2rad digamma div
    divide eq erf erfc erfinv exp exp2 expm1 fix float_power floor floor_divide fmod frac gcd ge greater
    greater_equal gt heaviside hypot lcm ldexp le lerp less less_equal lgamma log log10 log1p log2
    logical_and logical_not logical_or logical_xor logit lt mul multiply nan_to_num ne neg negative
    nextafter not_equal polygamma pow rad2deg reciprocal relu remainder round rsqrt sgn sigmoid sign sin
    sinc sinh sqrt square sub subtract tan tanh true_divide trunc xlogy"""
_FUNCTIONS = """abs acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil
    clamp clamp_max clamp_min clip cos cosh deg2rad erf erfc exp exp2 expm1 fix floor frac log log10
    log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu round rsqrt sigmoid sin sinc sinh
    sqrt square tan tanh trunc xlogy gcd lcm"""


def _add(a: np.ndarray, b: Any, *, alpha: Any = 1) -> None:
    np.add(a, b if alpha == 1 else alpha * b, out=a)


def _sub(a: np.ndarray, b: Any, *, alpha: Any = 1) -> None:
    np.subtract(a, b if alpha == 1 else alpha * b, out=a)


def _addcmul(a: np.ndarray, b: Any, c: Any, *, value: Any = 1) -> None:
    product = b * c
    np.add(a, product if value == 1 else np.multiply(product, value, out=product), out=a)


def _addcdiv(a: np.ndarray, b: Any, c: Any, *, value: Any = 1) -> None:
    quotient = b / c
    np.add(a, quotient if value == 1 else np.multiply(quotient, value, out=quotient), out=a)


def _into(ufunc: np.ufunc) -> Callable:
    return lambda a, *rest: ufunc(a, *rest, out=a)


# On a floating array and operands of its dtype: what to do to the array. NumPy refuses larger operands.
_QUICK: dict[str, Callable] = {
    "add": _add, "sub": _sub, "subtract": _sub, "addcmul": _addcmul, "addcdiv": _addcdiv,
    "mul": _into(np.multiply), "multiply": _into(np.multiply), "div": _into(np.true_divide),
    "divide": _into(np.true_divide), "true_divide": _into(np.true_divide), "neg": _into(np.negative),
    "negative": _into(np.negative), "abs": _into(np.absolute), "exp": _into(np.exp), "log": _into(np.log),
    "sqrt": _into(np.sqrt), "reciprocal": _into(np.reciprocal), "tanh": _into(np.tanh), "sin": _into(np.sin),
    "cos": _into(np.cos), "floor": _into(np.floor), "ceil": _into(np.ceil), "trunc": _into(np.trunc),
}


def _recorded(*values: Any) -> bool:
    """Will a gradient flow through this call?"""
    if mode.grad:
        for value in values:
            if isinstance(value, Tensor) and value.requires_grad:
                return True
    return False


def _done_quickly(self: Tensor, quick: Callable, values: tuple, params: dict) -> bool:
    """Let NumPy write into the array, where all operands are of its dtype and fit; tell whether it did."""
    operands = []
    for value in values:
        if isinstance(value, Tensor):
            if value._data.dtype is not self._data.dtype or value._data.ndim > self._data.ndim:
                return False
            value = value._data
        elif value.__class__ is not float and value.__class__ is not int:
            return False
        operands.append(value)
    check_writable(self)
    try:
        quick(self._data, *operands, **params)
    except (ValueError, TypeError):  # the slow way says in our words what is wrong
        return False
    touch(self)
    return True


def _source(self: Tensor, function: Callable, values: tuple) -> Tensor:
    """What the function is to read: x itself, or a copy with x's past where its rule wants the old values."""
    op = getattr(function, "op", None)
    if op is not None:
        for position, only_for in op.drops:
            if position == 0 and (only_for is None or not _recorded(*values[only_for - 1:only_for])):
                return self
    old = wrap(np.copy(self._data))
    old._node, old._tracked = self._node, self._tracked
    return old


def in_place(name: str, function: Callable) -> Callable:
    """The method x.name_(...): the result of function(x, ...) is written into x."""
    quick = _QUICK.get(name)

    def method(self: Tensor, *values: Any, **params: Any) -> Tensor:
        if _recorded(self, *values, *params.values()):
            check_writable(self)
            source = _source(self, function, (*values, *params.values()))
            return assign(self, function(source, *values, **params), name + "_")
        if quick is not None and self._data.dtype.kind == "f" and params.keys() <= {"alpha", "value"} \
                and _done_quickly(self, quick, values, params):
            return self
        return assign(self, function(self, *values, **params), name + "_")

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"Write the result of {name}(self, ...) into this tensor, and return it."
    return method


for _name in _NAMES.split():
    setattr(Tensor, _name + "_", in_place(_name, getattr(Tensor, _name)))
for _name in _FUNCTIONS.split():                                 # those that PyTorch has as functions too
    globals()[_name + "_"] = getattr(Tensor, _name + "_")
__all__ = [_name + "_" for _name in _FUNCTIONS.split()]

_AUGMENTED = {"iadd": "add_", "isub": "sub_", "imul": "mul_", "itruediv": "div_",
              "ifloordiv": "floor_divide_", "imod": "remainder_", "ipow": "pow_", "iand": "bitwise_and_",
              "ior": "bitwise_or_", "ixor": "bitwise_xor_", "ilshift": "bitwise_left_shift_",
              "irshift": "bitwise_right_shift_"}


def _augmented(method: Callable) -> Callable:
    def operator(self: Tensor, other: Any) -> Any:
        return method(self, other) if isinstance(other, methods.OPERANDS) else NotImplemented
    return operator


for _operator, _name in _AUGMENTED.items():
    setattr(Tensor, f"__{_operator}__", _augmented(getattr(Tensor, _name)))
