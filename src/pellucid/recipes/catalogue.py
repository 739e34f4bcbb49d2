"""Which recipes there are, and what each says of itself."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_NAMES = ("perceptron", "xor", "gradient-descent", "optimizers", "circles", "iris", "digits", "mnist")


@dataclass(frozen=True)
class Recipe:
    """A job that can be trained by name: `settings` are its options, `main` runs it and returns its metrics."""

    name: str
    title: str                                                   # the docstring's first line
    description: str                                             # all of the docstring
    expected: dict[str, float]                                   # metric -> the number it must reach
    settings: type                                               # a frozen dataclass; each field has a default
    main: Callable[..., dict[str, Any]]

    def part(self, word: str) -> str:
        """The paragraph of the docstring that begins with `word`: Reaches, Protocol or Seconds."""
        lines, found = self.description.splitlines(), []
        for line in lines:
            if line.startswith(word):
                found.append(line[len(word):].strip())
            elif found and line.startswith(" "):
                found.append(line.strip())
            elif found:
                break
        return " ".join(found)

    def options(self) -> dict[str, Any]:
        """The settings' names and defaults."""
        return {field.name: field.default for field in dataclasses.fields(self.settings)}

    def configure(self, **changes: Any) -> Any:
        """The settings with some changed; texts are read as the type of the default.

        Raises:  ValueError for an option that the recipe does not have (with the nearest one), or a value that
                 does not fit.
        """
        options = self.options()
        values = {}
        for key, value in changes.items():
            name = key.replace("-", "_")
            if name not in options:
                raise ValueError(f"recipe {self.name}: no option {key!r}{nearest(name, options)}; "
                                 f"it has {', '.join(options)}")
            values[name] = _as_type(value, options[name], f"recipe {self.name}: option {name}")
        return self.settings(**values)

    def reached(self, metrics: dict[str, Any]) -> dict[str, bool]:
        """For each expected number, was it reached? Names that end in `_at_most` are upper bounds."""
        return {name: (metrics[name.removesuffix("_at_most")] <= bound if name.endswith("_at_most")
                       else metrics[name] >= bound)
                for name, bound in self.expected.items() if name.removesuffix("_at_most") in metrics}


def _as_type(value: Any, default: Any, what: str) -> Any:
    """`value` in the type of `default`."""
    kind = type(default)
    if not isinstance(value, str) or kind is str:
        return value
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        if kind is tuple:
            inner = type(default[0]) if default else str
            return tuple(inner(part) for part in value.split(",") if part)
        return kind(value)
    except (KeyError, ValueError):
        raise ValueError(f"{what} wants {'true or false' if kind is bool else kind.__name__}, "
                         f"got {value!r}") from None


def names() -> tuple[str, ...]:
    """All recipes, the simplest first."""
    return _NAMES


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing."""
    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def load(name: str) -> Recipe:
    """The recipe of that name.

    Raises:  ValueError for an unknown name, with the nearest one.
    """
    if name not in _NAMES:
        raise ValueError(f"no recipe is called {name!r}{nearest(name, _NAMES)}; there are {', '.join(_NAMES)}")
    module = importlib.import_module(f"{__package__}.{name.replace('-', '_')}")
    text = (module.__doc__ or "").strip()
    return Recipe(name, text.splitlines()[0].partition(": ")[2], text, module.EXPECTED, module.Settings, module.main)
