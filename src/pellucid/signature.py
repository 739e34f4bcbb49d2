"""The slow path of a call: keyword inputs, mixed dtypes, and errors in the caller's words."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from . import dtypes
from .tensor import OpError, Tensor, wrap

ALIASES = {"axis": "dim", "keepdims": "keepdim"}                 # NumPy's words, which PyTorch takes too
_LONGER = {**ALIASES, "exponent": "p"}                           # what formulas abbreviate
_INT64, _LARGE = np.dtype(np.int64), 2**62
_COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
_LEGACY = int(np.__version__.split(".")[0]) < 2                  # before NEP 50: 0-d float32 + 1.0 is float64


def call_by_name(op: Any, inputs: tuple, params: dict) -> Any:
    """Call an op with inputs among the keywords, or with out=, into which the result is written."""
    out = None if "out" in op.keywords else params.pop("out", None)
    if out is not None:
        from .written import written

        return written(op.name, op.call(*inputs, **params), out)
    inputs, params = bind(op, inputs, params)
    return op.call(*inputs, **params)


def bind(op: Any, inputs: tuple, params: dict) -> tuple[tuple, dict]:
    """Put inputs that were given by keyword into their places."""
    names, values, rest = op.names, list(inputs), {}
    given: dict = {}
    for key, value in params.items():
        name = key if key in names or key in op.keywords else _LONGER.get(key, key)
        if name == "input" and name not in names and names:
            name = names[0]
        elif name == "other" and name not in names and len(names) > 1:
            name = names[1]
        if name in op.keywords:
            rest[name] = value
        elif name in names[len(inputs):]:
            given[name] = value
        elif name in names:
            raise TypeError(f"{op.name}() got the argument {key!r} twice")
        else:
            known = ", ".join((*names, *sorted(op.keywords)))
            raise TypeError(f"{op.name}() has no argument {key!r}; it takes {known}")
    if given:
        first_default = len(names) - len(op.defaults)
        for i in range(len(inputs), max(names.index(name) for name in given) + 1):
            if names[i] in given:
                values.append(given[names[i]])
            elif i >= first_default:
                values.append(op.defaults[i - first_default])
            else:
                raise TypeError(f"{op.name}() needs the argument {names[i]!r}")
    return tuple(values), rest


def takes_numpy_words(function: Callable) -> Callable:
    """Let a plain function take axis for dim and keepdims for keepdim, as PyTorch's do."""
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if named:
            named = {ALIASES.get(key, key): value for key, value in named.items()}
        return function(*args, **named)
    return call


def promoted(op: Any, inputs: Sequence) -> tuple[tuple, list, list]:
    """Bring the inputs of arithmetic to one dtype; casts are recorded: gradients come back in the old one."""
    from .op import REGISTRY

    if op.promote == "number" and (arrays := _whole(inputs)):
        return tuple(inputs), arrays, [None] * len(arrays)
    values = []
    for name, value in zip((*op.names, *op.names[-1:] * len(inputs)), inputs):  # noqa: B905
        if isinstance(value, np.generic):
            value = value.item()
        elif isinstance(value, np.ndarray):
            dtypes.as_dtype(value.dtype)                         # raises, naming the dtypes that exist
            value = wrap(value)
        elif not (value is None or isinstance(value, (Tensor, bool, int, float))):
            refuse_sparse(op, inputs)
            raise TypeError(f"{op.name}: {name} must be a Tensor or a number, got {type(value).__name__}")
        values.append(value)
    operands = [v._data if isinstance(v, Tensor) else v for v in values if v is not None]
    if not operands:
        came = ", ".join(type(v).__name__ for v in inputs) or "nothing"
        raise TypeError(f"{op.name}: needs a Tensor, got {came}")
    common = dtypes.mix(operands)
    if op.promote == "float" and common.kind != "f":
        common = dtypes.get_default_dtype().dtype
    for i, value in enumerate(values):
        if isinstance(value, Tensor):
            if value._data.dtype != common:
                values[i] = REGISTRY["cast"].call(value, common)
        elif value is not None and not any(isinstance(v, Tensor) for v in values):
            values[i] = wrap(np.asarray(value, common))
        elif value.__class__ is int and common.kind in "iu" and op.name not in _COMPARISONS:
            values[i] = int(np.asarray(value).astype(common))    # -1 is 255 in uint8, as in PyTorch
    edges = [(v._node or v) if isinstance(v, Tensor) and v._tracked else None for v in values]
    return tuple(values), [v._data if isinstance(v, Tensor) else v for v in values], edges


