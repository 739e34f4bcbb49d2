"""check_backward: is the backward that you wrote for an op right, and if not, where does it go wrong?"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd import Function, grad
from ...engine import unbroadcast
from ...tensor import OpError, Tensor, wrap
from .causes import wrong_shape
from .examples import Subject, examples, first_output, subjects
from .gradients import WrongGradient, gradcheck
from .report import Finding, Report

BROKEN = {"error", "count", "shape"}                             # of the function itself, not of its numbers
RESULT = ("y", "out", "output", "result")                        # names under which the result is asked for


class _Mistake(Exception):
    """A backward that cannot be compared: it raised, or returned what is no gradient."""

    def __init__(self, cause: str, words: str, name: str = "the inputs") -> None:
        super().__init__(words)
        self.cause, self.name = cause, name


def check_backward(op_name: str, my_backward: Callable, *, raise_exception: bool = False) -> Report:
    """Check a backward written by hand for an op, a function or a layer of Pellucid, from small to large.

        my_backward(g, *inputs) -> dL/d(input) for each input        g = dL/dy
    It sees Tensors, and may return Tensors or NumPy arrays. Parameters after g are filled by their names: an
    input's name gives the input, `y` the result, a setting's name (dim, eps, stride) the setting; others get
    the inputs in their order. Labels and indices need no gradient: leave theirs out, or return None.

    Every slope is compared with differences on growing examples of small whole numbers. The report has the
    first example on which one is wrong, with the right values, and the likely cause, judged by the largest.

    op_name: "sigmoid", "matmul", "softmax", "cross_entropy", "Linear", "LayerNorm", "Conv2d", ...
    Raises:  ValueError for a name that is unknown, TypeError for what is no function or asks for names that
             do not exist; WrongGradient for a wrong gradient if raise_exception.
    >>> check_backward("sigmoid", lambda g, y: g * y * (1 - y))
    check_backward: sigmoid: every gradient is right, on 39 examples
    >>> check_backward("sigmoid", lambda g, y: g * y * (y - 1)).findings[0].cause
    'sign'
    """
    if not isinstance(op_name, str):
        kind = getattr(op_name, "__name__", type(op_name).__name__)
        raise TypeError(f"check_backward: op_name must be a name, got {kind} itself; try "
                        f"check_backward({kind!r}, my_backward)")
    if not callable(my_backward):
        raise TypeError("check_backward: my_backward must be a function (g, *inputs) -> gradients, got "
                        f"{type(my_backward).__name__}")
    count, wrong = 0, []
    for subject in subjects(op_name):
        fill = _filler(subject, my_backward)
        for inputs in examples(subject):
            count += 1
            found = _on_one(subject, inputs, fill)
            wrong += [(subject, inputs, found)] if found else []
            if found and found[0].cause in BROKEN:
                break
        if wrong:
            report = _report(wrong, fill)
            if raise_exception:
                raise WrongGradient(report)
            return report
    if not count:
        raise ValueError(f"check_backward: there is no example for {op_name!r}")
    return Report(True, f"check_backward: {op_name}: every gradient is right, on {count} examples")


def _report(wrong: list[tuple], fill: Callable) -> Report:
    """The smallest example that fails, and what the largest of them tells of the cause."""
    subject, inputs, found = wrong[0]
    lines = [f"check_backward: {subject.name}: your backward is wrong; the smallest example on which it "
             "shows:", _example(subject, inputs, fill)]
    if len(wrong) > 1 and found[0].cause not in BROKEN:
        _, larger, found = max(wrong, key=_telling)
        shapes = ", ".join(f"{name} {tuple(x.shape)}" for name, x in zip(subject.inputs, larger, strict=True)
                           if isinstance(x, Tensor))
        lines.append(f"and on a larger one, with {shapes}:")
    return Report(False, "\n".join(lines), found)


def _telling(failed: tuple) -> tuple:
    """How much a failed example says about the cause: a mistake that has a name, then its size."""
    _, inputs, found = failed
    size = sum(x._data.size for x in inputs if isinstance(x, Tensor))
    return found[0].cause not in BROKEN, found[0].cause not in ("unknown", "missing"), size


def _filler(subject: Subject, backward: Callable) -> Callable:
    """A function that calls the backward with what its parameters ask for."""
    names = list(subject.inputs)
    try:
        parameters = list(inspect.signature(backward).parameters.values())
    except (TypeError, ValueError):
        return lambda g, inputs, y: backward(g, *inputs)
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    star = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if not positional and not star:
        raise TypeError("check_backward: my_backward must take g, the gradient of the result, first: "
                        f"def my_backward(g, {', '.join(names)})")
    plan = _planned(subject, positional[1:], names)
    by_keyword = {p.name: _asked(subject, p.name, names) for p in parameters if p.kind is p.KEYWORD_ONLY
                  and (p.default is p.empty or _known(subject, p.name, names))}

    def fill(g: Tensor, inputs: list, y: Tensor) -> Any:
        values = {**dict(zip(names, inputs, strict=True)), "the result": y, **subject.params}
        if not positional:
            return backward(g, *inputs)
        rest = [values[name] for name in names if name not in plan] if star else []
        return backward(g, *(values[key] for key in plan), *rest,
                        **{name: values[key] for name, key in by_keyword.items()})
    return fill


def _known(subject: Subject, name: str, names: list[str]) -> bool:
    return name in names or name in RESULT or name in subject.params


def _asked(subject: Subject, name: str, names: list[str]) -> str:
    """What a parameter's name stands for.

    Raises:  TypeError for one that stands for nothing.
    """
    if not _known(subject, name, names):
        settings = f", the settings {', '.join(subject.params)}" if subject.params else ""
        raise TypeError(f"check_backward: my_backward asks for {name!r}; {subject.name} has the inputs "
                        f"{', '.join(names)}{settings}, and y is its result")
    return name if name in names or name in subject.params else "the result"


def _planned(subject: Subject, parameters: list, names: list[str]) -> list[str]:
    """For each positional parameter after g, what it gets: by its name, else the next input."""
    taken = {p.name for p in parameters if p.name in names}
    left = [name for name in names if name not in taken]
    plan = []
    for p in parameters:
        if _known(subject, p.name, names):
            plan.append(_asked(subject, p.name, names))
        elif left:
            plan.append(left.pop(0))
        elif p.default is p.empty:
            _asked(subject, p.name, names)
    return plan


def _on_one(subject: Subject, inputs: list, fill: Callable) -> tuple[Finding, ...]:
    """What is wrong on one example."""
    chosen = subject.chosen(inputs)
    try:
        learner = _as_function(subject, inputs, chosen, fill)
        return gradcheck(learner, [inputs[i] for i in chosen], raise_exception=False).findings
    except _Mistake as mistake:
        return (Finding(mistake.name, 0, mistake.cause, str(mistake)),)


def _as_function(subject: Subject, inputs: list, chosen: list[int], fill: Callable) -> Callable:
    """The op with the learner's backward, as a function of the inputs that have gradients."""
    names = list(subject.inputs)

    class Learner(Function):
        @staticmethod
        def forward(ctx: Any, *given: Tensor) -> Any:
            everything = list(inputs)
            for i, value in zip(chosen, given, strict=True):
                everything[i] = value
            y = first_output(subject.call(*everything, **subject.params))
            ctx.everything, ctx.y = [x.detach() if isinstance(x, Tensor) else x for x in everything], y
            return y

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Any:
            return _gradients(subject, fill, g, ctx.everything, ctx.y.detach(), chosen)

    def call(*given: Tensor) -> Any:
        return Learner.apply(*given)
    call.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(names[i], inspect.Parameter.POSITIONAL_OR_KEYWORD) for i in chosen])
    return call


