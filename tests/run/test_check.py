"""Which names a script uses is read from its text; which of them are missing is told without running it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.run.processes import pellucid_run

from pellucid.run import check
from pellucid.run.uses import uses


def names(source: str) -> dict[str, list[int]]:
    """Names and lines of a text, without the imported modules alone."""
    found: dict[str, list[int]] = {}
    for use in uses(source):
        found.setdefault(use.name, []).append(use.line)
    return found


@pytest.mark.parametrize("source, expected", [
    ("import torch", {"torch": [1]}),
    ("import torch.nn as n\nn.functional.relu(1)", {"torch.nn": [1], "torch.nn.functional.relu": [2]}),
    ("import torch.nn\ntorch.nn.Linear", {"torch": [1], "torch.nn": [1], "torch.nn.Linear": [2]}),
    ("from torch import nn as n, optim\nn.ReLU", {"torch": [1], "torch.nn": [1], "torch.optim": [1],
                                                  "torch.nn.ReLU": [2]}),
    ("from torch import tensor\nx = [tensor(1),\n tensor(2)]", {"torch": [1], "torch.tensor": [1, 2, 3]}),
    ("from torch.nn import *\nLinear", {"torch.nn": [1]}),
    ("from . import torch\ntorch.ones", {}),
    ("import numpy as torch\ntorch.ones", {}),
    ("import torch as t\nt.ones(1).sum().backward()", {"torch": [1], "torch.ones": [2]}),
    ("import torch as t\ndef f(t):\n    return t.anything", {"torch": [1]}),
    ("import torch as t\ndef f(x=t.pi):\n    t = 3\n    return t.anything", {"torch": [1], "torch.pi": [2]}),
    ("import torch as t\ndef f():\n    return t.ones\nf = lambda t: t.no", {"torch": [1], "torch.ones": [3]}),
    ("import torch as t\nclass A(t.nn.Module):\n    t = 1\n    def f(self):\n        return t.ones",
     {"torch": [1], "torch.nn.Module": [2], "torch.ones": [5]}),
    ("import torch as t\n[t.no for t in range(3)]", {"torch": [1]}),
    ("try:\n    import torch as t\nexcept ImportError:\n    t = None\nt.ones", {"torch": [2]}),
    ("def f():\n    from torch import nn\n    return nn.Linear", {"torch": [2], "torch.nn": [2],
                                                                 "torch.nn.Linear": [3]}),
    ("import torch\ntorch.backends.cudnn.benchmark = True", {"torch": [1], "torch.backends.cudnn": [2]}),
    ("import torch\n@torch.no_grad()\ndef f(): pass", {"torch": [1], "torch.no_grad": [2]}),
    ("import torch\ndef f(x: torch.Tensor, *, y: 'int') -> torch.dtype: pass",
     {"torch": [1], "torch.Tensor": [2], "torch.dtype": [2]}),
    ("import torch\nx: torch.Size = 1\nf'{torch.pi}'", {"torch": [1], "torch.Size": [2], "torch.pi": [3]}),
    ("import torch\n(torch.ones(1) +\n torch.zeros(1)).nothing", {"torch": [1], "torch.ones": [2],
                                                                  "torch.zeros": [3]}),
])
def test_uses(source: str, expected: dict[str, list[int]]) -> None:
    assert names(source) == expected


def test_a_script_and_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import torch\nfrom parts.model import Net\nimport data\n"
                                      "torch.nonsense(1)\ntorch.onnx.export()\ntorch.nonsense.more")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "model.py").write_text("from torch.nn import Linear, Nonsense\nNonsense()")
    (tmp_path / "data.py").write_text("import numpy")
    (tmp_path / "unused.py").write_text("import torch\ntorch.nothing")
    found = {Path(each.path).relative_to(tmp_path).as_posix(): each for each in check(tmp_path / "main.py")}
    assert set(found) == {"main.py", "parts/__init__.py", "parts/model.py", "data.py"}
    assert found["main.py"].missing == {"torch.nonsense": [4, 6]}
    assert found["main.py"].raising == {"torch.onnx.export": [5]}
    assert found["parts/model.py"].missing == {"torch.nn.Nonsense": [1, 2]}
    assert not found["data.py"].missing and not found["data.py"].n_names
    assert str(found["main.py"]).splitlines()[1:] == [
        "  torch.nonsense     lines 4, 6",
        "  torch.onnx.export  line 5 (raises NotImplementedError when it is used)"]


def test_the_status_tells(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("import torch\nprint(torch.ones(1))\nraise SystemExit(5)")
    found = pellucid_run("--check", "good.py", folder=tmp_path)
    assert found.returncode == 0
    assert found.stdout == "good.py: all of the 2 PyTorch names that it uses are in Pellucid\n"
    (tmp_path / "bad.py").write_text("import torch.nonsense")
    found = pellucid_run("--check", "bad.py", folder=tmp_path)
    assert found.returncode == 1
    assert "1 of the 2 PyTorch names that it uses is not in Pellucid" in found.stdout
    (tmp_path / "worse.py").write_text("x = = 1")
    found = pellucid_run("--check", "worse.py", folder=tmp_path)
    assert found.returncode == 2 and "invalid syntax" in found.stderr
