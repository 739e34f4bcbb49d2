"""Floats as the exact numbers that they were meant to be: 0.1 is 1/10, 0.7071067811865476 is 1/sqrt 2."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any

import numpy as np

from ...extras import need

SHORT = 12                                                       # digits: what people write has fewer
LARGEST = {16: 4096, 7: 64}                                      # denominator, by the digits that there are


def sympy() -> Any:
    """The package SymPy; it takes half a second to import, so it comes with the first derivation."""
    return need("sympy", extra="symbolic")


def exact(value: Any) -> Any:
    """A number as SymPy's exact one; expressions and truth values of SymPy stay as they are.

    Decimals of a few digits are themselves, others a fraction with a small denominator, its square root, or
    one times pi, ln 2 or ln 10, where that is the float; else every digit counts.
    >>> exact(0.1), exact(1 / 3), exact(0.5 ** 0.5), exact(2)
    (1/10, 1/3, sqrt(2)/2, 2)
    """
    if isinstance(value, (np.float32, np.float16)):
        return _of_float(float(str(value)), 5, 7)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _of_float(value, SHORT, 16)
    return sympy().sympify(value)


@functools.lru_cache(4096)
def _of_float(value: float, short: int, digits: int) -> Any:
    s = sympy()
    if value != value or value in (float("inf"), -float("inf")):
        return s.nan if value != value else s.oo if value > 0 else -s.oo
    written = repr(abs(value)).partition("e")[0].replace(".", "").strip("0")
    if len(written) <= short:
        return s.Rational(repr(value))
    for unit in (s.Integer(1), s.pi, 1 / s.pi, s.log(2), 1 / s.log(2), s.log(10), 1 / s.log(10)):
        found = _times(value, unit, digits)
        if found is not None:
            return found
    return s.Rational(repr(value))


def _times(value: float, unit: Any, digits: int) -> Any:
    """A small fraction times unit, or the root of one times unit, if that is the value; else None."""
    s, size = sympy(), float(unit)
    for power in (1, 2):
        ratio = (abs(value) / size) if power == 1 else value * value / size
        near = Fraction(ratio).limit_denominator(LARGEST[digits])
        if not near or near.numerator > LARGEST[digits]:
            continue
        found = s.Rational(near.numerator, near.denominator) * unit
        found = found if power == 1 else s.sqrt(found)
        if abs(float(found) - abs(value)) <= 4 * 10.0 ** -digits * abs(value):
            return found if value > 0 else -found
    return None
