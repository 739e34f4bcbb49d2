"""gradcheck with a report: not only that a gradient is wrong, but where, by how much, and why it may be."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd.gradcheck import GradcheckError, _Check
from ...autograd.gradcheck import gradcheck as agrees
from ...tensor import OpError, Tensor
from .causes import Slopes, finding, wrong_shape
from .report import Finding, Report


class WrongGradient(GradcheckError):
    """A gradient differs from the differences; `report` has the findings."""

    def __init__(self, report: Report) -> None:
        super().__init__(repr(report))
        self.report = report


def gradcheck(fn: Callable, inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
              raise_exception: bool = True, **options: Any) -> Report:
    """Compare the gradients of a function with differences, and explain what is wrong where they differ.

        |analytic - numeric| <= atol + rtol |numeric|       numeric = (f(x + eps) - f(x - eps)) / (2 eps)
    It is pellucid.autograd.gradcheck, with its arguments and options; where that fails, every slope of every
    output is looked at for the marks of the usual mistakes: a factor, a sign, a missing transpose, a
    forgotten sum over repeated axes, a wrong branch, no gradient at all.

    Returns a Report, true where all agree. A cause is likely, not certain: in a small example several fit.

    Raises:  WrongGradient (a GradcheckError) with the report, unless raise_exception=False; TypeError for
             what is no function or no tensor.
    Differs: PyTorch's returns True or False; a Report stands for either in an if.
    >>> class Double(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return -2 * g
    >>> gradcheck(Double.apply, tensor([3.0], dtype=float64, requires_grad=True), raise_exception=False)
    gradcheck: a gradient is wrong
    the gradient of input 0: 1 of 1 slopes are wrong
        output entry     input entry        analytic         numeric
                (0,)            (0,)              -2               2
      likely cause (sign): every entry has the opposite sign: a minus is forgotten, or one too many
    """
    if not callable(fn):
        raise TypeError(f"gradcheck: fn must be a function of tensors, got {type(fn).__name__}")
    if isinstance(inputs, np.ndarray):
        raise TypeError("gradcheck: inputs must be a tensor or a tuple of them, got an array; "
                        "tensor(x, requires_grad=True) makes one")
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    try:
        agrees(fn, given, eps=eps, atol=atol, rtol=rtol, **options)
        return Report(True, "gradcheck: every gradient agrees with the differences")
    except GradcheckError as error:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")                      # float32 was warned of already
            found = _findings(_Check(fn, given, eps, atol, rtol), _names(fn, given), str(error))
    except OpError as error:
        found = _of_wrong_shape(str(error), _names(fn, given))
        if not found:
            raise
    report = Report(False, "gradcheck: a gradient is wrong", tuple(found))
    if raise_exception:
        raise WrongGradient(report)
    return report


def _findings(check: _Check, names: list[str], message: str) -> list[Finding]:
    """What is wrong with each input's gradient of each output."""
    tables = [check.jacobian(k) for k in range(len(check.outputs))]
    try:
        if all(np.isfinite(slope).all() for table in tables for slope in table):
            check.zero_gives_zero()
    except GradcheckError as error:
        return [Finding("the function", 0, "linear", f"{error}".removeprefix("gradcheck: "))]
    found = []
    for k, y in enumerate(check.outputs):
        for i, slope in zip(check.chosen, tables[k], strict=True):
            x, out = check.given[i]._data, y._data.shape
            numeric = np.zeros((*out, *x.shape))
            for place, difference in check.differences(i, check.places[k]):
                here: tuple = (..., *place)
                numeric[here] = difference
            slopes = Slopes(x, slope, numeric, check.atol, check.rtol, _both_sides(check, i, k))
            one = finding(names[i], check.places[k], slopes)
            found += [one] if one else []
    return found or [Finding("the function", 0, "unknown", message.removeprefix("gradcheck: "))]


def _both_sides(check: _Check, i: int, k: int) -> Callable:
    """The slopes of output k to the left and to the right of an entry of input i."""
    def sides(place: tuple) -> tuple[np.ndarray, np.ndarray]:
        x, near = check.given[i]._data, []
        for step in (-check.eps, 0.0, check.eps):
            moved = np.array(x)
            moved[place] += step
            near.append(check.at(i, moved, check.places[k]))
        return (near[1] - near[0]) / check.eps, (near[2] - near[1]) / check.eps
    return sides


def _names(fn: Callable, given: tuple) -> list[str]:
    """`input 0 (x)`, with the function's own names where they can be asked for."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [f"input {i} ({plain[i]})" if i < len(plain) else f"input {i}" for i in range(len(given))]


def _of_wrong_shape(message: str, names: list[str]) -> list[Finding]:
    """What the engine's refusal of a gradient of another shape tells; nothing for other errors."""
    said = re.search(r"gradient (\d+) has shape \(([\d, ]*)\), its input \(([\d, ]*)\)", message)
    if not said:
        return []
    found, wanted = (tuple(int(n) for n in re.findall(r"\d+", said[i])) for i in (2, 3))
    i = int(said[1])
    return [Finding(names[i] if i < len(names) else f"input {i}", 0, *wrong_shape(found, wanted))]
