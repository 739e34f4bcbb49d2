"""The two graphs that ways are searched in: what a value came from, and what a gradient came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from .as_json import input_names
from .factors import Factors
from .recorder import Call, Pull
from .ways import Link, largest


class OfValue:
    """The steps that led to one element of a value, with its derivative by everything before it.

    A state is (value, place). The derivatives come from the rules, called on the recorded inputs.
    """

    def __init__(self, factors: Factors, makers: dict[int, int], value: int, place: int) -> None:
        self.factors, self.end = factors, (value, place)
        self.slopes: dict[int, np.ndarray] = {}                  # d(the element) / d(value)
        self.users: dict[int, list[tuple[int, int]]] = defaultdict(list)     # value -> (step, position)
        self.sources: list[int] = []                             # values that no step made
        self._sweep(makers, value, place)

    def _sweep(self, makers: dict[int, int], value: int, place: int) -> None:
        """Reverse through the steps, the last first."""
        events = self.factors.recorder.events
        first = np.zeros_like(self.factors.array(value))
        first.reshape(-1)[place] = 1
        self.slopes[value] = first
        waiting, done = {value}, set()
        while waiting:
            last = max(waiting, key=lambda v: makers.get(v, -1))
            waiting.discard(last)
            step = makers.get(last)
            if step is None:
                self.sources.append(last)
                continue
            if step in done:
                continue
            done.add(step)
            event: Call = events[step]
            grads = self.factors.pull(step, [self.slopes.get(v) for v in event.outputs])
            for position, (entry, grad) in enumerate(zip(event.inputs, grads, strict=True)):
                if grad is not None:
                    self.slopes[entry] = self.slopes[entry] + grad if entry in self.slopes else grad
                    self.users[entry].append((step, position))
                    waiting.add(entry)

    def worth(self, state: tuple) -> float | None:
        return 1.0 if state == self.end else None

    def onwards(self, state: tuple) -> Iterator[tuple[Link | None, Any, float]]:
        value, place = state
        events = self.factors.recorder.events
        for step, position in self.users[value]:
            columns = self.factors.column(step, position, place)
            for output, column in zip(events[step].outputs, columns, strict=True):
                if column is not None and output in self.slopes:
                    for link, k in _links(events, step, position, place, output, column, self.slopes[output]):
                        yield link, (output, k), float(self.slopes[output].reshape(-1)[k])


class OfGradient:
    """The rules that led to one element of a gradient.

    A state is (gradient, value, place, before): the gradient of that value, by rules that ran before. The
    same array may be the gradient of several values, where a rule hands on what it was given.
    """

    def __init__(self, factors: Factors) -> None:
        self.factors = factors
        self.makers: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for number, event in enumerate(factors.recorder.events):
            if isinstance(event, Pull) and event.of >= 0:
                inputs = factors.recorder.events[event.of].inputs
                for position, gradient in enumerate(event.gradients):
                    if gradient >= 0:
                        self.makers[gradient, inputs[position]].append((number, position))

    def worth(self, state: tuple) -> float | None:
        gradient, _, place, _ = state
        if self._parts(state) or self._made(state):
            return None
        return float(self.factors.array(gradient).reshape(-1)[place])

    def _parts(self, state: tuple) -> list[int]:
        gradient, value, _, before = state
        parts = self.factors.recorder.memory.value(gradient).parts
        return [] if parts is None or self._made(state) else parts

    def _part(self, part: int, state: tuple) -> tuple:
        """A part of a sum as a state. An earlier .grad may be that of the parameter before an update."""
        of = self.factors.recorder.memory.value(part).of
        value = state[1] if of is None or (part, state[1]) in self.makers else of
        return part, value, *state[2:]

    def _made(self, state: tuple) -> list[tuple[int, int]]:
        gradient, value, _, before = state
        return [each for each in self.makers.get((gradient, value), ()) if each[0] < before]

    def onwards(self, state: tuple) -> Iterator[tuple[Link | None, Any, float]]:
        gradient, value, place, before = state
        parts = self._parts(state)
        for i, part in enumerate(parts):
            again = self._part(part, state)
            made = self._made(again)
            if parts.count(part) > 1 and made:                   # add(x, x): one array, two ways
                yield from self._through(made[parts[:i].count(part) % len(made)], place)
            else:
                yield None, again, float(self.factors.array(part).reshape(-1)[place])
        made = self._made(state)
        if made and not parts:
            yield from self._through(made[-1], place)

    def _through(self, maker: tuple[int, int], place: int) -> Iterator[tuple[Link | None, Any, float]]:
        number, position = maker
        events = self.factors.recorder.events
        pull: Pull = events[number]
        columns = self.factors.column(pull.of, position, place)
        for output, gradient, column in zip(events[pull.of].outputs, pull.arrived, columns, strict=True):
            if column is None or gradient < 0:
                continue
            slopes = self.factors.array(gradient)
            for link, k in _links(events, pull.of, position, place, output, column, slopes):
                yield link, (gradient, output, k, number), float(slopes.reshape(-1)[k])

    def together(self, state: tuple) -> float:
        """What all ways are worth, computed anew from the rules nearest to the state."""
        parts, made, place = self._parts(state), self._made(state), state[2]
        if parts:
            return float(sum(self.together(self._part(part, state)) for part in parts))
        if not made:
            return float(self.factors.array(state[0]).reshape(-1)[place])
        number, position = made[-1]
        pull: Pull = self.factors.recorder.events[number]
        columns = self.factors.column(pull.of, position, place)
        return float(sum(np.sum(column * self.factors.array(gradient), dtype=np.float64)
                         for gradient, column in zip(pull.arrived, columns, strict=True)
                         if column is not None and gradient >= 0))


def _links(events: list, step: int, position: int, place: int, output: int, column: np.ndarray,
           slopes: np.ndarray) -> Iterator[tuple[Link, int]]:
    """The links from an element of an input to the elements of an output that matter most."""
    event: Call = events[step]
    for k in largest(column * slopes):
        yield Link(step, output, k, event.inputs[position], input_names(event)[position], place,
                   float(column.reshape(-1)[k])), k
