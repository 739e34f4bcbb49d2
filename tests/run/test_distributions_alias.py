"""Scripts reach the distributions under PyTorch's names, whole and module by module."""

from __future__ import annotations

from pathlib import Path

from tests.run.processes import pellucid_run

SCRIPT = """
import torch
import torch.distributions
import torch.distributions as dist
from torch import distributions as pyd
from torch.distributions import Categorical, Normal, constraints, kl_divergence
from torch.distributions.categorical import Categorical as Choice
from torch.distributions.normal import Normal as Bell
from torch.distributions.kl import register_kl
from torch.distributions.distribution import Distribution
from torch.distributions.independent import Independent
from torch.distributions.transforms import AffineTransform, StickBreakingTransform, TanhTransform
from torch.distributions.transformed_distribution import TransformedDistribution
from torch.distributions.utils import broadcast_all, lazy_property
from torch.distributions.multivariate_normal import MultivariateNormal
import torch.distributions.constraints as limits
import pellucid

assert Categorical is Choice is torch.distributions.Categorical is pellucid.distributions.Categorical
assert Bell is Normal is dist.Normal is pyd.Normal and issubclass(Normal, Distribution)
assert limits is constraints and limits.positive is pellucid.distributions.constraints.positive


class SquashedNormal(pyd.transformed_distribution.TransformedDistribution):
    def __init__(self, loc, scale):
        super().__init__(pyd.Normal(loc, scale), [pyd.transforms.TanhTransform(cache_size=1)])


torch.manual_seed(0)
policy = Categorical(torch.tensor([0.1, 0.2, 0.7]))
action = policy.sample()
print(action.item(), f"{policy.log_prob(action).item():.4f}", policy.entropy())
print(SquashedNormal(torch.zeros(2), torch.ones(2)).rsample().shape)
print(kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0)), MultivariateNormal(torch.zeros(2), torch.eye(2)))
"""


def test_the_imports_of_scripts(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    result = pellucid_run("script.py", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "2 -0.3567 tensor(0.8018)", "torch.Size([2])",
        "tensor(0.5000) MultivariateNormal(loc: torch.Size([2]), covariance_matrix: torch.Size([2, 2]))"]
