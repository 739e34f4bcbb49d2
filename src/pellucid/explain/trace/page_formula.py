"""The plain-text formulas of docstrings as trees, which the page draws as MathML and fills with numbers.

A tree is nested lists, ready for JSON: ["number", 2.0, "2"], ["name", "x"], ["+", a, b] (also - * @ / ^),
["minus", a], ["function", "tanh", a], ["power of", "tanh", 2, a], ["over", "sum", "j", a], ["call", "max", a,
b], ["at", x, i, j], ["abs", a], ["list", a, b], ["dots"], ["cases", [[value, condition], ...], otherwise],
and conditions ["<", a, b] (also <= > >= = and or not).

>>> expression("g (1 - y^2)", {"g", "y"})
['*', ['name', 'g'], ['-', ['number', 1.0, '1'], ['^', ['name', 'y'], ['number', 2.0, '2']]]]
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from pellucid.explain.trace.page_reader import Reader, Tree, Unreadable

DEFINITION = re.compile(r"(with |also )?([A-Za-z][\w^]*(?:\[[^=]*?\])?|\[[^=]*?\]) ([+*]?=) (.+)$")


def segments(line: str, known: Collection[str]) -> list[dict[str, Any]]:
    """Return the parts of one docstring line: definitions with their trees, exceptions, and mere text.

    Each part has its "text"; a definition has "left" and "trees" (several where the line says a = b = c); an
    exception such as `0 where x = 0` has "except", a value and a condition; another equation has "equal".
    """
    parts: list[dict[str, Any]] = []
    for piece in re.split(r"\s{2,}", re.sub(r"\s+([+*]?=)", r" \1", line.strip())):
        for text in re.split(r"[,;]\s+(?=[A-Za-z][\w^]*(?:\[[^=]*?\])? = )", piece):
            parts += segment(text.strip(), known, bool(parts))
    return parts


def segment(text: str, known: Collection[str], follows: bool) -> list[dict[str, Any]]:
    """Return one part, or two where words follow a definition after a comma."""
    found = DEFINITION.match(text)
    reader = Reader(found[4] if found else text.replace(" itself", ""), known)
    try:
        if not found and " = " in text and " where " not in text:
            return [{"text": text, "equal": [expression(side, known) for side in text.split(" = ")]}]
        if not found:
            return [{"text": text, "except": reader.exception()}] if follows else [{"text": text}]
        part = {"text": text, "left": found[2], "head": expression(found[2], known), "sign": found[3],
                "trees": reader.chain()}
    except Unreadable:
        return [{"text": text}]
    return [part, {"text": reader.rest()}] if reader.rest() else [part]


def names_in(lines: Collection[str]) -> set[str]:
    """Return the names that stand on the left of an equals sign somewhere in the lines."""
    return set(re.findall(r"([A-Za-z]\w*\^?)(?:\[[^\]]*\])?\s+[+*]?=", "\n".join(lines)))


def expression(text: str, known: Collection[str] = ()) -> Tree:
    """Return the tree of an expression.

    Raises:  Unreadable for what is none.
    """
    return Reader(text, known).whole()
