"""The files of diffusion, as they are, under PyTorch: the same losses and the same samples."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn, optim
from pellucid.models import ddpm, unet

torch = pytest.importorskip("torch")

from compatibility.under_torch import under_torch  # noqa: E402


def learned(m, parts, ddpm, unet, answer):
    """Losses of a few steps from the same start, and what the network then makes of the same noise."""
    nn, optim = parts
    m.manual_seed(0)
    diffusion = ddpm.Diffusion(ddpm.DiffusionConfig(steps=20, answer=answer))
    model = unet.UNet(unet.UNetConfig(patch=2, widths=(8, 16), time=8, groups=4))
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    x, losses = m.rand(8, 1, 12, 12) * 2 - 1, []
    for _ in range(5):
        optimizer.zero_grad()
        loss = diffusion.loss(model, x)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    made = [diffusion.sample(model, (3, 1, 12, 12), steps=7, eta=eta).numpy() for eta in (0.0, 1.0)]
    return losses, made


@pytest.mark.parametrize("answer", ["noise", "velocity"])
def test_diffusion_learns_and_samples_as_under_pytorch(answer):
    ours = learned(pellucid, (nn, optim), ddpm, unet, answer)
    theirs = learned(torch, (torch.nn, torch.optim), under_torch("models.ddpm"), under_torch("models.unet"),
                     answer)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-4)
    for a, b in zip(ours[1], theirs[1], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)
