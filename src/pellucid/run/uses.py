"""Which of PyTorch's names a script uses, and in which lines, read from its text without running it."""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LIBRARIES = ("torch", "torchvision")
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp,
          ast.DictComp, ast.GeneratorExp)


class Use(NamedTuple):
    """A dotted name as the script means it, `torch.nn.Linear` for `nn.Linear`, and its line."""

    name: str
    line: int


def uses(source: str | bytes) -> list[Use]:
    """Every name of torch and torchvision in a script, in the order of its lines.

    A name counts where it is imported and where it is looked up through something imported. What is bound to
    another thing in the same scope, or in a nearer one, is left out.

    Raises:  SyntaxError for what is not Python.
    >>> uses("from torch import nn\\nlayer = nn.Linear(2, 1)")
    [Use(name='torch', line=1), Use(name='torch.nn', line=1), Use(name='torch.nn.Linear', line=2)]
    """
    tree = ast.parse(source)
    return sorted({*_in_scope(tree, [])}, key=lambda use: (use.line, use.name))


def lines_of(name: str, path: str) -> list[int]:
    """The lines of a file that use a name or something inside it; none if the file cannot be read."""
    return sorted({use.line for use in _uses_of_file(path) if f"{use.name}.".startswith(f"{name}.")})


@functools.lru_cache(maxsize=64)
def _uses_of_file(path: str) -> list[Use]:
    try:
        if os.path.getsize(path) > 1 << 22:
            return []
        with open(path, "rb") as file:
            return uses(file.read())
    except (OSError, SyntaxError, ValueError):
        return []


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a text may import, and those that it lies in, by absolute names."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for parts in (name.split(".") for name in names):
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _in_scope(scope: ast.AST, outer: list[dict[str, str | None]]) -> Iterator[Use]:
    """The uses in a scope and in those inside it; `outer` says what names mean in those around it."""
    here = outer + [_bound(scope)]
    # A name of a class's body is not seen in its methods.
    around = outer if isinstance(scope, ast.ClassDef) else here
    for node in _nodes(scope):
        if isinstance(node, SCOPES):
            yield from _in_scope(node, around)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (Use(name, node.lineno) for name in _imports(node).values())
            yield from (Use(name, node.lineno) for name in _deeper(node))
        elif isinstance(node, (ast.Attribute, ast.Name)):
            looked_up = node if isinstance(node.ctx, ast.Load) else getattr(node, "value", None)
            name = _dotted(looked_up, here)                      # for `torch.a.b = 1` torch.a must be there
            if name is not None:
                yield Use(name, node.lineno)


def _nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope: not what is inside the scopes within it, and of `a.b.c` the whole alone."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.Attribute):
            while isinstance(node, ast.Attribute):
                node = node.value
            if not isinstance(node, ast.Name):
                waiting.append(node)
        elif isinstance(node, SCOPES):                           # their defaults and decorators are outside
            waiting += getattr(node, "decorator_list", []) + getattr(node, "bases", [])
            waiting += [d for d in getattr(getattr(node, "args", None), "defaults", []) if d is not None]
        else:
            waiting += ast.iter_child_nodes(node)


def _dotted(node: ast.expr | None, scopes: list[dict[str, str | None]]) -> str | None:
    """PyTorch's name for a name or a chain of attributes, if it begins with something imported."""
    parts: list[str] = []
    root = node
    while isinstance(root, ast.Attribute):
        parts.append(root.attr)
        root = root.value
    if isinstance(root, ast.Name):
        for scope in reversed(scopes):
            if root.id in scope:
                start = scope[root.id]
                return None if start is None else ".".join([start, *reversed(parts)])
    return None


def _imports(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """What names an import of PyTorch binds, and to what."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0]:
                alias.name if alias.asname else alias.name.partition(".")[0]
                for alias in node.names if alias.name.partition(".")[0] in LIBRARIES}
    if node.level or (node.module or "").partition(".")[0] not in LIBRARIES:
        return {}
    return {alias.asname or alias.name: f"{node.module}.{alias.name}"
            for alias in node.names if alias.name != "*"}


def _deeper(node: ast.Import | ast.ImportFrom) -> Iterable[str]:
    """The modules that an import names and does not bind: torch.nn of `import torch.nn`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.partition(".")[0] in LIBRARIES]
    return [] if node.level or (node.module or "").partition(".")[0] not in LIBRARIES else [str(node.module)]


def _bound(scope: ast.AST) -> dict[str, str | None]:
    """What the names bound in a scope mean: PyTorch's names, or None for anything else."""
    meant: dict[str, str | None] = {}
    for name, value in _bindings(scope):
        meant[name] = value if meant.get(name, value) == value else None
    return meant


def _bindings(scope: ast.AST) -> Iterator[tuple[str, str | None]]:
    arguments = getattr(scope, "args", None)
    if isinstance(arguments, ast.arguments):
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg,
                 arguments.kwarg]
        yield from ((each.arg, None) for each in every if each is not None)
    elsewhere: set[str] = set()
    for node in _nodes(scope):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            elsewhere.update(node.names)
    for node in _nodes(scope):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imports(node).items()
            if not _imports(node):
                yield from (((alias.asname or alias.name.partition(".")[0]), None) for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in elsewhere:
            yield node.id, None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, None
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, None
