"""Two models side by side: the first module at which they part."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...nn import Module
from ...nn.undisturbed import arrays_in, hooked, undisturbed
from ...ops import tensor


@dataclass(frozen=True)
class Step:
    """One call of a module that both models have, and by how much its outputs differ."""

    path: str                                                    # "" for the whole model
    call: int                                                    # 0 for the first call of this module
    kinds: tuple[str, str]                                       # the classes of the two
    shapes: tuple[tuple, tuple]                                  # of the outputs
    difference: float                                            # the largest, inf where shapes differ
    relative: float                                              # it, over the largest value of the first
    input_difference: float                                      # the same of what the two were given
    differs: bool

    def __str__(self) -> str:
        name = self.path or "the whole model"
        kinds = self.kinds[0] if self.kinds[0] == self.kinds[1] else " and ".join(self.kinds)
        call = f", call {self.call + 1}" if self.call else ""
        if self.shapes[0] != self.shapes[1]:
            return f"{name} ({kinds}{call}): outputs of shapes {self.shapes[0]} and {self.shapes[1]}"
        return (f"{name} ({kinds}{call}): outputs differ by up to {self.difference:.3g} "
                f"({self.relative:.2g} of the largest)")


@dataclass(frozen=True, repr=False)
class Comparison:
    """The outcome of `compare`: true where the models agree, else the first step at which they differ."""

    steps: tuple[Step, ...]                                      # as the first model finished them
    first: Step | None
    parameters: tuple[str, ...]                                  # in that module, those that differ
    only_one_has: tuple[str, ...]                                # paths that the other model did not call

    def __bool__(self) -> bool:
        return self.first is None

    def __repr__(self) -> str:
        lines = [f"compare: {len(self.steps)} steps, "
                 + ("all agree" if self else "the first that differs:")]
        if self.first is not None:
            given = self.first.input_difference
            lines += [f"  {self.first}", f"  what it was given differs by up to {given:.3g}"]
            lines += [f"  {text}" for text in self.parameters]
        if self.only_one_has:
            lines.append(f"  called in one model only: {', '.join(self.only_one_has)}")
        return "\n".join(lines)


def compare(model_a: Any, model_b: Any, x: Any, *, rtol: float = 1e-4, atol: float = 1e-5) -> Comparison:
    """Run two models on the same input and find the first module whose outputs differ.

        |a - b| <= atol + rtol |b|       for every entry of every output of every module
    One of them, or both, may be a PyTorch model. Modules are matched by their path and the number of the
    call; the order is that in which the first model finishes them, so inner ones come before those they lie
    in. Where the module that differs is given the same, the cause lies in itself: its parameters that differ
    are named. If no inner module differs and the whole does, it lies in the model's own forward.

    x: a tensor or an array, or a tuple of them for several inputs; each model gets its own kind.
    Both run in evaluation mode and without gradients; afterwards modes and random states are as before.
    Raises:  TypeError for what is no model.

    >>> from pellucid import nn
    >>> one, other = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    >>> _ = other.load_state_dict(one.state_dict())
    >>> compare(one, other, ones(1, 2))
    compare: 3 steps, all agree
    >>> other[0].bias.data += 1
    >>> compare(one, other, ones(1, 2)).first.path
    '0'
    """
    for name, model in (("model_a", model_a), ("model_b", model_b)):
        if not hasattr(model, "named_modules"):
            raise TypeError(f"compare: {name} must be a Module of Pellucid or PyTorch, got "
                            f"{type(model).__name__}")
    calls_a, calls_b = (_calls(model, x) for model in (model_a, model_b))
    steps = tuple(_step(key, calls_a[key], calls_b[key], rtol, atol) for key in calls_a if key in calls_b)
    first = next((step for step in steps if step.differs), None)
    only = sorted({path for path, _ in calls_a.keys() ^ calls_b.keys()})
    return Comparison(steps, first, _parameters(model_a, model_b, first, rtol, atol) if first else (),
                      tuple(only))


def _calls(model: Any, x: Any) -> dict[tuple[str, int], tuple]:
    """Of each call, by path and number: the class, what came in and what came out, as arrays."""
    paths = {id(module): path for path, module in model.named_modules()}
    found: dict[tuple[str, int], tuple] = {}
    count: Counter = Counter()
    given = []

    def before(module: Any, args: tuple) -> None:
        given.append((module, [np.array(a) for a in arrays_in(args)]))

    def after(module: Any, _args: tuple, output: Any) -> None:
        entered, inputs = given.pop()
        while entered is not module:                             # one that raised, and was caught above
            entered, inputs = given.pop()
        path = paths[id(module)]
        outputs = [np.array(a) for a in arrays_in(output)]
        found[path, count[path]] = type(module).__name__, inputs, outputs
        count[path] += 1

    with undisturbed(model), hooked(list(model.modules()), before, after):
        model(*(_for(model, value) for value in (x if isinstance(x, tuple) else (x,))))
    return found


def _for(model: Any, value: Any) -> Any:
    """An input as a tensor of the model's own library, a copy."""
    arrays = arrays_in(value)
    array = np.array(arrays[0] if arrays else tensor(value)._data if isinstance(value, list) else value)
    if isinstance(model, Module):
        return tensor(array)
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise TypeError(f"compare: expected a Module of Pellucid or PyTorch, got {type(model).__name__}")
    return torch.from_numpy(array)


def _step(key: tuple[str, int], a: tuple, b: tuple, rtol: float, atol: float) -> Step:
    """What two calls of one module have in common."""
    shapes = tuple(array.shape for array in a[2]), tuple(array.shape for array in b[2])
    difference, differs = _distance(a[2], b[2], rtol, atol)
    largest = max((float(np.max(np.abs(array), initial=0)) for array in a[2]), default=0.0)
    return Step(*key, (a[0], b[0]), shapes, difference, difference / largest if largest else difference,
                _distance(a[1], b[1], rtol, atol)[0], differs)


def _distance(a: list, b: list, rtol: float, atol: float) -> tuple[float, bool]:
    """The largest difference of two lists of arrays, and whether it is more than rounding."""
    if [array.shape for array in a] != [array.shape for array in b]:
        return float("inf"), True
    largest, differs = 0.0, False
    for one, other in zip(a, b, strict=True):
        one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        largest = max(largest, float(np.max(np.where(same, 0, np.abs(one - other)), initial=0)))
        differs = differs or not np.allclose(one, other, rtol, atol, equal_nan=True)
    return largest, differs


def _parameters(model_a: Any, model_b: Any, first: Step, rtol: float, atol: float) -> tuple[str, ...]:
    """The parameters and buffers in the first module that differs, so far as they differ themselves."""
    states = [dict(model.named_modules())[first.path].state_dict() for model in (model_a, model_b)]
    texts = []
    for name in [*states[0], *(name for name in states[1] if name not in states[0])]:
        values = [arrays_in(state[name]) if name in state else None for state in states]
        if values[0] is None or values[1] is None:
            texts.append(f"{name} is in one of the two only")
            continue
        difference, differs = _distance(values[0], values[1], rtol, atol)
        if differs:
            texts.append(f"its {name} differs by up to {difference:.3g}")
    return tuple(texts)