def _gradients(subject: Subject, fill: Callable, g: Tensor, inputs: list, y: Tensor,
               chosen: list[int]) -> tuple:
    """What the learner's backward returns, one Tensor or None for each differentiable input.

    Raises:  _Mistake for what cannot be that.
    """
    try:
        found = fill(g, inputs, y)
    except Exception as error:
        raise _Mistake("error", f"your backward raised {type(error).__name__}: {error}") from error
    names = list(subject.inputs)
    found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
    told = ", ".join(f"d{names[i]}" for i in chosen)
    if len(found) == len(names) and len(found) != len(chosen):   # None for labels and settings, too
        found = tuple(found[i] for i in chosen)
    if len(found) != len(chosen):
        raise _Mistake("count", f"your backward returned {len(found)} gradients, and {len(chosen)} are "
                       f"needed: {told}")
    return tuple(_gradient(value, names[i], inputs[i], subject.broadcasts)
                 for value, i in zip(found, chosen, strict=True))


def _gradient(value: Any, name: str, x: Tensor, broadcasts: bool) -> Tensor | None:
    """One gradient as a Tensor of the input's shape."""
    if value is None:
        return None
    try:
        array = np.array(value.detach()._data if isinstance(value, Tensor) else value, np.float64)
    except (TypeError, ValueError):
        raise _Mistake("shape", f"d{name} is {type(value).__name__}, and a Tensor or an array is needed",
                       name) from None
    if broadcasts and array.ndim >= x._data.ndim:                # for such ops the engine sums
        array = unbroadcast(array, x._data.shape)
    if array.shape != x._data.shape:
        raise _Mistake(*wrong_shape(array.shape, x._data.shape), name)
    return wrap(array)


def _example(subject: Subject, inputs: list, fill: Callable) -> str:
    """The inputs of an example, and for g = 1 everywhere the learner's gradients beside the right ones."""
    names, chosen = list(subject.inputs), subject.chosen(inputs)
    lines = [f"  {name} = {_shown(value)}" for name, value in zip(names, inputs, strict=True)]
    lines += [f"  {name} = {value!r}" for name, value in subject.params.items()]
    y = first_output(subject.call(*inputs, **subject.params))
    assert y is not None                                         # examples has seen to it
    g = wrap(np.ones(y._data.shape))
    right = grad([y], [inputs[i] for i in chosen], [g], allow_unused=True)
    try:
        plain = [x.detach() if isinstance(x, Tensor) else x for x in inputs]
        mine: tuple = _gradients(subject, fill, g, plain, y.detach(), chosen)
    except (_Mistake, OpError):
        mine = ()
    name = "y" if "y" not in names else "result"
    lines.append(f"  {name} = {_shown(y)}; with g = 1 for each of its elements:")
    for k, i in enumerate(chosen):
        yours = f"yours {_shown(mine[k])}, " if mine else ""
        lines.append(f"  d{names[i]}: {yours}right {_shown(right[k])}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """Numbers on one line."""
    if not isinstance(value, Tensor):
        return repr(value)
    return np.array2string(value._data, precision=5, separator=", ", threshold=100, suppress_small=True,
                           max_line_width=10**6).replace("\n", "")
