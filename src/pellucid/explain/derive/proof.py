"""The checks of a derivation: SymPy's own derivative, and the numbers of an ordinary run."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tensor import OpError
from .exact import sympy
from .tidy import SIMPLIFIED, same_at_points, simplified

EQUAL, SIMPLIFIES = "the same expression", "the difference simplifies to 0"
DIGITS = "the same to 40 digits at 3 random points"
NEAR = "the same to 40 digits at 3 points near the one given"


class WrongDerivative(OpError):
    """A gradient of Pellucid's is not the derivative of its value."""


def prove(result: Any) -> None:
    """Compare the gradients of a derivation with SymPy's, and all with numbers; `proofs` says how.

    Raises:  WrongDerivative where they differ.
    """
    total = sum((g * y for g, y in zip(np.asarray(result.g).flat, result.value.flat, strict=True)),
                sympy().Integer(0))
    near = [beside(result.point, step) for step in (0, 1, 2)] if result.assumed else None
    for name, symbols in result.symbols.items():
        ways = []
        for place in np.ndindex(*symbols.shape):
            mine, true = result.gradients[name][place], slope(total, symbols[place])
            way = equality(mine, true, near)
            if way is None:
                raise WrongDerivative(f"derive: the gradient of {name} at {place} is {mine}, the derivative "
                                      f"of the value is {true}; the ops were {', '.join(result.ops)}")
            ways.append(way)
        result.proofs[name] = max(ways, key=(EQUAL, SIMPLIFIES, DIGITS, NEAR).index, default=EQUAL)
    for point in (result.point, beside(result.point)):
        _compare(result, point)


def slope(formula: Any, symbol: Any) -> Any:
    """SymPy's derivative; a rounded number and a sign have slope 0."""
    s = sympy()
    steps = {step: s.Dummy("step", real=True) for step in formula.atoms(s.floor, s.ceiling, s.sign)}
    found = s.diff(formula.xreplace(steps), symbol)
    return found.xreplace({dummy: step for step, dummy in steps.items()})


def equality(a: Any, b: Any, near: list[dict] | None = None) -> str | None:
    """How it was found that two formulas are the same; None if they are not."""
    s = sympy()
    if a == b:
        return EQUAL
    difference = a - b
    if s.expand(difference) == 0:
        return SIMPLIFIES
    if s.count_ops(difference) <= SIMPLIFIED and simplified(difference) == 0:
        return SIMPLIFIES
    found = same_at_points(a, b, near)
    return None if not found else DIGITS if near is None else NEAR


def beside(point: dict, step: int = 1) -> dict:
    """A point so near that it lies on the same side of every corner."""
    s = sympy()
    return {symbol: value + s.Rational(step * (k % 7 + 1), 8192)
            for k, (symbol, value) in enumerate(point.items())}


def _compare(result: Any, point: dict) -> None:
    """The formulas at a point against an ordinary run there."""
    numbers = result._at(point)
    if numbers.difference > 1e-8:
        raise WrongDerivative(f"derive: at {point} the formulas differ from an ordinary run by "
                              f"{numbers.difference:.3g} of its values; does the function compute with "
                              "numbers outside of ops (.item(), .numpy(), random numbers)?")
