"""Formulas for the bodies that are made of bits, or that approximate a function by sums."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...op import REGISTRY
from .array import decisions, symbolic
from .exact import sympy


@functools.cache
def stand_ins() -> dict[str, Callable]:
    """The name of an op -> a body that is its formula, with the op's arguments."""
    s = sympy()
    root = s.sqrt(2)
    by_element = {
        "erf": s.erf, "erfc": s.erfc, "erfinv": s.erfinv, "digamma": s.digamma,
        "lgamma": lambda x: s.log(s.Abs(s.gamma(x))), "normal_cdf": lambda x: (1 + s.erf(x / root)) / 2,
        "i0": lambda x: s.besseli(0, x), "i1": lambda x: s.besseli(1, x)}
    whole = {"keep": _keep, "cast": lambda x, dtype: (x.astype(dtype), (x.dtype,)), "rms_norm": _rms_norm,
             "trigamma_and_beyond": lambda x, n: _each(lambda v: s.polygamma(n, v))(x),
             "winning_place": _winning_place}
    return {**whole, **{name: _each(function) for name, function in by_element.items()}}


def _keep(x: Any, mask: Any) -> tuple:
    """y = x where mask, else 0: the body clears bits."""
    return np.where(mask, symbolic(x), 0), ()


def _each(function: Callable) -> Callable:
    def body(x: Any) -> tuple:
        return symbolic(np.frompyfunc(function, 1, 1)(np.asarray(x))), ()
    return body


def _rms_norm(x: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> tuple:
    """The body asks the dtype for its eps."""
    eps = float(np.finfo(np.float64).eps) if eps is None else eps
    return REGISTRY["rms_norm"].body(x, normalized_shape, weight, eps)


def _winning_place(x: Any, y: Any, **how: Any) -> tuple:
    """Places are counted by bits; they are those at the point."""
    decisions.note(sympy().Symbol("the order of the elements"))
    return REGISTRY["winning_place"].body(decisions.numbers(x), decisions.numbers(y), **how)
