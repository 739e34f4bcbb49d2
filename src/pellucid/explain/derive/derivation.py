"""derive: the formula of any function of Tensors and of its gradients, by its own ops and rules."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...tensor import OpError, Tensor, wrap
from .array import decisions, symbolic
from .exact import sympy
from .proof import prove
from .result import Derivation
from .shadows import Shadows, gradients
from .tidy import tidy

MOST = 2000                                                      # symbols


def derive(fn: Callable, /, *, params: Any = None, positive: Sequence[str] = (), tidied: bool = True,
           **inputs: Any) -> Derivation:
    """Run a function of Tensors on symbols: the formula of its value, and of its gradient by each input.

        value = fn(x, ...)             dx = sum g dvalue/dx          g = 1 where the value is one number
    The bodies of the ops run on arrays of SymPy's symbols, and their rules on what comes back. Each gradient
    is then compared with SymPy's own derivative of the value, and both with the numbers of an ordinary run.

    fn:       a function of Tensors; a Module, whose parameters become symbols too
    inputs:   by name, the shape of an input that is made of symbols: x=(2, 3), or () for one number; or a
              Tensor, array, list or number, which stays as it is
    params:   a Module (or several by name) that fn calls: its parameters become symbols
    positive: names of inputs whose elements are known to be positive
    tidied:   simplify the formulas

    Raises:  NotDerivable (an OpError) naming an op that has numbers only; OpError for a wrong gradient;
             TypeError for what is no function, ValueError without a shape and for too many symbols.
    >>> derive(lambda x, w: (w @ x - 1) ** 2, x=(2,), w=(2,))
    value  (w_1*x_1 + w_2*x_2 - 1)**2
    dx_1   2*w_1*(w_1*x_1 + w_2*x_2 - 1)
    dx_2   2*w_2*(w_1*x_1 + w_2*x_2 - 1)
    dw_1   2*x_1*(w_1*x_1 + w_2*x_2 - 1)
    dw_2   2*x_2*(w_1*x_1 + w_2*x_2 - 1)
    """
    if not callable(fn):
        raise TypeError(f"derive: fn must be a function of Tensors, got {type(fn).__name__}")
    modules = _modules(fn, params)
    symbols = _symbols(inputs, modules, positive)
    point = _point(symbols)
    called = _Call(fn, inputs, modules, symbols)
    decisions.point, decisions.taken = point, []
    with Shadows() as shadows:
        tensors = {name: shadows.tensor(symbolic(array)).requires_grad_() for name, array in symbols.items()}
        y = called(tensors)
        value = shadows.of(y)
        g = _incoming(y)
        found = [] if value is None else gradients([y], list(tensors.values()), [g])
    if value is None:
        raise OpError("derive: the result does not depend on any of " + ", ".join(symbols))
    if y._data.ndim and g.size:
        point.update({symbol: sympy().Integer(1) for symbol in np.asarray(g).flat})
    made = _written(value, tidied), {name: _written(part, tidied)
                                     for name, part in zip(tensors, found, strict=True)}
    result = Derivation(called, symbols, g, *made, point, tuple(decisions.taken), tuple(shadows.used))
    prove(result)
    return result


class _Call:
    """The function with its modules, to be called with tensors by name."""

    def __init__(self, fn: Callable, inputs: dict, modules: dict, symbols: dict) -> None:
        self.fn, self.modules = fn, modules
        self.given = {name: None if name in symbols else _constant(value)
                      for name, value in inputs.items()}
        self.by_name = _takes_names(fn, inputs)
        self.name = getattr(fn, "__name__", type(fn).__name__)

    def __call__(self, tensors: dict) -> Any:
        values = {name: tensors[name] if value is None else value for name, value in self.given.items()}
        with _replaced(self.modules, tensors):
            y = self.fn(**values) if self.by_name else self.fn(*values.values())
        if not isinstance(y, Tensor):
            raise OpError(f"derive: {self.name} must return one Tensor, it returned {type(y).__name__}")
        return y


class _replaced:
    """Modules with other tensors in the places of their parameters, and copies of their buffers."""

    before: list

    def __init__(self, modules: dict, tensors: dict) -> None:
        self.modules, self.tensors, self.before = modules, tensors, []

    def __enter__(self) -> None:
        names = {id(value): name for name, value in parameters(self.modules).items()}
        for module in self.modules.values():
            for _, part in module.named_modules():
                for kind in (part._parameters, part._buffers):
                    for key, value in kind.items():
                        if value is not None:
                            self.before.append((kind, key, value))
                            name = names.get(id(value))
                            kind[key] = _as_double(value) if name is None else self.tensors[name]

    def __exit__(self, *_: Any) -> None:
        for kind, key, value in self.before:
            kind[key] = value
        self.before.clear()


def _as_double(value: Tensor) -> Tensor:
    """A copy, in float64 if it is floating."""
    return wrap(np.array(value._data, np.float64 if value._data.dtype.kind == "f" else None))


def parameters(modules: dict) -> dict:
    """The parameters of modules by the names of their symbols: 0.weight is weight0, layer.bias bias_layer.

    One that is used in several places has one name.
    """
    found: dict = {}
    for prefix, module in modules.items():
        for path, value in module.named_parameters():
            *where, key = [part for part in f"{prefix}.{path}".split(".") if part]
            place = "".join(where) if all(part.isdigit() for part in where) else "_" + "_".join(where)
            found[key + place] = value
    return found


def _modules(fn: Any, params: Any) -> dict:
    """The modules whose parameters become symbols, by the prefix of their names."""
    if hasattr(fn, "named_modules"):
        return {"": fn} if params is None else {"": fn, **_modules(None, params)}
    if params is None:
        return {}
    found = params if isinstance(params, dict) else {"": params}
    for name, module in found.items():
        if not hasattr(module, "named_modules"):
            raise TypeError(f"derive: params {name!r} must be a Module, got {type(module).__name__}")
    return found


def _symbols(inputs: dict, modules: dict, positive: Sequence[str]) -> dict:
    """Arrays of symbols, by name, for the inputs given by a shape and for all parameters of the modules."""
    for name, value in inputs.items():
        if isinstance(value, tuple) and not _is_shape(value):
            raise TypeError(f"derive: {name} must be a shape (a tuple of ints) or an array, got {value!r}")
    shapes = {name: value for name, value in inputs.items() if _is_shape(value)}
    shapes |= {name: tuple(value._data.shape) for name, value in parameters(modules).items()}
    unknown = [name for name in ([positive] if isinstance(positive, str) else positive) if name not in shapes]
    if unknown:
        raise ValueError(f"derive: positive names {unknown}, which are no inputs made of symbols; those are "
                         f"{list(shapes)}")
    if not shapes:
        raise ValueError("derive: give at least one input by its shape, as in derive(fn, x=(2, 3))")
    count = sum(math.prod(shape) for shape in shapes.values())
    if count > MOST:
        raise ValueError(f"derive: the shapes {shapes} would be {count:,} symbols; formulas can be read of a "
                         f"few dozen, and are made of {MOST:,} at most: use smaller shapes")
    return {name: _array_of_symbols(name, shape, name in positive) for name, shape in shapes.items()}


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in value)


def _array_of_symbols(name: str, shape: tuple, positive: bool = False) -> np.ndarray:
    """x_1, x_2 for (2,), W_11 for (2, 3); commas where an axis has more than 9 places."""
    comma = "," if max(shape, default=0) > 9 else ""
    made = np.empty(shape, object)
    for place in np.ndindex(*shape):
        label = comma.join(str(n + 1) for n in place)
        full = f"{name}_{label}" if label else name
        if label and "_" in name:                                # one subscript, for LaTeX
            full = f"{name},{label}"
        made[place] = sympy().Symbol(full, **({"positive": True} if positive else {"real": True}))
    return made


def _point(symbols: dict) -> dict:
    """Small numbers for the symbols, all of different size, at which the ordinary run takes place."""
    rng, s, point = np.random.RandomState(0), sympy(), {}
    for array in symbols.values():
        sizes = rng.permutation(array.size) + 1
        for symbol, size in zip(array.flat, sizes, strict=True):
            number = s.Rational(int(size), array.size + 1) + s.Rational(1, 16)
            point[symbol] = number if symbol.is_positive or rng.uniform() < 0.7 else -number
    return point


def _constant(value: Any) -> Any:
    """What stays a number: floats in float64, as the symbols' numbers are."""
    if isinstance(value, (list, np.ndarray)):
        value = wrap(np.array(value))
    if isinstance(value, Tensor) and value._data.dtype.kind == "f":
        return wrap(np.array(value._data, np.float64))
    return value


def _takes_names(fn: Any, inputs: dict) -> bool:
    """Can the inputs be handed over by their names? Else they go in the order in which they came."""
    try:
        parameters = inspect.signature(getattr(fn, "forward", fn)).parameters
    except (TypeError, ValueError):
        return False
    return all(name in parameters and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
               for name in inputs)


def _incoming(y: Tensor) -> Any:
    """The gradient of the result: 1 for one number by itself, else a symbol for each element."""
    if not y._data.ndim:
        return symbolic(1) if y._node is not None or y._tracked else symbolic(0)
    return symbolic(_array_of_symbols("g", y._data.shape))


def _written(array: Any, tidied: bool) -> np.ndarray:
    """The formulas, each by itself in short form."""
    plain = np.asarray(array)
    if not tidied or math.prod(plain.shape) == 0:
        return plain
    return np.asarray(np.frompyfunc(tidy, 1, 1)(plain), object)
