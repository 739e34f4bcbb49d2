"""Residual networks: the paper's count of weights, and what a shortcut is."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import manual_seed, no_grad, rand
from pellucid.models.resnet import Block, ResNet, ResNetConfig


@pytest.mark.parametrize("blocks, millions", [(3, 0.27), (5, 0.46), (9, 0.85)])
def test_weights_are_as_many_as_in_the_paper(blocks: int, millions: float) -> None:
    counts = [sum(p.numel() for p in ResNet(ResNetConfig(blocks=blocks, is_residual=kind)).parameters())
              for kind in (True, False)]
    assert round(counts[0] / 1e6, 2) == millions and counts[0] == counts[1]     # table 6


def test_a_block_that_computes_nothing_hands_its_input_on() -> None:
    with no_grad():
        x = rand(2, 4, 6, 6)                                       # above 0, where relu is the identity
        block = Block(4, 4, 1, True).eval()
        block.norm2.weight.zero_()
        np.testing.assert_array_equal(block(x).numpy(), x.numpy())
        plain = Block(4, 4, 1, False).eval()
        plain.norm2.weight.zero_()
        assert not plain(x).numpy().any()


def test_a_shortcut_takes_every_other_pixel_and_adds_empty_channels() -> None:
    x = rand(1, 2, 5, 5)
    y = Block(2, 6, 2, True).shortcut(x).numpy()
    assert y.shape == (1, 6, 3, 3) and not y[:, 2:].any()
    np.testing.assert_array_equal(y[:, :2], x.numpy()[:, :, ::2, ::2])


@pytest.mark.parametrize("stride, sizes", [(1, (8, 8, 4, 2)), (2, (4, 4, 2, 1))])
def test_maps_shrink_stage_by_stage(stride: int, sizes: tuple) -> None:
    model = ResNet(ResNetConfig(blocks=1, widths=(4, 6, 8), first_stride=stride, n_classes=3))
    x = rand(2, 3, 8, 8)
    assert [tuple(maps.shape) for maps in model.maps(x)] == [(2, c, s, s) for c, s in zip((4, 4, 6, 8), sizes,
                                                                                         strict=True)]
    assert model(x).shape == (2, 3)


def test_the_gradient_comes_through_the_shortcuts() -> None:
    """Through 20 plain blocks at their start little arrives at the first convolution; here it does."""
    def slope(is_residual: bool) -> float:
        manual_seed(0)
        model = ResNet(ResNetConfig(blocks=1, widths=(4, 4, 4), is_residual=is_residual))
        for stage in model.stages:
            stage[0].norm2.weight.data.fill_(0.01)
        model(rand(4, 3, 8, 8)).square().sum().backward()
        return float(model.conv.weight.grad.norm())
    assert slope(True) > 100 * slope(False)
