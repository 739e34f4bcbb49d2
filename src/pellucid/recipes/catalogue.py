"""Which recipes there are, and what each says of itself."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .options import changed, defaults, nearest

_NAMES = ("perceptron", "xor", "gradient-descent", "optimizers", "circles", "iris", "digits", "mnist",
          "kernels", "shapes", "lenet", "mnist-cnn", "resnet", "char-rnn", "gpt", "addition", "vit",
          "forecast", "bank", "word2vec", "sentence-static", "sentence-transformer", "distill", "sentiment",
          "ner", "translate", "autoencoder", "denoise", "anomaly", "vae", "cvae", "gan-circle", "gan-modes",
          "dcgan", "cgan", "wgan-gp", "stylegan", "ddpm", "bandits", "gridworld", "cartpole-reinforce",
          "cartpole-dqn", "cartpole-ppo", "acrobot", "mountaincar", "pendulum")


@dataclass(frozen=True)
class Recipe:
    """A job that can be trained by name; `main` runs it and returns its metrics."""

    name: str
    title: str                                                   # the docstring's first line
    description: str                                             # all of the docstring
    expected: dict[str, float]                                   # metric -> the number it must reach
    settings: type                                               # a frozen dataclass with defaults
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
        return defaults(self.settings)

    def configure(self, changes: Mapping[str, Any] | None = None) -> Any:
        """The settings with some changed (see `options.changed` for what is refused)."""
        return changed(self.settings, changes or {}, self.name)

    def reached(self, metrics: dict[str, Any]) -> dict[str, bool]:
        """For each expected number: was it reached? Names that end in `_at_most` are upper bounds.

        A metric that is missing or nan has reached nothing.
        """
        found = {}
        for name, bound in self.expected.items():
            value = metrics.get(name.removesuffix("_at_most"), float("nan"))
            found[name] = bool(value <= bound if name.endswith("_at_most") else value >= bound)
        return found


def names() -> tuple[str, ...]:
    """All recipes, the simplest first."""
    return _NAMES


def load(name: str) -> Recipe:
    """The recipe of that name.

    Raises:  ValueError for an unknown name, with the nearest one.
    """
    if name not in _NAMES:
        raise ValueError(f"no recipe is called {name!r}{nearest(name, _NAMES)} "
                         f"(there are {', '.join(_NAMES)})")
    module = importlib.import_module(f"{__package__}.{name.replace('-', '_')}")
    text = (module.__doc__ or "").strip()
    title = text.splitlines()[0].partition(": ")[2]
    return Recipe(name, title, text, module.EXPECTED, module.Settings, module.main)
