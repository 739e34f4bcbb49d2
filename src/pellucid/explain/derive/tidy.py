"""Shorter ways to write the same formula, each checked to be the same."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from .evaluate import DIGITS, Evaluation
from .exact import sympy

SIMPLIFIED = 40                                                  # operations: above, SymPy takes its time
POINTS = 3


def points(symbols: Iterable, count: int = POINTS, seed: int = 0) -> list[dict]:
    """Random rational numbers for the symbols, of their signs, none of them 0."""
    rng, ordered = random.Random(seed), sorted(symbols, key=lambda symbol: symbol.sort_key())
    made = []
    for _ in range(count):
        size = rng.choice((173, 431, 1009))                      # small ones for logarithms of 1 - x
        numbers = [sympy().Rational(rng.randint(1, 400), size) for _ in ordered]
        made.append({symbol: number if symbol.is_positive or rng.random() < 0.5 else -number
                     for symbol, number in zip(ordered, numbers, strict=True)})
    return made


def same_at_points(a: Any, b: Any, near: list[dict] | None = None) -> bool:
    """Do two formulas agree to 40 of 50 digits at random points (or at those given)?"""
    s = sympy()
    compared = 0
    for point in points(a.free_symbols | b.free_symbols, 10 * POINTS) if near is None else near:
        at = Evaluation(point)
        first, second = at(a), at(b)
        if not (first.is_Number and second.is_Number and first.is_finite and second.is_finite):
            continue                                             # outside of where it is defined
        size = max(abs(first), abs(second), s.Integer(1))
        if abs(first - second) > size * s.Float(10, DIGITS) ** (10 - DIGITS):
            return False
        compared += 1
        if compared == POINTS and near is None:
            break
    return compared > 0


def tidy(formula: Any) -> Any:
    """The formula without shifts that cancel and cases that agree, simplified where it is short."""
    formula = without_shifts(formula)
    formula = without_cases(formula)
    return shorter(formula)


def shorter(formula: Any) -> Any:
    """The shortest of some ways to write a formula."""
    s = sympy()
    if s.count_ops(formula) > SIMPLIFIED:
        return formula
    tried = [formula, simplified(formula)]
    tried += [s.factor(way) for way in tried]
    return min(tried, key=s.count_ops)


def simplified(formula: Any) -> Any:
    """SymPy's simplify, where that does not take minutes: it turns sines and tanhs over and over."""
    s = sympy()
    slow = (s.functions.elementary.trigonometric.TrigonometricFunction, s.Piecewise,
            s.functions.elementary.hyperbolic.HyperbolicFunction)
    return s.together(formula) if formula.has(*slow) else s.simplify(formula)


def without_shifts(formula: Any) -> Any:
    """Take out a largest element that is subtracted from all, as softmax does: it cancels.

    Where the formula does not change with max(...) as a number of its own, it is put to 0.
    """
    s = sympy()
    for largest in sorted(formula.atoms(s.Max, s.Min), key=s.default_sort_key):
        if largest.has(s.Integer(0)) and 0 in largest.args or not formula.has(largest):
            continue
        shift = s.Dummy("shift", real=True)
        free = formula.xreplace({largest: shift})
        without = free.xreplace({shift: s.Integer(0)})
        if same_at_points(free, without):
            formula = without
    return formula


def without_cases(formula: Any) -> Any:
    """Write a formula of |u|, max(u, 0), u < 20, ... without cases, where both come to the same."""
    s = sympy()
    formula = formula.replace(lambda part: isinstance(part, s.StrictGreaterThan) and part.rhs == 0
                              and isinstance(part.lhs, s.Max) and 0 in part.lhs.args,
                              lambda part: s.Gt(s.Max(*(a for a in part.lhs.args if a != 0)), 0))
    turns = sorted(_turning_points(formula), key=s.default_sort_key)
    near = _on_both_sides(turns, formula)
    for u in turns if near else ():
        cases = []
        for side in (s.Dummy("p", positive=True), s.Dummy("n", negative=True)):
            cases.append(_with(formula, u, side).xreplace({side: u}))
        for case in sorted(cases, key=s.count_ops):
            if same_at_points(case, formula, near):
                formula = case
                break
    return formula


def _on_both_sides(turns: list, formula: Any) -> list[dict]:
    """Points where each u is positive and some where it is negative; none if one has one sign only."""
    near: list[dict] = []
    for u in turns:
        tried = points(formula.free_symbols, 10 * POINTS, seed=1)
        if u.is_Add and len(u.free_symbols) == 1 and len(u.args) == 2:       # a threshold: x - 20
            symbol, = u.free_symbols
            tried += [{**tried[k], symbol: -(u - symbol) + side} for k, side in ((0, 1), (1, -1))
                      if not (u - symbol).free_symbols]
        for sign in (1, -1):
            side = [point for point in tried if Evaluation(point)(u * sign) > 0][:POINTS]
            if not side:
                return []
            near += side
    return near


def _turning_points(formula: Any) -> set:
    """The u whose sign decides: of |u|, max(u, 0), min(u, 0), sign u, and of cases by u < 0."""
    s = sympy()
    found = {part.args[0] for part in formula.atoms(s.Abs, s.sign, s.Heaviside)}
    for part in formula.atoms(s.Max, s.Min):
        if len(part.args) == 2 and 0 in part.args:
            found.add(next(a for a in part.args if a != 0))
    found |= {piece.lhs - piece.rhs for piece in formula.atoms(s.core.relational.Relational)}
    return {-u if u.could_extract_minus_sign() else u for u in found if u.free_symbols}


def _with(formula: Any, u: Any, side: Any) -> Any:
    return formula.xreplace({u: side, -u: -side}) if u.args else formula.xreplace({u: side})
