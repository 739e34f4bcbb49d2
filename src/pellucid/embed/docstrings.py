"""A text that is on every machine with Pellucid: what Pellucid and NumPy say of their own functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

PACKAGE = Path(__file__).resolve().parent.parent
SENTENCE = re.compile(r".*?(?:[.:](?=\s|$)|$)", re.S)


class Described(NamedTuple):
    """A function or class, the part of the package that it belongs to, and what it says of itself."""

    name: str
    part: str
    text: str

    @property
    def sentence(self) -> str:
        """Its name and its first sentence."""
        first = SENTENCE.match(" ".join(self.text.split("\n\n")[0].split()))
        return f"{self.name}: {first.group().rstrip(':.') if first else self.text}"


def described(package: Path = PACKAGE) -> list[Described]:
    """The public functions and classes of a package's source that say what they are, by file.

    Raises:  FileNotFoundError where the package was installed without its source.
    """
    found = []
    for path in files(package):
        part = path.relative_to(package).parts[0].removesuffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                text = ast.get_docstring(node)
                if text:
                    found.append(Described(node.name, part, text))
    if not found:
        raise FileNotFoundError(f"{package}: there is no source with docstrings in it")
    return found


def prose(package: Path) -> Iterator[str]:
    """Every long string of a package's source, file by file: docstrings, and those that are added later."""
    for path in files(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        strings = [node.value for node in ast.walk(tree)
                   if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        yield "\n\n".join(text for text in strings if text.count(" ") > 5)


def files(package: Path) -> list[Path]:
    """The Python files of a package but its tests, in order."""
    return sorted(path for path in package.rglob("*.py") if "tests" not in path.relative_to(package).parts)


def texts_here() -> list[str]:
    """The prose of Pellucid and of NumPy, a text for each file."""
    numpy = Path(np.__file__).resolve().parent
    return [text for package in (PACKAGE, numpy) for text in prose(package) if text]
