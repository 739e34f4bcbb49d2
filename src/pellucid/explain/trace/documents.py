"""Read an op's docstring: its sentence, the formula of its value, and the derivative of each input."""

from __future__ import annotations

import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...op import Op

_SECTION = re.compile(r"(Shapes|Source|Differs|Raises):\s*")
_DERIVATIVE = re.compile(r"d(\w+?)(?:_[a-z])?(?:\[[^\]]*\])?\s*=")


@dataclass
class Document:
    """The parts of a docstring in DESIGN's form."""

    sentence: str = ""
    formula: list[str] = field(default_factory=list)
    derivatives: dict[str, str] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    shapes: str = ""
    source: str = ""
    code: dict[str, str] | None = None                           # of a user's Function: what it does


def read(text: str | None, names: Sequence[str] = ()) -> Document:
    """Take a docstring apart; `names` are the inputs, whose derivatives it may state.

    >>> page = read('''Squash.
    ...
    ...     y  = tanh x
    ...     dx = g (1 - y^2)        with g = dL/dy
    ...
    ... Shapes: any''', ["x"])
    >>> page.formula, page.derivatives, page.where
    (['y = tanh x'], {'x': 'dx = g (1 - y^2)'}, ['with g = dL/dy'])
    """
    document = Document()
    lines = inspect.cleandoc(text or "").split("\n")
    first = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
    first = min(first, next((i for i, line in enumerate(lines) if line.startswith("    ")), first))
    document.sentence = " ".join(line.strip() for line in lines[:first])
    section, flat = "", not any(line.startswith("    ") for line in lines)
    for line in lines[first:]:
        found = _SECTION.match(line)
        if found:
            section = found[1]
            line = line[found.end():]
        elif line.startswith(">>>"):
            break
        if section in ("Shapes", "Source"):
            name = section.lower()
            setattr(document, name, f"{getattr(document, name)} {line.strip()}".strip())
        elif not section:
            _formula_line(document, f"    {line}" if flat and "=" in line else line, names)
    return document


def _formula_line(document: Document, line: str, names: Sequence[str]) -> None:
    """Sort the statements of one line: several may stand beside each other."""
    if not line.startswith("    "):
        if line.strip():
            document.where.append(line.strip())
        return
    said: Callable[[str], None] | None = None                    # where an exception to the last one goes
    for chunk in re.split(r"\s{4,}", line.strip()):
        statement = re.sub(r"\s+", " ", chunk)
        found = _DERIVATIVE.match(statement)
        if found and (found[1] in names or found[1] + "s" in names or not names):
            document.derivatives.setdefault(found[1], statement)
            said = functools.partial(_add_to_derivative, document, found[1])
        elif said and " where " in statement and not re.match(r"\w+ = ", statement):
            said(statement)
        elif "=" in statement and not found and not statement.startswith("with "):
            document.formula.append(statement)
            said = functools.partial(_add_to_formula, document)
        elif statement:
            document.where.append(statement)


def _add_to_derivative(document: Document, name: str, exception: str) -> None:
    document.derivatives[name] += f"        {exception}"


def _add_to_formula(document: Document, exception: str) -> None:
    document.formula[-1] += f"        {exception}"


@functools.lru_cache(maxsize=1024)
def of(what: Any) -> Document:
    """What the docstring of an op says, of an optimiser, or of a user's Function, with its code."""
    return read(what.body.__doc__, what.names) if isinstance(what, Op) else _of_class(what)


def _of_class(cls: type) -> Document:
    document = read(cls.__doc__ if "__doc__" in cls.__dict__ else "")
    if hasattr(cls, "apply") and hasattr(cls, "backward"):
        document.code = {name: code_of(getattr(cls, name)) for name in ("forward", "backward")}
        for name in ("forward", "backward"):
            told = read(getattr(cls, name).__doc__)
            document.sentence = document.sentence or told.sentence
            document.formula += told.formula
            document.derivatives.update(told.derivatives)
    return document


def code_of(function: Callable) -> str:
    """The source of a function, nothing where it is not known."""
    try:
        return textwrap.dedent(inspect.getsource(function)).strip()
    except (OSError, TypeError):
        return ""


def signature_of(function: Callable) -> list[str]:
    """The names of a Function's inputs: what its forward takes besides ctx."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
    return names[1:] if names[:1] == ["ctx"] else names
