"""TCN: it looks back only, as far as it says, and it learns."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import no_grad, optim, tensor
from pellucid.models.tcn import TCN, CausalConv1d, TCNConfig
from pellucid.nn import functional as F


def test_convolution_is_the_formula() -> None:
    layer, x = CausalConv1d(2, 3, 3, 4), np.random.RandomState(0).randn(1, 2, 15).astype(np.float32)
    w, b = layer.conv.weight.detach().numpy(), layer.conv.bias.detach().numpy()
    with no_grad():
        y = layer(tensor(x)).numpy()
    assert y.shape == (1, 3, 15)
    for t in range(15):
        seen = [x[0, :, t - (2 - k) * 4] if t >= (2 - k) * 4 else np.zeros(2) for k in range(3)]
        np.testing.assert_allclose(y[0, :, t], sum(w[:, :, k] @ seen[k] for k in range(3)) + b, atol=1e-5)


@pytest.mark.parametrize("n_blocks, kernel", [(1, 2), (2, 3), (3, 2)])
def test_it_sees_as_far_back_as_it_says_and_nothing_ahead(n_blocks: int, kernel: int) -> None:
    config = TCNConfig(1, 1, 6, n_blocks, kernel)
    model, T = TCN(config), 40
    x = np.random.RandomState(1).rand(1, T, 1).astype(np.float32)
    seen = np.zeros(T, bool)
    with no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.abs())             # so that no relu hides what it sees
        before, middle = model(tensor(x)).numpy(), model.features(tensor(x)).numpy()
        for t in range(T):
            other = x.copy()
            other[0, t] += 1
            seen[t] = not np.array_equal(model(tensor(other)).numpy(), before)
            np.testing.assert_array_equal(model.features(tensor(other)).numpy()[..., :t], middle[..., :t])
    np.testing.assert_array_equal(seen, np.arange(T) >= T - config.reach)


def test_it_learns_a_sum_over_the_past() -> None:
    x = np.random.RandomState(2).randn(64, 12, 1).astype(np.float32)
    y = x[:, [0, 5]].sum(1)
    model = TCN(TCNConfig(1, 1, 12, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(80):
        optimizer.zero_grad()
        loss = F.mse_loss(model(tensor(x)), tensor(y))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
