"""The value of formulas at a point, to any number of digits."""

from __future__ import annotations

from typing import Any

from .exact import exact, sympy

DIGITS = 50


class Evaluation:
    """Formulas at one point. What several of them share is computed once."""

    def __init__(self, point: dict, digits: int = DIGITS) -> None:
        s = sympy()
        self.digits = digits
        self.known: dict = {symbol: value if exact(value).is_Integer else s.N(exact(value), digits)
                            for symbol, value in point.items()}

    def __call__(self, formula: Any) -> Any:
        """The value: a number of SymPy, or true or false."""
        found = self.known.get(formula)
        if found is None:
            found = self.known[formula] = self._value(exact(formula))
        return found

    def _value(self, formula: Any) -> Any:
        s = sympy()
        if not formula.args:
            return formula.evalf(self.digits) if formula.is_NumberSymbol else formula
        if isinstance(formula, s.Piecewise):                     # the case that holds, and no other
            return next((self(part) for part, condition in formula.args if self(condition) is s.true), s.nan)
        value = formula.func(*map(self, formula.args))
        return value.evalf(self.digits) if value.args and not getattr(value, "is_Boolean", False) else value
