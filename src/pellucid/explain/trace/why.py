"""Why a number is what it is: the ways that led to it, factor by factor."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...tensor import OpError, PlaceError, Tensor
from . import documents
from .as_json import named, word_of
from .factors import Factors
from .graphs import OfGradient, OfValue
from .places import line_number
from .recorder import Call, Update
from .ways import Way, strongest

if TYPE_CHECKING:
    from .recording import Trace


@dataclass(frozen=True)
class Source:
    """An element that a number came from, with its ways there."""

    name: str                                                    # "x[0, 1]"
    value: float
    derivative: float                                            # d(the number) / d(this), over all ways
    ways: list[Way]

    @property
    def effect(self) -> float:
        """How far it moved the number: derivative times value."""
        return self.derivative * self.value


@dataclass(repr=False)
class Explanation:
    """The answer to `why`: as text when it is printed, as numbers in its fields."""

    name: str                                                    # "0.weight.grad[1, 0]"
    value: float
    kind: str                                                    # "value" or "gradient"
    sources: list[Source] = field(default_factory=list)          # of a value: what moved it most
    ways: list[Way] = field(default_factory=list)                # of a gradient: the strongest
    recomputed: float | None = None                              # of a gradient: all ways together
    text: str = ""

    @property
    def explained(self) -> float:
        """What the ways shown are worth together."""
        return sum(way.product for way in self.ways or [w for s in self.sources for w in s.ways])

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def explain(trace: Trace, tensor: Any, index: Any, paths: int) -> Explanation:
    """See Trace.why."""
    if not (isinstance(paths, int) and paths >= 1):
        raise OpError(f"why: paths must be a whole number from 1, got {paths!r}")
    asked = _Question(trace, tensor, index)
    return asked.gradient(paths) if asked.is_gradient else asked.number(paths)


class _Question:
    """One element of one recorded value."""

    def __init__(self, trace: Trace, tensor: Any, index: Any) -> None:
        self.recorder = trace.recorder
        if trace.answered is None or trace.answered[0] != len(self.recorder.events):
            words, found = named(trace)
            factors = Factors(self.recorder, [name for name, _ in found])
            trace.answered = len(self.recorder.events), words, found, factors
        _, self.words, found, self.factors = trace.answered
        self.names = self.factors.names
        self.value = self._find(tensor)
        self.shape = self.recorder.memory.value(self.value).shape
        self.place = self._place(index)
        role = found[self.value][1]
        self.is_gradient = role == "gradient" and self.recorder.memory.value(self.value).of is not None

    def _find(self, tensor: Any) -> int:
        """The number of the value that is asked about."""
        if isinstance(tensor, str):
            for number in range(len(self.names) - 1, -1, -1):
                if self.names[number] == tensor:
                    return number
            if tensor == "loss" and self.recorder.loss >= 0:     # where backward began
                return self.recorder.loss
            raise OpError(f"why: no value is called {tensor!r}; among those recorded are "
                          f"{', '.join(dict.fromkeys(self.names[:12]))}")
        if not isinstance(tensor, Tensor):
            raise TypeError(f"why: expected a tensor or the name of a value, got {type(tensor).__name__}"
                            + (" (has backward run?)" if tensor is None else ""))
        memory = self.recorder.memory
        number = memory.known(tensor._data)
        if number < 0 and tensor._base is not None:
            number = memory.sharing(tensor._data)
        if number < 0:
            changed = memory.before(tensor._data) >= 0
            raise OpError(f"why: this tensor of shape {tuple(tensor.shape)} " + (
                "was changed since it was recorded" if changed else
                "was not recorded: no op in the trace made it or took it"))
        return number

    def _place(self, index: Any) -> int:
        """The element as a number from 0, in row-major order."""
        name, shape = self.names[self.value], self.shape
        if index is None:
            if int(np.prod(shape)) != 1:
                raise PlaceError(f"why: {name} has shape {shape}; say which element, as index="
                                 f"{tuple(0 for _ in shape)}")
            return 0
        wanted = tuple(index) if isinstance(index, (tuple, list)) else (index,)
        if not all(isinstance(i, (int, np.integer)) for i in wanted):
            raise TypeError(f"why: index must be a whole number for each dimension, got {index!r}")
        if len(wanted) != len(shape) or not all(-n <= i < n for i, n in zip(wanted, shape, strict=True)):
            raise PlaceError(f"why: {name} has shape {shape}, there is no element {index!r}")
        return int(np.ravel_multi_index([i % n for i, n in zip(wanted, shape, strict=True)], shape)) \
            if shape else 0

    def called(self, value: int, place: int) -> str:
        """An element's name: weight[1, 0]."""
        shape = self.recorder.memory.value(value).shape
        indices = [str(int(i)) for i in np.unravel_index(place, shape)] if shape else []
        return self.names[value] + (f"[{', '.join(indices)}]" if indices else "")

    def at(self, value: int, place: int) -> float:
        return float(self.factors.array(value).reshape(-1)[place])

    # A value

    def number(self, paths: int) -> Explanation:
        """What a result was made of."""
        makers = {v: step for step, event in enumerate(self.recorder.events) if isinstance(event, Call)
                  for v in event.outputs}
        made = Explanation(self.called(self.value, self.place), self.at(self.value, self.place), "value")
        head = f"{made.name} = {made.value:.6g}"
        if self.value not in makers:
            made.text = f"{head}: {self._unmade()}"
            return made
        if self.factors.array(self.value).dtype.kind != "f":
            made.text = f"{head}: made by {self.words[makers[self.value]]}, which has no derivative"
            return made
        graph = OfValue(self.factors, makers, self.value, self.place)
        for value, place in self._strongest_sources(graph, paths):
            slope = float(graph.slopes[value].reshape(-1)[place])
            made.sources.append(Source(self.called(value, place), self.at(value, place), slope,
                                       strongest(graph, (value, place), 1)))
        lines = [f"{head}: of what went in, these moved it most (derivative times value)"]
        for source in made.sources:
            way = source.ways[0] if source.ways else Way(product=0.0)
            lines += ["", f"{source.name} = {source.value:.6g} moved it by {source.effect:.4g}: derivative "
                      f"{source.derivative:.6g}" + _share(way.product, source.derivative)]
            lines += self._chain(way)
        made.text = "\n".join(lines if made.sources else [f"{head}: no input has a derivative"])
        return made

    def _strongest_sources(self, graph: OfValue, wanted: int) -> list[tuple[int, int]]:
        found = []
        for value in graph.sources:
            slopes = graph.slopes[value].reshape(-1).astype(np.float64)
            effects = np.abs(slopes * self.factors.array(value).reshape(-1)) + 1e-30 * np.abs(slopes)
            for place in np.argsort(-effects, kind="stable")[:wanted]:
                if effects[place] > 0:
                    found.append((float(effects[place]), value, int(place)))
        return [(value, place) for _, value, place in sorted(found, key=lambda each: -each[0])[:wanted]]

    def _unmade(self) -> str:
        for step, event in enumerate(self.recorder.events):
            if isinstance(event, Update) and event.after == self.value:
                before, change = self.at(event.parameter, self.place), self.at(event.change, self.place)
                return (f"step {step}, {word_of(event.what)}, made it of {before:.6g} by adding {change:.6g}"
                        + (f"; the gradient was {self.at(event.gradient, self.place):.6g}"
                           if event.gradient >= 0 else ""))
        role = self.recorder.memory.value(self.value).role or "value"
        return f"no recorded step made it, it is the {role} {self.names[self.value]}"

    # A gradient

    def gradient(self, paths: int) -> Explanation:
        """The chain rule, factor by factor."""
        value = self.recorder.memory.value(self.value)
        assert value.of is not None
        made = Explanation(self.called(self.value, self.place), self.at(self.value, self.place), "gradient")
        graph = OfGradient(self.factors)
        start = (self.value, value.of, self.place, len(self.recorder.events))
        made.ways = strongest(graph, start, paths)
        made.recomputed = graph.together(start)
        lines = [f"{made.name} = {made.value:.6g}: the sum, over all ways from "
                 f"{self.called(value.of, self.place)} to the end, of the product of the local derivatives"]
        for i, way in enumerate(made.ways):
            lines += ["", f"way {i + 1}: {way.product:.6g}" + _share(way.product, made.value)]
            lines += self._chain(way)
        if len({way.product > 0 for way in made.ways}) > 1:
            lines += ["", "Ways of opposite sign cancel, so one can be more than the whole."]
        lines += ["", f"these {len(made.ways)} ways: {made.explained:.6g}"
                  + _share(made.explained, made.value) if len(made.ways) != 1 else
                  f"this way: {made.explained:.6g}" + _share(made.explained, made.value),
                  f"all ways, computed again: {made.recomputed:.6g}; recorded: {made.value:.6g}; difference: "
                  f"{abs(made.recomputed - made.value):.2g}"]
        made.text = "\n".join(lines)
        return made

    def _chain(self, way: Way) -> Sequence[str]:
        """A line for each factor, from the end of the way to its beginning, as the chain rule is written."""
        rows = []
        for link in reversed(way.links):
            event: Call = self.recorder.events[link.step]
            page = documents.of(event.what)
            above = self.called(link.output, link.output_place)
            below = self.called(link.input, link.input_place)
            formula = next((line for line in page.formula if line.startswith("y")), page.sentence)
            rows.append((f"d {above} / d {below}", f"{link.factor:.6g}", formula, self._where(event)))
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
        lines = [f"  {'x' if i else ' '} {a:<{widths[0]}}  = {b:<{widths[1]}}  {c:<{widths[2]}}  {d}".rstrip()
                 for i, (a, b, c, d) in enumerate(rows)]
        if way.end != 1.0:
            lines.append(f"  {'x' if rows else ' '} {way.end:.6g}, the gradient that the record begins with")
        return [*lines, f"    = {way.product:.6g}"]

    def _where(self, event: Call) -> str:
        """The module and the line of a step."""
        place = self.recorder.names.places[event.module] if event.module >= 0 else None
        module = "" if place is None else place.path or type(place.module).__name__
        if event.code is None:
            return module
        line = f"{os.path.basename(event.code.co_filename)}:{line_number(event.code, event.offset)}"
        return ", ".join(filter(None, (module, line)))


def _share(part: float, whole: float) -> str:
    """How much of the whole a part is, in words."""
    if whole == 0 or not np.isfinite(part / whole):
        return ""
    return f", {100 * part / whole:.4g} % of the whole"
