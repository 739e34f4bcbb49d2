"""What `import torch` gives in a script, what a missing name says, and that nothing of it stays."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tests.run.processes import pellucid_run, python

IMPORTS = """
import sys
import torch
import torch as alias
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.utils.data
import torch.backends.cudnn as cudnn
from torch import Tensor, device, nn as layers, optim as optimizers
from torch.autograd import Function, Variable, grad
from torch.distributed import init_process_group
from torch.nn import Linear
from torch.nn import functional as F2, init
from torch.nn.modules.container import Sequential
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.nn.parameter import Parameter
from torch.optim.lr_scheduler import StepLR
from torch.optim.adamw import AdamW
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.dataloader import DataLoader as Loader
from torch.utils.checkpoint import checkpoint
import pellucid

assert torch is alias and sys.modules["torch.nn"] is nn is layers is torch.nn
assert nn.functional is F is F2 and torch.utils.data.DataLoader is DataLoader is Loader
assert nn.Linear is Linear is pellucid.nn.Linear is NonDynamicallyQuantizableLinear
assert AdamW is optim.AdamW is pellucid.optim.AdamW and optim is optimizers
assert torch.__name__ == "torch" and F.__name__ == "torch.nn.functional"
assert torch.__version__.startswith("2.13.0+pellucid") and torch.version.__version__ == torch.__version__
assert torch.__version__.endswith(pellucid.__version__) and torch.version.cuda is None
print(torch.ones(2, 3).shape, torch.float32, torch.ones(1).type(), torch.device("cpu"), torch.LongTensor)

from torch import *                                              # as PyTorch's: the public names
assert ones is torch.ones and isinstance(Tensor([1.0]), torch.Tensor)

cudnn.benchmark = True                                           # what is set is set in Pellucid
assert pellucid.backends.cudnn.benchmark is torch.backends.cudnn.benchmark is True
F.mine = 3
assert pellucid.nn.functional.mine == 3
del F.mine
assert not hasattr(pellucid.nn.functional, "mine") and not hasattr(F, "mine")
assert "relu" in dir(F) and "ops" not in dir(torch) and not hasattr(torch, "engine")
assert isinstance(pellucid.nn, type(sys)) and type(pellucid.nn) is type(sys), "no alias inside Pellucid"
"""


def test_the_imports_of_scripts(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(IMPORTS)
    found = pellucid_run("script.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stdout == "torch.Size([2, 3]) torch.float32 torch.FloatTensor cpu torch.LongTensor\n"


@pytest.mark.parametrize("script, kind, text", [
    ("import torch\n\ntorch.nonsense(1)\nx = torch.nonsense.more",
     "AttributeError", "torch.nonsense is not in Pellucid (script.py uses it in lines 3, 4)"),
    ("import torch.nonsense.deep", "ModuleNotFoundError",
     "torch.nonsense is not in Pellucid (script.py uses it in line 1)"),
    ("from torch.nn import Linear, Nonsense\n\nlayer = Nonsense()", "ModuleNotFoundError",
     "torch.nn.Nonsense is not in Pellucid (script.py uses it in lines 1, 3)"),
    ("import torchvision.nonsense", "ModuleNotFoundError",
     "torchvision.nonsense is not in Pellucid (script.py uses it in line 1)"),
    ("import torch.nn.functional as F\ngetattr(F, 'nonsense')", "AttributeError",
     "torch.nn.functional.nonsense is not in Pellucid (script.py uses it in line 2)"),
    ("import torch\ntorch.onnx.export(None)", "NotImplementedError",
     "onnx.export is not in Pellucid: no ONNX files are written"),
])
def test_a_missing_name(script: str, kind: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(script)
    found = pellucid_run("script.py", folder=tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1] == f"{kind}: {text}"
    if kind != "NotImplementedError":
        assert "pellucid/run" not in found.stderr, "the traceback ends in the script's own line"


def test_a_script_can_ask_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(textwrap.dedent("""
        import torch
        assert hasattr(torch, "compile") and not hasattr(torch, "nonsense")
        assert getattr(torch, "nonsense", 7) == 7
        try:
            from torch.nonsense import something
        except ImportError:
            print("no nonsense")
        """))
    found = pellucid_run("script.py", folder=tmp_path)
    assert (found.stdout, found.stderr) == ("no nonsense\n", "")


WITHIN = """
import sys
sys.path.insert(0, "installed")                                  # a PyTorch that must not be touched
import pellucid
from pellucid.run import as_torch

with as_torch() as torch:
    import torch as again
    import torchvision
    assert again is torch and torch.zeros is pellucid.zeros and repr(torch.float32) == "torch.float32"
    with as_torch() as inner:
        assert inner is torch
    assert sys.modules["torch"] is torch, "the inner one leaves the outer one its modules"
assert not [name for name in sys.modules if name.split(".")[0] in ("torch", "torchvision")]
assert repr(pellucid.float32) == "pellucid.float32" and repr(pellucid.ones(2).shape) == "pellucid.Size([2])"

sys.modules["torch"] = None                                      # forbidden, as tests do it
with as_torch():
    import torch
assert sys.modules.pop("torch", 1) is None

import torch
assert torch.real
try:
    with as_torch():
        raise SystemExit("never here")
except RuntimeError as error:
    assert "torch itself has been imported already" in str(error) and "installed" in str(error), error
assert sys.modules["torch"] is torch and torch.real
"""


def test_outside_of_the_context_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "installed" / "torch").mkdir(parents=True)
    (tmp_path / "installed" / "torch" / "__init__.py").write_text("real = True")
    (tmp_path / "caller.py").write_text(WITHIN)
    found = python("caller.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr


def test_the_word_after_import_is_all_that_changes(tmp_path: Path) -> None:
    text = IMPORTS.replace("import torch\n", "import pellucid as torch\n")
    text = text.replace("import torch.", "import pellucid.")
    lines = [line.replace("from torch", "from pellucid") for line in text.splitlines()
             if line.startswith(("import", "from")) and "as alias" not in line and "modules" not in line
             and "adamw" not in line and "dataloader" not in line]
    (tmp_path / "script.py").write_text("\n".join(lines))
    found = python("script.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr
