"""grid_sample and affine_grid beside PyTorch: values and gradients to picture and grid."""

from __future__ import annotations

import numpy as np
import pytest
from tests.parity.both import agree

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402

RNG = np.random.RandomState(0)
GRID = (RNG.random_sample((2, 3, 5, 2)) * 2.9 - 1.45).astype(np.float32)
SPACE = (RNG.random_sample((2, 2, 3, 2, 3)) * 2.9 - 1.45).astype(np.float32)


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_grid_sample(mode, padding_mode, align_corners):
    def look(m, x, grid):
        return m.nn.functional.grid_sample(x, grid, mode, padding_mode, align_corners)

    agree(look, (2, 3, 6, 4), GRID, second=False, rtol=1e-4, atol=1e-5)
    agree(look, (2, 2, 4, 3, 5), SPACE, second=False, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_the_grid_of_the_picture_itself(padding_mode):
    """Places that lie exactly on pixels and on the border."""
    def look(m, x):
        theta = m.eye(2, 3).unsqueeze(0)
        grid = m.nn.functional.affine_grid(theta, x.shape, align_corners=True)
        return m.nn.functional.grid_sample(x, grid, padding_mode=padding_mode, align_corners=True)

    agree(look, (1, 2, 5, 4), second=False, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Since version 1.3.0")        # PyTorch's, of sizes of 1
@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("size, theta", [((2, 3, 4, 5), (2, 2, 3)), ((2, 1, 1, 5), (2, 2, 3)),
                                         ((2, 1, 3, 4, 2), (2, 3, 4))])
def test_affine_grid(size, theta, align_corners):
    agree(lambda m, t: m.nn.functional.affine_grid(t, size, align_corners), theta)


def test_a_learned_turn():
    """The gradient to theta turns a picture back: the loss falls."""
    found = []
    for m in (pellucid, torch):
        m.manual_seed(0)
        x = m.nn.functional.interpolate(m.randn(1, 1, 4, 4), (16, 16), mode="bilinear", align_corners=True)
        theta = m.tensor([[[0.9, -0.2, 0.1], [0.2, 0.9, 0.0]]]).requires_grad_()
        losses = []
        for _ in range(6):
            grid = m.nn.functional.affine_grid(theta, x.shape, align_corners=False)
            loss = ((m.nn.functional.grid_sample(x, grid, align_corners=False) - x) ** 2).mean()
            (slope,) = m.autograd.grad(loss, theta)
            theta = (theta - 0.1 * slope).detach().requires_grad_()
            losses.append(loss.item())
        found.append(losses)
    np.testing.assert_allclose(*found, rtol=1e-4)
    assert found[0][-1] < found[0][0]


@pytest.mark.parametrize("call, error, words", [
    (lambda F, x: F.grid_sample(x, pellucid.ones(1, 2, 2, 3)), ValueError, r"input \(1, 1, 4, 4\) and grid"),
    (lambda F, x: F.grid_sample(x, pellucid.ones(1, 2, 2, 2), "cubic"), ValueError, "nearest, got 'cubic'"),
    (lambda F, x: F.grid_sample(x, pellucid.ones(1, 2, 2, 2), "bicubic"), NotImplementedError, "bicubic"),
    (lambda F, x: F.grid_sample(x, pellucid.ones(1, 2, 2, 2), padding_mode="no"), ValueError, "padding_mode"),
    (lambda F, x: F.affine_grid(pellucid.ones(2, 2, 3), (1, 1, 4, 4)), ValueError, r"theta \(2, 2, 3\)")])
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call(pellucid.nn.functional, pellucid.ones(1, 1, 4, 4))
