"""The shape of the source: arrows point one way, other packages stay optional, nothing outgrows its size.

Each check is a function from a source tree to a list of complaints, so that the tests at the bottom can feed
it a spoilt tree and see it complain.
"""

from __future__ import annotations

import ast
import functools
import io
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the bottom to the top. A part imports itself and the tiers below it, never its own tier or one above.
# "pellucid" is the package's own __init__: what the parts above may reach as `from pellucid import Tensor`.
TIERS: list[set[str]] = [
    {"tuning"},
    {"absent", "extras", "naming", "runtime", "webpage"},
    {"dtypes", "layouts"},
    {"engine"},
    {"generator"},
    {"printing"},
    {"kernels"},
    {"ops"},
    {"nn"},
    {"distributions", "optim", "text", "linalg", "func", "sparse"},
    {"io"},
    {"utils"},
    {"datasets", "surroundings"},
    {"pellucid"},
    {"models"},
    {"train"},
    {"plot", "embed", "rl", "vision"},                           # train: embed fits encoders
    {"explain"},                                                 # its doctor trains again
    {"recipes", "run"},
    {"cli"},
    {"__main__"},
]
# Parts that lie in several files beside each other.
ENGINE = ["tensor", "op", "node", "function", "inplace", "signature", "storage", "written", "autograd",
          "anomaly", "printing"]
# What scripts touch besides tensors, under the names of PyTorch's modules: devices, threads, switches.
SURROUNDINGS = ["accelerator", "amp", "backends", "compiler", "complex_numbers", "cuda", "distributed", "fft",
                "hub", "jit", "mps", "multiprocessing", "onnx", "serialization", "special", "switches",
                "testing", "threads", "types", "version", "xpu"]
PIECES = {**dict.fromkeys(ENGINE, "engine"), **dict.fromkeys(SURROUNDINGS, "surroundings"),
          "commands": "cli"}
# Files and folders that are imported only after `need` has found what they import at their top.
AFTER_NEED = {"commands": {"typer", "rich"},
              **{f"kernels/{name}.py": {"numba", "llvmlite"}
                for name in ("attention", "crew", "panels", "products")}}
TIER_OF = {part: height for height, tier in enumerate(TIERS) for part in tier}

BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "helpers", "common"}
# PyTorch's own names: torch.utils.data, torch.nn.utils, torchvision.utils.
FOLDERS_CALLED_UTILS = {"utils", "nn/utils", "vision/utils"}
FILE_LINES, LINE_COLUMNS = 500, 110
SHORTER_FILES = {"engine.py": 300, "models": 300}     # the file to read first; one paper, one file
FUNCTION_LINES, RECIPE_MAIN_LINES = 40, 60
LAYOUT_TOKENS = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
                 tokenize.ENDMARKER}
HOLD_DOCSTRINGS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)


def python_files(package: Path) -> list[Path]:
    """Every Python file under a folder, in a fixed order."""
    return sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)


def part_of(path: Path, package: Path) -> str:
    """The part that a file belongs to: nn/linear.py -> nn, engine.py -> engine, __init__.py -> pellucid."""
    first = path.relative_to(package).parts[0].removesuffix(".py")
    return package.name if first == "__init__" else PIECES.get(first, first)


