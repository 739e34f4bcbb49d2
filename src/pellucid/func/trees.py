"""Nested tuples, lists and dictionaries: their leaves in order, and the same nesting with other leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def leaves(tree: Any) -> list:
    """The tensors (and whatever else) in nested tuples, lists and dictionaries, in order."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, (tuple, list)) else [tree]


def rebuilt(tree: Any, values: Iterator) -> Any:
    """The same nesting with other leaves, taken in order."""
    if isinstance(tree, dict):
        return type(tree)((key, rebuilt(part, values)) for key, part in tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(rebuilt(part, values) for part in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(rebuilt(part, values) for part in tree)
    return next(values)
