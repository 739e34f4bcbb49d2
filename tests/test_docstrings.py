"""The examples in docstrings give what they show, those of ops included, which doctest alone passes over."""

from __future__ import annotations

import builtins
import doctest
import functools
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import pellucid

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "pellucid"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# What an example may name without importing it: NumPy, Pellucid, all that is public there, its own module.
PUBLIC = {name: value for name, value in vars(pellucid).items()
          if not name.startswith("_") and not hasattr(builtins, name)}


def modules_with_examples() -> list[str]:
    """Dotted names of the modules in whose source an example stands."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in names]


def examples(module: ModuleType) -> Iterator[doctest.DocTest]:
    """Every docstring of a module that holds examples: its own, its functions', classes' and methods'.

    What a decorator wraps has the decorator's globals, so that doctest takes it for another module's; the
    name of its module tells the truth.
    """
    names = {"np": np, "pellucid": pellucid, **PUBLIC, **vars(module)}
    yield from doctest.DocTestFinder(recurse=False).find(module, module.__name__, globs=names)
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) == module.__name__ and getattr(value, "__doc__", None):
            yield from doctest.DocTestFinder().find(value, f"{module.__name__}.{name}", module, names)


def failures(module: ModuleType) -> tuple[int, list[str]]:
    """The number of examples, and what those that fail print."""
    runner, report, count = doctest.DocTestRunner(optionflags=FLAGS, verbose=False), [], 0
    for test in examples(module):
        count += len(test.examples)
        runner.run(test, out=report.append)
    return count, report


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in [found for found in sys.modules if found.partition(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, module)                 # from another test; as_torch would refuse
    if name.startswith("pellucid.explain.derive"):
        pytest.importorskip("sympy")
    count, report = failures(importlib.import_module(name))
    assert count, f"{name} shows examples, but none was found"
    assert not report, "".join(report)


def decorated(function):
    """Wrap a function as the engine wraps an op's body."""
    @functools.wraps(function)
    def call(*arguments):
        return function(*arguments)
    return call


@pytest.mark.parametrize("shown, n_failures", [("2", 0), ("3", 1)])
def test_wrong_example_is_caught(shown: str, n_failures: int) -> None:
    module = ModuleType("example")
    docstring = f'"""One more.\n\n    >>> one(1)\n    {shown}\n    """'
    source = f"@decorated\ndef one(x):\n    {docstring}\n    return x + 1"
    vars(module)["decorated"] = decorated
    exec(source, vars(module))
    count, report = failures(module)
    assert count == 1 and len(report) == n_failures
