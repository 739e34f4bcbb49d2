"""The record as JSON: modules, lines, values, steps, the ops' texts and the order of it all."""

from __future__ import annotations

import base64
import datetime
import math
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import version
from ...dtypes import dtype as dtype_class
from ...op import Op
from ...tensor import OpError
from . import documents, order
from .memory import Value, corner
from .places import line_number, text_of
from .recorder import Call, Pull, Update

if TYPE_CHECKING:
    from .recording import Trace

VERSION, LISTED = 1, 64                                          # elements up to which numbers are a list
CODINGS = {"float32": "f4", "float64": "f8", "float16": "f4", "bool": "u1", "uint8": "u1", "int8": "i1",
           "int16": "i2", "int32": "i4", "int64": "i8"}


def as_json(trace: Trace, budget: int | None) -> dict[str, Any]:
    """Everything that was recorded; see Trace.to_json."""
    if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int) or budget < 0):
        raise OpError(f"trace: budget must be a whole number of bytes or None, got {budget!r}")
    events, values = trace.recorder.events, trace.recorder.memory.values
    words, names = named(trace)
    lines = _Lines()
    steps = [_step(number, event, events, values, lines) for number, event in enumerate(events)]
    numbers, left_out = _numbers(values, budget)
    return {"version": VERSION, "title": trace.title, "pellucid": version.__version__,
            "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "cut": cut(trace, left_out), "ops": _ops(events), "modules": _modules(trace),
            "lines": lines.rows, "values": [_value(i, value, names[i], numbers[i])
                                            for i, value in enumerate(values)],
            "steps": steps,
            "order": order.phases(events) | {
                "why": order.explained(events, [name for name, _ in names], words)},
            "loss": None if trace.recorder.loss < 0 else trace.recorder.loss}


def word_of(what: Any) -> str:
    """The name of an op, a Function or an optimiser."""
    return what.name if isinstance(what, Op) else what.__name__


def named(trace: Trace) -> tuple[list[str], list[tuple[str, str]]]:
    """A name for each step ("tanh 3"), and (name, role) for each value."""
    events, values = trace.recorder.events, trace.recorder.memory.values
    counts: Counter = Counter()
    words, found = [], [(value.name, value.role) for value in values]
    of: dict[int, int] = {i: value.of for i, value in enumerate(values) if value.of is not None}
    for event in events:
        counts[phase := order.phase_of(event), event.what] += 1
        words.append(f"{word_of(event.what)} {counts[phase, event.what]}")
        if isinstance(event, Call):
            for entry, name in zip(event.inputs, input_names(event)):  # noqa: B905
                if isinstance(entry, int) and not found[entry][0] and found[entry][1] == "constant":
                    found[entry] = f"{name} of {words[-1]}", "constant"
            for i, number in enumerate(event.outputs):
                name = words[-1] + (f" [{i}]" if len(event.outputs) > 1 else "")
                found[number] = (found[number][0] or name, found[number][1] or "result")
        elif isinstance(event, Update):
            _name_update(event, found)
        elif event.of >= 0:
            forward = events[event.of]
            for gradient, number in [*zip(event.arrived, forward.outputs, strict=True),
                                     *zip(event.gradients, forward.inputs)]:  # noqa: B905
                if gradient >= 0 and isinstance(number, int):
                    of.setdefault(gradient, number)
    for gradient, number in of.items():
        values[gradient].of = number
    for i, (name, role) in enumerate(found):
        if not name or role == "gradient" or i in of and role in ("", "constant"):
            found[i] = _gradient_name(i, of, found)
    for i, value in enumerate(values):
        for part in value.parts or ():
            if found[part][0] == found[i][0] and values[part].role != "gradient":
                found[part] = f"part of {found[i][0]}", "gradient"
    return words, found


def _name_update(event: Update, found: list) -> None:
    name = found[event.parameter][0] or "parameter"
    found[event.after] = name, "parameter"
    found[event.change] = f"change of {name}", "state"
    for key, value in event.state.items():
        found[value] = f"{key} of {name}", "state"


def _gradient_name(number: int, of: dict, found: list) -> tuple[str, str]:
    if number in of:
        name = found[of[number]][0]
        return f"{name}.grad" if found[of[number]][1] == "parameter" else f"d {name}", "gradient"
    return found[number][0] or f"value {number}", found[number][1] or "gradient"


def cut(trace: Trace, left_out: int = 0) -> str | None:
    """What is missing, and why; None where nothing is."""
    recorder, told = trace.recorder, []
    if recorder.missed:
        told.append(f"The first {recorder.limit} steps were recorded; {recorder.missed} further ones were "
                    "not: trace(limit=...) sets how many.")
    if recorder.memory.left_out:
        told.append(f"Of {recorder.memory.left_out} large arrays a summary and a corner were kept: "
                    "trace(keep='all') keeps all numbers.")
    if left_out:
        told.append(f"The numbers of {left_out} arrays are left out here to keep this small: budget=None "
                    "brings them.")
    return " ".join(told) or None


def _ops(events: list) -> dict[str, Any]:
    found = {}
    for what in {event.what: None for event in events}:
        page = documents.of(what)
        found[word_of(what)] = {"sentence": page.sentence, "formula": page.formula,
                                "derivatives": page.derivatives, "where": page.where, "shapes": page.shapes,
                                "source": page.source, "code": page.code}
    return found


