"""What a user installs: light to import, pure Python, one version, extras that name themselves."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import pellucid
from pellucid.extras import MissingExtra, need

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

# Slow to import, and nothing that a network needs before somebody asks for it.
HEAVY = {"asyncio", "concurrent.futures", "http.client", "multiprocessing", "ssl", "unittest",
         "urllib.request"}


def python(code: str, *arguments: str, **environment: str) -> str:
    """Run code in a fresh interpreter that sees the source; give its output."""
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True,
                            timeout=120, env={**os.environ, "PYTHONPATH": str(SOURCE), **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_import_brings_numpy_and_the_standard_library_alone() -> None:
    # numpy.random is NumPy too: it comes on first use and brings Cython's own entries with it.
    loaded = python("import sys, numpy.random; before = set(sys.modules); import pellucid\n"
                    "print(*sorted(set(sys.modules) - before))").split()
    assert "pellucid" in loaded
    allowed = {"numpy", "pellucid", *sys.stdlib_module_names}
    assert [name for name in loaded if name.partition(".")[0] not in allowed] == []
    assert HEAVY.intersection(loaded) == set()


def test_import_leaves_the_large_parts_for_their_first_use() -> None:
    parts = ("nn", "optim", "utils", "train", "datasets", "plot", "recipes")
    loaded = python("import sys, pellucid; print(*sys.modules)").split()
    assert [part for part in parts if f"pellucid.{part}" in loaded] == []
    named = "; ".join(f"print(pellucid.{part}.__name__)" for part in parts)
    assert python(f"import pellucid; {named}").split() == [f"pellucid.{part}" for part in parts]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    result = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True,
                            text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    built = list(folder.iterdir())
    assert len(built) == 1
    return built[0]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        return Parser().parsestr(archive.read(f"pellucid-{pellucid.__version__}.dist-info/METADATA").decode())


def test_wheel_is_pure_python(wheel: Path) -> None:
    assert wheel.name == f"pellucid-{pellucid.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {path.relative_to(SOURCE).as_posix() for path in (SOURCE / "pellucid").rglob("*.py")}
    assert sources <= names
    assert {"pellucid/py.typed", f"pellucid-{pellucid.__version__}.dist-info/licenses/LICENSE"} <= names
    strays = {name for name in names if not name.startswith(("pellucid/", "pellucid-"))}
    assert strays == set()
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dll", ".dylib", ".c", ".pyc"))]


def test_wheel_needs_numpy_alone(metadata: Message) -> None:
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert len(required) == 1
    name, *bounds = re.split(r"(?=[<>])|,", required[0].replace(" ", ""))
    assert name == "numpy" and sorted(filter(None, bounds)) == ["<3", ">=1.26"]
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "MIT"


def calls_of_need() -> Iterator[tuple[str, str, str]]:
    """Place, module and extra of every `need("module", extra="extra")` in the source."""
    for path in sorted((SOURCE / "pellucid").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "need":
                place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                extra = next((word.value for word in node.keywords if word.arg == "extra"), None)
                assert isinstance(node.args[0], ast.Constant) and isinstance(extra, ast.Constant), place
                yield place, node.args[0].value, extra.value


# The modules of packages that have another name.
MODULES = {"scikit-learn": "sklearn", "pillow": "PIL", "faiss-cpu": "faiss", "umap-learn": "umap"}


def test_extras_bring_what_the_source_asks_of_them(metadata: Message) -> None:
    assert {"cli", "data", "plot", "fast", "all", "dev"} <= set(metadata.get_all("Provides-Extra", []))
    brings: dict[str, set[str]] = {}
    for line in metadata.get_all("Requires-Dist", []):
        match = re.fullmatch(r"([\w-]+)[^;]*; extra == '(\w+)'", line)
        if match:
            module = MODULES.get(match[1], match[1])
            brings.setdefault(match[2], set()).add(module)
    for place, module, extra in calls_of_need():
        assert module.partition(".")[0] in brings.get(extra, ()), f"{place}: the extra {extra} lacks {module}"


@pytest.mark.parametrize("module", ["matplotlib", "matplotlib.pyplot"])
def test_missing_extra_names_the_command(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("matplotlib.")]:
        monkeypatch.delitem(sys.modules, name)                   # another test may have brought it
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r'needs matplotlib.* pip install "pellucid\[plot\]"'):
        need(module, extra="plot")


def test_broken_package_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("import absent_dependency")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="absent_dependency") as caught:
        need("broken", extra="plot")
    assert not isinstance(caught.value, MissingExtra)


# What pytest does with the parity suite where PyTorch is missing.
WITHOUT_TORCH = """
import sys, pytest
sys.modules["torch"] = None
sys.stderr = sys.stdout
status = pytest.main([sys.argv[1], "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:xdist"])
sys.exit(status != int(sys.argv[2]))
"""


def parity_without_torch(folder: Path, status: int, **environment: str) -> str:
    """Run a tiny parity suite beside the real conftest; check pytest's exit status and give its output."""
    (folder / "conftest.py").write_text((ROOT / "tests" / "parity" / "conftest.py").read_text())
    (folder / "test_tiny.py").write_text('import pytest\ntorch = pytest.importorskip("torch")\n'
                                         'def test_one():\n    assert torch.ones(1) == 1\n')
    (folder / "pytest.ini").write_text("[pytest]\n")
    return python(WITHOUT_TORCH, str(folder), str(status), **environment)


def test_parity_is_skipped_loudly_without_torch(tmp_path: Path) -> None:
    status = int(pytest.ExitCode.NO_TESTS_COLLECTED)
    output = parity_without_torch(tmp_path, status, PELLUCID_REQUIRE_TORCH="")
    assert "SKIPPED" in output and "torch" in output


def test_required_parity_fails_without_torch(tmp_path: Path) -> None:
    status = int(pytest.ExitCode.USAGE_ERROR)
    output = parity_without_torch(tmp_path, status, PELLUCID_REQUIRE_TORCH="1")
    assert "PyTorch is missing" in output and "passed" not in output


def test_the_files_of_ops_are_no_names_of_the_package() -> None:
    code = ("import pellucid; "
            "print(*[getattr(pellucid, n, None).__class__.__name__ + n for n in dir(pellucid)])")
    modules = {told.removeprefix("module") for told in python(code).split() if told.startswith("module")}
    assert modules
    assert modules.isdisjoint({"embedding", "fill", "index", "linear", "shape", "reduce"})


def test_functions_of_nn_that_pytorch_has_at_the_top_too() -> None:
    assert pellucid.cosine_similarity(pellucid.ones(1, 2), pellucid.ones(1, 2)).item() == pytest.approx(1)
    assert pellucid.selu_(pellucid.zeros(1)).item() == 0
