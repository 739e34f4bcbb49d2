"""LeNet-5: the sizes of the paper."""

from __future__ import annotations

import pytest

from pellucid import manual_seed, nn, rand, tensor
from pellucid.models.lenet import LeNet, LeNetConfig
from pellucid.optim import Adam


def test_sizes_are_the_papers() -> None:
    model = LeNet(LeNetConfig())
    shapes = [tuple(maps.shape) for maps in model.stages(rand(2, 1, 28, 28)).values()]
    assert shapes == [(2, 6, 28, 28), (2, 6, 14, 14), (2, 16, 10, 10), (2, 16, 5, 5)]
    assert model(rand(2, 1, 28, 28)).shape == (2, 10)
    counts = [sum(p.numel() for p in part.parameters())
              for part in (model.conv1, model.fc1, model.fc2, model.fc3)]
    assert counts == [156, 48120, 10164, 850]                      # C1, C5 and F6 as the paper counts them


@pytest.mark.parametrize("size", [20, 32])
def test_other_sizes_fit(size: int) -> None:
    assert LeNet(LeNetConfig(size=size, n_classes=3))(rand(1, 1, size, size)).shape == (1, 3)


def test_learns_a_few_pictures_by_heart() -> None:
    manual_seed(0)
    model, x, y = LeNet(LeNetConfig()), rand(8, 1, 28, 28), tensor([0, 1, 2, 3, 4, 5, 6, 7])
    optimizer = Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
