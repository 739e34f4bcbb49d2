"""A recipe's options: read from text in the type of their default, and checked against bounds."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# What an option of this name may be. Every other number must be positive.
BOUNDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "seed": (lambda n: 0 <= n < 2 ** 32, "a whole number from 0 to 4294967295"),
    "patience": (lambda n: n >= 0, "a whole number of at least 0"),
    "noise": (lambda x: x >= 0, "a number of at least 0"),
    "weight_decay": (lambda x: x >= 0, "a number of at least 0"),
    "dropout": (lambda x: 0 <= x < 1, "a number of at least 0 and below 1"),
    "input_dropout": (lambda x: 0 <= x < 1, "a number of at least 0 and below 1"),
    "plain_dropout": (lambda x: 0 <= x < 1, "a number of at least 0 and below 1"),
    "smoothing": (lambda x: 0 <= x < 1, "a number of at least 0 and below 1"),
    "label_smoothing": (lambda x: 0 <= x < 1, "a number of at least 0 and below 1"),
    **{name: (lambda x: x >= 0, "a number of at least 0")          # how far pictures are distorted
       for name in ("shift", "degrees", "scale", "shear", "bend")},
    "stem": (lambda n: n >= 0, "a whole number of at least 0"),
    "most": (lambda n: n >= 0, "a whole number of at least 0"),
    "folds": (lambda n: n >= 2, "a whole number of at least 2"),
}
POSITIVE = {int: "a whole number of at least 1", float: "a number above 0"}
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'X'?`, or nothing.

    >>> nearest("digist", ["digits", "mnist"])
    "; did you mean 'digits'?"
    """
    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def defaults(settings: type) -> dict[str, Any]:
    """The names and defaults of a dataclass of settings."""
    return {field.name: field.default for field in dataclasses.fields(settings)}


def changed(settings: type, changes: Mapping[str, Any], recipe: str) -> Any:
    """Settings with some changed; a text is read as the type of the default.

    Raises:  ValueError for an option that there is not (with the nearest one), one that is given twice, a
             value of another type, and one out of bounds.
    """
    known, values = defaults(settings), {}
    for key, value in changes.items():
        name = key.replace("-", "_")
        if name not in known:
            raise ValueError(f"recipe {recipe}: no option {key!r}{nearest(name, known)} "
                             f"(it has {', '.join(known)})")
        if name in values:
            raise ValueError(f"recipe {recipe}: option {name} is given twice")
        values[name] = _checked(name, value, known[name], f"recipe {recipe}: option {name}")
    return settings(**values)


def _checked(name: str, value: Any, default: Any, what: str) -> Any:
    """`value` in the type of `default` and within the bounds of its name."""
    kind = type(default)
    if kind is tuple:
        parts = [p.strip() for p in value.split(",") if p.strip()] if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)) or not parts and default:
            raise ValueError(f"{what} wants numbers with commas between them, got {value!r}")
        return tuple(_checked(name, part, default[0] if default else 1, what) for part in parts)
    if kind is bool:
        read = WORDS.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(read, bool):
            raise ValueError(f"{what} wants true or false, got {value!r}")
        return read
    if kind not in POSITIVE:
        return value
    number = _number(value, kind)
    fits, wanted = BOUNDS.get(name, (lambda x: x >= 1 if kind is int else x > 0, POSITIVE[kind]))
    if number is None or not fits(number):
        raise ValueError(f"{what} wants {wanted}, got {value!r}")
    return number


def _number(value: Any, kind: type) -> Any:
    """`value` as a finite number of this kind, None where it is none."""
    try:
        if isinstance(value, bool) or (kind is int and not isinstance(value, str) and int(value) != value):
            return None
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
