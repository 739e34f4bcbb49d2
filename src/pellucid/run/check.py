"""List the names of PyTorch's that a script uses and that are missing here, without running it."""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ..absent import Absent
from .alias import ABSENT, Alias, module
from .lines import numbered
from .uses import imported, uses


@dataclass
class Checked:
    """What one file uses: how many names in all, and the lines of those that are missing or that raise."""

    path: str
    n_names: int
    missing: dict[str, list[int]] = field(default_factory=dict)
    raising: dict[str, list[int]] = field(default_factory=dict)

    def __str__(self) -> str:
        name, count = self.path, len(self.missing)
        if not count:
            text = f"{name}: all of the {self.n_names} PyTorch names that it uses are in Pellucid"
        else:
            text = f"{name}: {count} of the {self.n_names} PyTorch names that it uses " \
                   f"{'is' if count == 1 else 'are'} not in Pellucid"
        width = max(map(len, (*self.missing, *self.raising)), default=0)
        for missing, lines in self.missing.items():
            text += f"\n  {missing:<{width}}  {numbered(lines)}"
        for raising, lines in self.raising.items():
            text += f"\n  {raising:<{width}}  {numbered(lines)} (raises NotImplementedError when it is used)"
        return text


def check(path: str | os.PathLike[str]) -> list[Checked]:
    """Check a script and the files beside it that it imports.

    Raises:  SyntaxError for what is not Python, OSError for what cannot be read.
    """
    folder, found, waiting = Path(path).parent, [], [Path(path)]
    seen = set(waiting)
    while waiting:
        file = waiting.pop(0)
        source = file.read_bytes()
        found.append(_checked(file, source))
        for name in imported(ast.parse(source, str(file))):
            for candidate in (folder.joinpath(*name.split(".")).with_suffix(".py"),
                              folder.joinpath(*name.split("."), "__init__.py")):
                if candidate.is_file() and candidate not in seen:
                    seen.add(candidate)
                    waiting.append(candidate)
    return found


def _checked(path: Path, source: bytes) -> Checked:
    names: dict[str, list[int]] = defaultdict(list)
    for use in uses(source):
        names[use.name].append(use.line)
    checked = Checked(str(path), len(names))
    for name, lines in names.items():
        reached, found = resolve(name)
        kind = checked.missing if found is ABSENT else checked.raising if isinstance(found, Absent) else None
        if kind is not None:
            kind[reached] = sorted({*kind.get(reached, ()), *lines})
    return checked


def resolve(name: str) -> tuple[str, Any]:
    """The longest beginning of a dotted name that can be told, and what it is; ABSENT if it is missing.

    >>> resolve("torch.nn.Linear.forward")[0], resolve("torch.nonsense.more")[0]
    ('torch.nn.Linear.forward', 'torch.nonsense')
    """
    first, *rest = name.split(".")
    reached, found = first, cast(Any, module(first))
    for part in rest:
        reached += f".{part}"
        inner = found._find(part) if isinstance(found, Alias) else getattr(found, part, ABSENT)
        if inner is ABSENT or isinstance(inner, Absent):
            return reached, inner
        found = inner
    return reached, found