def _modules(trace: Trace) -> list[dict[str, Any]]:
    return [{"id": i, "path": place.path, "kind": type(place.module).__name__,
             "text": place.module.extra_repr(), "parent": None if place.parent < 0 else place.parent}
            for i, place in enumerate(trace.recorder.names.places)]


class _Lines:
    """The lines of the user's code, each once."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._numbers: dict[tuple, int] = {}

    def of(self, code: Any, offset: int) -> int | None:
        if code is None:
            return None
        line = line_number(code, offset)
        key = code.co_filename, line, code.co_name
        if key not in self._numbers:
            self._numbers[key] = len(self.rows)
            self.rows.append({"id": len(self.rows), "file": os.path.basename(code.co_filename), "line": line,
                              "text": text_of(code, line), "function": code.co_name})
        return self._numbers[key]


# Values

def _numbers(values: list[Value], budget: int | None) -> tuple[list[dict], int]:
    """The numbers of each value, the small ones first, until the budget is used up."""
    found: list[dict] = [{"data": None, "coding": None, "corner": None} for _ in values]
    left_out = 0
    for i in sorted(range(len(values)), key=lambda i: values[i].nbytes):
        value = values[i]
        if value.data is None:
            told = value.summary()[2]
            found[i]["corner"] = told and told | {"data": [plain(x) for x in told["data"]]}
            continue
        data, coding = coded(value.array)
        size = len(data) if coding else 8 * len(data)
        if budget is not None and size > budget:
            left_out += 1
            small = corner(value.array)
            found[i]["corner"] = small | {"data": [plain(x) for x in small["data"]]}
            continue
        if budget is not None:
            budget -= size
        found[i].update(data=data, coding=coding)
    return found, left_out


def coded(array: np.ndarray) -> tuple[Any, str | None]:
    """Numbers as a list, or as base64 text with the name of its coding."""
    coding = CODINGS.get(array.dtype.name)
    if array.size <= LISTED or coding is None:
        return [plain(x) for x in array.reshape(-1).tolist()], None
    return base64.b64encode(array.astype("<" + coding).tobytes()).decode(), coding


def _value(i: int, value: Value, name: tuple[str, str], numbers: dict) -> dict[str, Any]:
    facts, histogram, _ = value.summary()
    return {"id": i, "name": name[0], "role": name[1], "shape": list(value.shape), "dtype": value.dtype.name,
            **{key: plain(fact) for key, fact in facts.items()}, "histogram": histogram, **numbers,
            "of": value.of, "parts": value.parts}


def plain(value: Any) -> Any:
    """A value as JSON can hold it; numbers that are not finite are words."""
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, (bool, int, str, type(None))):
        return value
    if isinstance(value, complex):
        return {"text": repr(value)}
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, np.ndarray):
        return plain(value.tolist()) if value.size <= 4 * LISTED else {"text": f"array {value.shape}"}
    if isinstance(value, tuple):
        return {"tuple": [plain(part) for part in value]}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, slice):
        return {"slice": [plain(value.start), plain(value.stop), plain(value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, Op):
        return value.name
    if isinstance(value, (np.dtype, dtype_class)):
        return {"dtype": np.dtype(getattr(value, "dtype", value)).name}
    text = repr(value)
    return {"text": text if len(text) < 200 else text[:197] + "..."}


# Steps

def _step(number: int, event: Any, events: list, values: list[Value], lines: _Lines) -> dict[str, Any]:
    told = {"id": number, "phase": order.phase_of(event), "op": word_of(event.what),
            "seconds": event.seconds}
    if isinstance(event, Call):
        return told | _place(event, lines) | {
            "bytes": sum(values[i].nbytes for i in event.outputs),
            "inputs": [{"value": v} if isinstance(v, int) else {"constant": plain(v[0])}
                       for v in event.inputs],
            "input_names": input_names(event), "params": {k: plain(v) for k, v in event.params.items()},
            "outputs": list(event.outputs), "inside": _or_none(event.inside)}
    if isinstance(event, Pull):
        place = {"module": None, "line": None} if event.of < 0 else _place(events[event.of], lines)
        return told | place | {
            "bytes": sum(values[i].nbytes for i in event.gradients if i >= 0), "of": _or_none(event.of),
            "g": [_or_none(i) for i in event.arrived], "gradients": [_or_none(i) for i in event.gradients],
            "inside": _or_none(event.inside)}
    return told | _place(event, lines) | {
        "bytes": values[event.after].nbytes, "number": event.number, "parameter": event.parameter,
        "gradient": _or_none(event.gradient), "after": event.after, "update": event.change,
        "settings": {key: plain(value) for key, value in event.settings.items()},
        "state": event.state}


def _place(event: Any, lines: _Lines) -> dict[str, Any]:
    return {"module": _or_none(event.module), "line": lines.of(event.code, event.offset)}


def _or_none(number: int) -> int | None:
    return None if number < 0 else number


def input_names(event: Call) -> list[str]:
    """What the inputs of a call are called in its formula."""
    count = len(event.inputs)
    if isinstance(event.what, Op):
        if event.what.variadic:
            star = event.what.body.__code__.co_varnames[
                event.what.body.__code__.co_argcount + event.what.body.__code__.co_kwonlyargcount]
            return [f"{star}[{i}]" for i in range(count)]
        return list(event.what.names[:count])
    names = documents.signature_of(event.what.forward)
    return [names[i] if i < len(names) else f"input {i}" for i in range(count)]