def _whole(inputs: Sequence) -> list | None:
    """The arrays of int64 tensors and ints beside them, which need no promotion: places that are counted."""
    arrays, tensors = [], False
    for value in inputs:
        if value.__class__ is Tensor and value._data.dtype is _INT64:
            value, tensors = value._data, True
        elif value.__class__ is not int or not -_LARGE <= value <= _LARGE:
            return None
        arrays.append(value)
    return arrays if tensors else None


def legacy(body: Callable) -> Callable:
    """Under NumPy 1.26, undo that float32 without dimensions becomes float64 beside a Python number."""
    if not _LEGACY or _names_a_dtype(body):
        return body

    @functools.wraps(body)
    def kept(*inputs: Any, **params: Any) -> Any:
        y, saved = body(*inputs, **params)
        for value in inputs:
            if isinstance(value, np.ndarray) and value.dtype.kind == "f":
                return _narrowed(y, value.dtype), saved
        return y, saved
    return kept


def legacy_rule(rule: Callable) -> Callable:
    """Under NumPy 1.26, undo that a gradient without dimensions becomes float64 beside a Python number."""
    if not _LEGACY or _names_a_dtype(rule):
        return rule

    @functools.wraps(rule)
    def kept(g: Any, *given: Any, **params: Any) -> Any:
        grads = rule(g, *given, **params)
        if not isinstance(g, (np.ndarray, np.generic)):          # Tensors keep their dtype by themselves
            return grads
        if isinstance(grads, tuple):
            return tuple(_narrowed(grad, g.dtype) for grad in grads)
        return _narrowed(grads, g.dtype)
    return kept


def _names_a_dtype(function: Callable) -> bool:
    """Does the function change dtypes on purpose?"""
    code = function.__code__
    return any("dtype" in name for name in code.co_varnames[:code.co_argcount + code.co_kwonlyargcount])


def _narrowed(value: Any, dtype: np.dtype) -> Any:
    if dtype != np.float64 and getattr(value, "dtype", None) == np.float64 and value.ndim == 0:
        return np.asarray(value, dtype)
    return value


def refuse_sparse(op: Any, inputs: Sequence) -> None:
    """Say that an op is not there for sparse tensors, if one came."""
    if any(getattr(value, "is_sparse", False) for value in inputs):
        raise NotImplementedError(f"{op.name.removesuffix('_along')}: not defined for a sparse tensor; "
                                  ".to_dense() gives a tensor that has it")


class UnsupportedDtype(OpError, TypeError):
    """NumPy has no such operation on these dtypes: a TypeError there, a RuntimeError in PyTorch."""


def restate(op: Any, error: Exception, inputs: Sequence) -> NoReturn:
    """Raise `error` again, with the op's name and what came."""
    refuse_sparse(op, inputs)
    if isinstance(error, OpError) or getattr(error, "restated", False):
        raise error
    names = (*op.names, *(f"tensors[{i}]" for i in range(len(inputs))))   # of body(*xs): by their places
    told = ", ".join(f"{name} {describe(value)}" for name, value in zip(names, inputs))  # noqa: B905
    kind = (IndexError if isinstance(error, IndexError) else         # also NumPy's AxisError, which is both
            UnsupportedDtype if isinstance(error, TypeError) and "not supported" in str(error) else
            OpError if isinstance(error, (ValueError, AttributeError)) else type(error))
    again = kind(f"{op.name.removesuffix('_along')}: {error} (got {told})")
    again.restated = True  # type: ignore[attr-defined]
    raise again from error


def describe(value: Any) -> str:
    """A few words on an argument, for error messages."""
    if isinstance(value, Tensor):
        return f"{value.dtype.name} {value._data.shape}"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype} {value.shape}"
    if isinstance(value, (int, float, str, type(None), slice, tuple, list)):
        text = repr(value)
        return text if len(text) < 60 else text[:57] + "..."
    return type(value).__name__
