"""torch.linalg, torch.func, torch.autograd.functional and torch.sparse, as scripts import them."""

from __future__ import annotations

from pathlib import Path

from tests.run.processes import pellucid_run

IMPORTS = """
import torch
import torch.autograd.functional as AF
import torch.func
import torch.linalg
import torch.sparse
from torch import vmap
from torch.autograd import gradcheck, gradgradcheck
from torch.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp
from torch.autograd.gradcheck import GradcheckError
from torch.func import functional_call, grad, jacfwd, jacrev, stack_module_state, vmap as mapped
from torch.linalg import LinAlgError, norm, solve
from torch.nn.utils.stateless import functional_call as stateless
from torch.sparse import mm, softmax
import pellucid

assert torch.func.grad is grad is pellucid.func.grad and vmap is mapped is pellucid.vmap
assert torch.autograd.gradcheck is gradcheck is pellucid.autograd.gradcheck and callable(gradcheck)
assert AF.jacobian is jacobian is pellucid.autograd.functional.jacobian
assert torch.linalg.solve is solve is pellucid.linalg.solve and issubclass(LinAlgError, RuntimeError)
assert torch.sparse.mm is mm is pellucid.sparse.mm and torch.sparse_coo.__class__ is torch.layout
assert stateless is functional_call and issubclass(GradcheckError, RuntimeError)
print(grad(lambda x: (x ** 2).sum())(torch.ones(2)), torch.eye(2).to_sparse())
"""

NETWORK = """
import sys
import torch
import torch.nn.functional as F

torch.manual_seed(0)
edges = torch.randint(0, 30, (2, 80))
adjacency = torch.sparse_coo_tensor(edges, torch.ones(80), (30, 30), dtype=torch.int64)
adjacency = torch.eye(30) + adjacency
degrees = torch.diag(torch.sqrt(1 / torch.sum(adjacency, dim=1))).to_sparse()
adjacency = (degrees @ adjacency @ degrees).to_sparse()
features = (torch.rand(30, 12) > 0.6).float().to_sparse().to(torch.device("cpu"))
labels = torch.randint(0, 3, (30,))
first, second = torch.nn.Parameter(torch.randn(12, 8)), torch.nn.Parameter(torch.randn(8, 3))
optimizer = torch.optim.Adam([first, second], lr=0.05)
for step in range(50):
    hidden = F.relu(torch.spmm(adjacency, torch.mm(features, first)))
    loss = F.nll_loss(F.log_softmax(torch.spmm(adjacency, torch.mm(hidden, second)), dim=1), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.4f}")
"""


def test_the_imports_of_scripts(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(IMPORTS)
    found = pellucid_run("script.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("tensor([2., 2.]) tensor(indices=tensor([[0, 1],")
    assert "layout=torch.sparse_coo" in found.stdout


def test_a_graph_convolution_learns(tmp_path: Path) -> None:
    (tmp_path / "network.py").write_text(NETWORK)
    found = pellucid_run("network.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr
    losses = [float(line) for line in found.stdout.split()]
    assert len(losses) == 50 and losses[-1] < 0.5 * losses[0]