def imported_modules(path: Path, package: Path, types: bool = True) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import in a file, whether at its top or inside a function.

    With `types=False` those that only a type checker sees are left out.
    """
    here = [package.name, *path.relative_to(package).parts[:-1]]
    for node, for_types in import_statements(path.read_text(encoding="utf-8")):
        if for_types and not types:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        else:
            base = here[: len(here) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)


@functools.cache
def import_statements(source: str) -> list[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import in a source text, and whether only a type checker sees it."""
    nodes = list(ast.walk(ast.parse(source)))
    blocks = [node for node in nodes if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for_types = {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}
    return [(node, node in for_types) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def imported_parts(path: Path, package: Path, types: bool = True) -> Iterator[tuple[int, str]]:
    """Line and part for every import from the package itself."""
    for line, name in imported_modules(path, package, types):
        first, *rest = name.split(".")
        if first == package.name:
            part = rest[0] if rest else package.name
            part = PIECES.get(part, part)
            if part != "__version__":                     # nobody's code, and everybody may ask for it
                yield line, part if part in TIER_OF else package.name


def upward_arrows(package: Path) -> list[str]:
    """Imports that do not point at a lower tier, kernels imported from outside ops, parts without a tier."""
    parts = {part_of(file, package) for file in python_files(package)}
    complaints = [f"{part}: has no tier; give it one in TIERS" for part in sorted(parts - set(TIER_OF))]
    for path in python_files(package):
        part, where = part_of(path, package), path.relative_to(package).as_posix()
        types = part != package.name                             # it names for checkers what comes later
        for line, target in imported_parts(path, package, types):
            if target == part or part not in TIER_OF or target not in TIER_OF:
                continue
            if target == "kernels" and part != "ops":
                complaints.append(f"{where}:{line}: only ops may import kernels")
            elif TIER_OF[target] >= TIER_OF[part]:
                complaints.append(f"{where}:{line}: {part} may not import {target}, which is not below it")
    return complaints


def third_party_imports(package: Path) -> list[str]:
    """Plain imports of anything but NumPy, the standard library and the package; `need` is for the rest."""
    complaints = []
    for path in python_files(package):
        where = path.relative_to(package).as_posix()
        after = AFTER_NEED.get(where) or AFTER_NEED.get(where.partition("/")[0], set())
        allowed = {"numpy", package.name, *sys.stdlib_module_names, *after}
        complaints += [f"{where}:{line}: imports {name}; use extras.need on first use"
                       for line, name in imported_modules(path, package, types=False)
                       if name.partition(".")[0] not in allowed]
    return complaints


def nameless_files(folder: Path) -> list[str]:
    """Files and folders that are called after nothing: utils.py, helpers.py, common.py."""
    complaints = []
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder).as_posix()
        if path.name in BANNED_NAMES and "__pycache__" not in path.parts:
            complaints.append(f"{where}: name the idea")
        if path.is_dir() and path.name == "utils" and where not in FOLDERS_CALLED_UTILS:
            complaints.append(f"{where}/: name the idea")
    return complaints


def too_long(folder: Path) -> list[str]:
    """Files, lines and functions beyond their hard limits."""
    complaints = []
    for path in python_files(folder):
        where, source = path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
        lines, limit = source.splitlines(), SHORTER_FILES.get(where.partition("/")[0], FILE_LINES)
        if len(lines) > limit:
            complaints.append(f"{where}: {len(lines)} lines, at most {limit}")
        complaints += [f"{where}:{number}: {len(line)} columns, at most {LINE_COLUMNS}"
                       for number, line in enumerate(lines, 1) if len(line) > LINE_COLUMNS]
        complaints += long_functions(source, where)
    return complaints


def long_functions(source: str, where: str) -> list[str]:
    """Functions with more lines of code than allowed; blank lines, comments and docstrings are free."""
    tree = ast.parse(source)
    spans = {node: range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in ast.walk(tree)
             if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    long = [node for node, span in spans.items() if len(span) > FUNCTION_LINES]
    code = lines_of_code(source, tree) if long else set()        # slow: only where it can matter
    complaints = []
    for node in long:
        is_recipe = where.startswith("recipes/") and node.name == "main"
        limit, count = RECIPE_MAIN_LINES if is_recipe else FUNCTION_LINES, len(code & set(spans[node]))
        if count > limit:
            complaints.append(f"{where}:{node.lineno}: {node.name} has {count} lines of code, limit {limit}")
    return complaints


def lines_of_code(source: str, tree: ast.Module) -> set[int]:
    """Numbers of the lines that hold code: not blank, not only a comment, not part of a docstring."""
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT_TOKENS:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, HOLD_DOCSTRINGS) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            code.difference_update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return code


PACKAGE = ROOT / "src" / "pellucid"
Check = Callable[[Path], list[str]]
CHECKS: list[Check] = [upward_arrows, third_party_imports, nameless_files, too_long]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_package(check: Check) -> None:
    assert python_files(PACKAGE), f"{PACKAGE} holds no Python"
    complaints = check(PACKAGE)
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("folder", ["tests", "bench", ".ci"])
@pytest.mark.parametrize("check", [nameless_files, too_long], ids=lambda check: check.__name__)
def test_beside_the_package(check: Check, folder: str) -> None:
    complaints = check(ROOT / folder)
    assert not complaints, "\n".join(complaints)


LONG_BODY = "\n".join(f"    x = {n}" for n in range(FUNCTION_LINES))
SOUND = {
    "__init__.py": "from .engine import Tensor\nif TYPE_CHECKING:\n    from . import train",
    "engine.py": "import numpy\nfrom .tensor import Tensor",
    "tensor.py": "def backward():\n    from .engine import backward",
    "kernels/__init__.py": "",
    "ops/__init__.py": "from .. import engine, kernels",
    "nn/__init__.py": "from ..ops import add",
    "nn/utils/__init__.py": "",
    "train/__init__.py": "from pellucid import Tensor, nn",
    "plot/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import matplotlib",
    "recipes/xor.py": f'def main():\n    """One.\n\n    Two."""\n    # three\n\n{LONG_BODY}',
}
SPOILT: dict[str, tuple[Check, str, str, str]] = {
    "up": (upward_arrows, "ops/a.py", "from ..nn import Linear", "ops may not import nn"),
    "up, absolute": (upward_arrows, "ops/a.py", "import pellucid.nn.linear", "ops may not import nn"),
    "up, late": (upward_arrows, "ops/a.py", "def f():\n    from .. import nn", "ops may not import nn"),
    "to the top": (upward_arrows, "nn/a.py", "from pellucid import Tensor", "nn may not import pellucid"),
    "at the start": (upward_arrows, "__init__.py", "from . import train", "pellucid may not import train"),
    "sideways": (upward_arrows, "plot/a.py", "from ..vision import io", "plot may not import vision"),
    "kernels": (upward_arrows, "nn/a.py", "from ..kernels import conv", "only ops may import kernels"),
    "no tier": (upward_arrows, "surprise.py", "", "surprise: has no tier"),
    "typer": (third_party_imports, "cli.py", "import typer", "imports typer"),
    "package": (third_party_imports, "plot/a.py", "import matplotlib.pyplot", "imports matplotlib.pyplot"),
    "utils.py": (nameless_files, "nn/utils.py", "", "nn/utils.py: name the idea"),
    "utils": (nameless_files, "ops/utils/a.py", "", "ops/utils/: name the idea"),
    "helpers": (nameless_files, "ops/helpers/a.py", "", "ops/helpers: name the idea"),
    "file": (too_long, "nn/a.py", "x = 1\n" * 501, "501 lines, at most 500"),
    "engine": (too_long, "engine.py", "x = 1\n" * 301, "301 lines, at most 300"),
    "model": (too_long, "models/gpt.py", "x = 1\n" * 301, "301 lines, at most 300"),
    "line": (too_long, "nn/a.py", "#" * 111, "111 columns, at most 110"),
    "function": (too_long, "nn/a.py", f"def f():\n{LONG_BODY}", "f has 41 lines of code, limit 40"),
    "main": (too_long, "nn/a.py", f"def main():\n{LONG_BODY}", "main has 41 lines of code, limit 40"),
}


def build(package: Path, extra: dict[str, str]) -> Path:
    """Write a small package in which everything is as it should be, plus the extra files."""
    for name, text in {**SOUND, **extra}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sound_tree_passes(check: Check, tmp_path: Path) -> None:
    assert check(build(tmp_path / "pellucid", {})) == []


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_tree_is_caught(name: str, tmp_path: Path) -> None:
    check, file, text, complaint = SPOILT[name]
    complaints = check(build(tmp_path / "pellucid", {file: text}))
    assert len(complaints) == 1 and complaint in complaints[0], complaints
